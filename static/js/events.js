// The live log: new rows come in at the top, and stay out while it is paused.

import { named } from "./shell.js";

const EVERY = 400; // milliseconds between two questions for new rows
const MOST_ROWS = 200;

const rows = document.getElementById("rows");
const button = document.getElementById("pause");
const type = rows.dataset.type;

let newest = Number(rows.dataset.newest);
let missed = 0; // new events while it is paused
let isPaused = false;
let isAsking = false;
let isDue = false;

function isWanted(name) {
  return !type || name === type || name.startsWith(type.replace(/\.$/, "") + ".");
}

async function ask() {
  isDue = true;
  if (isAsking) return;
  isAsking = true;
  while (isDue && !isPaused) {
    isDue = false;
    const query = new URLSearchParams({ type, after: newest });
    await window.htmx.ajax("GET", named(`${rows.dataset.path}?${query}`), { target: rows, swap: "afterbegin" });
    tidy();
    await new Promise((done) => setTimeout(done, EVERY));
  }
  isAsking = false;
}

function tidy() {
  newest = Math.max(newest, Number(rows.firstElementChild?.dataset.id ?? 0));
  document.getElementById("nothing")?.toggleAttribute("hidden", rows.childElementCount > 0);
  while (rows.childElementCount > MOST_ROWS) rows.lastElementChild.remove();
}

function show() {
  button.setAttribute("aria-pressed", String(isPaused));
  for (const part of button.querySelectorAll("[data-when]")) {
    part.hidden = part.dataset.when !== (isPaused ? "paused" : "live");
  }
  document.getElementById("new").textContent = `${missed} new`;
}

if (button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    missed = 0;
    show();
    document.getElementById("live-said").textContent = isPaused ? "The log is paused." : "The log goes on.";
    if (!isPaused) ask();
  });
  document.addEventListener("hub:event", ({ detail }) => {
    if (!isWanted(detail.type) || detail.id <= newest) return;
    if (!isPaused) return void ask();
    missed += 1;
    show();
  });
}
