// Elements made from JavaScript. Text is always text: nothing here takes HTML.

import { counted, t } from "./words.js";

const ATTRIBUTE = /-|^(role|for|list|colspan)$/;

/** A new element. Names with a dash and `role` become attributes, the rest properties; empty children are left out. */
export function el(name, properties = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false && ATTRIBUTE.test(key) && !key.startsWith("aria-")) continue;
    if (ATTRIBUTE.test(key)) node.setAttribute(key, String(value));
    else if (key === "dataset") Object.assign(node.dataset, value);
    else node[key] = value;
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

export const byId = (id) => document.getElementById(id);

const PATHS = {
  attach: "M12 5v14M5 12h14",
  mic: "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5 11a7 7 0 0 0 14 0M12 18v3",
  send: "M4 12 20 4l-4 16-4-7zM12 13l8-9",
  close: "M6 6l12 12M18 6 6 18",
  places: "M4 6h16M4 12h16M4 18h16",
  panel: "M8 6l-5 6 5 6M16 6l5 6-5 6M13.5 4l-3 16",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  reply: "M10 7 5 12l5 5M5 12h9a5 5 0 0 1 5 5v1",
  smile: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 14c1 2 2.3 3 4 3s3-1 4-3M9 9.5h.01M15 9.5h.01",
  play: "M7 4v16l13-8z",
  pause: "M7 4h3v16H7zM14 4h3v16h-3z",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  thread: "M4 5h16v11H9l-5 4zM8 9h8M8 12h5",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  edit: "M4 20l1-4L16 5l3 3L8 19z",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  dark: "M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10z",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  stop: "M7 7h10v10H7z",
  down: "M12 5v14M6 13l6 6 6-6",
};
const SVG = "http://www.w3.org/2000/svg";

/** One of the page's pictures, for the eye only. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A button with a picture and a name for those who hear it. */
export function iconButton(name, label, onclick, className = "") {
  return el("button", { type: "button", className: `icon-button ${className}`, title: label, "aria-label": label, onclick }, icon(name));
}

/** The size of a file as people say it. */
export function sizeText(bytes) {
  if (bytes < 1000) return counted(bytes, "{count} byte", "{count} bytes");
  if (bytes < 1e6) return t("{size} KB", { size: (bytes / 1024).toFixed(1) });
  return t("{size} MB", { size: (bytes / 1048576).toFixed(1) });
}
