import { el } from "./dom.js";

const COLOURS = ["#4752c4", "#1f7a4d", "#a13d63", "#8a5a00", "#00708f", "#7a3fb0"];

/** A face for someone without a picture: the bot's bird, or an initial on a colour that stays theirs. */
export function avatar(user, className = "avatar") {
  if (user.bot) return el("img", { className, src: "/page/icon.svg", alt: "" });
  const node = el("span", { className, "aria-hidden": "true" }, [...(user.global_name ?? user.username)][0].toUpperCase());
  node.style.background = COLOURS[Number(BigInt(user.id) % BigInt(COLOURS.length))];
  return node;
}
