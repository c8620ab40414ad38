// One conversation: it goes on up and down as one scrolls, and shows what happens in it as it happens.
//
// Bubbles are made by the server alone. An event only says which of them to ask for anew.

import { named, say } from "./shell.js";

const talk = document.getElementById("talk");
const log = document.getElementById("log");
const bubbles = document.getElementById("bubbles");
const toNewest = document.getElementById("to-newest");
const { jid, path } = talk.dataset;

const NEAR = 80; // pixels from the end that count as the end
const GATHER_MS = 120; // what comes so close together is asked for together
const READ_EVERY_MS = 1000;
const TYPING_MS = 31_000; // after which nobody types who has not said so again
const LONGEST_ID = 128;
const MOST_NAMED = 100;

// Talking to the server

export const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

export async function ask(url, target, options = {}) {
  const headers = { "HX-Request": "true", "HX-Target": target, ...options.headers };
  const response = await fetch(url, { ...options, headers });
  if (response.headers.has("HX-Refresh")) location.reload();
  const body = new DOMParser().parseFromString(await response.text(), "text/html").body;
  for (const toast of body.querySelectorAll("[hx-swap-oob]")) {
    for (const text of toast.querySelectorAll(".toast p")) say(text.textContent);
    toast.remove();
  }
  return { response, body };
}

export function put(old, fresh) {
  old.replaceWith(fresh);
  window.htmx.process(fresh);
}

// Where one is. The log begins at its end: its scrollTop is 0 there, and less above.

function isAtEnd() {
  return log.scrollTop > -NEAR && !later();
}

export function toEnd() {
  if (later()) location.assign(named(path));
  else log.scrollTop = 0;
}

function earlier() {
  return bubbles.querySelector(".earlier");
}

function later() {
  return bubbles.querySelector(".later");
}

// Lets `change` happen without anything moving that one looks at.
function still(change) {
  const top = log.getBoundingClientRect().top;
  const seen = [...bubbles.children].find((child) => child.getBoundingClientRect().bottom > top);
  const before = seen?.getBoundingClientRect().top;
  change();
  if (seen?.isConnected) log.scrollTop += seen.getBoundingClientRect().top - before;
}

// More messages, above and below

const watched = new IntersectionObserver(
  (entries) => entries.forEach((entry) => entry.isIntersecting && goOn(entry.target)),
  { root: log, rootMargin: "800px 0px" },
);

function watch() {
  for (const link of bubbles.querySelectorAll(".more-messages")) watched.observe(link);
}

async function goOn(link) {
  if (link.ariaBusy) return;
  link.ariaBusy = "true";
  try {
    const { response, body } = await ask(link.href, "piece");
    if (!response.ok || !link.isConnected) throw new Error(String(response.status));
    const isUp = link.matches(".earlier");
    body.querySelector(isUp ? ".later" : ".earlier")?.remove();
    const come = [...body.children];
    const hadFocus = document.activeElement === link;
    still(() => {
      link.replaceWith(...come);
      tidyDays();
    });
    come.forEach((node) => node.isConnected && window.htmx.process(node));
    if (hadFocus) log.focus({ preventScroll: true });
    watch();
    showWay();
  } catch {
    link.ariaBusy = null; // it can be followed by hand
  }
}

bubbles.addEventListener("click", (event) => {
  const more = event.target.closest(".more-messages");
  if (more) {
    event.preventDefault();
    goOn(more);
  }
});

// A day is named once, where it begins.
function tidyDays() {
  let last;
  for (const day of bubbles.querySelectorAll("[data-day]")) {
    if (day.dataset.day === last) day.remove();
    else last = day.dataset.day;
  }
}

// One message

function isPlaying(element) {
  return [...element.querySelectorAll("audio, video")].some((media) => !media.paused);
}

function replaceMessage(old, fresh) {
  if (!old.matches(".first") && fresh.matches(".first")) joinRun(fresh);
  if (!("unread" in old.dataset)) delete fresh.dataset.unread;
  if (isPlaying(old)) {
    // What plays goes on; what is said of it changes.
    put(old.querySelector(".meta"), fresh.querySelector(".meta"));
    old.querySelector(".reactions")?.remove();
    const reactions = fresh.querySelector(".reactions");
    if (reactions) {
      old.querySelector(".message-box").append(reactions);
      window.htmx.process(reactions);
    }
    return;
  }
  const opened = old.querySelector("details[open]");
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  if (opened) fresh.querySelector("details")?.setAttribute("open", "");
  put(old, fresh);
  if (focused === old) fresh.focus({ preventScroll: true });
  else if (focused) sameIn(fresh, focused)?.focus({ preventScroll: true });
}

function sameIn(message, element) {
  const alike = (other) =>
    other.className === element.className && other.getAttribute("href") === element.getAttribute("href");
  return [...message.querySelectorAll(element.localName)].find(alike);
}

function joinRun(message) {
  message.classList.remove("first");
  message.querySelector(".message-avatar")?.replaceChildren();
  const sender = message.querySelector(".sender");
  if (!sender) return;
  const name = document.createElement("span");
  name.className = "unseen";
  name.textContent = `${sender.textContent}: `;
  sender.replaceWith(name);
}

// Puts a message in its place in time. Returns whether it is new there.
function place(message, day) {
  const old = document.getElementById(message.id);
  if (old) {
    replaceMessage(old, message);
    return false;
  }
  const key = Number(message.dataset.key);
  const shown = [...bubbles.querySelectorAll("[data-key]:not(.day)")];
  const previous = shown.findLast((one) => Number(one.dataset.key) < key);
  const isLast = previous === shown.at(-1);
  if (isLast && later()) return false;
  if (!previous && earlier()) return false;
  if (previous) previous.after(message);
  else bubbles.prepend(message);
  if (day) message.before(day);
  bubbles.querySelector(".log-empty")?.remove();
  window.htmx.process(message);
  return isLast && !message.matches(".mine, .system");
}

// What happens

const heard = new Set();
let isGrown = false;
let isAct = false;
let gathering = null;
let fresh = 0; // messages that came while one was reading further up

document.addEventListener("hub:event", ({ detail: { type, data } }) => {
  const texts = new Set(textsIn(data));
  if (type === "wa.presence.update") {
    if (data.id === jid) presenceChanged();
    return;
  }
  const isHere = texts.has(jid);
  for (const text of texts) if (text.length <= LONGEST_ID) heard.add(text);
  if (isHere && /^wa\.(chats|contacts|groups|group-participants)\./.test(type)) refresh("head");
  if (isHere && /^wa\.(messages\.upsert|call|groups|group-participants)/.test(type)) isGrown = true;
  if (isHere && (type === "wa.messages.upsert" || /^(send_|forward)/.test(data.kind ?? ""))) isAct = true;
  gathering ??= setTimeout(catchUp, GATHER_MS);
});

// After the line to the hub was down: all that is shown may have changed.
bubbles.addEventListener("live", () => {
  for (const message of bubbles.querySelectorAll("[data-id]")) heard.add(message.dataset.id);
  isGrown = isAct = true;
  gathering ??= setTimeout(catchUp, GATHER_MS);
});

function textsIn(value) {
  if (typeof value === "string") return [value];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsIn(inner)]);
}

function refresh(id) {
  const part = document.getElementById(id);
  if (part) window.htmx.trigger(part, "live");
}

let typingEnds;

function presenceChanged() {
  refresh("head");
  clearTimeout(typingEnds);
  typingEnds = setTimeout(() => refresh("head"), TYPING_MS);
}

async function catchUp() {
  const named = [...bubbles.querySelectorAll("[data-id]")].map((one) => one.dataset.id).filter((id) => heard.has(id));
  const [hasGrown, hasAct] = [isGrown, isAct];
  heard.clear();
  isGrown = isAct = false;
  try {
    if (named.length || hasGrown) await fetchBubbles(named.slice(-MOST_NAMED), hasGrown);
  } catch {
    say("The newest messages could not be shown. Load the page again.", true);
  }
  gathering = null;
  if (hasAct) refresh("pending");
  if (heard.size || isGrown) gathering = setTimeout(catchUp, GATHER_MS);
}

async function fetchBubbles(ids, hasGrown) {
  const query = new URLSearchParams();
  if (ids.length) query.set("ids", ids.join(","));
  const last = [...bubbles.querySelectorAll(".message[data-id], .system[data-id]")].at(-1);
  if (hasGrown && !later()) query.set("after", last?.dataset.key ?? "0");
  const { response, body } = await ask(named(`${path}/bubbles?${query}`), "items");
  if (!response.ok) throw new Error(String(response.status));
  const wasAtEnd = isAtEnd();
  let come = 0;
  let day = null;
  const change = () => {
    for (const node of [...body.children]) {
      if (node.matches(".day")) day = node.dataset.day ? node : null;
      else {
        if (place(node, day)) come += 1;
        day = null;
      }
    }
    tidyDays();
  };
  if (wasAtEnd) {
    change();
    log.scrollTop = 0;
  } else {
    still(change);
    fresh += come;
  }
  if (hasGrown && later()) fresh += 1;
  showWay();
  readSoon();
}

function showWay() {
  const isAway = !isAtEnd();
  if (!isAway) fresh = 0;
  toNewest.hidden = !isAway || (!fresh && !later() && log.scrollTop > -log.clientHeight / 2);
  const label = toNewest.querySelector("span");
  label.textContent = fresh ? `${fresh} new message${fresh > 1 ? "s" : ""}` : "Newest messages";
}

toNewest.addEventListener("click", (event) => {
  if (later()) return;
  event.preventDefault();
  toEnd();
  log.focus({ preventScroll: true });
});

log.addEventListener("scroll", () => {
  showWay();
  readSoon();
});

// Read is what somebody has before them: at the end, in a window that is in front.

let reading = null;

function readSoon() {
  reading ??= setTimeout(read, READ_EVERY_MS);
}

async function read() {
  reading = null;
  const unread = bubbles.querySelectorAll("[data-unread]");
  const isConnected = document.getElementById("foot")?.dataset.connected === "yes";
  if (!unread.length || !isConnected || !isAtEnd() || !document.hasFocus() || document.hidden) return;
  for (const message of unread) delete message.dataset.unread;
  const body = new URLSearchParams({ automatic: "1" });
  await fetch(named(`${path}/read`), { method: "POST", body, headers: { "X-CSRFToken": token } }).catch(() => {});
}

addEventListener("focus", readSoon);
document.addEventListener("visibilitychange", readSoon);

// Jumping

function show(message, block = "center") {
  message.scrollIntoView({ block });
  message.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const jump = event.target.closest("[data-jump]");
  const message = jump && document.getElementById(jump.dataset.jump);
  if (!message) return;
  event.preventDefault();
  bubbles.querySelector(".found")?.classList.remove("found");
  message.classList.add("found");
  show(message);
});

const anchor = bubbles.querySelector("[data-anchor]");
if (anchor) show(anchor, anchor.matches(".found") ? "center" : "start");
watch();
showWay();
readSoon();
