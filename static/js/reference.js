// The API's description: finding a call by a word, and trying one with the session of the page.

// Finding

const search = document.getElementById("search");

function find() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const group of document.querySelectorAll(".doc-group")) {
    let some = false;
    for (const call of group.querySelectorAll("[data-words]")) {
      const fits = words.every((word) => call.dataset.words.includes(word));
      call.hidden = !fits;
      some ||= fits;
      count += fits;
    }
    group.hidden = !some;
  }
  document.getElementById("none").hidden = count > 0;
  document.getElementById("found").textContent = words.length ? `${count} calls found` : "";
}

search?.addEventListener("input", find);
if (search?.value) find(); // the browser has kept it

// The language that was last chosen stays.

const LANGUAGE = "hub-docs-language";
const languages = document.querySelectorAll('input[name="language"]');
for (const radio of languages) {
  radio.checked = radio.value === (localStorage.getItem(LANGUAGE) ?? "curl");
  radio.addEventListener("change", () => localStorage.setItem(LANGUAGE, radio.value));
}

// Trying

const LISTEN_MS = 5000; // to a stream of events, which has no end
const MOST_SHOWN = 200_000; // characters

const form = document.getElementById("try");
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt();
});

async function attempt() {
  const button = form.querySelector("button");
  const request = { method: form.dataset.method, headers: { Accept: "application/json" } };
  const token = JSON.parse(document.body.getAttribute("hx-headers"));
  if (request.method !== "GET") Object.assign(request.headers, token);
  const body = document.getElementById("try-body");
  if (body?.value.trim()) {
    const problem = problemOf(body.value);
    document.getElementById("try-wrong").hidden = !problem;
    document.getElementById("try-wrong").textContent = problem;
    body.setAttribute("aria-invalid", String(Boolean(problem)));
    if (problem) return void body.focus();
    request.body = body.value;
    request.headers["content-type"] = "application/json";
  }
  const stream = "stream" in form.dataset ? new AbortController() : null;
  if (stream) {
    request.signal = stream.signal;
    request.headers.Accept = "text/event-stream";
    setTimeout(() => stream.abort(), LISTEN_MS);
  }
  button.disabled = true;
  const begun = performance.now();
  try {
    const answer = await fetch(address(), request);
    const milliseconds = Math.round(performance.now() - begun);
    await show(answer, milliseconds);
  } catch (error) {
    if (error.name !== "AbortError") tell("No answer", "bad", "", "The hub can't be reached.");
  }
  button.disabled = false;
}

function problemOf(text) {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return `This is not JSON: ${error.message}`;
  }
}

function address() {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll("[data-place]")) {
    const value = field.value.trim();
    if (field.dataset.place === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(value));
    if (field.dataset.place === "query" && value) query.set(field.name, value);
  }
  return path + (query.size ? `?${query}` : "");
}

async function show(answer, milliseconds) {
  const tone = answer.ok ? "good" : "bad";
  const status = `${answer.status} ${answer.statusText}`;
  const type = answer.headers.get("content-type") ?? "";
  const time = `${milliseconds} ms, ${type}`;
  if (type.startsWith("application/json")) {
    const text = await answer.text();
    return tell(status, tone, time, JSON.stringify(JSON.parse(text), null, 2));
  }
  if (type.startsWith("text/event-stream")) return listen(answer, status, tone, time);
  if (type.startsWith("text/")) return tell(status, tone, time, await answer.text());
  const file = await answer.blob();
  tell(status, tone, time, `A file of ${file.size} bytes`);
  if (type.startsWith("image/")) {
    const picture = document.createElement("img");
    picture.alt = "The picture that the hub answered with";
    picture.src = URL.createObjectURL(file);
    document.getElementById("outcome-text").replaceChildren(picture);
  }
}

async function listen(answer, status, tone, time) {
  let text = "";
  tell(status, tone, time, `What comes within ${LISTEN_MS / 1000} seconds:\n`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += part.value;
    tell(status, tone, time, text);
  }
}

function tell(status, tone, time, text) {
  const badge = document.getElementById("outcome-status");
  badge.textContent = status;
  badge.className = `badge ${tone}`;
  document.getElementById("outcome-time").textContent = time;
  const shown = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}\n… (cut)` : text;
  document.getElementById("outcome-text").textContent = shown;
  document.getElementById("outcome").hidden = false;
}
