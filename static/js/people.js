// Fields for several people: whoever is chosen beside one (data-adds names it) becomes a line of it. Comes after
// chooser.js, which makes the second input.

for (const part of document.querySelectorAll("[data-adds]")) {
  const list = document.getElementById(part.dataset.adds);
  const [shown, sent] = part.querySelectorAll("input");
  sent.addEventListener("change", () => {
    const lines = list.value.split("\n").filter((line) => line.trim());
    if (!lines.includes(sent.value)) lines.push(sent.value);
    list.value = lines.join("\n");
    shown.value = sent.value = "";
    list.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
