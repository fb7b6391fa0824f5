// Acts as one of the sandbox's people, as Discord's own client does: their token, REST, and the gateway.

const LOADING = 128, EPHEMERAL = 64, VOICE = 8192;
const $ = (id) => document.getElementById(id);
const world = await (await fetch("/sandbox")).json();
const messages = new Map();
let person = world.users[1] ?? world.users[0];
let channel = null, commands = [], socket = null, sessionId = "", replyTo = null, recorder = null;

const el = (name, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
};
const say = (text) => { $("status").textContent = text; };

async function api(method, path, body, files = []) {
  const headers = { Authorization: person.token };
  let data;
  if (files.length) {
    data = new FormData();
    data.append("payload_json", JSON.stringify(body));
    files.forEach((file, n) => data.append(`files[${n}]`, file, file.name));
  } else if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    data = JSON.stringify(body);
  }
  const response = await fetch(`/api/v10${path}`, { method, headers, body: data });
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Error(answer?.message ?? `Status ${response.status}`);
  return answer;
}

// --- Messages ---

const NAMES = new Map(world.users.map((user) => [user.id, user.name]));
NAMES.set(world.application_id, "starling");

function inline(text) {
  const nodes = [];
  for (const part of text.split(/(\*\*[^*]+\*\*|`[^`]+`|<@!?\d+>|https?:\/\/\S+)/)) {
    const mention = part.match(/^<@!?(\d+)>$/);
    if (mention) nodes.push(el("b", { textContent: `@${NAMES.get(mention[1]) ?? mention[1]}` }));
    else if (part.startsWith("**") && part.length > 4) nodes.push(el("b", { textContent: part.slice(2, -2) }));
    else if (part.startsWith("`") && part.length > 2) nodes.push(el("code", { textContent: part.slice(1, -1) }));
    else if (/^https?:/.test(part)) nodes.push(el("a", { href: part, textContent: part, rel: "noreferrer" }));
    else nodes.push(part);
  }
  return nodes;
}

function markdown(text) {
  const nodes = [];
  text.split(/```(?:[^\s`]*\n)?/).forEach((block, n) => {
    if (n % 2) { nodes.push(el("pre", { textContent: block.replace(/\n$/, "") })); return; }
    for (const line of block.split("\n")) {
      if (line.startsWith("> ")) nodes.push(el("blockquote", {}, ...inline(line.slice(2))));
      else if (line.startsWith("-# ")) nodes.push(el("div", { className: "small" }, ...inline(line.slice(3))));
      else if (line) nodes.push(el("div", {}, ...inline(line)));
    }
  });
  return nodes;
}

function voice(file) {
  const bytes = Uint8Array.from(atob(file.waveform), (c) => c.charCodeAt(0));
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${bytes.length * 3} 32`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  bytes.forEach((byte, n) => {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const height = Math.max(2, byte / 8);
    Object.entries({ x: n * 3, y: 16 - height / 2, width: 2, height, fill: "currentColor" }).forEach(([k, v]) => bar.setAttribute(k, v));
    svg.append(bar);
  });
  const audio = el("audio", { src: file.url, controls: true, preload: "metadata" });
  audio.setAttribute("aria-label", `Voice message, ${file.duration_secs.toFixed(1)} seconds`);
  return el("div", { className: "voice" }, svg, audio, `${file.duration_secs.toFixed(1)} s`);
}

function attachment(file) {
  if (file.waveform) return voice(file);
  if ((file.content_type ?? "").startsWith("audio/")) return el("audio", { src: file.url, controls: true });
  return el("a", { href: file.url, textContent: `${file.filename} (${file.size} bytes)`, download: file.filename });
}

function button(message, component) {
  const node = el("button", { type: "button", textContent: `${component.emoji?.name ?? ""} ${component.label ?? ""}`.trim(), disabled: !!component.disabled });
  node.onclick = () => interact(3, { component_type: component.type, custom_id: component.custom_id }, { message_id: message.id, message_flags: message.flags });
  return node;
}

function show(message) {
  const loading = message.flags & LOADING;
  const name = message.author.global_name ?? message.author.username;
  const node = el("article", { id: `m${message.id}`, className: message.flags & EPHEMERAL ? "ephemeral" : "" });
  const answered = message.referenced_message;
  if (answered) node.append(el("div", { className: "reply", textContent: `↱ ${answered.author.username}: ${(answered.content || "voice message").slice(0, 80)}` }));
  node.append(el("div", {}, el("span", { className: "who", textContent: name }), el("time", { textContent: new Date(message.timestamp).toLocaleTimeString() })));
  node.append(el("div", { className: "text" }, ...(loading ? ["thinking …"] : markdown(message.content))));
  for (const snapshot of message.message_snapshots ?? []) node.append(el("blockquote", {}, "Forwarded", ...markdown(snapshot.message.content), ...snapshot.message.attachments.map(attachment)));
  node.append(...message.attachments.map(attachment));
  for (const row of message.components ?? []) node.append(el("div", {}, ...(row.components ?? []).filter((c) => c.type === 2).map((c) => button(message, c))));
  if (message.flags & EPHEMERAL) node.append(el("div", { className: "small", textContent: "Only you can see this." }));
  const menu = el("select", { ariaLabel: "Message menu" }, el("option", { value: "", textContent: "⋯" }), el("option", { value: "reply", textContent: "Reply" }));
  for (const command of commands.filter((c) => c.type === 3)) menu.append(el("option", { value: command.id, textContent: command.name_localized ?? command.name }));
  menu.onchange = () => {
    const command = commands.find((c) => c.id === menu.value);
    if (command) interact(2, { ...commandData(command), target_id: message.id });
    else { replyTo = message; say(`Replying to ${name}`); $("text").focus(); }
    menu.value = "";
  };
  node.append(menu);
  return node;
}

function draw(message) {
  if (message.channel_id !== channel?.id) return;
  messages.set(message.id, message);
  const log = $("log"), old = $(`m${message.id}`);
  const near = log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  if (old) old.replaceWith(show(message)); else log.append(show(message));
  if (near) log.scrollTop = log.scrollHeight;
}

// --- Places and people ---

async function open(place) {
  channel = place;
  replyTo = null;
  document.querySelectorAll("#channels button").forEach((b) => b.dataset.id === place.id ? b.setAttribute("aria-current", "true") : b.removeAttribute("aria-current"));
  commands = (await api("GET", `/channels/${place.id}/application-command-index`)).application_commands;
  $("command").replaceChildren(el("option", { value: "", textContent: "— message —" }), ...commands.filter((c) => c.type === 1).map((c) => el("option", { value: c.id, textContent: `/${c.name_localized ?? c.name}` })));
  fields();
  $("log").replaceChildren();
  messages.clear();
  for (const message of (await api("GET", `/channels/${place.id}/messages?limit=50`)).reverse()) draw(message);
  $("log").scrollTop = $("log").scrollHeight;
}

function enter(ready) {
  const places = [];
  for (const guild of ready.guilds) for (const c of guild.channels ?? []) if (c.type === 0) places.push({ id: c.id, name: `# ${c.name}`, guild_id: guild.id, title: guild.name });
  const list = places.map((place) => {
    const node = el("button", { type: "button", textContent: place.name, title: place.title });
    node.dataset.id = place.id;
    node.onclick = () => open(place).catch((error) => say(error.message));
    return node;
  });
  const direct = el("button", { type: "button", textContent: "@ starling" });
  direct.onclick = async () => {
    const dm = await api("POST", "/users/@me/channels", { recipients: [world.application_id] });
    direct.dataset.id = dm.id;
    await open({ id: dm.id, name: "@ starling" });
  };
  $("channels").replaceChildren(direct, ...list);
  direct.click();
}

function connect() {
  socket?.close();
  const ws = socket = new WebSocket(`${world.gateway}?v=10&encoding=json`);
  let beat;
  ws.onclose = () => { clearInterval(beat); if (ws === socket) { say("Disconnected; trying again …"); setTimeout(connect, 1000); } };
  ws.onmessage = (frame) => {
    const { op, t, d } = JSON.parse(frame.data);
    if (op === 10) {
      ws.send(JSON.stringify({ op: 2, d: { token: person.token, properties: { os: "web", browser: "sandbox", device: "" } } }));
      beat = setInterval(() => ws.send(JSON.stringify({ op: 1, d: null })), d.heartbeat_interval);
    }
    if (op !== 0) return;
    if (t === "READY") { sessionId = d.session_id; say(""); enter(d); }
    if (t === "MESSAGE_CREATE" || t === "MESSAGE_UPDATE") draw(d);
    if (t === "MESSAGE_DELETE") $(`m${d.id}`)?.remove();
    if (t === "TYPING_START" && d.channel_id === channel?.id) { say(`${NAMES.get(d.user_id) ?? "Someone"} is typing …`); setTimeout(() => say(""), 4000); }
    if (t === "INTERACTION_FAILURE") say("The bot did not answer in time.");
    if (t === "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE") $("choices")?.replaceChildren(...d.choices.map((c) => el("option", { value: c.value, label: c.name })));
  };
}

// --- Commands ---

const commandData = (command) => ({ version: command.version, id: command.id, name: command.name, type: command.type });
const current = () => commands.find((c) => c.id === $("command").value);

function fields() {
  const command = current();
  $("text").hidden = $("file").hidden = $("record").hidden = !!command;
  $("fields").replaceChildren(...(command?.options ?? []).filter((o) => o.type > 2).map((option) => {
    let input;
    if (option.type === 11) input = el("input", { type: "file" });
    else if (option.type === 5) input = el("input", { type: "checkbox" });
    else if (option.choices?.length) input = el("select", {}, el("option", { value: "" }), ...option.choices.map((c) => el("option", { value: c.value, textContent: c.name_localized ?? c.name })));
    else input = el("input", { type: option.type === 4 || option.type === 10 ? "number" : "text" });
    input.name = option.name;
    input.required = !!option.required;
    if (option.autocomplete) {
      input.setAttribute("list", "choices");
      input.oninput = () => interact(4, { ...commandData(command), options: [{ type: option.type, name: option.name, value: input.value, focused: true }] }).catch(() => {});
    }
    return el("label", { title: option.description_localized ?? option.description }, (option.name_localized ?? option.name) + (option.required ? " *" : ""), input);
  }), el("datalist", { id: "choices" }));
}

async function interact(type, data, extra = {}, files = []) {
  const body = { type, application_id: world.application_id, channel_id: channel.id, session_id: sessionId, nonce: String(Date.now()), data, ...extra };
  if (channel.guild_id) body.guild_id = channel.guild_id;
  try { await api("POST", "/interactions", body, files); } catch (error) { say(error.message); }
}

async function run(command) {
  const options = [], files = [];
  for (const option of command.options ?? []) {
    const input = $("fields").querySelector(`[name="${option.name}"]`);
    if (option.type === 11) {
      if (input.files[0]) { options.push({ type: 11, name: option.name, value: String(files.length) }); files.push(input.files[0]); }
    } else if (option.type === 5) { if (input.checked) options.push({ type: 5, name: option.name, value: true }); }
    else if (input.value !== "") options.push({ type: option.type, name: option.name, value: option.type === 4 || option.type === 10 ? Number(input.value) : input.value });
  }
  await interact(2, { ...commandData(command), options, attachments: files.map((file, n) => ({ id: String(n), filename: file.name })) }, {}, files);
}

// --- Writing and recording ---

async function send(body, files = []) {
  if (replyTo) body.message_reference = { channel_id: replyTo.channel_id, message_id: replyTo.id };
  replyTo = null;
  await api("POST", `/channels/${channel.id}/messages`, body, files);
}

async function sendVoice(blob) {
  const context = new AudioContext();
  const sound = await context.decodeAudioData(await blob.arrayBuffer());
  const samples = sound.getChannelData(0), points = Math.max(1, Math.min(256, Math.round(sound.duration * 10)));
  const peaks = Array.from({ length: points }, (_, n) => {
    let peak = 0;
    for (let i = Math.floor((n * samples.length) / points); i < Math.floor(((n + 1) * samples.length) / points); i++) peak = Math.max(peak, Math.abs(samples[i]));
    return peak;
  });
  const loudest = Math.max(...peaks, 1e-6);
  const waveform = btoa(String.fromCharCode(...peaks.map((peak) => Math.round((255 * peak) / loudest))));
  const file = new File([blob], "voice-message.ogg", { type: blob.type.split(";")[0].replace("video", "audio") });
  await send({ flags: VOICE, attachments: [{ id: "0", filename: file.name, duration_secs: sound.duration, waveform }] }, [file]);
}

$("record").onclick = async () => {
  if (recorder) { recorder.stop(); return; }
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const parts = [];
    recorder = new MediaRecorder(stream);
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = async () => {
      const kind = recorder.mimeType;
      recorder = null;
      stream.getTracks().forEach((track) => track.stop());
      $("record").textContent = "🎙️ Record";
      await sendVoice(new Blob(parts, { type: kind })).catch((error) => say(error.message));
    };
    recorder.start();
    $("record").textContent = "⏹ Send recording";
  } catch (error) { say(`The microphone cannot be used: ${error.message}`); }
};

$("composer").onsubmit = async (event) => {
  event.preventDefault();
  const command = current(), text = $("text"), file = $("file").files[0];
  try {
    if (command) { await run(command); $("command").value = ""; fields(); return; }
    const content = text.value.replace(/@starling/gi, `<@${world.application_id}>`);
    if (!content.trim() && !file) return;
    await send(file ? { content, attachments: [{ id: "0", filename: file.name }] } : { content }, file ? [file] : []);
    text.value = $("file").value = "";
  } catch (error) { say(error.message); }
};
$("text").onkeydown = (event) => { if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); $("composer").requestSubmit(); } };
$("command").onchange = fields;
$("person").append(...world.users.map((user) => el("option", { value: user.id, textContent: user.name, selected: user === person })));
$("person").onchange = () => { person = world.users.find((user) => user.id === $("person").value); connect(); };
connect();
