// Three things to try, for someone who is here for the first time.

import { byId, el, iconButton } from "./dom.js";
import { Flag } from "./message.js";
import { t } from "./words.js";

const NOTE = "/page/note.ogg";
const QUESTION = "What colour is the sky?";
const UNKNOWN_TO_IT = "Who feeds the office cat?";
const IN_OTHER_WORDS = "Who gives food to the cat in our office?";
const CORRECTION = "No, please correct that: answer me in one short sentence.";
const PENCIL = "✏️";
const ANSWER_MS = 60000, LOOK_MS = 200;
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
      ["note", "🎙️", t("Send a recorded note"), t("Eleven seconds of a famous speech"), () => this.#note()],
      ["question", "💬", t("Ask a question"), t(QUESTION), () => this.#app.composer.send({ content: t(QUESTION) })],
      ["correction", PENCIL, t("Teach it something"), t("It cannot know this answer: put it right"), () => this.#correct()],
      ["again", "💡", t("Ask it again"), t("In other words: it knows better now"), () => this.#app.composer.send({ content: t(IN_OTHER_WORDS) })],
    ];
    const left = steps.filter(([key]) => !this.#tried.has(key) && (key !== "again" || this.#tried.has("correction")));
    node.hidden = !withBot || !left.length;
    if (node.hidden) { node.replaceChildren(); return; }
    node.replaceChildren(el("div", { className: "welcome-head" }, el("h2", {}, this.#tried.size ? t("What else you can try") : t("Say hello to {name}: one click each", { name })), iconButton("close", t("Hide the suggestions"), () => this.#keep(steps.map(([key]) => key)))),
      el("div", { className: "tries" }, left.map(([key, sign, title, about, act]) => {
        return el("button", { type: "button", className: "try", dataset: { try: key }, disabled: this.#running !== "", onclick: () => this.#try(key, act) }, el("span", { className: "sign", "aria-hidden": "true" }, sign), el("span", {}, el("b", {}, title), el("small", { className: "muted" }, about)));
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

  async #note() {
    const response = await fetch(NOTE);
    if (!response.ok) throw new Error(t("The recorded note could not be loaded."));
    await this.#app.composer.sendVoice(new File([await response.blob()], "voice-message.ogg", { type: "audio/ogg" }));
  }

  /** Ask what the bot cannot know, and open the form with which its answer is put right; in words where it has none. */
  async #correct() {
    const before = this.#answers().length;
    await this.#app.composer.send({ content: t(UNKNOWN_TO_IT) });
    const answer = await this.#answerAfter(before);
    const pencil = pencilOf(answer);
    if (pencil) await this.#app.use(answer, pencil);
    else await this.#app.composer.send({ content: t(CORRECTION) }, [], answer);
  }

  #answers() {
    return this.#app.log.all((message) => message.author.bot && message.content && !(message.flags & (Flag.LOADING | Flag.EPHEMERAL)));
  }

  /** The first answer beyond `before`, once it has its buttons, or is all that comes. */
  async #answerAfter(before) {
    const end = Date.now() + ANSWER_MS;
    while (Date.now() < end) {
      const answer = this.#answers().slice(before).find((message) => pencilOf(message));
      if (answer) return answer;
      await new Promise((resolve) => { setTimeout(resolve, LOOK_MS); });
    }
    const [answer] = this.#answers().slice(before);
    if (!answer) throw new Error(t("No answer came. Try again in a minute."));
    return answer;
  }
}

function pencilOf(message) {
  return (message.components ?? []).flatMap((row) => row.components ?? []).find((button) => button.emoji?.name === PENCIL);
}
