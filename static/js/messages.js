// The list of chats: where one has scrolled to stays from chat to chat. What is done in a dialog closes it.

const PLACE = "hub_chats_scrolled";

function list() {
  return document.getElementById("chats");
}

list()?.scrollTo(0, Number(sessionStorage.getItem(PLACE) ?? 0));
addEventListener("pagehide", () => {
  if (list()) sessionStorage.setItem(PLACE, String(list().scrollTop));
});

// The list is put in anew when something happens in it: it stays where it was.
let scrolled = 0;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.id === "chats") scrolled = detail.target.scrollTop;
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id === "chats") list().scrollTop = scrolled;
});

document.addEventListener("acted", () => document.getElementById("dialog").close());
