// Live parts: the page follows the event log, and asks the server anew for what an event is about.
//
// An element with data-live="wa.messages action" and an hx-get with hx-trigger="live" is fetched again, at most
// once in data-every milliseconds, when an event comes whose type begins with one of these. Scripts of a page
// hear each event as `hub:event` on the document; what it is stands in `detail` ({type, id, timestamp, data}).
//
// It is a WebSocket, for a browser opens only six event streams to one host, however many tabs there are.

import { say } from "./shell.js";

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
const EVERY = 400;

let cursor = Number(document.body.dataset.since);
let pause = FIRST_PAUSE;
let leaving = false;
let isDown = false;
const state = document.getElementById("live-state");

function connect() {
  const address = new URL("/ws", location.href);
  address.protocol = address.protocol.replace("http", "ws");
  address.search = new URLSearchParams({ since: cursor, account: document.body.dataset.account });
  const socket = new WebSocket(address);
  socket.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.id === undefined) {
      pause = FIRST_PAUSE;
      if (event.data?.status === "ws_connected") {
        if (isDown || event.data.has_missed) refreshAll();
        show(false);
      }
      return;
    }
    cursor = event.id;
    document.dispatchEvent(new CustomEvent("hub:event", { detail: event }));
    refresh(event.type);
  };
  socket.onclose = ({ code }) => {
    if (leaving) return;
    if (code === 4001) return void location.reload(); // signed out elsewhere
    show(true);
    setTimeout(connect, pause * (0.75 + Math.random() / 2));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  };
}

function show(down) {
  if (down === isDown) return;
  isDown = down;
  if (state) state.hidden = !down;
  if (!down) say("Live again.");
}

function wants(element, type) {
  return element.dataset.live.split(" ").some((prefix) => type === prefix || type.startsWith(prefix + "."));
}

function refresh(type) {
  for (const types of since.values()) types.add(type);
  refreshWanting(type);
}

function refreshWanting(type) {
  for (const element of document.querySelectorAll("[data-live]")) {
    if (wants(element, type)) soon(element);
  }
}

function refreshAll() {
  for (const element of document.querySelectorAll("[data-live]")) soon(element);
}

// The first event is shown at once; what comes right after it waits for its turn, and comes together.
const waiting = new WeakMap();

function soon(element) {
  if (waiting.has(element)) {
    waiting.set(element, true);
  } else if (element.matches(".htmx-request, .htmx-added, .htmx-added *")) {
    // htmx would forget it with the element, whose place the answer takes; or does not listen to it yet.
    rest(element, true);
  } else {
    window.htmx.trigger(element, "live");
    rest(element, false);
  }
}

function rest(element, hasNews) {
  waiting.set(element, hasNews);
  setTimeout(() => {
    const again = waiting.get(element);
    waiting.delete(element);
    // What was fetched may have taken the element's place.
    const now = element.isConnected ? element : document.getElementById(element.id);
    if (again && now) soon(now);
  }, Number(element.dataset.every ?? EVERY));
}

// What somebody has asked for goes before what is fetched anew by itself: that would take the element away which
// their answer is for.
const asked = new Map(); // target → how many requests of somebody's are under way for it

function isByItself({ requestConfig }) {
  return ["live", "hx:poll:trigger"].includes(requestConfig.triggeringEvent?.type);
}

function count(detail, change) {
  if (!isByItself(detail)) asked.set(detail.target, (asked.get(detail.target) ?? 0) + change);
  if (!asked.get(detail.target)) asked.delete(detail.target);
}

// What happens while their answer is under way may be newer than it, and the parts that come with it may want it.
const since = new Map(); // request → types of the events that came since it was sent

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  count(detail, 1);
  if (!isByItself(detail)) since.set(detail.xhr, new Set());
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  count(detail, -1);
  const types = since.get(detail.xhr) ?? [];
  since.delete(detail.xhr);
  for (const type of types) refreshWanting(type);
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (isByItself(detail) && asked.has(detail.target)) detail.shouldSwap = false;
});

addEventListener("pagehide", () => (leaving = true));
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  leaving = false;
  connect();
});
connect();
