// Three things to try, for someone who is here for the first time.

import { byId, el, iconButton } from "./dom.js";
import { Flag } from "./message.js";

const NOTE = "/page/note.ogg";
const QUESTION = "What colour is the sky?";
const CORRECTION = "No, please correct that: answer me in one short sentence.";
const CORRECT_COMMAND = "Correct this reply";
const KEPT = "tried";

export class Welcome {
  #app;
  #tried = new Set(JSON.parse(localStorage.getItem(KEPT) ?? "[]"));
  #running = "";

  constructor(app) {
    this.#app = app;
  }

  /** Show what is left to try in the channel that is open. */
  draw() {
    const { channel, places } = this.#app, node = byId("welcome");
    const withBot = channel && !channel.guild_id && channel.recipients?.some((user) => user.bot);
    const name = withBot ? places.channelName(channel) : "";
    const steps = [
      ["note", "🎙️", "Send a recorded note", "Eleven seconds of a famous speech", () => this.#note()],
      ["question", "💬", "Ask a question", QUESTION, () => this.#app.composer.send({ content: QUESTION })],
      ["correction", "✏️", "Correct an answer", "Tell it how you would have it", () => this.#correct()],
    ];
    const left = steps.filter(([key]) => !this.#tried.has(key));
    node.hidden = !withBot || !left.length;
    if (node.hidden) { node.replaceChildren(); return; }
    const answered = this.#lastAnswer();
    node.replaceChildren(el("div", { className: "welcome-head" }, el("h2", {}, this.#tried.size ? "What else you can try" : `Say hello to ${name}: one click each`), iconButton("close", "Hide the suggestions", () => this.#keep(steps.map(([key]) => key)))),
      el("div", { className: "tries" }, left.map(([key, sign, title, about, act]) => {
        const waits = key === "correction" && !answered;
        return el("button", { type: "button", className: "try", dataset: { try: key }, disabled: waits || this.#running !== "", onclick: () => this.#try(key, act) }, el("span", { className: "sign", "aria-hidden": "true" }, sign), el("span", {}, el("b", {}, title), el("small", { className: "muted" }, waits ? "Once there is one" : about)));
      })));
  }

  async #try(key, act) {
    this.#running = key;
    this.draw();
    try {
      await act();
      this.#keep([key]);
    } catch (error) {
      this.#app.say(error.message);
    } finally {
      this.#running = "";
      this.draw();
      if (!document.querySelector("dialog[open]")) this.#app.composer.focus();
    }
  }

  #keep(keys) {
    for (const key of keys) this.#tried.add(key);
    localStorage.setItem(KEPT, JSON.stringify([...this.#tried]));
    this.draw();
  }

  #lastAnswer() {
    return this.#app.log.latest((message) => message.author.bot && message.content && !(message.flags & (Flag.LOADING | Flag.EPHEMERAL)));
  }

  async #note() {
    const response = await fetch(NOTE);
    if (!response.ok) throw new Error("The recorded note could not be loaded.");
    await this.#app.composer.sendVoice(new File([await response.blob()], "voice-message.ogg", { type: "audio/ogg" }));
  }

  /** With the bot's own command for it where it has one, otherwise in words. */
  async #correct() {
    const answer = this.#lastAnswer();
    const command = this.#app.commands.find((candidate) => candidate.type === 3 && candidate.name === CORRECT_COMMAND);
    if (command) await this.#app.useOn(command, answer);
    else await this.#app.composer.send({ content: CORRECTION }, [], answer);
  }
}
