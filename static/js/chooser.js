// Fields that find chats, people and groups while one types (templates/dashboard/parts/chooser.html).
//
// What is seen is a name; what is sent, under the field's name, is the JID of who was chosen, else what was
// typed. Choosing is a `change` event of the field that is sent.

import { named } from "./shell.js";

const PAUSE = 150; // milliseconds

class Chooser {
  constructor(root) {
    this.root = root;
    this.text = root.querySelector("input");
    this.list = root.querySelector("[role=listbox]");
    this.status = root.querySelector("[role=status]");
    this.sent = document.createElement("input");
    this.sent.type = "hidden";
    this.sent.name = this.text.name;
    this.sent.value = this.text.value;
    this.text.removeAttribute("name");
    this.text.value = this.text.dataset.shown || this.text.value;
    this.text.after(this.sent);
    for (const [name, value] of [
      ["role", "combobox"],
      ["aria-autocomplete", "list"],
      ["aria-expanded", "false"],
      ["aria-controls", this.list.id],
    ]) {
      this.text.setAttribute(name, value);
    }
    this.told = this.sent.value;
    this.active = -1;
    this.listen();
  }

  listen() {
    this.text.addEventListener("input", () => {
      this.sent.value = this.text.value.trim();
      this.seek(PAUSE);
    });
    // What was typed and left is told once, as what is chosen is.
    this.text.addEventListener("change", (event) => {
      event.stopPropagation();
      this.tell();
    });
    this.text.addEventListener("click", () => this.isOpen || this.seek(0));
    this.text.addEventListener("keydown", (event) => this.press(event));
    this.text.addEventListener("blur", () => this.close());
    // The field keeps the focus while one presses on an option.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(option);
    });
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  get isOpen() {
    return !this.list.hidden;
  }

  seek(pause) {
    clearTimeout(this.timer);
    this.request?.abort();
    this.timer = setTimeout(() => this.ask(), pause);
  }

  async ask() {
    this.request = new AbortController();
    const chosen = this.sent.value !== this.text.value.trim();
    const query = new URLSearchParams({ q: chosen ? "" : this.text.value, kinds: this.root.dataset.kinds });
    try {
      const answer = await fetch(named(`/choose?${query}`), {
        headers: { "HX-Request": "true" },
        signal: this.request.signal,
      });
      if (answer.headers.has("HX-Refresh")) return void location.reload(); // signed out
      if (answer.ok) this.show(await answer.text());
    } catch (error) {
      if (error.name === "AbortError") return;
      this.close();
      this.status.textContent = "The hub can't be reached.";
    }
  }

  show(options) {
    if (document.activeElement !== this.text) return;
    this.list.innerHTML = options; // the hub's own answer, in which all names are escaped
    this.options.forEach((option, place) => (option.id = `${this.list.id}-${place}`));
    const count = this.options.length;
    this.status.textContent = count ? `${count} found` : "Nobody found";
    this.list.hidden = !count;
    this.text.setAttribute("aria-expanded", String(Boolean(count)));
    this.point(-1);
  }

  point(place) {
    this.active = place;
    const options = this.options;
    options.forEach((option, other) => option.setAttribute("aria-selected", String(other === place)));
    if (place < 0) return this.text.removeAttribute("aria-activedescendant");
    this.text.setAttribute("aria-activedescendant", options[place].id);
    options[place].scrollIntoView({ block: "nearest" });
  }

  press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (!this.isOpen) return this.seek(0);
      const count = this.options.length;
      // One place more than there are options: the field itself.
      this.point(((this.active + 1 + step + count + 1) % (count + 1)) - 1);
    } else if (event.key === "Enter" && this.isOpen && this.active >= 0) {
      event.preventDefault();
      this.choose(this.options[this.active]);
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }

  choose(option) {
    this.text.value = option.dataset.name;
    this.sent.value = option.dataset.jid;
    this.status.textContent = `${option.dataset.name} chosen`;
    this.close();
    this.tell();
  }

  tell() {
    if (this.sent.value === this.told) return;
    this.told = this.sent.value;
    this.sent.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.list.hidden = true;
    this.text.setAttribute("aria-expanded", "false");
    this.point(-1);
  }
}

const known = new WeakSet();

function setUp(part) {
  for (const root of part.querySelectorAll("[data-chooser]")) {
    if (known.has(root)) continue;
    known.add(root);
    new Chooser(root);
  }
}

document.addEventListener("htmx:load", ({ target }) => setUp(target.parentElement ?? target));
setUp(document);
