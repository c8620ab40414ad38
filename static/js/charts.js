// Tables of numbers that were opened stay open when their part of the page is fetched anew.

let open = [];

document.addEventListener("htmx:beforeSwap", () => {
  open = [...document.querySelectorAll(".chart-numbers[open]")].map((numbers) => numbers.id);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
});
