// The page as a whole: who one is, where one is, and what comes in.

import { Client } from "./client.js";
import { Composer } from "./composer.js";
import { byId, el, iconButton } from "./dom.js";
import { Log } from "./log.js";
import { MessageMenu } from "./message_menu.js";
import { openModal } from "./modal.js";
import { Panel } from "./panel.js";
import { Places } from "./places.js";
import { Sidebar } from "./sidebar.js";
import { Welcome } from "./welcome.js";
import { counted, speak, t } from "./words.js";

const COMMAND = 2, COMPONENT = 3, MESSAGE_COMMAND = 3;
const TYPING_MS = 10_000, WATCH_MS = 4000;
const MANAGE_MESSAGES = 1n << 13n, ADMINISTRATOR = 1n << 3n;

class App {
  client = null;
  places = null;
  channel = null;
  commands = [];
  #unread = new Set();
  #typing = new Map();
  #where = new Map();
  #opening = 0;

  constructor(world) {
    this.world = world;
    this.log = new Log(byId("log"), byId("announcer"), this);
    this.composer = new Composer(this);
    this.sidebar = new Sidebar(this);
    this.welcome = new Welcome(this);
    this.panel = new Panel(this);
    this.menu = new MessageMenu(byId("log"), this);
  }

  // Who one is

  become(userId) {
    const user = this.world.users.find((candidate) => candidate.id === userId) ?? this.world.users[0];
    localStorage.setItem("person", user.id);
    speak(user.locale);
    for (const part of [this.sidebar, this.panel, this.log, this.menu]) part.tell();
    if (this.places && this.channel) this.#where.set(this.places.me.id, this.channel.id);
    this.client?.close();
    this.#unread.clear();
    this.#typing.clear();
    const client = this.client = new Client(this.world, user.token);
    client.addEventListener("offline", () => { if (client === this.client) this.notice(t("The connection is lost; trying again …")); });
    const on = (names, act) => names.forEach((name) => client.addEventListener(name, ({ detail }) => { if (client === this.client) act(detail, name); }));
    on(["READY"], (ready) => this.#begin(ready));
    on(["MESSAGE_CREATE", "MESSAGE_UPDATE"], (message, name) => this.#take(message, name));
    on(["MESSAGE_DELETE"], ({ id }) => this.log.remove(id));
    on(["MESSAGE_DELETE_BULK"], ({ ids }) => ids.forEach((id) => this.log.remove(id)));
    on(["MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE", "MESSAGE_REACTION_REMOVE_ALL", "MESSAGE_REACTION_REMOVE_EMOJI", "MESSAGE_POLL_VOTE_ADD", "MESSAGE_POLL_VOTE_REMOVE"], (data) => this.#refresh(data.message_id));
    on(["TYPING_START"], (data) => this.#typed(data));
    on(["CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE", "THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE", "GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE", "GUILD_MEMBER_UPDATE", "USER_UPDATE"], (data, name) => this.#placesChanged(data, name));
    client.connect();
  }

  async #begin(ready) {
    this.places = new Places(ready, this.world.application_id);
    this.notice("");
    this.#watchBot();
    if (!this.places.directs().some((channel) => channel.recipients.some((user) => user.bot))) await this.#openDirect().catch((error) => this.say(error.message));
    const last = this.places.channels.get(this.#where.get(this.places.me.id) ?? this.channel?.id);
    await this.open(last ?? this.places.directs()[0]);
  }

  async #openDirect() {
    const direct = await this.client.request("POST", "/users/@me/channels", { recipients: [this.world.application_id] });
    this.places.channels.set(direct.id, direct);
    return direct;
  }

  // Where one is

  /** Go to a server, or with null to the direct messages. */
  async enter(guildId) {
    const [channel] = guildId ? this.places.categories(guildId).flatMap((category) => category.channels) : this.places.directs();
    if (channel) await this.open(channel);
  }

  async open(channel, messageId = null) {
    const opening = ++this.#opening;
    this.channel = channel;
    this.#unread.delete(channel.id);
    this.composer.reset();
    byId("title").textContent = this.places.channelName(channel);
    byId("title").dataset.sign = channel.guild_id ? (this.places.isThread(channel) ? "" : "#") : "@";
    byId("topic").textContent = channel.topic ?? "";
    document.title = `${channel.guild_id ? "#" : "@"}${this.places.channelName(channel)} · ${t("Sandbox")}`;
    this.sidebar.draw();
    this.#showTyping();
    try {
      const [index] = await Promise.all([this.client.request("GET", `/channels/${channel.id}/application-command-index`), this.log.open(messageId)]);
      if (opening !== this.#opening) return;
      this.commands = index.application_commands;
    } catch (error) {
      this.say(error.message);
    }
    this.changed();
    if (matchMedia("(hover: hover)").matches) this.composer.focus();
  }

  isUnread(wanted) {
    return [...this.#unread].some((id) => { const channel = this.places.channels.get(id); return channel && wanted(channel); });
  }

  mayManage() {
    const { places, channel } = this;
    if (!channel.guild_id) return false;
    if (places.guilds.get(channel.guild_id).owner_id === places.me.id) return true;
    const member = places.members.get(`${channel.guild_id}/${places.me.id}`);
    return (member?.roles ?? []).some((id) => BigInt(places.roles.get(id)?.permissions ?? 0) & (MANAGE_MESSAGES | ADMINISTRATOR));
  }

  async #placesChanged(data, name) {
    if (!this.places.apply(name, data)) return;
    if (name.endsWith("_DELETE") && data.id === this.channel?.id) await this.enter(this.channel.guild_id ?? null);
    if (name.startsWith("THREAD")) this.log.again(data.id);
    if (this.channel?.id === data.id) this.channel = this.places.channels.get(data.id) ?? this.channel;
    this.sidebar.draw();
  }

  // What comes in

  #take(message, name) {
    this.#typing.delete(`${message.channel_id}/${message.author.id}`);
    this.#showTyping();
    if (message.channel_id === this.channel?.id) { this.log.put(message); return; }
    if (name !== "MESSAGE_CREATE" || message.author.id === this.places?.me.id || this.#unread.has(message.channel_id)) return;
    this.#unread.add(message.channel_id);
    this.sidebar.draw();
  }

  async #refresh(id) {
    if (!this.log.get(id)) return;
    const message = await this.client.request("GET", `/channels/${this.channel.id}/messages/${id}`).catch(() => null);
    if (message) this.log.put({ ...this.log.get(id), ...message });
  }

  #typed({ user_id: userId, channel_id: channelId }) {
    if (userId === this.places?.me.id) return;
    const key = `${channelId}/${userId}`;
    clearTimeout(this.#typing.get(key));
    this.#typing.set(key, setTimeout(() => { this.#typing.delete(key); this.#showTyping(); }, TYPING_MS));
    this.#showTyping();
  }

  #showTyping() {
    const names = [...this.#typing.keys()].filter((key) => key.startsWith(`${this.channel?.id}/`)).map((key) => this.places.userName(key.split("/")[1], this.channel.guild_id));
    const text = names.length ? counted(names.length, "{names} is typing…", "{names} are typing…", { names: names.join(", ") }) : "";
    byId("typing").replaceChildren(...(text ? [el("span", { className: "dots" }, el("i"), el("i"), el("i")), ` ${text}`] : []));
  }

  /** Something in the open channel changed. */
  changed() {
    this.welcome.draw();
  }

  // What one does

  /** Begin an interaction in the open channel and open the form that may come of it. */
  async interact(type, data, details) {
    const answer = await this.client.interact(type, this.channel, data, details);
    if (answer.modal) openModal(answer.modal, this);
    return answer;
  }

  async use(message, component, values) {
    const data = { component_type: component.type, custom_id: component.custom_id, ...(values ? { values, type: component.type } : {}) };
    this.say("");
    await this.interact(COMPONENT, data, { message }).catch((error) => this.say(error.message));
  }

  /** Use a message command. */
  async useOn(command, message) {
    await this.interact(COMMAND, { version: command.version, id: command.id, name: command.name, type: MESSAGE_COMMAND, target_id: message.id });
  }

  async react(message, emoji, on) {
    await this.client.request(on ? "PUT" : "DELETE", `/channels/${message.channel_id}/messages/${message.id}/reactions/${encodeURIComponent(emoji)}/@me`).catch((error) => this.say(error.message));
  }

  async vote(message, answers) {
    await this.client.request("PUT", `/channels/${message.channel_id}/polls/${message.id}/answers/@me`, { answer_ids: answers }).catch((error) => this.say(error.message));
  }

  dismiss(message) { this.log.remove(message.id); }

  async jump(messageId) { await this.log.jumpTo(messageId); }

  // What one is told

  say(text) { this.composer.problem(text); }

  notice(...content) {
    byId("notice").hidden = !content[0];
    byId("notice").replaceChildren(...content);
  }

  /** Tell as long as no bot is connected how to connect one. */
  async #watchBot() {
    clearTimeout(this.#watching);
    const { client } = this;
    const world = await fetch("/sandbox").then((response) => response.json()).catch(() => null);
    if (client !== this.client) return;
    if (world && !world.bot_connected) {
      const text = `rest_url="${world.api}"  token="${world.bot_token}"`;
      this.notice(t("No bot is connected yet. Point yours at this address with this token:"), " ", el("code", {}, text), iconButton("copy", t("Copy address and token"), () => navigator.clipboard.writeText(text)));
    } else if (world && this.#botAway) {
      this.notice("");
      if (this.channel) this.#loadCommands();
    }
    if (world) this.#botAway = !world.bot_connected;
    this.#watching = setTimeout(() => this.#watchBot(), WATCH_MS);
  }

  #watching = 0;
  #botAway = false;

  async #loadCommands() {
    const index = await this.client.request("GET", `/channels/${this.channel.id}/application-command-index`).catch(() => null);
    if (index) this.commands = index.application_commands;
  }
}

speak(navigator.language);
try {
  const world = await (await fetch("/sandbox")).json();
  const app = new App(world);
  app.become(localStorage.getItem("person") ?? world.users.at(-1).id);
} catch (error) {
  byId("notice").hidden = false;
  byId("notice").textContent = t("The sandbox cannot be reached: {reason}", { reason: error.message });
  throw error;
}
