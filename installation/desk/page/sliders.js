// The face by hand. Whatever is touched is held and told again, until it is let go of; the other sliders go
// with the face. What is not told again for a few seconds the portrait lets go of by itself.

import { $, el, fill, tell } from "./dom.js";
import { ask, live, now, request } from "./live.js";
import { called, listed } from "./words.js";
import { CONTROLS, REGIONS, RIVALS, UNITS } from "./units.js";

const SENT_MS = 1000 / 15; // between two messages, whatever is held
const AGAIN_MS = 900; // until what is held is told again
const SEEN = 0.05; // a unit as strong as this is there

const rows = new Map(); // part → {row, slider, output, note, letGo, unit}
const held = new Map(); // part → {value, sentMs, isNew}
const numbers = Object.keys(UNITS).map(Number); // in the order of an AU state

let choreography = null; // the editor, which knows the file

const label = (unit) => `AU${String(unit).padStart(2, "0")}`;

export function startSliders(editor) {
  choreography = editor;
  live.addEventListener("told", draw);
  live.addEventListener("lost", letGoOfAll);
  $("let-go").addEventListener("click", letGoOfAll);
  $("save-form").addEventListener("submit", save);
  $("save-name").addEventListener("input", drawHeld);
  drawHeld();
  // A telephone that is put away, or a page that is forgotten behind another, holds nothing.
  document.addEventListener("visibilitychange", () => document.hidden && letGoOfAll());
  setInterval(send, SENT_MS);
}

// --- held, told, let go -------------------------------------------------------------------------------------

function hold(part, value) {
  held.set(part, { sentMs: 0, ...held.get(part), value, isNew: true });
  drawHeld();
}

function letGo(part) {
  if (!held.delete(part)) return;
  if (now.isConnected) request({ move: { part, value: null } });
  drawHeld();
}

function letGoOfAll() {
  for (const part of [...held.keys()]) letGo(part);
}

/** One message a turn: what has changed first, then what was told longest ago. */
function send() {
  if (!now.isConnected) return;
  const atMs = performance.now();
  const due = [...held].filter(([, each]) => each.isNew || atMs - each.sentMs > AGAIN_MS);
  due.sort((a, b) => b[1].isNew - a[1].isNew || a[1].sentMs - b[1].sentMs);
  if (!due.length) return;
  const [part, each] = due[0];
  each.isNew = false;
  each.sentMs = atMs;
  request({ move: { part, value: each.value } });
}

// --- drawn --------------------------------------------------------------------------------------------------

function draw() {
  const { status } = now;
  if (!status?.show) return;
  const { units = [], controls = {} } = status.show;
  fill($("sliders"), [units, controls], () => [
    el("legend", { className: "hidden-title" }, "Sliders"),
    group("Head, eyes and light", Object.entries(controls).map(controlRow)),
    ...groups(units),
  ]);
  numbers.forEach((unit, index) => follow(label(unit), status.aus?.[index]));
  for (const name of Object.keys(controls)) follow(name, status.controls?.[name]);
  drawRivals(status);
}

function groups(units) {
  const named = new Set(REGIONS.flatMap(([, each]) => each));
  return REGIONS.map(([name, each]) => {
    const own = units.filter((unit) => (each.length ? each.includes(unit) : !named.has(unit)));
    return own.length ? group(name, own.map(unitRow)) : null;
  }).filter(Boolean);
}

const group = (name, made) => el("div", { className: "group", role: "group", "aria-label": name }, el("h2", {}, name), ...made);

function unitRow(unit) {
  return sliderRow({ part: label(unit), name: UNITS[unit], small: label(unit), low: 0, high: 1, step: 0.01, unit });
}

function controlRow([name, [low, high]]) {
  const [told, suffix] = CONTROLS[name] ?? [called(name), ""];
  return sliderRow({ part: name, name: told, small: "", low, high, step: 0.5, suffix });
}

function sliderRow({ part, name, small, low, high, step, unit = 0, suffix = "" }) {
  const slider = el("input", { type: "range", id: `slide-${part}`, min: low, max: high, step, value: Math.max(low, Math.min(0, high)) });
  const output = el("output", { for: slider.id });
  const note = el("span", { className: "rival", id: `rival-${part}` });
  slider.setAttribute("aria-describedby", note.id);
  const release = el("button", { type: "button", className: "bare release", "aria-label": `Let go of ${name}`, title: "Let go" }, "×");
  const row = el("div", { className: "slider" },
    el("label", { for: slider.id }, name, small && el("small", {}, ` ${small}`)), note, slider, output, release);
  rows.set(part, { row, slider, output, note, unit, name, suffix, low, high });
  slider.addEventListener("input", () => hold(part, Number(slider.value)));
  release.addEventListener("click", () => {
    letGo(part);
    slider.focus();
  });
  drawValue(rows.get(part));
  return row;
}

/** A slider that nobody holds is where the face is. */
function follow(part, value) {
  const each = rows.get(part);
  if (!each || value === null || value === undefined || held.has(part)) return;
  each.slider.value = value;
  drawValue(each);
}

function drawValue({ slider, output, row, suffix, low, high }) {
  const value = Number(slider.value);
  output.textContent = (suffix ? `${Math.round(value)}${suffix}` : value.toFixed(2)).replace("-", "−");
  slider.setAttribute("aria-valuetext", output.textContent);
  const zero = Math.min(Math.max(0, low), high);
  const at = (each) => (each - low) / (high - low);
  row.style.setProperty("--from", Math.min(at(zero), at(value)));
  row.style.setProperty("--to", Math.max(at(zero), at(value)));
}

function drawRivals(status) {
  const strength = (unit) => held.get(label(unit))?.value ?? status.aus?.[numbers.indexOf(unit)] ?? 0;
  for (const each of rows.values()) {
    if (!each.unit) continue;
    const rivals = RIVALS.filter((pair) => pair.includes(each.unit))
      .map((pair) => pair.find((unit) => unit !== each.unit))
      .filter((unit) => held.has(label(unit)) && strength(unit) > SEEN);
    each.row.classList.toggle("has-rival", rivals.length > 0);
    tell(each.note, rivals.length ? `cannot hold together with ${listed(rivals.map((unit) => UNITS[unit]))}` : "");
  }
}

function drawHeld() {
  for (const [part, each] of rows) {
    each.row.classList.toggle("is-held", held.has(part));
    drawValue(each);
  }
  if (now.status) drawRivals(now.status);
  const names = [...held.keys()].map((part) => rows.get(part)?.name ?? part);
  $("let-go").disabled = !names.length;
  tell($("hand-told"), names.length
    ? `You hold ${listed(names)}. Everything else goes on as the score has it.`
    : "Nothing is held. The sliders go with the face; touch one, and it is yours until you let go.");
  tell($("definition"), names.length ? written() : "Hold a slider first: a gesture is what you hold.");
  const why = choreography.whyNotToSave();
  $("save").disabled = !names.length || Boolean(why) || !$("save-name").value.trim();
  tell($("save-told"), names.length ? why : "");
}

/** What is held, as the choreography writes it. */
function written() {
  return [...held].map(([part, { value }]) => {
    const { suffix } = rows.get(part);
    return suffix ? `${rows.get(part).name} ${Math.round(value)}${suffix}` : `${part} ${value.toFixed(2)}`;
  }).join(", ");
}

// --- save as gesture ----------------------------------------------------------------------------------------

async function save(event) {
  event.preventDefault();
  const name = $("save-name").value.trim();
  const aus = {};
  const controls = {};
  for (const [part, { value }] of held) {
    if (part.startsWith("AU")) aus[String(Number(part.slice(2)))] = Math.round(value * 100) / 100;
    else controls[part] = value;
  }
  $("save").disabled = true;
  const file = choreography.file();
  const answer = await ask("/api/choreography/gesture", "POST", { text: file.text, sha256: file.sha256, name, aus, controls });
  $("save").disabled = false;
  if (!answer.isFine) {
    const fault = answer.faults?.find((each) => !each.is_warning);
    tell($("save-told"), `Not saved: ${fault?.message ?? answer.error}.`);
    if (answer.code === 409) choreography.reread();
    return;
  }
  choreography.take(answer);
  $("save-name").value = "";
  drawHeld();
  tell($("save-told"), `“${called(name)}” is in the choreography, at line ${answer.line}. No mood plays it yet: name it in one.`);
}
