// The last 24 hours: a row for each hour, moods as bands, and marks for whatever else happened.

import { $, el, svg, tell } from "./dom.js";
import { ask, live, now } from "./live.js";
import { S, called, clock, counted, length, person, sentence, share } from "./words.js";

const HOUR_NS = 3600 * S;
const READ_MS = 20_000;
const NUM_TINTS = 8;
const BAND = 26; // height of a row, in units of 1000 to the hour
const WORDS = {
  show: "the show", mood: "mood", person: "person", doors: "doors", worker: "worker",
  window: "screen", camera: "camera", fault: "fault",
};

// What is drawn in the rows: not what ends well.
const UNMARKED = /^(plays|begins|back|end of .*|out of safe mode)$/;
const MARKED = ["doors", "worker", "window", "camera", "fault", "show"];
const BAD = ["fault", "window"];

export function startTimeline(isOpen) {
  const read = async () => {
    const answer = await ask("/api/timeline");
    if (answer.isFine) draw(answer);
    else tell($("day-told"), sentence(`${answer.error}.`));
  };
  setInterval(() => isOpen() && now.isConnected && read(), READ_MS);
  live.addEventListener("found", () => isOpen() && read());
  return read;
}

// --- what it holds ------------------------------------------------------------------------------------------

/** Stretches of moods, and of darkness: [{name, startNs, endNs}]. A mood lasts until another one, until the doors
 * close, or until the show ends. Pure. */
export function stretches(events, nowNs) {
  const found = [];
  let open = null;
  const end = (utcNs) => {
    if (open) found.push({ ...open, endNs: utcNs });
    open = null;
  };
  for (const { utc_ns: utcNs, kind, text } of events) {
    if (kind === "mood") {
      end(utcNs);
      open = { name: text, startNs: utcNs };
    } else if (kind === "doors") {
      if (text.startsWith("closed")) {
        end(utcNs);
        open = { name: "", startNs: utcNs };
      } else if (!open?.name) end(utcNs);
    } else if (kind === "show" && (text === "begins" || text === "ends")) end(utcNs);
  }
  end(nowNs);
  return found;
}

// --- drawn --------------------------------------------------------------------------------------------------

function draw({ events, now_utc_ns: nowNs, zone }) {
  const fromNs = nowNs - 24 * HOUR_NS;
  const past = [...events].sort((a, b) => a.utc_ns - b.utc_ns);
  const bands = stretches(past, nowNs);
  const names = [...new Set(bands.map((each) => each.name).filter(Boolean))].sort();
  const tint = (name) => (name ? `mood-${names.indexOf(name) % NUM_TINTS}` : "closed");
  const marks = past.filter(({ kind, text }) => MARKED.includes(kind) && !UNMARKED.test(text));
  const earliestNs = past[0]?.utc_ns ?? nowNs;
  const isNew = earliestNs > fromNs + HOUR_NS; // hours of which nothing is known are not drawn
  const firstNs = Math.floor((isNew ? earliestNs : fromNs) / HOUR_NS) * HOUR_NS;
  const hours = [];
  for (let hourNs = firstNs; hourNs < nowNs; hourNs += HOUR_NS) {
    hours.push(row(hourNs, { bands, marks, tint, zone, fromNs, nowNs }));
  }
  $("hours-drawn").replaceChildren(...hours);
  drawLegend(bands, names, tint, fromNs);
  drawEvents(past, zone, fromNs);
  const numFaults = marks.filter(({ kind }) => BAD.includes(kind)).length;
  const before = isNew ? ` Nothing was written down before ${clock(earliestNs, zone)}.` : "";
  tell($("day-told"), `Each row is an hour. ${numFaults ? sentence(counted(numFaults, "trouble")) : "No trouble"}.${before}`);
}

function row(hourNs, { bands, marks, tint, zone, fromNs, nowNs }) {
  const at = (utcNs) => (1000 * (utcNs - hourNs)) / HOUR_NS;
  const drawn = svg("svg", { viewBox: `0 0 1000 ${BAND}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  for (const { name, startNs, endNs } of bands) {
    const from = Math.max(at(startNs), at(fromNs), 0);
    const to = Math.min(at(endNs), 1000);
    if (to <= from) continue;
    const rect = svg("rect", { x: from, y: 4, width: to - from, height: BAND - 8, class: tint(name) });
    rect.append(svg("title", {}, name ? `${called(name)}, ${clock(startNs, zone)} to ${clock(endNs, zone)}` : "closed"));
    drawn.append(rect);
  }
  const told = marks.filter(({ utc_ns: utcNs }) => utcNs >= Math.max(hourNs, fromNs) && utcNs < hourNs + HOUR_NS);
  const signs = told.map(({ utc_ns: utcNs, kind, text }) => {
    const sign = el("i", { className: `sign ${kind}`, title: `${clock(utcNs, zone, true)} ${text}` });
    sign.style.setProperty("--at", (utcNs - hourNs) / HOUR_NS);
    return sign;
  });
  if (nowNs >= hourNs && nowNs < hourNs + HOUR_NS) {
    const sign = el("i", { className: "sign is-now", title: "now" });
    sign.style.setProperty("--at", (nowNs - hourNs) / HOUR_NS);
    signs.push(sign);
  }
  return el("div", { className: "hour" }, el("time", {}, clock(hourNs, zone)), el("div", { className: "track" }, drawn, ...signs));
}

function drawLegend(bands, names, tint, fromNs) {
  const lasts = (name) =>
    bands.filter((each) => each.name === name).reduce((sum, each) => sum + each.endNs - Math.max(each.startNs, fromNs), 0);
  const all = names.reduce((sum, name) => sum + lasts(name), 0);
  const rows = names.map((name) =>
    el("li", {}, el("i", { className: `swatch ${tint(name)}` }), called(name), el("small", {}, ` ${length(lasts(name) / S)}, ${share(lasts(name) / all)}`)),
  );
  const signs = [["doors", "doors"], ["worker", "a restart"], ["fault", "trouble"]].map(([kind, told]) =>
    el("li", {}, el("i", { className: `swatch sign ${kind}` }), told),
  );
  $("legend").replaceChildren(...rows, ...signs);
}

function drawEvents(past, zone, fromNs) {
  const told = past.filter(({ kind, utc_ns: utcNs }) => kind !== "mood" && utcNs > fromNs).reverse();
  const rows = told.map(({ utc_ns: utcNs, kind, text }) =>
    el("li", { className: kind }, el("time", {}, clock(utcNs, zone, true)), el("span", { className: "kind" }, WORDS[kind] ?? kind), el("span", {}, kind === "person" ? person(text) : text)),
  );
  $("events").replaceChildren(...(rows.length ? rows : [el("li", {}, "Nothing but moods.")]));
}
