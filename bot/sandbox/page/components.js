// The components of messages: buttons and selects in rows, and the layout of Components V2.

import { fileCard, picture } from "./attachments.js";
import { chooser } from "./chooser.js";
import { el } from "./dom.js";
import { markdown } from "./markdown.js";
import { t } from "./words.js";

const ROW = 1, BUTTON = 2, SECTION = 9, TEXT = 10, THUMBNAIL = 11, GALLERY = 12, FILE = 13, SEPARATOR = 14, CONTAINER = 17;
const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "secondary" }, LINK = 5;

/**
 * `list` of components as elements. `use(component, values?)` is called when a person uses one and gives a promise that
 * settles when the application has answered.
 */
export function components(list, message, channel, places, use) {
  const children = (inner) => components(inner, message, channel, places, use);
  return (list ?? []).map((component) => {
    switch (component.type) {
      case ROW: return el("div", { className: "row" }, children(component.components));
      case BUTTON: return button(component, use);
      case SECTION: return el("div", { className: "section" }, el("div", {}, children(component.components)), children([component.accessory]));
      case TEXT: return el("div", { className: "markdown" }, markdown(component.content, places, channel.guild_id));
      case THUMBNAIL: return veiled(component, el("img", { className: "thumbnail", src: component.media.url, alt: component.description ?? "", loading: "lazy" }));
      case GALLERY: return el("div", { className: "gallery" }, component.items.map((item) => veiled(item, picture(item.media.url, item.description))));
      case FILE: return veiled(component, fileCard({ url: component.file.url, name: component.name, size: component.size }));
      case SEPARATOR: return el("hr", { className: `separator ${component.divider ? "" : "invisible"} ${component.spacing === 2 ? "wide" : ""}` });
      case CONTAINER: {
        const node = veiled(component, el("div", { className: "container" }, children(component.components)));
        if (component.accent_color != null) node.style.setProperty("--stripe", `#${component.accent_color.toString(16).padStart(6, "0")}`);
        return node;
      }
      default: return select(component, message, channel, places, use);
    }
  });
}

function button(component, use) {
  const face = [component.emoji?.id ? `:${component.emoji.name}:` : component.emoji?.name, component.label].filter(Boolean).join(" ");
  if (component.style === LINK) {
    const url = /^(https?|discord):/.test(component.url) ? component.url : "#";
    return el("a", { className: "button secondary", href: url, target: "_blank", rel: "noopener noreferrer" }, face, " ↗");
  }
  const node = el("button", { type: "button", className: `button ${STYLES[component.style]}`, disabled: !!component.disabled, dataset: { key: component.custom_id } }, face);
  node.onclick = async () => {
    if (node.getAttribute("aria-busy")) return;
    node.setAttribute("aria-busy", "true");
    try { await use(component); } finally { node.removeAttribute("aria-busy"); }
  };
  return node;
}

function select(component, message, channel, places, use) {
  const node = chooser(component, channel, places, (values) => use(component, values));
  node.dataset.key = component.custom_id;
  return node;
}

function veiled(given, node) {
  if (!given.spoiler) return node;
  const veil = el("button", { type: "button", className: "veil" }, t("Spoiler"));
  const box = el("div", { className: "veiled" }, node, veil);
  veil.onclick = () => { box.classList.remove("veiled"); veil.remove(); };
  return box;
}
