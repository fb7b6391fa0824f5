// What can be done with a message: a small bar on the message that is pointed at, and a menu.

import { byId, el, icon, iconButton } from "./dom.js";
import { Flag } from "./message.js";
import { commandData } from "./slash.js";
import { t } from "./words.js";

const COMMAND = 2, MESSAGE_COMMAND = 3;
const EMOJI = ["👍", "👎", "❤️", "😂", "🎉", "😮", "😢", "🙏", "👀", "✅", "❌", "🔥"];

export class MessageMenu {
  #app;
  #bar = el("div", { className: "bar", role: "toolbar" });
  #menu = el("div", { id: "menu", popover: "auto", role: "menu" });
  #message = null;

  constructor(log, app) {
    this.#app = app;
    document.body.append(this.#menu);
    this.#menu.addEventListener("keydown", (event) => this.#walk(event));
    const show = (event) => this.#show(event.target.closest?.("article"));
    log.addEventListener("pointerover", show);
    log.addEventListener("focusin", show);
    log.addEventListener("click", show);
    log.addEventListener("contextmenu", (event) => {
      const article = event.target.closest("article");
      if (!article || event.target.closest("a, img, audio, video") || String(getSelection())) return;
      event.preventDefault();
      this.#show(article);
      this.#open(article, event);
    });
  }

  /** Say what can be done in the language of the page. */
  tell() {
    this.#bar.setAttribute("aria-label", t("What to do with this message"));
    this.#bar.replaceChildren(
      iconButton("smile", t("Add a reaction"), (event) => this.#emoji(event.currentTarget)),
      iconButton("reply", t("Reply"), () => this.#app.composer.reply(this.#message)),
      iconButton("more", t("More"), (event) => this.#open(event.currentTarget)));
  }

  #show(article) {
    const message = article && this.#app.log.get(article.id.slice(1));
    if (!message || article.classList.contains("system") || this.#menu.matches(":popover-open")) return;
    if (this.#message === message && this.#bar.parentElement === article) return;
    this.#message = message;
    const plain = !(message.flags & (Flag.EPHEMERAL | Flag.LOADING));
    this.#bar.children[0].hidden = this.#bar.children[1].hidden = !plain;
    article.append(this.#bar);
  }

  #items() {
    const { places, channel, client, composer, commands } = this.#app, message = this.#message;
    const mine = message.author.id === places.me.id, ephemeral = !!(message.flags & Flag.EPHEMERAL);
    const path = `/channels/${message.channel_id}/messages/${message.id}`;
    const found = [];
    if (!ephemeral) found.push([t("Reply"), "reply", () => composer.reply(message)]);
    if (mine && message.content) found.push([t("Edit"), "edit", () => composer.edit(message)]);
    if (!ephemeral && channel.guild_id && !places.isThread(channel) && !message.thread) found.push([t("Create a thread"), "thread", () => this.#thread()]);
    if (message.content) found.push([t("Copy the text"), "copy", () => navigator.clipboard.writeText(message.content)]);
    found.push([t("Copy the link"), "copy", () => navigator.clipboard.writeText(`https://discord.com/channels/${channel.guild_id ?? "@me"}/${message.channel_id}/${message.id}`)]);
    if (ephemeral) found.push([t("Dismiss"), "close", () => this.#app.dismiss(message)]);
    else if (mine || this.#app.mayManage()) found.push([t("Delete"), "trash", () => client.request("DELETE", path)]);
    const apps = ephemeral ? [] : commands.filter((command) => command.type === MESSAGE_COMMAND)
      .map((command) => [command.name_localized ?? command.name, null, () => this.#app.interact(COMMAND, { ...commandData(command), target_id: message.id })]);
    return [found, apps];
  }

  #open(anchor, event = null) {
    const [own, apps] = this.#items();
    const row = ([label, sign, act]) => el("button", { type: "button", role: "menuitem", tabIndex: -1, className: sign === "trash" ? "danger" : "", onclick: () => this.#act(act) }, sign && icon(sign), label);
    this.#menu.className = "";
    this.#menu.replaceChildren(...own.map(row), ...(apps.length ? [el("div", { className: "menu-title", role: "presentation" }, t("Apps")), ...apps.map(row)] : []));
    this.#place(anchor, event);
  }

  #emoji(anchor) {
    const message = this.#message;
    this.#menu.className = "emoji";
    this.#menu.replaceChildren(...EMOJI.map((emoji) => el("button", { type: "button", role: "menuitem", tabIndex: -1, "aria-label": emoji, onclick: () => this.#act(() => this.#app.react(message, emoji, true)) }, emoji)));
    this.#place(anchor);
  }

  #place(anchor, event = null) {
    this.#menu.showPopover();
    const box = anchor.getBoundingClientRect(), own = this.#menu.getBoundingClientRect();
    const left = event ? event.clientX : box.right - own.width, top = event ? event.clientY : box.bottom + 4;
    this.#menu.style.left = `${Math.max(8, Math.min(left, innerWidth - own.width - 8))}px`;
    this.#menu.style.top = `${Math.max(8, top + own.height > innerHeight - 8 ? (event ? innerHeight : box.top) - own.height - 8 : top)}px`;
    this.#menu.querySelector("button")?.focus();
  }

  async #act(act) {
    this.#menu.hidePopover();
    byId("problem").hidden = true;
    try { await act(); } catch (error) { this.#app.say(error.message); }
  }

  #walk(event) {
    const items = [...this.#menu.querySelectorAll("button")], at = items.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    items[(at + step + items.length) % items.length].focus();
  }

  async #thread() {
    const message = this.#message;
    const name = (message.content || t("Thread")).replace(/\s+/g, " ").slice(0, 60);
    const thread = await this.#app.client.request("POST", `/channels/${message.channel_id}/messages/${message.id}/threads`, { name });
    this.#app.places.apply("THREAD_CREATE", thread);
    await this.#app.open(this.#app.places.channels.get(thread.id));
  }
}
