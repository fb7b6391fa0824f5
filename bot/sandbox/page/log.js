// The messages of the open channel: the latest first of all, older and newer ones as they are scrolled to.

import { el, icon } from "./dom.js";
import { continues, gist, messageElement, Flag } from "./message.js";
import { spoken, t } from "./words.js";

const PAGE = 50, MOST = 400, KEPT_AT_END = 150, NEAR_PX = 120, AHEAD_PX = 600, SAY_AFTER_MS = 1500;

export class Log {
  #app;
  #node;
  #list = el("div", { className: "messages" });
  #jump;
  #announcer;
  #messages = new Map();
  #arrived = new Map();
  #frame = 0;
  #stuck = true;
  #top = 0;
  #hasOlder = false;
  #hasNewer = false;
  #loading = false;
  #fetching = false;
  #opening = 0;
  #toSay = 0;

  constructor(node, announcer, app) {
    this.#node = node;
    this.#announcer = announcer;
    this.#app = app;
    this.#jump = el("button", { type: "button", className: "jump", hidden: true, onclick: () => this.toPresent() });
    node.replaceChildren(this.#list);
    node.after(this.#jump);
    node.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // The list grows by what comes, its window shrinks when a command is filled in.
    const keptAtEnd = new ResizeObserver(() => { if (this.#stuck) this.#toEnd(); });
    [this.#list, node].forEach((grows) => keptAtEnd.observe(grows));
    this.#list.addEventListener("toggle", ({ target }) => this.#opened(target), true);
    node.onkeydown = (event) => this.#walk(event);
  }

  /** Say what is the log's own in the language of the page. */
  tell() { this.#jump.replaceChildren(icon("down"), t("Newest messages")); }

  get size() { return this.#messages.size; }

  get(id) { return this.#arrived.get(id) ?? this.#messages.get(id); }

  /** The newest message for which `wanted` is true. */
  latest(wanted) {
    return [...this.#messages.values()].reverse().find(wanted);
  }

  /** All messages for which `wanted` is true, oldest first. */
  all(wanted) {
    return [...this.#messages.values()].filter(wanted);
  }

  /** Show the end of the open channel, or what is around `aroundId`. */
  async open(aroundId = null) {
    const opening = ++this.#opening;
    const channel = this.#app.channel;
    this.#arrived.clear();
    this.#fetching = true;
    const found = await this.#app.client.request("GET", `/channels/${channel.id}/messages?limit=${PAGE}${aroundId ? `&around=${aroundId}` : ""}`);
    if (opening !== this.#opening) return;
    this.#fetching = false;
    this.#messages = new Map(found.reverse().map((message) => [message.id, message]));
    this.#hasOlder = found.length >= PAGE;
    this.#hasNewer = !!aroundId;
    this.#draw();
    this.#stuck = !aroundId;
    if (aroundId) this.jumpTo(aroundId);
    else this.#toEnd();
    // What came while the rest was fetched.
    this.#flush();
  }

  #draw() {
    const nodes = [];
    let before = null;
    for (const message of this.#messages.values()) {
      nodes.push(this.#element(message, before));
      before = message;
    }
    this.#list.replaceChildren(...this.#beginning(), ...nodes);
  }

  #beginning() {
    if (this.#hasOlder) return [];
    const { places, channel } = this.#app, name = places.channelName(channel);
    const text = channel.guild_id ? t("This is the start of {place}.", { place: places.isThread(channel) ? name : `#${name}` }) : t("This is the start of your direct messages with {name}.", { name });
    return [el("p", { className: "beginning muted" }, text)];
  }

  #element(message, before) {
    const node = messageElement(message, this.#app, continues(message, before));
    const day = new Date(message.timestamp).toDateString();
    if (!before || new Date(before.timestamp).toDateString() !== day) {
      node.dataset.day = new Intl.DateTimeFormat(spoken(), { dateStyle: "long" }).format(new Date(message.timestamp));
    }
    return node;
  }

  /** Take in a message that came or changed; it is drawn with the next frame. */
  put(message) {
    if (message.channel_id !== this.#app.channel.id) return;
    this.#arrived.set(message.id, message);
    if (this.#frame) return;
    const flush = () => { this.#frame = 0; this.#flush(); };
    this.#frame = document.visibilityState === "visible" ? requestAnimationFrame(flush) : setTimeout(flush, 100);
  }

  #flush() {
    if (this.#fetching) return;
    const arrived = [...this.#arrived.values()];
    this.#arrived.clear();
    let last = [...this.#messages.values()].at(-1) ?? null;
    let added = false;
    for (const message of arrived) {
      const known = this.#messages.get(message.id);
      if (known) {
        this.#messages.set(message.id, message);
        this.#redraw(message);
      } else if (!this.#hasNewer && (!last || BigInt(message.id) > BigInt(last.id))) {
        this.#messages.set(message.id, message);
        this.#list.append(this.#element(message, last));
        last = message;
        added = true;
      } else continue;
      if (message.author.id !== this.#app.places.me.id) this.#sayLater(message);
    }
    if (added && this.#stuck && this.#messages.size > MOST) this.#keep(KEPT_AT_END, true);
    if (this.#stuck) this.#toEnd();
    this.#showJump();
    this.#app.changed?.();
  }

  #redraw(message) {
    const old = document.getElementById(`m${message.id}`);
    if (!old) return;
    const node = this.#element(message, this.#before(message.id));
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceWith(node);
    if (!active) return;
    const same = active === old ? node : [...node.querySelectorAll("[data-key]")].find((inner) => inner.dataset.key === active.dataset.key);
    (same ?? node).focus({ preventScroll: true });
  }

  #before(id) {
    let before = null;
    for (const message of this.#messages.values()) {
      if (message.id === id) return before;
      before = message;
    }
    return before;
  }

  remove(id) {
    this.#arrived.delete(id);
    if (!this.#messages.delete(id)) return;
    const node = document.getElementById(`m${id}`);
    const next = node?.nextElementSibling;
    node?.remove();
    const after = next && this.#messages.get(next.id.slice(1));
    if (after) this.#redraw(after);
    this.#app.changed?.();
  }

  /** Draw a message again, when what it shows of its surroundings changed. */
  again(id) {
    const message = this.#messages.get(id);
    if (message) this.#redraw(message);
  }

  /** Keep the newest or the oldest `count` only. */
  #keep(count, newest) {
    const ids = [...this.#messages.keys()];
    const dropped = newest ? ids.slice(0, -count) : ids.slice(count);
    if (!dropped.length) return;
    for (const id of dropped) {
      this.#messages.delete(id);
      document.getElementById(`m${id}`)?.remove();
    }
    if (newest) this.#hasOlder = true;
    else this.#hasNewer = true;
    this.#drawBeginning();
    if (newest) this.again(ids.at(-count));
  }

  #drawBeginning() {
    this.#list.querySelector(".beginning")?.remove();
    this.#list.prepend(...this.#beginning());
  }

  async #more(older) {
    if (this.#loading) return;
    this.#loading = true;
    const opening = this.#opening;
    try {
      const ids = [...this.#messages.keys()];
      const anchor = older ? `before=${ids[0]}` : `after=${ids.at(-1)}`;
      const found = (await this.#app.client.request("GET", `/channels/${this.#app.channel.id}/messages?limit=${PAGE}&${anchor}`)).reverse();
      if (opening !== this.#opening) return;
      const entries = found.map((message) => [message.id, message]);
      const still = () => document.getElementById(`m${older ? ids[0] : ids.at(-1)}`);
      const top = still().getBoundingClientRect().top;
      if (older) {
        this.#hasOlder = found.length >= PAGE;
        this.#messages = new Map([...entries, ...this.#messages]);
        this.#list.prepend(...found.map((message, n) => this.#element(message, found[n - 1] ?? null)));
        this.#drawBeginning();
        this.again(ids[0]);
      } else {
        this.#hasNewer = found.length >= PAGE;
        const last = this.#messages.get(ids.at(-1));
        this.#messages = new Map([...this.#messages, ...entries]);
        this.#list.append(...found.map((message, n) => this.#element(message, found[n - 1] ?? last)));
      }
      this.#keep(MOST, !older);
      this.#node.scrollTop += still().getBoundingClientRect().top - top;
      this.#showJump();
    } catch (error) {
      this.#app.say(error.message);
    } finally {
      this.#loading = false;
    }
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#node;
    const left = scrollHeight - scrollTop - clientHeight;
    // What grows, a picture that has loaded say, scrolls as well: only who goes up wants to leave the end.
    if (left < NEAR_PX) this.#stuck = !this.#hasNewer;
    else if (scrollTop < this.#top) this.#stuck = false;
    this.#top = scrollTop;
    if (this.#hasOlder && scrollTop < AHEAD_PX) this.#more(true);
    else if (this.#hasNewer && left < AHEAD_PX) this.#more(false);
    this.#showJump();
  }

  #showJump() {
    const { scrollTop, scrollHeight, clientHeight } = this.#node;
    this.#jump.hidden = !this.#hasNewer && scrollHeight - scrollTop - clientHeight < 2 * NEAR_PX;
  }

  /** Keep what was opened in a message in sight, though that makes the message grow. */
  #opened(details) {
    if (!details.open) return;
    this.#stuck = false;
    details.scrollIntoView({ block: "nearest" });
  }

  #toEnd() { this.#node.scrollTop = this.#node.scrollHeight; }

  async toPresent() {
    if (this.#hasNewer) await this.open();
    this.#stuck = true;
    this.#toEnd();
  }

  /** Bring a message into sight, loading what is around it if need be. */
  async jumpTo(id) {
    const node = document.getElementById(`m${id}`);
    if (!node) {
      if (!this.#loading) { this.#loading = true; try { await this.open(id); } catch (error) { this.#app.say(error.message); } finally { this.#loading = false; } }
      return;
    }
    this.#stuck = false;
    node.scrollIntoView({ block: "center" });
    node.focus({ preventScroll: true });
    node.classList.add("found");
    setTimeout(() => node.classList.remove("found"), 2000);
  }

  #walk(event) {
    const step = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
    const onMessage = event.target === this.#node || event.target.matches?.("article");
    if (!step || !onMessage) return;
    const from = event.target === this.#node ? null : event.target;
    const to = from ? from[step] : this.#list.lastElementChild;
    if (!to?.matches("article")) return;
    event.preventDefault();
    to.focus();
  }

  /** Tell those who listen, when a message has stopped changing. */
  #sayLater(message) {
    clearTimeout(this.#toSay);
    if (message.flags & Flag.LOADING) return;
    this.#toSay = setTimeout(() => {
      const latest = this.#messages.get(message.id);
      if (!latest) return;
      const { places, channel } = this.#app;
      this.#announcer.textContent = `${places.userName(latest.author.id, channel.guild_id)}: ${gist(latest, places, channel.guild_id)}`;
    }, SAY_AFTER_MS);
  }
}
