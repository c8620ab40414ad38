// Tables of numbers that were opened stay open when their part of the page is fetched anew.

const open = new Set();

document.addEventListener(
  "toggle",
  ({ target }) => {
    if (!target.matches?.(".chart-numbers")) return;
    if (target.open) open.add(target.id);
    else if (target.isConnected) open.delete(target.id);
  },
  true, // it does not bubble
);

document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
});
