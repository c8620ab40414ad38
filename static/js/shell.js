// What every page can do: the menu on a phone, the browser's time zone, dialogs, toasts, copying.

document.documentElement.classList.add("scripted");

const YEAR = 365 * 24 * 3600;
const TOAST_MS = 6000;
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
document.cookie = `hub_time_zone=${encodeURIComponent(zone)}; path=/; max-age=${YEAR}; samesite=lax`;

// Where there are several accounts, the page's address says which one it is about, and so does every other.

const { account, hasOthers } = document.body.dataset;

export function named(address) {
  if (hasOthers === undefined) return address;
  const url = new URL(address, location.href);
  url.searchParams.set("account", account);
  return `${url.pathname}${url.search}${url.hash}`;
}

if (hasOthers !== undefined && !new URLSearchParams(location.search).has("account")) {
  history.replaceState(history.state, "", named(location.href));
}

// The menu

const menu = document.getElementById("menu");
const menuButton = document.getElementById("menu-button");

function setMenu(isOpen) {
  menu.classList.toggle("open", isOpen);
  menuButton.setAttribute("aria-expanded", String(isOpen));
}

menuButton?.addEventListener("click", () => setMenu(!menu.classList.contains("open")));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu?.classList.contains("open")) {
    setMenu(false);
    menuButton.focus();
  }
});

// The dialog: a link with hx-target="#dialog" puts a part of its page there. It closes by Escape, by a button
// with data-close, and by a click beside it.

const dialog = document.getElementById("dialog");

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target === dialog && !dialog.open && dialog.childElementCount) dialog.showModal();
});

dialog?.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("[data-close]")) {
    event.preventDefault();
    dialog.close();
  }
});

dialog?.addEventListener("close", () => dialog.replaceChildren());

// Toasts: what is told stays a while, errors until they are closed.

const toasts = document.getElementById("toasts");

function tend(toast) {
  toast.tended = true;
  if (toast.classList.contains("error")) return;
  setTimeout(() => toast.matches(":hover, :focus-within") || toast.remove(), TOAST_MS);
}

function tendAll() {
  for (const toast of toasts?.querySelectorAll(".toast") ?? []) toast.tended || tend(toast);
}

export function say(text, isBad = false) {
  const toast = document.getElementById("toast-template").content.cloneNode(true).firstElementChild;
  toast.classList.toggle("error", isBad);
  toast.querySelector("p").textContent = text;
  toasts.append(toast);
  tendAll();
}

if (toasts) {
  new MutationObserver(tendAll).observe(toasts, { childList: true });
  tendAll();
}

document.addEventListener("click", async (event) => {
  event.target.closest?.("[data-close-toast]")?.closest(".toast").remove();
  const copy = event.target.closest?.("[data-copy]");
  if (copy) await copyText(copy);
});

// Copying: data-copy is the text itself, or #id of the element that has it.

async function copyText(button) {
  const source = button.dataset.copy;
  const element = source.startsWith("#") ? document.getElementById(source.slice(1)) : null;
  const text = element ? (element.value ?? element.textContent) : source;
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    // Browsers only let pages of HTTPS and of this machine write to the clipboard.
    if (element) getSelection().selectAllChildren(element);
    say(element ? "Selected: copy it with Ctrl+C." : `Copy it by hand: ${text}`);
  }
}

// What htmx could not do is said, not left.

document.addEventListener("htmx:sendError", () => say("The hub can't be reached.", true));
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status !== 422) say(`The hub answered ${detail.xhr.status}.`, true);
});
