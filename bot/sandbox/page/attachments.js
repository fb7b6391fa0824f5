import { el, icon, sizeText } from "./dom.js";
import { player } from "./player.js";
import { t } from "./words.js";

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
  const name = file.filename ?? file.name ?? "file", ending = /\.[^.]+$/.exec(name)?.[0] ?? "";
  // A title is told without the ending of the file.
  const shown = file.title && !file.title.endsWith(ending) ? `${file.title}${ending}` : file.title ?? name;
  return el("span", { className: "file-name" }, el("a", { href: file.url, download: name }, shown), file.size ? el("span", { className: "muted" }, sizeText(file.size)) : null);
}

/** A file input in the language of the page, where browsers speak their own. */
export function fileChooser(input) {
  const names = el("span", { className: "muted" });
  const tell = () => { names.textContent = [...input.files].map((file) => file.name).join(", ") || t("No file chosen"); };
  input.addEventListener("change", tell);
  input.classList.add("unseen");
  tell();
  return el("div", { className: "file-chooser" }, input, el("label", { className: "button secondary", for: input.id }, t("Choose a file")), names);
}
