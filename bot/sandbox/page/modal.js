// The forms that an application opens.

import { fileChooser } from "./attachments.js";
import { chooser } from "./chooser.js";
import { el, iconButton } from "./dom.js";
import { markdown } from "./markdown.js";
import { t } from "./words.js";

const SUBMIT = 5;
const ROW = 1, TEXT_INPUT = 4, TEXT = 10, LABEL = 18, UPLOAD = 19, RADIO = 21, CHECKBOXES = 22, CHECKBOX = 23;
const PARAGRAPH = 2;
let inputs = 0;

/** Show the form until it is sent or left. */
export function openModal(modal, app) {
  const channel = app.places.channels.get(modal.channel_id) ?? app.channel;
  const fields = [];
  const body = modal.components.map((component) => {
    if (component.type === TEXT) return el("div", { className: "markdown" }, markdown(component.content, app.places, channel.guild_id));
    const pairs = component.type === LABEL ? [[component.component, component.label, component.description]] : component.components.map((child) => [child, child.label, ""]);
    return pairs.map(([child, label, description]) => {
      const field = fieldOf(child, label, description, channel, app.places);
      fields.push(field);
      return field.element;
    });
  });
  const problem = el("p", { className: "error", role: "alert", hidden: true });
  const send = el("button", { className: "button primary" }, t("Submit"));
  const form = el("form", { method: "dialog", noValidate: true }, el("p", { className: "muted" }, t("This form goes to {name}.", { name: modal.application.name })), body, problem,
    el("div", { className: "row end" }, el("button", { type: "button", className: "button secondary", onclick: () => dialog.close() }, t("Cancel")), send));
  const dialog = el("dialog", { className: "modal", "aria-labelledby": "modal-title" },
    el("div", { className: "modal-head" }, el("h2", { id: "modal-title" }, modal.title), iconButton("close", t("Close"), () => dialog.close())), form);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const wrong = fields.filter((field) => !field.check());
    if (wrong.length) { wrong[0].focus(); return; }
    const files = [];
    const components = fields.map((field) => ({ type: field.component.type, custom_id: field.component.custom_id, ...field.answer(files) }));
    const data = { id: modal.id, custom_id: modal.custom_id, components, attachments: files.map((file, n) => ({ id: String(n), filename: file.name })) };
    send.setAttribute("aria-busy", "true");
    send.disabled = true;
    try {
      await app.client.interact(SUBMIT, channel, data, { files });
      dialog.close();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    } finally {
      send.removeAttribute("aria-busy");
      send.disabled = false;
    }
  };
  dialog.onclose = () => { dialog.remove(); app.composer.focus(); };
  document.body.append(dialog);
  dialog.showModal();
  fields[0]?.focus();
}

/** One input with its label: `{ component, element, focus(), check(), answer(files) }`. */
function fieldOf(component, label, description, channel, places) {
  const id = `input-${++inputs}`, required = component.required !== false && component.type !== CHECKBOX;
  const { control, group, values, problem } = controlOf(component, id, label, channel, places);
  const error = el("small", { className: "error", id: `${id}-error`, hidden: true });
  const mark = required && el("span", { className: "required", title: t("Required") }, " *");
  const element = group
    ? el("fieldset", { className: "field" }, el("legend", {}, label, mark), description && el("small", { className: "muted" }, description), control, error)
    : el("div", { className: "field" }, el("label", { for: id }, label, mark), description && el("small", { className: "muted" }, description), control, error);
  const main = control.matches("input, select, textarea") ? control : control.querySelector("input, summary");
  main.setAttribute("aria-describedby", `${id}-error`);
  return {
    component, element,
    focus: () => main.focus(),
    check: () => {
      const text = problem(required);
      error.textContent = text;
      error.hidden = !text;
      if (main.matches("input, select, textarea")) main.setAttribute("aria-invalid", !!text);
      return !text;
    },
    answer: values,
  };
}

function controlOf(component, id, label, channel, places) {
  const tick = (type) => component.options.map((option) => el("label", { className: "tick" }, el("input", { type, name: id, value: option.value, checked: !!option.default }), el("span", {}, option.label, option.description && el("small", {}, option.description))));
  const ticked = (node) => [...node.querySelectorAll("input:checked")].map((input) => input.value);
  const missing = (required, empty) => (required && empty ? t("This field is required.") : "");
  switch (component.type) {
    case TEXT_INPUT: {
      const control = el(component.style === PARAGRAPH ? "textarea" : "input", { id, value: component.value ?? "", placeholder: component.placeholder ?? "", maxLength: component.max_length ?? 4000 });
      if (component.style === PARAGRAPH) control.rows = 4;
      const fewest = component.min_length ?? 0;
      return {
        control, values: () => ({ value: control.value }),
        problem: (required) => missing(required, !control.value) || (control.value && control.value.length < fewest ? t("At least {count} characters, please.", { count: fewest }) : ""),
      };
    }
    case UPLOAD: {
      const input = el("input", { id, type: "file", multiple: component.max_values > 1 });
      const control = fileChooser(input);
      return {
        control,
        values: (files) => { const chosen = [...input.files]; const at = files.length; files.push(...chosen); return { values: chosen.map((_, n) => String(at + n)) }; },
        problem: (required) => missing(required, !input.files.length) || (input.files.length > component.max_values ? t("{count} files at most.", { count: component.max_values }) : ""),
      };
    }
    case RADIO: {
      const control = el("div", { role: "radiogroup", "aria-label": label }, tick("radio"));
      return { control, group: true, values: () => ({ value: ticked(control)[0] ?? null }), problem: (required) => missing(required, !ticked(control).length) };
    }
    case CHECKBOXES: {
      const control = el("div", {}, tick("checkbox"));
      return {
        control, group: true, values: () => ({ values: ticked(control) }),
        problem: (required) => {
          const count = ticked(control).length;
          if (missing(required, !count)) return missing(required, !count);
          if (count < (component.min_values ?? 0)) return `At least ${component.min_values}.`;
          return count > (component.max_values ?? 10) ? `At most ${component.max_values}.` : "";
        },
      };
    }
    case CHECKBOX: {
      const control = el("input", { id, type: "checkbox", checked: !!component.default });
      return { control, values: () => ({ value: control.checked }), problem: () => "" };
    }
    default: {
      const control = chooser(component, channel, places, undefined, component.placeholder || label);
      control.id = id;
      return { control, values: () => ({ values: control.values() }), problem: (required) => missing(required && component.min_values !== 0, !control.values().length) };
    }
  }
}
