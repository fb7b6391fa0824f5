// Discord's markdown: markdown-it with what Discord lacks switched off and what it has besides added.

import MarkdownIt from "/page/vendor/markdown-it/markdown-it.js";
import { iconButton } from "./dom.js";
import { spoken, t } from "./words.js";

const DATES = {
  t: { timeStyle: "short" }, T: { timeStyle: "medium" }, d: { dateStyle: "short" }, D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" }, F: { dateStyle: "full", timeStyle: "short" },
};
const ANGLE = /^<(?:@!?(?<user>\d+)|@&(?<role>\d+)|#(?<channel>\d+)|\/(?<command>[^:<>]+):\d+|t:(?<time>-?\d+)(?::(?<style>[tTdDfFR]))?|a?:(?<emoji>\w+):\d+)>/;

const parser = new MarkdownIt({ breaks: true, linkify: true, html: false })
  .disable(["table", "hr", "lheading", "code", "reference", "image", "entity", "html_inline"]);
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

const { rules } = parser.renderer;
rules.strong_open = (tokens, n) => (tokens[n].markup === "__" ? "<u>" : "<strong>");
rules.strong_close = (tokens, n) => (tokens[n].markup === "__" ? "</u>" : "</strong>");
rules.link_open = (tokens, n, options, _env, self) => {
  tokens[n].attrSet("target", "_blank");
  tokens[n].attrSet("rel", "noopener noreferrer");
  return self.renderToken(tokens, n, options);
};

parser.inline.ruler.before("autolink", "angle", (state, silent) => {
  const found = state.src.charCodeAt(state.pos) === 0x3c && ANGLE.exec(state.src.slice(state.pos, state.posMax));
  if (!found) return false;
  if (!silent) state.push("angle", "", 0).meta = found.groups;
  state.pos += found[0].length;
  return true;
});
rules.angle = (tokens, n, _options, env) => {
  const { user, role, channel, command, time, style, emoji } = tokens[n].meta;
  const mention = (text) => `<span class="mention">${parser.utils.escapeHtml(text)}</span>`;
  if (user) return mention(`@${env.places.userName(user, env.guildId)}`);
  if (role) return mention(`@${env.places.roles.get(role)?.name ?? t("unknown role")}`);
  if (channel) return mention(`#${env.places.channels.get(channel)?.name ?? t("unknown")}`);
  if (command) return mention(`/${command}`);
  if (emoji) return parser.utils.escapeHtml(`:${emoji}:`);
  const at = new Date(Number(time) * 1000);
  if (Number.isNaN(at.getTime())) return "";
  const text = style === "R" ? relative(at) : new Intl.DateTimeFormat(spoken(), DATES[style ?? "f"]).format(at);
  return `<time datetime="${at.toISOString()}" title="${parser.utils.escapeHtml(at.toLocaleString(spoken()))}">${parser.utils.escapeHtml(text)}</time>`;
};

parser.inline.ruler.before("emphasis", "spoiler", (state, silent) => {
  if (state.src.slice(state.pos, state.pos + 2) !== "||") return false;
  const end = state.src.indexOf("||", state.pos + 2);
  if (end <= state.pos + 2 || end >= state.posMax) return false;
  if (!silent) {
    const after = state.posMax;
    state.push("spoiler_open", "span", 1).attrs = [["class", "spoiler"], ["tabindex", "0"], ["role", "button"], ["aria-label", t("Spoiler: press to read")]];
    state.pos += 2;
    state.posMax = end;
    state.md.inline.tokenize(state);
    state.push("spoiler_close", "span", -1);
    state.posMax = after;
  }
  state.pos = end + 2;
  return true;
});

parser.block.ruler.before("heading", "subtext", (state, line, _last, silent) => {
  const begin = state.bMarks[line] + state.tShift[line];
  if (!state.src.startsWith("-# ", begin)) return false;
  if (silent) return true;
  state.push("subtext_open", "small", 1).block = true;
  const inline = state.push("inline", "", 0);
  inline.content = state.src.slice(begin + 3, state.eMarks[line]).trim();
  inline.children = [];
  inline.map = [line, line + 1];
  state.push("subtext_close", "small", -1);
  state.line = line + 1;
  return true;
}, { alt: ["paragraph", "blockquote", "list"] });

// markdown-it's own rule, but that it stops at "|" as well.
const WORDS = /[^\n!#$%&*+\-:<=>@[\]\\^_`{|}~]+/y;
parser.inline.ruler.at("text", (state, silent) => {
  WORDS.lastIndex = state.pos;
  const found = WORDS.exec(state.src.slice(0, state.posMax));
  if (!found) return false;
  if (!silent) state.pending += found[0];
  state.pos += found[0].length;
  return true;
});

// ">>> " quotes everything that follows. A quote or a list ends with its last marked line, where markdown would go on.
const LIST = /^\s*(?:[-*]|\d+\.) /;
parser.core.ruler.before("normalize", "quotes", (state) => {
  const whole = state.src.replace(/^>>> ([\s\S]*)/m, (_, rest) => rest.split("\n").map((line) => `> ${line}`).join("\n"));
  let fenced = false, quoted = false, listed = false;
  state.src = whole.split("\n").flatMap((line) => {
    if (line.startsWith("```")) fenced = !fenced;
    const ends = line.trim() !== "" && ((quoted && !line.startsWith(">")) || (listed && !LIST.test(line) && !/^\s/.test(line)));
    quoted = !fenced && line.startsWith("> ");
    listed = !fenced && (LIST.test(line) || (listed && /^\s/.test(line)));
    return ends ? ["", line] : [line];
  }).join("\n");
});

function relative(at) {
  const seconds = (at - Date.now()) / 1000;
  const format = new Intl.RelativeTimeFormat(spoken(), { numeric: "auto" });
  for (const [unit, size] of [["year", 31_557_600], ["month", 2_629_800], ["day", 86_400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
  }
  return format.format(Math.round(seconds), "second");
}

/** `text` as elements. `places` and `guildId` name who and what is mentioned. */
export function markdown(text, places, guildId) {
  const template = document.createElement("template");
  template.innerHTML = parser.render(text, { places, guildId });
  const { content } = template;
  for (const pre of content.querySelectorAll("pre")) {
    const copy = iconButton("copy", t("Copy the code"), () => navigator.clipboard.writeText(pre.textContent.replace(/\n$/, "")), "copy");
    const block = document.createElement("div");
    block.className = "code";
    pre.tabIndex = 0;
    pre.replaceWith(block);
    block.append(pre, copy);
  }
  for (const spoiler of content.querySelectorAll(".spoiler")) {
    const show = () => { spoiler.classList.add("shown"); spoiler.removeAttribute("role"); spoiler.removeAttribute("aria-label"); };
    spoiler.onclick = show;
    spoiler.onkeydown = (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); show(); } };
  }
  return [...content.childNodes];
}

/** The first words of `text`, without its marks. */
export function plain(text, places, guildId, length = 120) {
  const holder = document.createElement("div");
  holder.append(...markdown(text.split("\n").find((line) => line.trim()) ?? "", places, guildId));
  holder.querySelectorAll("button").forEach((button) => button.remove());
  const words = holder.textContent.replace(/\s+/g, " ").trim();
  return words.length > length ? `${words.slice(0, length)}…` : words;
}
