// The try-out of the event stream: a WebSocket of its own, and what comes over it, the newest first.

const MOST = 200;

const form = document.getElementById("try");
const connectButton = document.getElementById("connect");
const disconnectButton = document.getElementById("disconnect");
const pauseButton = document.getElementById("pause");
const clearButton = document.getElementById("clear");
const state = document.getElementById("socket-state");
const log = document.getElementById("log");
const count = document.getElementById("log-count");
const entry = document.getElementById("entry").content.firstElementChild;

let socket = null;
let isPaused = false;
let waiting = []; // what came and is not shown yet; bounded as the log is
let waitingCount = 0;
let total = 0;
let isDrawing = false;

for (const button of [connectButton, pauseButton, clearButton]) button.hidden = false;

// The line

function address() {
  const chosen = new FormData(form);
  const query = new URLSearchParams({ account: document.body.dataset.account });
  if (chosen.has("events")) query.set("events", chosen.getAll("events").join(","));
  if (chosen.get("since").trim()) query.set("since", chosen.get("since").trim());
  const url = new URL("/ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.search = query;
  return url;
}

function connect() {
  socket?.close();
  const mine = new WebSocket(address());
  socket = mine;
  show("warn", "Connecting …");
  mine.onopen = () => socket === mine && show("good", "Connected");
  mine.onmessage = ({ data }) => socket === mine && heard(JSON.parse(data));
  mine.onclose = ({ code, reason }) => {
    if (socket !== mine) return;
    socket = null;
    const why = `Closed: ${code}${reason ? `, ${reason}` : ""}`;
    add({ name: why, moment: Date.now(), kind: "closed", content: { code, reason } });
    show(code === 1000 ? "" : "bad", why);
  };
}

function show(mood, text) {
  const dot = state.querySelector(".dot");
  dot.className = `dot ${mood}`;
  dot.nextSibling.textContent = ` ${text}`;
  disconnectButton.hidden = !socket;
  connectButton.textContent = socket ? "Connect anew" : "Connect";
}

// The log

function heard(message) {
  const isEvent = message.id !== undefined;
  const name = isEvent ? message.type : (message.data?.status ?? message.type);
  add({
    name,
    moment: message.timestamp,
    id: message.id,
    kind: isEvent ? "event" : "said",
    content: message,
  });
}

function add(news) {
  total += 1;
  waitingCount += 1;
  waiting.push(news);
  if (waiting.length > MOST) waiting.shift();
  soon();
}

function soon() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(draw);
}

function draw() {
  isDrawing = false;
  if (!isPaused) {
    log.prepend(...waiting.reverse().map(drawn));
    waiting = [];
    waitingCount = 0;
    const entries = log.querySelectorAll("details");
    for (const old of [...entries].slice(MOST)) old.remove();
  }
  const held = waitingCount ? ` ${waitingCount} came while paused.` : "";
  count.textContent = total ? `${total} in all.${held}` : "";
}

function drawn({ name, moment, id, kind, content }) {
  const made = entry.cloneNode(true);
  made.classList.add(kind);
  const time = made.querySelector("time");
  time.dateTime = new Date(moment).toISOString();
  time.textContent = new Date(moment).toLocaleTimeString("en-GB");
  made.querySelector("b").textContent = name;
  if (id !== undefined) made.querySelector(".id").textContent = `#${id}`;
  made.addEventListener(
    "toggle",
    () => (made.querySelector("pre").textContent = JSON.stringify(content, null, 2)),
    { once: true },
  );
  return made;
}

// Buttons

form.addEventListener("submit", (event) => {
  event.preventDefault();
  connect();
});

disconnectButton.addEventListener("click", () => {
  socket?.close(1000);
  connectButton.focus();
});

pauseButton.addEventListener("click", () => {
  isPaused = !isPaused;
  pauseButton.setAttribute("aria-pressed", String(isPaused));
  pauseButton.lastChild.textContent = isPaused ? "Go on" : "Pause";
  soon();
});

clearButton.addEventListener("click", () => {
  for (const old of log.querySelectorAll("details")) old.remove();
  waiting = [];
  waitingCount = total = 0;
  soon();
});
