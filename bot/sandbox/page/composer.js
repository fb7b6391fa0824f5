// Where one writes: text, files, a recording, or a command.

import { byId, el, icon, iconButton, sizeText } from "./dom.js";
import { gist } from "./message.js";
import { describe, Recorder } from "./recorder.js";
import { CommandForm, entries, matching } from "./slash.js";
import { Suggestions } from "./suggestions.js";
import { t } from "./words.js";

const VOICE = 8192, MOST_FILES = 10, TYPING_EVERY_MS = 8000, MOST_CHARACTERS = 2000, LINES_PX = 220;

export class Composer {
  #app;
  #write = byId("write");
  #suggestions = new Suggestions(byId("popup"));
  #command;
  #recorder;
  #files = [];
  #replyTo = null;
  #editing = null;
  #typedAt = 0;
  #sending = false;

  constructor(app) {
    this.#app = app;
    this.#command = new CommandForm(byId("command"), this.#suggestions, app, () => { this.#draw(); this.focus(); });
    this.#recorder = new Recorder(byId("recording"), () => this.#draw());
    byId("attach").append(icon("attach"));
    byId("record").append(icon("mic"));
    byId("send").append(icon("send"));
    byId("attach").onclick = () => byId("file").click();
    byId("file").onchange = () => { this.addFiles(byId("file").files); byId("file").value = ""; };
    byId("record").onclick = () => this.#record();
    byId("composer").onsubmit = (event) => { event.preventDefault(); this.#submit(); };
    this.#write.setAttribute("role", "combobox");
    this.#write.setAttribute("aria-expanded", "false");
    this.#write.oninput = () => { this.#fit(); this.#offer(); this.#tellTyping(); };
    this.#write.onkeydown = (event) => this.#key(event);
    this.#write.onblur = () => this.#suggestions.hide();
    document.addEventListener("paste", (event) => {
      if (event.clipboardData?.files.length) { event.preventDefault(); this.addFiles(event.clipboardData.files); }
    });
    const main = document.querySelector("main");
    main.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) { event.preventDefault(); main.classList.add("dropping"); } });
    main.addEventListener("dragleave", (event) => { if (!main.contains(event.relatedTarget)) main.classList.remove("dropping"); });
    main.addEventListener("drop", (event) => { event.preventDefault(); main.classList.remove("dropping"); this.addFiles(event.dataTransfer.files); });
  }

  focus() { if (!this.#command.active) this.#write.focus({ preventScroll: true }); }

  /** Forget what was begun, for another channel. */
  reset() {
    if (this.#command.active) this.#command.cancel();
    this.#replyTo = this.#editing = null;
    this.#files = [];
    this.#write.value = "";
    this.problem("");
    this.#draw();
  }

  problem(text) {
    byId("problem").textContent = text;
    byId("problem").hidden = !text;
  }

  reply(message) {
    this.#editing = null;
    this.#replyTo = message;
    this.#draw();
    this.focus();
  }

  edit(message) {
    this.#replyTo = null;
    this.#editing = message;
    this.#write.value = message.content;
    this.#draw();
    this.focus();
  }

  addFiles(list) {
    const given = [...list];
    const rest = given.filter((file) => !this.#command.takeFile(file));
    if (this.#command.active) {
      if (rest.length) this.problem(t("This command takes no more files."));
      return;
    }
    this.#files.push(...rest);
    this.problem(this.#files.length > MOST_FILES ? t("A message carries {most} files at most.", { most: MOST_FILES }) : "");
    this.#files = this.#files.slice(0, MOST_FILES);
    this.#draw();
    this.focus();
  }

  /** Begin a command by its name, such as "correct". */
  command(name) {
    const entry = entries(this.#app.commands).find((candidate) => candidate.names === name);
    if (entry) this.#begin(entry);
    return !!entry;
  }

  #begin(entry) {
    this.#write.value = "";
    this.problem("");
    this.#command.start(entry);
    this.#draw();
  }

  #draw() {
    const busy = this.#command.active || this.#recorder.running;
    byId("line").hidden = this.#recorder.running;
    this.#write.hidden = this.#command.active;
    byId("record").hidden = busy || !!this.#editing;
    byId("attach").hidden = !!this.#editing || (this.#command.active && !this.#command.takesFiles);
    const { places, channel } = this.#app;
    if (channel) {
      const name = places.channelName(channel);
      this.#write.placeholder = t("Message {to}", { to: channel.guild_id ? (places.isThread(channel) ? name : `#${name}`) : `@${name}` });
    }
    const about = this.#editing ?? this.#replyTo;
    byId("replying").hidden = !about;
    if (about) {
      const what = this.#editing ? [t("Editing your message")] : [t("Replying to"), " ", el("b", {}, places.userName(about.author.id, channel.guild_id)), " ", el("span", { className: "muted" }, gist(about, places, channel.guild_id))];
      byId("replying").replaceChildren(el("span", {}, what), iconButton("close", t("Leave it"), () => { if (this.#editing) this.#write.value = ""; this.#replyTo = this.#editing = null; this.#draw(); }));
    }
    byId("files").hidden = !this.#files.length;
    byId("files").replaceChildren(...this.#files.map((file, n) => el("li", {}, icon("file"), el("span", {}, file.name), el("span", { className: "muted" }, sizeText(file.size)), iconButton("close", t("Remove {name}", { name: file.name }), () => { this.#files.splice(n, 1); this.#draw(); }))));
    this.#fit();
  }

  #fit() {
    this.#write.style.height = "auto";
    this.#write.style.height = `${Math.min(this.#write.scrollHeight, LINES_PX)}px`;
  }

  #key(event) {
    if (this.#suggestions.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.#submit(); }
    if (event.key === "Escape" && (this.#replyTo || this.#editing)) { if (this.#editing) this.#write.value = ""; this.#replyTo = this.#editing = null; this.#draw(); }
    if (event.key === "ArrowUp" && this.#write.value === "") {
      const mine = this.#app.log.latest((message) => message.author.id === this.#app.places.me.id && message.content);
      if (mine) { event.preventDefault(); this.edit(mine); }
    }
  }

  #offer() {
    const text = this.#write.value.slice(0, this.#write.selectionStart);
    const slash = /^\/([^\n]*)$/.exec(this.#write.value);
    if (slash && !this.#editing) {
      const found = matching(entries(this.#app.commands), slash[1]).slice(0, 50);
      const items = found.map((entry) => ({ entry, sign: el("span", { className: "slash", "aria-hidden": "true" }, "/"), label: entry.title, hint: entry.description }));
      if (items.length) this.#suggestions.show(this.#write, t("Commands"), items, ({ entry }) => this.#begin(entry));
      else this.#suggestions.hide();
      return;
    }
    const at = /(?:^|\s)@(\S*)$/.exec(text);
    if (!at) { this.#suggestions.hide(); return; }
    const { places, channel } = this.#app, typed = at[1].toLowerCase();
    const people = places.usersIn(channel).filter((user) => user.id !== places.me.id && [user.username, places.userName(user.id, channel.guild_id)].some((name) => name.toLowerCase().includes(typed)));
    const items = people.slice(0, 10).map((user) => ({ user, label: places.userName(user.id, channel.guild_id), hint: user.username }));
    if (!items.length) { this.#suggestions.hide(); return; }
    this.#suggestions.show(this.#write, t("People"), items, ({ user }) => {
      const start = text.length - at[1].length - 1;
      this.#write.setRangeText(`@${user.username} `, start, text.length, "end");
      this.#fit();
    });
  }

  #tellTyping() {
    if (!this.#write.value || this.#write.value.startsWith("/") || Date.now() - this.#typedAt < TYPING_EVERY_MS) return;
    this.#typedAt = Date.now();
    this.#app.client.request("POST", `/channels/${this.#app.channel.id}/typing`).catch(() => {});
  }

  /** "@name" as Discord writes it, for people who are there. */
  #withMentions(text) {
    const { places, channel } = this.#app;
    const ids = new Map(places.usersIn(channel).map((user) => [user.username.toLowerCase(), user.id]));
    return text.replace(/(^|\s)@([\w.]+)/g, (all, space, name) => (ids.has(name.toLowerCase()) ? `${space}<@${ids.get(name.toLowerCase())}>` : all));
  }

  async #submit() {
    if (this.#sending || this.#recorder.running) return;
    this.#sending = true;
    this.problem("");
    try {
      if (this.#command.active) await this.#command.submit();
      else await this.#sendText();
    } catch (error) {
      this.problem(error.message);
    } finally {
      this.#sending = false;
    }
  }

  async #sendText() {
    const text = this.#write.value.trim(), files = this.#files, replyTo = this.#replyTo;
    if (text.startsWith("/") && !files.length) {
      const [entry] = matching(entries(this.#app.commands), text.slice(1));
      if (entry && [entry.title, entry.names].includes(text.slice(1))) { this.#begin(entry); return; }
    }
    const content = this.#withMentions(text);
    if (content.length > MOST_CHARACTERS) throw new Error(t("A message has {most} characters at most; this one has {count}.", { most: MOST_CHARACTERS, count: content.length }));
    if (this.#editing) {
      await this.#app.client.request("PATCH", `/channels/${this.#app.channel.id}/messages/${this.#editing.id}`, { content });
      this.#editing = null;
    } else {
      if (!content && !files.length) return;
      await this.send({ content }, files, replyTo);
      this.#files = [];
      this.#replyTo = null;
    }
    this.#write.value = "";
    this.#typedAt = 0;
    this.#draw();
  }

  /** Post a message in the open channel. */
  async send(body, files = [], replyTo = null) {
    const described = body.attachments ?? files.map((file, n) => ({ id: String(n), filename: file.name }));
    const whole = { ...body, nonce: this.#app.client.nonce(), ...(files.length ? { attachments: described } : {}) };
    if (replyTo) whole.message_reference = { channel_id: replyTo.channel_id, message_id: replyTo.id };
    const message = await this.#app.client.request("POST", `/channels/${this.#app.channel.id}/messages`, whole, files);
    await this.#app.log.toPresent();
    return message;
  }

  /** Post a recording as a voice message. */
  async sendVoice(file, replyTo = null) {
    const described = await describe(file);
    return this.send({ flags: VOICE, attachments: [{ id: "0", filename: file.name, ...described }] }, [file], replyTo);
  }

  async #record() {
    this.problem("");
    let file;
    try {
      file = await this.#recorder.record();
    } catch (error) {
      this.problem(error.name === "NotAllowedError" ? t("The browser does not let this page use the microphone. Allow it beside the address, or send a file.") : t("The microphone cannot be used: {reason}", { reason: error.message }));
      return;
    }
    if (!file) return;
    const replyTo = this.#replyTo;
    this.#replyTo = null;
    this.#draw();
    await this.sendVoice(file, replyTo).catch((error) => this.problem(error.message));
  }
}
