// The list that opens above an input while one types: commands, people, and what an option offers.

import { el } from "./dom.js";

let count = 0;

export class Suggestions {
  #popup;
  #input = null;
  #items = [];
  #active = -1;
  #onpick = null;

  /** `popup` is the element that shows the list; it serves one input at a time. */
  constructor(popup) {
    this.#popup = popup;
    popup.setAttribute("role", "listbox");
    popup.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  get open() { return !this.#popup.hidden; }

  isFor(input) { return this.open && this.#input === input; }

  /** Offer `items`, `{ label, hint?, sign?, ... }` each, below a `title`; `onpick(item)` gets the one that is taken. */
  show(input, title, items, onpick, { first = true } = {}) {
    if (!items.length) return this.hide();
    this.#input = input;
    this.#items = items;
    this.#onpick = onpick;
    const id = ++count;
    this.#popup.setAttribute("aria-label", title);
    this.#popup.replaceChildren(el("div", { className: "popup-title", role: "presentation" }, title), ...items.map((item, n) => {
      const node = el("div", { role: "option", id: `choice-${id}-${n}`, className: "choice" }, item.sign ?? null, el("span", { className: "choice-label" }, item.label), item.hint && el("span", { className: "choice-hint muted" }, item.hint));
      node.onpointermove = () => this.#activate(n);
      node.onclick = () => this.#pick(n);
      return node;
    }));
    this.#popup.hidden = false;
    input.setAttribute("aria-expanded", "true");
    this.#activate(first ? 0 : -1);
    return undefined;
  }

  hide() {
    if (this.#popup.hidden) return;
    this.#popup.hidden = true;
    this.#input?.removeAttribute("aria-activedescendant");
    this.#input?.setAttribute("aria-expanded", "false");
    this.#input = null;
  }

  /** Act on a key that was pressed in the input; whether it was one for the list. */
  key(event) {
    if (!this.open) return false;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) this.#activate((this.#active + move + this.#items.length) % this.#items.length);
    else if ((event.key === "Enter" || event.key === "Tab") && this.#active >= 0 && !event.shiftKey) this.#pick(this.#active);
    else if (event.key === "Escape") this.hide();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #activate(n) {
    this.#active = n;
    const options = this.#popup.querySelectorAll("[role=option]");
    options.forEach((option, index) => option.setAttribute("aria-selected", index === n));
    if (n < 0) { this.#input.removeAttribute("aria-activedescendant"); return; }
    this.#input.setAttribute("aria-activedescendant", options[n].id);
    options[n].scrollIntoView({ block: "nearest" });
  }

  #pick(n) {
    const item = this.#items[n], pick = this.#onpick;
    this.hide();
    pick(item);
  }
}
