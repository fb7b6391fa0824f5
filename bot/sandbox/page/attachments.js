import { el, icon, sizeText } from "./dom.js";
import { player } from "./player.js";

/** A picture, a film, a sound or a file, as `{ url, filename, content_type, size, ... }` describes it. */
export function attachment(file) {
  const kind = file.content_type ?? "";
  if (file.waveform || kind.startsWith("audio/")) return el("figure", { className: "attachment" }, player(file), file.waveform ? null : fileLink(file));
  if (kind.startsWith("image/")) return picture(file.url, file.description || file.filename);
  if (kind.startsWith("video/")) return el("video", { className: "picture", src: file.url, controls: true, preload: "metadata", "aria-label": file.filename });
  return fileCard(file);
}

export function picture(url, description) {
  return el("a", { className: "picture", href: url, target: "_blank", rel: "noopener noreferrer" }, el("img", { src: url, alt: description ?? "", loading: "lazy" }));
}

export function fileCard(file) {
  return el("div", { className: "file" }, icon("file"), fileLink(file));
}

function fileLink(file) {
  const name = file.filename ?? file.name ?? "file";
  return el("span", { className: "file-name" }, el("a", { href: file.url, download: name }, file.title ?? name), file.size ? el("span", { className: "muted" }, sizeText(file.size)) : null);
}
