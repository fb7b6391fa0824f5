// One person's connection, as Discord's own client has it: their token, REST, and the gateway.

import { t } from "./words.js";

const ATTEMPT_MS = 500, LONGEST_ATTEMPT_MS = 8000, ANSWER_MS = 20_000;

/** A refusal by REST. `errors` is Discord's tree of what was wrong with which field. */
export class Refusal extends Error {
  constructor(status, answer) {
    super(answer?.message ?? t("Status {status}", { status }));
    this.status = status;
    this.errors = answer?.errors;
    const [detail] = details(this.errors);
    if (detail) this.message = detail;
  }
}

function* details(node) {
  if (!node || typeof node !== "object") return;
  for (const entry of node._errors ?? []) yield entry.message;
  for (const [key, inner] of Object.entries(node)) if (key !== "_errors") yield* details(inner);
}

/** Dispatches each gateway event as a CustomEvent of its name, and "online" and "offline". */
export class Client extends EventTarget {
  #socket = null;
  #beat = 0;
  #closed = false;
  #attempts = 0;
  #nonces = 0;
  #waiting = new Map();

  constructor(world, token) {
    super();
    this.world = world;
    this.token = token;
    this.sessionId = "";
  }

  connect() {
    const socket = this.#socket = new WebSocket(`${this.world.gateway}?v=10&encoding=json`);
    socket.onmessage = (frame) => this.#receive(socket, JSON.parse(frame.data));
    socket.onclose = () => {
      clearInterval(this.#beat);
      if (this.#closed) return;
      this.dispatchEvent(new Event("offline"));
      setTimeout(() => this.#closed || this.connect(), Math.min(ATTEMPT_MS * 2 ** this.#attempts++, LONGEST_ATTEMPT_MS));
    };
  }

  close() {
    this.#closed = true;
    this.#socket?.close();
  }

  #receive(socket, { op, t, d }) {
    if (op === 10) {
      socket.send(JSON.stringify({ op: 2, d: { token: this.token, properties: { os: "web", browser: "sandbox", device: "" } } }));
      this.#beat = setInterval(() => socket.send(JSON.stringify({ op: 1, d: null })), d.heartbeat_interval);
    }
    if (op !== 0) return;
    if (t === "READY") { this.#attempts = 0; this.sessionId = d.session_id; }
    if (d?.nonce !== undefined && this.#waiting.has(d.nonce)) this.#settle(t, d);
    this.dispatchEvent(new CustomEvent(t, { detail: d }));
  }

  #settle(name, data) {
    const waiting = this.#waiting.get(data.nonce);
    if (name === "INTERACTION_MODAL_CREATE") waiting.modal = data;
    else if (name === "INTERACTION_SUCCESS") waiting.resolve({ modal: waiting.modal });
    else if (name === "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE") waiting.resolve({ choices: data.choices });
    else if (name === "INTERACTION_FAILURE") waiting.reject(new Error(t("The application did not respond.")));
  }

  /** A REST request below /api/v10. Throws a Refusal where the answer is one. */
  async request(method, path, body, files = []) {
    const headers = { Authorization: this.token };
    let data;
    if (files.length) {
      data = new FormData();
      data.append("payload_json", JSON.stringify(body));
      files.forEach((file, n) => data.append(`files[${n}]`, file, file.name));
    } else if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      data = JSON.stringify(body);
    }
    let response;
    try { response = await fetch(`/api/v10${path}`, { method, headers, body: data }); } catch { throw new Error(t("The sandbox cannot be reached. Is it still running?")); }
    const answer = response.status === 204 ? null : await response.json().catch(() => null);
    if (!response.ok) throw new Refusal(response.status, answer);
    return answer;
  }

  nonce() {
    return `${Date.now()}${String(this.#nonces++).padStart(4, "0")}`;
  }

  /** Begin an interaction; settles when the application has acknowledged it: `{ modal?, choices? }`. */
  async interact(type, channel, data, { message, files = [] } = {}) {
    const nonce = this.nonce();
    const body = { type, application_id: this.world.application_id, channel_id: channel.id, session_id: this.sessionId, nonce, data };
    if (channel.guild_id) body.guild_id = channel.guild_id;
    if (message) { body.message_id = message.id; body.message_flags = message.flags; }
    const waiting = {};
    const answer = new Promise((resolve, reject) => Object.assign(waiting, { resolve, reject }));
    answer.catch(() => {});
    this.#waiting.set(nonce, waiting);
    const timer = setTimeout(() => waiting.reject(new Error(t("The application did not respond."))), ANSWER_MS);
    try {
      await this.request("POST", "/interactions", body, files);
      return await answer;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(nonce);
    }
  }
}
