import { picture } from "./attachments.js";
import { el } from "./dom.js";
import { markdown } from "./markdown.js";
import { spoken } from "./words.js";

/** One embed of a message. */
export function embed(data, places, guildId) {
  const words = (text) => markdown(text, places, guildId);
  const node = el("div", { className: "embed" },
    el("div", { className: "embed-body" },
      data.author?.name && el("div", { className: "embed-author" }, data.author.url ? link(data.author.url, data.author.name) : data.author.name),
      data.title && el("div", { className: "embed-title" }, data.url ? link(data.url, data.title) : words(data.title)),
      data.description && el("div", { className: "markdown" }, words(data.description)),
      data.fields?.length && el("div", { className: "embed-fields" }, data.fields.map((field) =>
        el("div", { className: field.inline ? "inline" : "" }, el("strong", {}, field.name), el("div", { className: "markdown" }, words(field.value))))),
      data.image?.url && picture(data.image.url, "")),
    data.thumbnail?.url && el("img", { className: "embed-thumbnail", src: data.thumbnail.url, alt: "", loading: "lazy" }),
    (data.footer?.text || data.timestamp) && el("div", { className: "embed-footer muted" }, [data.footer?.text, data.timestamp && new Date(data.timestamp).toLocaleString(spoken())].filter(Boolean).join(" • ")));
  if (data.color != null) node.style.borderColor = `#${data.color.toString(16).padStart(6, "0")}`;
  return node;
}

function link(url, text) {
  return el("a", { href: /^https?:/.test(url) ? url : "#", target: "_blank", rel: "noopener noreferrer" }, text);
}
