// Recording a voice message from the microphone.

import { el, icon } from "./dom.js";
import { clock } from "./player.js";
import { t } from "./words.js";

const LONGEST_S = 600, LEVELS = 40, POINTS_PER_S = 10, MOST_POINTS = 256;
const FORMATS = [["audio/ogg;codecs=opus", "ogg"], ["audio/webm;codecs=opus", "webm"], ["audio/mp4", "m4a"]];

/** What Discord wants to know of a voice message: `{ duration_secs, waveform }`, 256 bytes of base64 at most. */
export async function describe(blob) {
  const context = new AudioContext();
  try {
    const sound = await context.decodeAudioData(await blob.arrayBuffer());
    const samples = sound.getChannelData(0), count = Math.max(1, Math.min(MOST_POINTS, Math.round(sound.duration * POINTS_PER_S)));
    const peaks = Array.from({ length: count }, (_, n) => {
      let peak = 0;
      for (let i = Math.floor((n * samples.length) / count); i < Math.floor(((n + 1) * samples.length) / count); i++) peak = Math.max(peak, Math.abs(samples[i]));
      return peak;
    });
    const loudest = Math.max(...peaks, 1e-6);
    return { duration_secs: sound.duration, waveform: btoa(String.fromCharCode(...peaks.map((peak) => Math.round((255 * peak) / loudest)))) };
  } finally {
    await context.close();
  }
}

export class Recorder {
  #node;
  #recorder = null;

  /** `node` shows the recording while it runs; `onstate(running)` is told when it begins and ends. */
  constructor(node, onstate) {
    this.#node = node;
    this.onstate = onstate;
  }

  get running() { return this.#recorder !== null; }

  /** Record until the person sends or cancels. The file, or null where they cancelled. Throws what the browser says. */
  async record() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const [mimeType, ending] = FORMATS.find(([type]) => MediaRecorder.isTypeSupported(type)) ?? ["", "webm"];
    const recorder = this.#recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    let wanted = false;
    const time = el("span", { className: "time", role: "timer" }, clock(0));
    const levels = el("span", { className: "levels", "aria-hidden": "true" }, Array.from({ length: LEVELS }, () => el("i")));
    const cancel = el("button", { type: "button", className: "button secondary", "aria-label": t("Cancel the recording"), onclick: () => recorder.stop() }, icon("trash"), el("span", {}, t("Cancel")));
    const send = el("button", { type: "button", className: "button primary", "aria-label": t("Send the recording"), onclick: () => { wanted = true; recorder.stop(); } }, icon("send"), el("span", {}, t("Send")));
    const full = el("span", { className: "muted", hidden: true }, t("Ten minutes are the most."));
    this.#node.replaceChildren(el("span", { className: "red", "aria-hidden": "true" }), time, levels, full, cancel, send);
    this.#node.hidden = false;
    const began = performance.now(), values = new Uint8Array(analyser.fftSize);
    const meter = setInterval(() => {
      const seconds = (performance.now() - began) / 1000;
      time.textContent = clock(seconds);
      analyser.getByteTimeDomainData(values);
      const level = Math.max(...values.map((value) => Math.abs(value - 128))) / 128;
      const bar = levels.firstElementChild;
      bar.style.height = `${Math.round(10 + 90 * Math.min(1, level * 2))}%`;
      levels.append(bar);
      if (seconds >= LONGEST_S && recorder.state === "recording") { recorder.pause(); full.hidden = false; clearInterval(meter); }
    }, 80);
    const ended = new Promise((resolve) => { recorder.onstop = resolve; });
    recorder.start();
    this.onstate(true);
    send.focus();
    try {
      await ended;
    } finally {
      clearInterval(meter);
      stream.getTracks().forEach((track) => track.stop());
      await context.close();
      this.#recorder = null;
      this.#node.hidden = true;
      this.#node.replaceChildren();
      this.onstate(false);
    }
    const type = recorder.mimeType.split(";")[0];
    return wanted ? new File(parts, `voice-message.${ending}`, { type }) : null;
  }
}
