// On a wide screen the list of calls is open beside the answer; empty filters are left out of the address.
document.getElementById("calls").open = matchMedia("(min-width: 60rem)").matches;
document.querySelector(".filters form")?.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) {
    if (!value) formData.delete(name);
  }
});
