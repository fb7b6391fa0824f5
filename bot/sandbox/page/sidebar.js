// Servers, channels, and who one is.

import { avatar } from "./avatar.js";
import { byId, el, icon } from "./dom.js";
import { t } from "./words.js";

const THEMES = { "": "light", light: "dark", dark: "" };
const THEME_NAMES = { "": "Colours: as the system", light: "Colours: light", dark: "Colours: dark" };

export class Sidebar {
  #app;
  #guildId = undefined;

  constructor(app) {
    this.#app = app;
    byId("open-places").append(icon("places"));
    byId("open-places").onclick = () => this.slide(true);
    byId("shade").onclick = () => this.slide(false);
    byId("places").addEventListener("keydown", (event) => { if (event.key === "Escape") this.slide(false); });
    byId("people").onchange = () => app.become(byId("people").value);
    byId("theme").onclick = () => this.#setTheme(THEMES[localStorage.getItem("theme") ?? ""]);
  }

  /** Say who one may be, and how the page looks, in the language of the page. */
  tell() {
    byId("people").replaceChildren(...this.#app.world.users.map((user) => {
      const role = user.roles.includes("administrator") ? t("administrator") : user.roles[0]?.toLowerCase() ?? t("member");
      return el("option", { value: user.id }, `${user.display_name} (${role})`);
    }));
    this.#setTheme(localStorage.getItem("theme") ?? "");
  }

  /** On a narrow screen, show the places over the messages or hide them. */
  slide(shown) {
    document.body.classList.toggle("places-shown", shown);
    byId("open-places").setAttribute("aria-expanded", shown);
    if (shown) byId("channels").querySelector("[aria-current]")?.focus();
  }

  #setTheme(theme) {
    localStorage.setItem("theme", theme);
    document.documentElement.style.colorScheme = theme;
    const label = t(THEME_NAMES[theme]);
    byId("theme").replaceChildren(icon(theme === "dark" ? "dark" : "light"));
    byId("theme").title = label;
    byId("theme").setAttribute("aria-label", label);
  }

  draw() {
    const { places, channel } = this.#app;
    this.#guildId = channel ? channel.guild_id ?? null : this.#guildId;
    const me = places.me;
    byId("people").value = me.id;
    byId("face").replaceChildren(avatar(me));
    byId("rail").replaceChildren(this.#railButton(null, t("Direct messages"), icon("thread")), ...[...places.guilds.values()].map((guild) => this.#railButton(guild.id, guild.name, initials(guild.name))));
    byId("server").textContent = this.#guildId ? places.guilds.get(this.#guildId).name : t("Direct messages");
    byId("channels").replaceChildren(...(this.#guildId ? this.#guildChannels() : this.#directChannels()));
  }

  #railButton(guildId, name, face) {
    const unread = this.#app.isUnread((channel) => (channel.guild_id ?? null) === guildId);
    const node = el("button", { type: "button", className: unread ? "unread" : "", title: name, "aria-label": unread ? t("{name}, unread", { name }) : name, "aria-current": guildId === this.#guildId ? "true" : undefined }, el("span", {}, face));
    node.onclick = () => this.#app.enter(guildId);
    return node;
  }

  #guildChannels() {
    const { places } = this.#app;
    return places.categories(this.#guildId).map(({ name, channels }) => el("section", { "aria-label": name || t("Channels") }, name && el("h3", {}, name), channels.map((channel) => this.#channelButton(channel, places.isThread(channel) ? icon("thread") : el("span", { className: "hash", "aria-hidden": "true" }, "#"))))) ;
  }

  #directChannels() {
    return this.#app.places.directs().map((channel) => this.#channelButton(channel, avatar(channel.recipients[0], "avatar small")));
  }

  #channelButton(channel, sign) {
    const { places } = this.#app;
    const unread = this.#app.isUnread((other) => other.id === channel.id);
    const name = places.channelName(channel);
    const node = el("button", { type: "button", className: ["channel", places.isThread(channel) && "thread", unread && "unread"].filter(Boolean).join(" "), "aria-current": channel.id === this.#app.channel?.id ? "true" : undefined, "aria-label": unread ? t("{name}, unread", { name }) : undefined }, sign, el("span", {}, name));
    node.onclick = () => { this.slide(false); this.#app.open(channel); };
    return node;
  }
}

const initials = (name) => name.split(/\s+/).map((word) => word[0]).join("").slice(0, 3);
