// The form of an act: files go straight to the API, as large as they are; people are added to a list of them.

import { named, say } from "./shell.js";

const form = document.getElementById("act-form");
const file = document.getElementById("file");

// The curl line names the file before there is an upload.

file?.addEventListener("change", () => {
  form.elements.file_name.value = file.files[0]?.name ?? "";
});

// Without a file there is a URL, and the form goes to its page as any other.

form.addEventListener("submit", (event) => {
  if (!file?.files.length) {
    lock(true);
    return;
  }
  event.preventDefault();
  upload();
});

addEventListener("pageshow", () => lock(false));

function lock(isLocked) {
  form.querySelector("button:not([type])").disabled = isLocked;
  form.setAttribute("aria-busy", String(isLocked));
}

function upload() {
  const data = new FormData();
  for (const [name, value] of new FormData(form)) {
    const isOfThePage = ["csrfmiddlewaretoken", "file_name"].includes(name);
    if (!isOfThePage && (value instanceof File || value.trim())) data.append(name, value);
  }
  const progress = document.getElementById("sent");
  const request = new XMLHttpRequest(); // unlike fetch, it tells how far an upload is
  request.open("POST", named(`${form.dataset.upload}?queue=true`));
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
  request.responseType = "json";
  request.upload.addEventListener("progress", ({ loaded, total }) => (progress.value = loaded / total));
  request.addEventListener("load", () => {
    if (request.status === 200) {
      location.assign(named(`/actions/${request.response.action_id}`));
      return;
    }
    stop();
    refuse(request.response ?? { error: `The hub answered ${request.status}.` });
  });
  request.addEventListener("error", () => {
    stop();
    refuse({ error: "The hub can't be reached." });
  });
  for (const wrong of form.querySelectorAll(".wrong")) wrong.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  progress.hidden = false;
  lock(true);
  request.send(data);

  function stop() {
    progress.hidden = true;
    lock(false);
  }
}

// What is wrong is said beside its field, else in a toast.

function refuse({ error, details }) {
  let first = null;
  for (const [name, sentences] of Object.entries(details ?? {})) {
    const field = document.getElementById(name === "base64" ? "file" : name);
    if (!field) continue;
    const wrong = document.createElement("p");
    wrong.className = "wrong";
    wrong.textContent = [sentences].flat().join(" ");
    field.closest(".field").append(wrong);
    field.setAttribute("aria-invalid", "true");
    first ??= field;
  }
  if (first) first.focus();
  else say(error, true);
}
