// Writing: Enter sends, answers show what they answer, files are shown before they go, and the other side sees
// that somebody types.

import { ask, put, toEnd, token } from "./conversation.js";
import { say } from "./shell.js";

const form = document.getElementById("composer");
const text = document.getElementById("text");
const talk = document.getElementById("talk");

const AGAIN_MS = 8000; // how often WhatsApp is told that one still types
const IDLE_MS = 5000; // after which one has stopped
const PICTURES = ["image/jpeg", "image/png", "image/webp", "image/gif"];

if (form) begin();

function begin() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === "Escape" && form.quoted_id.value) {
      event.preventDefault();
      endReply();
    }
  });
  text.addEventListener("input", () => {
    grow();
    typing();
  });
  text.addEventListener("blur", stopTyping);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-reply]");
    const message = link && document.getElementById(link.dataset.reply);
    if (!message) return;
    event.preventDefault();
    reply(message);
  });
  document.getElementById("reply-end").addEventListener("click", (event) => {
    event.preventDefault();
    endReply();
    text.focus();
  });
  takeFiles();
  grow();
}

function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  text.rows = Math.min(8, text.value.split("\n").length);
}

function isConnected() {
  return document.getElementById("foot")?.dataset.connected === "yes";
}

// An act of the API's, for the account that the page is about; it is queued when WhatsApp is away.
function addressOf(act) {
  return `/api/actions/${act}?${new URLSearchParams({ queue: "true", account: document.body.dataset.account })}`;
}

// Answering

function reply(message) {
  form.quoted_id.value = message.dataset.id;
  document.getElementById("reply-name").textContent = message.dataset.name;
  document.getElementById("reply-text").textContent = message.dataset.preview;
  document.getElementById("replying").hidden = false;
  text.focus();
}

function endReply() {
  form.quoted_id.value = "";
  document.getElementById("replying").hidden = true;
}

// Sending

let isSending = false;

async function send() {
  if (isSending) return;
  isSending = true;
  try {
    if (attached.length) await sendFiles();
    else if (text.value.trim()) await sendText();
  } finally {
    isSending = false;
    text.focus();
  }
}

async function sendText() {
  const body = new FormData(form);
  const [written, quoted] = [text.value, form.quoted_id.value];
  text.value = "";
  grow();
  stopTyping();
  try {
    const { response, body: answer } = await ask(form.action, "pending", {
      method: "POST",
      body,
      headers: { "X-CSRFToken": token },
    });
    if (!response.ok) throw new Error(answer.textContent.trim() || `The hub answered ${response.status}.`);
    put(document.getElementById("pending"), answer.querySelector("#pending"));
    if (form.quoted_id.value === quoted) endReply();
    toEnd();
  } catch (error) {
    if (!text.value) text.value = written;
    grow();
    say(error instanceof TypeError ? "The hub can't be reached. Nothing was sent." : error.message, true);
  }
}

// Typing

let toldAt = 0;
let idle;

function typing() {
  clearTimeout(idle);
  idle = setTimeout(stopTyping, IDLE_MS);
  if (!text.value || Date.now() - toldAt < AGAIN_MS) return;
  toldAt = Date.now();
  tell("composing");
}

function stopTyping() {
  clearTimeout(idle);
  if (!toldAt) return;
  toldAt = 0;
  tell("paused");
}

function tell(type) {
  if (!isConnected()) return;
  fetch(addressOf("presence"), {
    method: "POST",
    body: JSON.stringify({ type, jid: form.dataset.jid }),
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
  }).catch(() => {});
}

// Files

const attached = [];

function takeFiles() {
  const chooser = document.getElementById("files");
  document.getElementById("attach").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    attach(chooser.files);
    chooser.value = "";
  });
  text.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    attach(event.clipboardData.files);
  });
  const carriesFiles = (event) => event.dataTransfer.types.includes("Files");
  talk.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    talk.classList.add("dropping");
  });
  talk.addEventListener("dragleave", (event) => {
    if (!talk.contains(event.relatedTarget)) talk.classList.remove("dropping");
  });
  talk.addEventListener("drop", (event) => {
    talk.classList.remove("dropping");
    if (!carriesFiles(event)) return;
    event.preventDefault();
    attach(event.dataTransfer.files);
  });
}

function kindOf(file) {
  if (PICTURES.includes(file.type)) return "image";
  if (file.type.startsWith("video/")) return "video";
  return file.type.startsWith("audio/") ? "audio" : "document";
}

function attach(files) {
  for (const file of files) {
    const element = document.getElementById("attached-template").content.cloneNode(true).firstElementChild;
    const item = { file, element, kind: kindOf(file), key: `${Date.now()}-${Math.random()}` };
    element.querySelector(".attachment-name").textContent = file.name;
    element.querySelector(".attachment-state").textContent = size(file.size);
    if (item.kind === "image") {
      const picture = new Image();
      picture.src = item.url = URL.createObjectURL(file);
      picture.alt = "";
      element.querySelector(".attachment-picture").replaceChildren(picture);
    }
    element.querySelector("[data-detach]").addEventListener("click", () => {
      detach(item);
      text.focus();
    });
    document.getElementById("attached").append(element);
    attached.push(item);
  }
  showAttached();
  text.focus();
}

function detach(item) {
  item.request?.abort();
  item.element.remove();
  if (item.url) URL.revokeObjectURL(item.url);
  attached.splice(attached.indexOf(item), 1);
  showAttached();
}

function showAttached() {
  document.getElementById("attached").hidden = !attached.length;
  text.placeholder = attached.length ? "Add a caption" : "Write a message";
}

function size(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  let step = 0;
  for (; bytes >= 1024 && step < units.length - 1; step += 1) bytes /= 1024;
  return `${step ? bytes.toFixed(1) : bytes} ${units[step]}`;
}

// One after the other, the caption with the first that takes one.
async function sendFiles() {
  stopTyping();
  for (const item of [...attached]) {
    const takesCaption = item.kind !== "audio";
    const caption = takesCaption ? text.value : "";
    const quoted = form.quoted_id.value;
    const problem = await upload(item, caption, quoted);
    if (!attached.includes(item)) continue; // it was taken away meanwhile
    if (problem) {
      item.element.classList.add("wrong");
      state(item, problem);
      say(`${item.file.name}: ${problem}`, true);
      return;
    }
    detach(item);
    endReply();
    if (caption && text.value === caption) text.value = "";
    grow();
  }
  if (text.value.trim() && !attached.length) await sendText();
  toEnd();
}

function state(item, words) {
  item.element.querySelector(".attachment-state").textContent = words;
}

// What went wrong, in a sentence; nothing when it is queued.
function upload(item, caption, quoted) {
  const body = new FormData();
  body.set("jid", form.dataset.jid);
  if (caption.trim()) body.set("caption", caption);
  if (quoted) body.set("quoted_id", quoted);
  body.set("file", item.file, item.file.name);
  const progress = item.element.querySelector("progress");
  progress.hidden = false;
  item.element.classList.remove("wrong");
  return new Promise((resolve) => {
    const request = (item.request = new XMLHttpRequest());
    request.open("POST", addressOf(`send/${item.kind}`));
    request.setRequestHeader("X-CSRFToken", token);
    request.setRequestHeader("Idempotency-Key", item.key);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", ({ loaded, total, lengthComputable }) => {
      if (!lengthComputable) return;
      progress.value = loaded / total;
      state(item, loaded < total ? `${Math.round((100 * loaded) / total)} % of ${size(total)}` : "Getting it ready …");
    });
    const end = (problem) => {
      progress.hidden = true;
      resolve(problem);
    };
    request.addEventListener("load", () => end(request.status < 300 ? "" : reasonOf(request)));
    request.addEventListener("error", () => end("The hub can't be reached."));
    request.addEventListener("abort", () => end(""));
    request.send(body);
  });
}

function reasonOf(request) {
  const unsaid = `The hub answered ${request.status}.`;
  try {
    const answer = JSON.parse(request.responseText);
    return String(answer.error ?? unsaid);
  } catch {
    return unsaid;
  }
}
