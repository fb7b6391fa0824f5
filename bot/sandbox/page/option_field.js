// The field of one option of a slash command.

import { fileChooser } from "./attachments.js";
import { el } from "./dom.js";
import { t } from "./words.js";

const STRING = 3, INTEGER = 4, BOOLEAN = 5, USER = 6, CHANNEL = 7, ROLE = 8, MENTIONABLE = 9, NUMBER = 10, ATTACHMENT = 11;
const WAIT_MS = 200;
let fields = 0;

/** A person's mistake, to be shown at the field. */
export class FieldError extends Error {}

/**
 * `surroundings` gives `suggestions`, `channel`, `places`, and `complete(field)`, which asks the application what to
 * offer and gives `[{ name, value }]`.
 */
export class OptionField {
  #surroundings;
  #chosen = null;
  #timer = 0;
  #asked = 0;
  #error;
  #input;

  constructor(option, surroundings) {
    this.option = option;
    this.#surroundings = surroundings;
    this.label = option.name_localized ?? option.name;
    const id = `field-${++fields}`;
    this.#input = this.#control(id);
    this.#error = el("small", { className: "error", id: `${id}-error`, hidden: true });
    const hint = el("small", { className: "muted", id: `${id}-hint` }, option.description_localized ?? option.description);
    this.#input.setAttribute("aria-describedby", `${id}-hint ${id}-error`);
    const control = this.isFile ? fileChooser(this.#input) : this.#input;
    this.element = el("div", { className: "field" }, el("label", { for: id }, this.label, option.required && el("span", { className: "required", title: t("Required") }, " *")), control, hint, this.#error);
  }

  focus() { this.#input.focus(); }

  get isFile() { return this.option.type === ATTACHMENT; }

  get empty() { return this.isFile ? !this.#input.files.length : this.#input.value === ""; }

  /** Put a file in, as if it had been chosen. */
  setFile(file) {
    const transfer = new DataTransfer();
    transfer.items.add(file);
    this.#input.files = transfer.files;
    this.#input.dispatchEvent(new Event("change"));
  }

  /** Put a value in, as if it had been typed. */
  setText(text) { this.#input.value = text; }

  /** What to send, a File for an attachment, undefined for nothing. Throws a FieldError. */
  value() {
    const { option } = this;
    if (this.empty) {
      if (option.required) throw new FieldError(t("This field is required."));
      return undefined;
    }
    if (this.isFile) return this.#input.files[0];
    const text = this.#input.value;
    if (option.type === BOOLEAN) return text === "true";
    if (this.#chosen?.label === text) return this.#chosen.value;
    const choices = this.#fixedChoices();
    if (choices) {
      const same = choices.find((choice) => choice.label.toLowerCase() === text.trim().toLowerCase());
      if (!same) throw new FieldError(t("Choose one from the list."));
      return same.value;
    }
    if (option.type === STRING) return text;
    const number = Number(text.replace(",", "."));
    if (!Number.isFinite(number) || (option.type === INTEGER && !Number.isInteger(number))) throw new FieldError(option.type === INTEGER ? t("A whole number is wanted.") : t("A number is wanted."));
    if (option.min_value !== undefined && number < option.min_value) throw new FieldError(t("At least {count}.", { count: option.min_value }));
    if (option.max_value !== undefined && number > option.max_value) throw new FieldError(t("At most {count}.", { count: option.max_value }));
    return number;
  }

  /** What was typed so far, for an autocompletion; undefined for nothing. */
  partial() {
    if (this.empty || this.isFile) return undefined;
    try { return this.value(); } catch { return this.#input.value; }
  }

  showError(text) {
    this.#error.textContent = text;
    this.#error.hidden = !text;
    this.#input.setAttribute("aria-invalid", !!text);
  }

  #control(id) {
    const { option } = this, required = !!option.required;
    if (this.isFile) return el("input", { id, type: "file", required, onchange: () => this.showError("") });
    if (option.type === BOOLEAN) return el("select", { id, required, onchange: () => this.showError("") }, el("option", { value: "" }, "—"), el("option", { value: "true" }, t("Yes")), el("option", { value: "false" }, t("No")));
    const numeric = option.type === INTEGER || option.type === NUMBER;
    const input = el("input", { id, type: "text", required, inputMode: numeric ? "decimal" : "text", maxLength: option.max_length ?? 6000 });
    if (!option.autocomplete && !this.#fixedChoices()) { input.oninput = () => this.showError(""); return input; }
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", "popup");
    input.onfocus = () => this.#offer(0);
    input.onclick = () => this.#offer(0);
    input.oninput = () => { this.showError(""); this.#chosen = null; this.#offer(option.autocomplete ? WAIT_MS : 0); };
    input.onblur = () => { this.#asked++; clearTimeout(this.#timer); this.#surroundings.suggestions.hide(); };
    return input;
  }

  /** What may be chosen, `{ label, value }` each; null where anything may be written. */
  #fixedChoices() {
    const { option } = this, { places, channel } = this.#surroundings;
    if (option.choices?.length) return option.choices.map((choice) => ({ label: choice.name_localized ?? choice.name, value: choice.value }));
    const people = () => places.usersIn(channel).map((user) => ({ label: places.userName(user.id, channel.guild_id), value: user.id }));
    const roles = () => places.rolesIn(channel).map((role) => ({ label: role.name, value: role.id }));
    switch (option.type) {
      case USER: return people();
      case ROLE: return roles();
      case MENTIONABLE: return [...people(), ...roles()];
      case CHANNEL: return places.channelsBeside(channel).filter((c) => !option.channel_types?.length || option.channel_types.includes(c.type)).map((c) => ({ label: places.channelName(c), value: c.id }));
      default: return null;
    }
  }

  #offer(afterMs) {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    this.#timer = setTimeout(async () => {
      const found = await this.#found().catch(() => null);
      if (asked !== this.#asked || document.activeElement !== this.#input) return;
      const { suggestions } = this.#surroundings;
      if (found === null) { suggestions.hide(); this.showError(t("The choices could not be loaded.")); return; }
      suggestions.show(this.#input, this.label, found, (choice) => this.#choose(choice), { first: this.#input.value !== "" || !!this.option.choices });
    }, afterMs);
  }

  async #found() {
    if (this.option.autocomplete) return (await this.#surroundings.complete(this)).map(({ name, name_localized: local, value }) => ({ label: local ?? name, value }));
    const typed = this.#chosen ? "" : this.#input.value.toLowerCase();
    return this.#fixedChoices().filter((choice) => choice.label.toLowerCase().includes(typed)).slice(0, 25);
  }

  #choose(choice) {
    this.#asked++;
    this.#chosen = choice;
    this.#input.value = choice.label;
    this.showError("");
  }
}
