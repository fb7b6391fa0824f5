// A slash command being filled in: its options as fields, optional ones on demand.

import { byId, el, iconButton } from "./dom.js";
import { FieldError, OptionField } from "./option_field.js";
import { t } from "./words.js";

const COMMAND = 2, AUTOCOMPLETE = 4, SUBCOMMAND = 1, GROUP = 2, CHAT_INPUT = 1;

/** Every slash command and subcommand as `{ title, description, command, path, options }`. */
export function entries(commands) {
  return commands.filter((command) => command.type === CHAT_INPUT).flatMap((command) => expand(command, command, []));
}

function expand(command, node, path) {
  const nested = (node.options ?? []).filter((option) => option.type === SUBCOMMAND || option.type === GROUP);
  if (nested.length) return nested.flatMap((inner) => expand(command, inner, [...path, inner]));
  const title = [command, ...path].map((part) => part.name_localized ?? part.name).join(" ");
  return [{ title, names: [command, ...path].map((part) => part.name).join(" "), description: node.description_localized ?? node.description, command, path, options: node.options ?? [] }];
}

/** Those that fit what was typed after the slash, best first. */
export function matching(found, typed) {
  const wanted = typed.toLowerCase().trim();
  const rank = (entry) => {
    const titles = [entry.title, entry.names].map((title) => title.toLowerCase());
    if (titles.some((title) => title.startsWith(wanted))) return 0;
    if (titles.some((title) => title.split(" ").some((word) => word.startsWith(wanted)))) return 1;
    return titles.some((title) => title.includes(wanted)) || entry.description.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return found.map((entry) => [rank(entry), entry]).filter(([n]) => n < 3).sort(([a, x], [b, y]) => a - b || x.title.localeCompare(y.title)).map(([, entry]) => entry);
}

export const commandData = (command) => ({ version: command.version, id: command.id, name: command.name, type: command.type });

export class CommandForm {
  #node;
  #app;
  #suggestions;
  #entry = null;
  #fields = [];
  #onend;

  constructor(node, suggestions, app, onend) {
    this.#node = node;
    this.#suggestions = suggestions;
    this.#app = app;
    this.#onend = onend;
    node.closest("form").addEventListener("keydown", (event) => { if (this.active && event.key === "Escape" && !event.defaultPrevented) this.cancel(); });
    node.addEventListener("keydown", (event) => {
      if (suggestions.key(event)) return;
      if (event.key === "Enter" && event.target.matches("input")) { event.preventDefault(); event.target.form.requestSubmit(); }
    });
  }

  get active() { return this.#entry !== null; }

  get takesFiles() { return !!this.#entry?.options.some((option) => option.type === 11); }

  start(entry) {
    this.#entry = entry;
    this.#fields = [];
    const wanted = entry.options.filter((option) => option.required);
    const fields = el("div", { className: "fields" });
    const more = el("div", { className: "more-options", role: "group", "aria-label": t("Optional") });
    const add = (option) => {
      const field = new OptionField(option, { suggestions: this.#suggestions, channel: this.#app.channel, places: this.#app.places, complete: (asking) => this.#complete(asking) });
      this.#fields.push(field);
      fields.append(field.element);
      return field;
    };
    wanted.forEach(add);
    for (const option of entry.options.filter((o) => !o.required)) {
      const chip = el("button", { type: "button", className: "chip", title: option.description_localized ?? option.description }, `+ ${option.name_localized ?? option.name}`);
      chip.dataset.option = option.name;
      chip.onclick = () => { chip.remove(); add(option).focus(); };
      more.append(chip);
    }
    this.#node.replaceChildren(
      el("div", { className: "command-head" }, el("strong", {}, `/${entry.title}`), el("span", { className: "muted" }, entry.description), iconButton("close", t("Leave the command"), () => this.cancel())),
      fields, more.childElementCount ? more : "");
    this.#node.hidden = false;
    // With nothing to fill in, Enter sends it.
    (this.#fields[0] ?? byId("send")).focus();
  }

  /** Give a file to the first attachment field, adding one if the command has it; whether there was one. */
  takeFile(file) {
    if (!this.active) return false;
    if (!this.#fields.some((field) => field.isFile && field.empty)) {
      const option = this.#entry.options.find((o) => o.type === 11 && !this.#fields.some((field) => field.option === o));
      if (option) this.#node.querySelector(`[data-option="${CSS.escape(option.name)}"]`)?.click();
    }
    const field = this.#fields.find((candidate) => candidate.isFile && candidate.empty);
    field?.setFile(file);
    return !!field;
  }

  cancel() {
    this.#entry = null;
    this.#fields = [];
    this.#suggestions.hide();
    this.#node.hidden = true;
    this.#node.replaceChildren();
    this.#onend();
  }

  /** Send it. What is wrong is shown at its field, or thrown. */
  async submit() {
    const filled = [], files = [];
    let firstWrong = null;
    for (const field of this.#fields) {
      try {
        const value = field.value();
        field.showError("");
        if (value instanceof File) { filled.push([field, String(files.length)]); files.push(value); } else if (value !== undefined) filled.push([field, value]);
      } catch (error) {
        if (!(error instanceof FieldError)) throw error;
        field.showError(error.message);
        firstWrong ??= field;
      }
    }
    if (firstWrong) { firstWrong.focus(); return; }
    const entry = this.#entry;
    const options = filled.map(([{ option }, value]) => ({ type: option.type, name: option.name, value }));
    const data = { ...commandData(entry.command), options: nest(entry.path, options), attachments: files.map((file, n) => ({ id: String(n), filename: file.name })) };
    const sending = this.#app.interact(COMMAND, data, { files });
    this.#node.setAttribute("aria-busy", "true");
    try {
      await sending;
      if (this.#entry === entry) this.cancel();
    } catch (error) {
      if (!this.#showAtFields(error.errors, filled)) throw error;
    } finally {
      this.#node.removeAttribute("aria-busy");
    }
  }

  #showAtFields(errors, filled) {
    let shown = false;
    let node = errors?.data?.options;
    for (const _ of this.#entry?.path ?? []) node = node?.["0"]?.options ?? node;
    for (const [key, inner] of Object.entries(node ?? {})) {
      const field = this.#fields.find((candidate) => candidate.option.name === key) ?? filled[Number(key)]?.[0];
      const text = first(inner);
      if (field && text) { field.showError(text); shown = true; }
    }
    return shown;
  }

  async #complete(asking) {
    const options = this.#fields.map((field) => ({ type: field.option.type, name: field.option.name, value: field === asking ? field.partial() ?? "" : field.partial(), focused: field === asking ? true : undefined })).filter((option) => option.value !== undefined);
    const { choices } = await this.#app.client.interact(AUTOCOMPLETE, this.#app.channel, { ...commandData(this.#entry.command), options: nest(this.#entry.path, options) });
    return choices ?? [];
  }
}

function nest(path, options) {
  return path.reduceRight((inner, part) => [{ type: part.type, name: part.name, options: inner }], options);
}

function first(node) {
  if (node?._errors?.length) return node._errors[0].message;
  for (const inner of Object.values(node ?? {})) { const text = typeof inner === "object" && first(inner); if (text) return text; }
  return "";
}
