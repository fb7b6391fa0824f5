// For engineers: what passes between the bot and the sandbox, and trouble on demand.

import { byId, el, icon, iconButton } from "./dom.js";
import { spoken, t } from "./words.js";

const MOST_ROWS = 500;
const OPS = { 0: "DISPATCH", 1: "HEARTBEAT", 2: "IDENTIFY", 3: "PRESENCE", 4: "VOICE STATE", 6: "RESUME", 7: "RECONNECT", 8: "MEMBERS", 9: "INVALID SESSION", 10: "HELLO", 11: "HEARTBEAT ACK" };
const HEARTBEATS = new Set([1, 11]);
const FAULTS = [
  ["429", "The next request of the bot is answered with a rate limit of 2 seconds", { kind: "rate_limit", retry_after_s: 2 }],
  ["500", "The next request of the bot is answered with a server error", { kind: "error", status: 500 }],
  ["Slow", "The next request of the bot is answered after 4 seconds", { kind: "slow", delay_s: 4 }],
  ["Drop", "The next request of the bot is cut without an answer", { kind: "drop" }],
  ["Op 7", "The gateway asks the bot to reconnect", { kind: "reconnect" }],
  ["Op 9", "The gateway ends the bot's session", { kind: "invalid_session", resumable: false }],
  ["Cut", "The bot's socket is cut without a word", { kind: "close" }],
];

export class Panel {
  #app;
  #source = null;
  #rows = [];
  #paused = false;
  #list = el("ol", { className: "wire", tabIndex: 0 });
  #details = el("div", { className: "wire-details", hidden: true });
  #filter = el("input", { type: "search" });
  #shown = { request: true, gateway: true, heartbeat: false, people: false };
  #faultPath = el("input", { type: "text" });
  #waiting = el("p", { className: "muted", role: "status" });

  constructor(app) {
    this.#app = app;
    byId("open-panel").append(icon("panel"));
    byId("open-panel").onclick = () => this.toggle();
    this.#filter.oninput = () => this.#draw();
  }

  /** Make the panel in the language of the page; what it lists stays. */
  tell() {
    const names = (node, label, placeholder = "") => { node.setAttribute("aria-label", label); node.placeholder = placeholder; };
    names(this.#list, t("Traffic"));
    names(this.#filter, t("Filter"), t("Filter: path, event, text …"));
    names(this.#faultPath, t("Path of the requests that fail"), t("any path, or /channels/*/messages"));
    const box = (key, label) => {
      const input = el("input", { type: "checkbox", checked: this.#shown[key], onchange: () => { this.#shown[key] = input.checked; this.#draw(); } });
      return el("label", {}, input, label);
    };
    const pause = el("button", { type: "button", className: "chip", "aria-pressed": this.#paused }, t("Pause"));
    pause.onclick = () => { this.#paused = !this.#paused; pause.setAttribute("aria-pressed", this.#paused); if (!this.#paused) this.#draw(); };
    byId("panel").replaceChildren(
      el("div", { className: "panel-head" }, el("h2", {}, t("For engineers")), iconButton("close", t("Close the panel"), () => this.toggle(false))),
      el("section", { "aria-label": t("Faults") }, el("h3", {}, t("Trouble on demand")), el("div", { className: "faults" }, FAULTS.map(([label, about, fault]) => el("button", { type: "button", className: "chip", title: t(about), "aria-label": `${t(label)}: ${t(about)}`, onclick: () => this.#fault(fault) }, t(label))), el("button", { type: "button", className: "chip", onclick: () => this.#clear() }, t("Clear"))), el("label", { className: "fault-path" }, t("Only for"), " ", this.#faultPath), this.#waiting),
      el("section", { className: "traffic", "aria-label": t("Traffic") }, el("h3", {}, t("Traffic")), el("div", { className: "wire-tools" }, this.#filter, pause, el("button", { type: "button", className: "chip", onclick: () => { this.#rows = []; this.#draw(); } }, t("Empty"))),
        el("div", { className: "wire-kinds" }, box("request", "REST"), box("gateway", "Gateway"), box("heartbeat", t("Heartbeats")), box("people", t("People's requests"))),
        this.#list, this.#details));
  }

  toggle(shown = byId("panel").hidden) {
    byId("panel").hidden = !shown;
    byId("open-panel").setAttribute("aria-expanded", shown);
    document.body.classList.toggle("panel-shown", shown);
    if (shown && !this.#source) {
      this.#source = new EventSource("/sandbox/stream");
      this.#source.onopen = () => { this.#rows = []; this.#draw(); };
      this.#source.onmessage = (event) => this.#add(JSON.parse(event.data));
      this.#tellWaiting();
    } else if (!shown) {
      this.#source?.close();
      this.#source = null;
      byId("open-panel").focus();
    }
  }

  #add(entry) {
    this.#rows.push(entry);
    if (this.#rows.length > MOST_ROWS) this.#rows.shift();
    if (this.#paused || !this.#fits(entry)) return;
    const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 40;
    this.#list.append(this.#row(entry));
    while (this.#list.childElementCount > MOST_ROWS) this.#list.firstElementChild.remove();
    if (atEnd) this.#list.scrollTop = this.#list.scrollHeight;
  }

  #fits(entry) {
    if (!this.#shown[entry.kind]) return false;
    if (entry.kind === "gateway" && HEARTBEATS.has(entry.op) && !this.#shown.heartbeat) return false;
    if (entry.kind === "request" && !this.#shown.people && this.#ofPeople(entry)) return false;
    const wanted = this.#filter.value.trim().toLowerCase();
    return !wanted || JSON.stringify(entry).toLowerCase().includes(wanted);
  }

  #ofPeople(entry) {
    return entry.account !== null && this.#app.world.users.some((user) => user.name === entry.account);
  }

  #row(entry) {
    const at = new Date(entry.at_s * 1000).toLocaleTimeString(spoken(), { hour12: false });
    const parts = entry.kind === "request"
      ? [el("span", { className: `status s${String(entry.status)[0]}` }, entry.status), el("span", { className: "what" }, `${entry.method} ${shortened(entry.path)}`), el("span", { className: "muted" }, `${Math.round(entry.duration_s * 1000)} ms`)]
      : [el("span", { className: "status" }, entry.to === "bot" ? "→" : "←", el("span", { className: "unseen" }, entry.to === "bot" ? t("to the bot") : t("from the bot"))), el("span", { className: "what" }, entry.t ?? OPS[entry.op] ?? `op ${entry.op}`), entry.s != null && el("span", { className: "muted" }, `#${entry.s}`)];
    const button = el("button", { type: "button" }, el("span", { className: "muted" }, at), parts);
    button.onclick = () => this.#open(entry);
    return el("li", { className: entry.kind }, button);
  }

  #open(entry) {
    const text = JSON.stringify(entry, null, 2);
    this.#details.replaceChildren(el("div", { className: "panel-head" }, el("b", {}, entry.kind === "request" ? `${entry.method} ${entry.path}` : entry.t ?? OPS[entry.op]), iconButton("copy", t("Copy"), () => navigator.clipboard.writeText(text)), iconButton("close", t("Close the details"), () => { this.#details.hidden = true; })), el("pre", { tabIndex: 0 }, text));
    this.#details.hidden = false;
  }

  #draw() {
    this.#list.replaceChildren(...this.#rows.filter((entry) => this.#fits(entry)).map((entry) => this.#row(entry)));
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  async #fault(fault) {
    const path = this.#faultPath.value.trim();
    const gateway = ["reconnect", "invalid_session", "close"].includes(fault.kind);
    const aimed = gateway ? fault : { ...fault, path: path || null, only_bot: true };
    try {
      await this.#control("POST", "/sandbox/faults", aimed);
      await this.#tellWaiting();
    } catch (error) {
      this.#waiting.textContent = error.message;
    }
  }

  async #clear() {
    await this.#control("DELETE", "/sandbox/faults").catch(() => {});
    await this.#tellWaiting();
  }

  async #tellWaiting() {
    const waiting = await (await fetch("/sandbox/faults")).json().catch(() => []);
    this.#waiting.textContent = waiting.length ? t("Waiting for its request: {faults}", { faults: waiting.map((fault) => fault.kind.replace("_", " ") + (fault.path ? ` (${fault.path})` : "")).join(", ") }) : "";
  }

  async #control(method, path, body) {
    const response = await fetch(path, { method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error((await response.json().catch(() => null))?.message ?? t("Status {status}", { status: response.status }));
  }
}

/** A path with its ids and tokens cut short. */
function shortened(path) {
  return path.replace(/[\w-]{40,}/g, (token) => `${token.slice(0, 6)}…`).replace(/\d{13,}/g, (id) => `…${id.slice(-5)}`);
}
