// Selects: of given choices, or of people, roles and channels. The browser's own for one choice; a list to tick for more.

import { el } from "./dom.js";
import { t } from "./words.js";

const STRING = 3, USER = 5, ROLE = 6, MENTIONABLE = 7, CHANNEL = 8;

/** What can be chosen in a select: `{ label, value, description?, chosen }` each. */
function choicesOf(component, channel, places) {
  if (component.type === STRING) {
    return component.options.map((option) => ({
      label: [option.emoji?.id ? "" : option.emoji?.name, option.label].filter(Boolean).join(" "), value: option.value,
      description: option.description, chosen: !!option.default,
    }));
  }
  const given = new Set((component.default_values ?? []).map((value) => value.id));
  const people = () => places.usersIn(channel).map((user) => ({ label: places.userName(user.id, channel.guild_id), value: user.id }));
  const roles = () => places.rolesIn(channel).map((role) => ({ label: `@${role.name.replace(/^@/, "")}`, value: role.id }));
  const channels = () => places.channelsBeside(channel)
    .filter((c) => !component.channel_types?.length || component.channel_types.includes(c.type))
    .map((c) => ({ label: `#${places.channelName(c)}`, value: c.id }));
  const found = { [USER]: people, [ROLE]: roles, [MENTIONABLE]: () => [...people(), ...roles()], [CHANNEL]: channels }[component.type]();
  return found.map((choice) => ({ ...choice, chosen: given.has(choice.value) }));
}

/**
 * A select as an element. `onchoose(values)` is called with each new choice. The element's `values()` tells the present
 * choice, for forms.
 */
export function chooser(component, channel, places, onchoose = () => {}, label = component.placeholder || t("Make a selection")) {
  const choices = choicesOf(component, channel, places);
  const node = (component.max_values ?? 1) > 1 ? many(component, choices, onchoose, label) : one(component, choices, onchoose, label);
  node.classList.add("chooser");
  return node;
}

function one(component, choices, onchoose, label) {
  const node = el("select", { disabled: !!component.disabled, "aria-label": label },
    el("option", { value: "", disabled: component.min_values !== 0 }, label),
    choices.map((choice) => el("option", { value: choice.value, selected: choice.chosen }, choice.description ? `${choice.label} — ${choice.description}` : choice.label)));
  if (!choices.some((choice) => choice.chosen)) node.value = "";
  node.values = () => (node.value ? [node.value] : []);
  node.onchange = () => onchoose(node.values());
  return node;
}

function many(component, choices, onchoose, label) {
  const summary = el("summary", {});
  const boxes = choices.map((choice) => el("input", { type: "checkbox", value: choice.value, checked: choice.chosen, disabled: !!component.disabled }));
  const done = el("button", { type: "button", className: "button primary" }, t("Choose"));
  const node = el("details", {}, summary, el("div", { className: "choices", role: "group", "aria-label": label },
    choices.map((choice, n) => el("label", {}, boxes[n], el("span", {}, choice.label, choice.description && el("small", {}, choice.description)))), done));
  const chosen = () => boxes.filter((box) => box.checked);
  const draw = () => {
    const names = choices.filter((_, n) => boxes[n].checked).map((choice) => choice.label);
    summary.textContent = names.length ? names.join(", ") : label;
    for (const box of boxes) box.disabled = !!component.disabled || (!box.checked && names.length >= component.max_values);
    done.disabled = names.length < (component.min_values ?? 1);
  };
  for (const box of boxes) box.onchange = draw;
  done.onclick = () => { node.open = false; onchoose(node.values()); };
  node.values = () => chosen().map((box) => box.value);
  draw();
  return node;
}
