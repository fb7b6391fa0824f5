// One message as an element.

import { attachment } from "./attachments.js";
import { avatar } from "./avatar.js";
import { components } from "./components.js";
import { el, icon } from "./dom.js";
import { embed } from "./embeds.js";
import { markdown, plain } from "./markdown.js";
import { poll } from "./poll.js";
import { counted, spoken, t } from "./words.js";

export const Flag = { SUPPRESS_EMBEDS: 4, EPHEMERAL: 64, LOADING: 128, VOICE: 8192, V2: 32768 };
const PINNED = 6, THREAD_CREATED = 18, COMMAND = 20, THREAD_STARTER = 21, CONTEXT_COMMAND = 23;
const SYSTEM = new Set([PINNED, THREAD_CREATED]);

const NEAR_MS = 7 * 60 * 1000;

/** Whether `message` goes on where `before` ended, so that its author need not be told again. */
export function continues(message, before) {
  return !!before && before.author.id === message.author.id && !message.referenced_message && !message.interaction_metadata
    && !SYSTEM.has(message.type) && !SYSTEM.has(before.type) && (message.flags & Flag.EPHEMERAL) === (before.flags & Flag.EPHEMERAL)
    && new Date(message.timestamp) - new Date(before.timestamp) < NEAR_MS;
}

export function timeText(at) {
  const day = new Date(at).toDateString(), today = new Date();
  const hour = new Intl.DateTimeFormat(spoken(), { timeStyle: "short" }).format(at);
  if (day === today.toDateString()) return hour;
  return new Intl.DateTimeFormat(spoken(), { dateStyle: "short", timeStyle: "short" }).format(at);
}

/** What a message says in a few words, for those who quote it and for those who listen. */
export function gist(message, places, guildId) {
  if (message.flags & Flag.LOADING) return t("thinking…");
  if (message.content) return plain(message.content, places, guildId);
  if (message.flags & Flag.VOICE) return t("Voice message");
  if (message.attachments?.length) return message.attachments.map((file) => file.filename).join(", ");
  return message.message_snapshots?.length ? t("Forwarded message") : t("Message");
}

/**
 * `app` gives what the message needs of its surroundings: `places`, `channel`, `use(message, component, values)`,
 * `react(message, emoji, on)`, `open(channel)`, `jump(messageId)`, `dismiss(message)`, `vote(message, answers)`.
 */
export function messageElement(message, app, compact) {
  const { places, channel } = app, guildId = channel.guild_id;
  const name = places.userName(message.author.id, guildId);
  const at = new Date(message.timestamp);
  const ephemeral = !!(message.flags & Flag.EPHEMERAL);
  const node = el("article", {
    id: `m${message.id}`, tabIndex: -1, className: ["message", compact && "compact", ephemeral && "ephemeral", mentionsMe(message, places) && "mentioned"].filter(Boolean).join(" "),
    "aria-label": `${name}, ${timeText(at)}: ${gist(message, places, guildId)}`,
  });
  if (SYSTEM.has(message.type)) {
    node.classList.add("system");
    node.append(icon("thread"), el("div", { className: "content" }, systemText(message, name, app)));
    return node;
  }
  const time = el("time", { dateTime: at.toISOString(), title: at.toLocaleString(spoken()) }, timeText(at));
  const above = quoted(message, app);
  if (above) node.append(above);
  node.append(compact ? el("span", { className: "gutter" }, time) : avatar(message.author));
  const who = el("span", { className: "who" }, name);
  const colour = places.userColour(message.author.id, guildId);
  // Mixed with the colour of text, so that it can be read on light and on dark.
  if (colour) who.style.color = `color-mix(in srgb, ${colour} 60%, var(--text))`;
  node.append(el("div", { className: "content" },
    compact ? null : el("div", { className: "head" }, who, message.author.bot && el("span", { className: "badge" }, "APP"), time),
    body(message, app),
    message.reactions?.length ? reactions(message, app) : null,
    message.thread && threadCard(message.thread, app),
    ephemeral ? el("div", { className: "only-you muted" }, t("Only you can see this"), " • ", el("button", { type: "button", className: "link", onclick: () => app.dismiss(message) }, t("Dismiss message"))) : null));
  return node;
}

function mentionsMe(message, places) {
  return message.author.id !== places.me.id && message.mentions.some((user) => user.id === places.me.id);
}

function body(message, app) {
  const { places, channel } = app, guildId = channel.guild_id;
  if (message.flags & Flag.LOADING) return el("div", { className: "thinking" }, el("span", { className: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")), ` ${t("thinking…")}`);
  const shown = components(message.components, message, channel, places, (component, values) => app.use(message, component, values));
  if (message.flags & Flag.V2) return [...shown, edited(message)];
  const words = el("div", { className: "markdown" }, markdown(message.content, places, guildId));
  const mark = edited(message);
  if (mark) (words.lastElementChild?.matches("p, small") ? words.lastElementChild : words).append(" ", mark);
  return [
    words,
    (message.message_snapshots ?? []).map(({ message: inner }) => el("div", { className: "forwarded" }, el("small", {}, `↪ ${t("Forwarded")}`), el("div", { className: "markdown" }, markdown(inner.content, places, guildId)), inner.attachments.map(attachment), inner.embeds.map((data) => embed(data, places, guildId)))),
    message.attachments.map(attachment),
    message.flags & Flag.SUPPRESS_EMBEDS ? null : message.embeds.map((data) => embed(data, places, guildId)),
    message.poll && poll(message.poll, (answers) => app.vote(message, answers)),
    shown,
  ];
}

function edited(message) {
  return message.edited_timestamp ? el("span", { className: "edited", title: new Date(message.edited_timestamp).toLocaleString(spoken()) }, t("(edited)")) : null;
}

/** What stands above a message: what it replies to, or which command it answers. */
function quoted(message, app) {
  const { places, channel } = app, guildId = channel.guild_id;
  const command = message.interaction_metadata;
  if (command && (message.type === COMMAND || message.type === CONTEXT_COMMAND) && message.interaction) {
    return el("div", { className: "quoted" }, el("b", {}, places.userName(command.user.id, guildId)), ` ${t("used")} `, el("span", { className: "mention" }, message.type === COMMAND ? `/${message.interaction.name}` : message.interaction.name));
  }
  if (message.referenced_message === undefined || message.type === THREAD_STARTER) return null;
  const target = message.referenced_message;
  if (target === null) return el("div", { className: "quoted" }, el("i", {}, t("The message was deleted.")));
  return el("button", { type: "button", className: "quoted", onclick: () => app.jump(target.id) }, el("b", {}, places.userName(target.author.id, guildId)), " ", el("span", {}, gist(target, places, guildId)));
}

function systemText(message, name, app) {
  if (message.type === PINNED) return [el("b", {}, name), ` ${t("pinned a message to this channel.")}`];
  const thread = app.places.channels.get(message.message_reference?.channel_id);
  return [el("b", {}, name), ` ${t("started a thread:")} `, thread ? el("button", { type: "button", className: "link", onclick: () => app.open(thread) }, message.content) : message.content];
}

function threadCard(thread, app) {
  const known = app.places.channels.get(thread.id) ?? thread;
  return el("button", { type: "button", className: "thread-card", onclick: () => app.open(known) }, icon("thread"), el("b", {}, known.name), el("span", { className: "muted" }, counted(known.message_count ?? 0, "{count} message", "{count} messages")));
}

function reactions(message, app) {
  return el("div", { className: "reactions" }, message.reactions.map(({ emoji, count, me }) => {
    const key = emoji.id ? `${emoji.name}:${emoji.id}` : emoji.name;
    return el("button", { type: "button", className: "reaction", "aria-pressed": me, "aria-label": `${emoji.name}, ${count}`, dataset: { key: `reaction ${key}` }, onclick: () => app.react(message, key, !me) }, emoji.name, el("b", {}, count));
  }));
}
