// Playing recordings: a voice message with its waveform, or any sound with a plain bar.

import { el, icon } from "./dom.js";
import { t } from "./words.js";

const SPEEDS = [1, 1.5, 2], STEP_S = 2, BARS = 48;
const PLAIN = new Uint8Array(BARS).fill(64);
let playing = null;

export function clock(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** The loudness in `count` bars, each 0-1, of a base64 waveform of bytes. */
function barsOf(waveform, count) {
  let bytes = PLAIN;
  try { if (waveform) bytes = Uint8Array.from(atob(waveform), (c) => c.charCodeAt(0)); } catch { /* not base64: the plain bar */ }
  if (!bytes.length) bytes = PLAIN;
  return Array.from({ length: count }, (_, n) => {
    const from = Math.floor((n * bytes.length) / count), to = Math.max(from + 1, Math.floor(((n + 1) * bytes.length) / count));
    return bytes.slice(from, to).reduce((sum, byte) => sum + byte, 0) / (to - from) / 255;
  });
}

/** A player for an attachment of Discord's, as an element. */
export function player(file) {
  const audio = el("audio", { src: file.url, preload: file.duration_secs ? "none" : "metadata" });
  const toggle = el("button", { type: "button", className: "play", "aria-label": t("Play") }, icon("play"));
  const wave = el("div", { className: "wave", role: "slider", tabIndex: 0, "aria-label": t("Position"), "aria-valuemin": 0 });
  wave.append(...barsOf(file.waveform, BARS).map((height) => {
    const bar = el("i");
    bar.style.height = `${Math.round(12 + 88 * height)}%`;
    return bar;
  }));
  const time = el("span", { className: "time" });
  const speed = el("button", { type: "button", className: "speed", title: t("Speed") });
  const label = file.waveform ? t("Voice message") : file.filename;
  const box = el("div", { className: file.waveform ? "player voice" : "player", role: "group", "aria-label": label }, toggle, wave, time, speed, audio);
  let chosen = 0;
  const length = () => (Number.isFinite(audio.duration) ? audio.duration : file.duration_secs ?? 0);
  const draw = () => {
    const total = length(), at = audio.currentTime;
    const share = total ? at / total : 0;
    [...wave.children].forEach((bar, n) => bar.classList.toggle("past", n < share * BARS));
    time.textContent = at || !audio.paused ? `${clock(at)} / ${clock(total)}` : clock(total);
    wave.setAttribute("aria-valuemax", total.toFixed(1));
    wave.setAttribute("aria-valuenow", at.toFixed(1));
    wave.setAttribute("aria-valuetext", t("{at} of {total}", { at: clock(at), total: clock(total) }));
  };
  const follow = () => { draw(); if (!audio.paused) requestAnimationFrame(follow); };
  const show = (name, text) => { toggle.replaceChildren(icon(name)); toggle.setAttribute("aria-label", text); };
  const seek = (seconds) => { audio.currentTime = Math.min(Math.max(seconds, 0), length()); draw(); };
  const setSpeed = () => {
    audio.playbackRate = SPEEDS[chosen];
    speed.textContent = `${SPEEDS[chosen]}×`;
    speed.setAttribute("aria-label", t("Speed {times}×", { times: SPEEDS[chosen] }));
  };
  toggle.onclick = () => (audio.paused ? audio.play().catch(() => box.classList.add("broken")) : audio.pause());
  speed.onclick = () => { chosen = (chosen + 1) % SPEEDS.length; setSpeed(); };
  wave.onkeydown = (event) => {
    const step = { ArrowLeft: -STEP_S, ArrowDown: -STEP_S, ArrowRight: STEP_S, ArrowUp: STEP_S }[event.key];
    if (step) { event.preventDefault(); event.stopPropagation(); seek(audio.currentTime + step); }
    if (event.key === "Home") { event.preventDefault(); seek(0); }
  };
  wave.onpointerdown = (event) => {
    const to = (e) => { const { left, width } = wave.getBoundingClientRect(); seek(((e.clientX - left) / width) * length()); };
    wave.setPointerCapture(event.pointerId);
    wave.onpointermove = to;
    wave.onpointerup = () => { wave.onpointermove = null; };
    to(event);
  };
  audio.onplay = () => { if (playing && playing !== audio) playing.pause(); playing = audio; show("pause", t("Pause")); follow(); };
  audio.onpause = () => { show("play", t("Play")); draw(); };
  audio.onended = () => { audio.currentTime = 0; draw(); };
  audio.onloadedmetadata = draw;
  audio.onerror = () => { box.classList.add("broken"); time.textContent = t("This recording cannot be played here."); };
  setSpeed();
  draw();
  return box;
}
