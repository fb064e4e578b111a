// How it is, in words, each with a judgement that has a colour, a shape and a word.

import { $, el, fill, tell } from "./dom.js";
import { ask, live, now, utcNs } from "./live.js";
import { S, counted, length, moment, sentence } from "./words.js";

const LOG_MS = 5000;
const FEW = 1000; // frames, of which a share says nothing
const WORDS = { good: "well", watch: "watch", bad: "act", none: "not known" };
const RANK = ["none", "good", "watch", "bad"];

export function startHealth(isOpen) {
  live.addEventListener("told", () => draw());
  live.addEventListener("lost", () => draw());
  setInterval(() => isOpen() && readLog(), LOG_MS);
  return readLog;
}

/** [{name, judgement, told, advice}] of what is known; pure. */
export function judged(status, health, nowNs) {
  return [worker, frames, screen, camera, heat, memory, disk, uptime]
    .map((judge) => judge(status, health, nowNs))
    .filter(Boolean);
}

const finding = (name, judgement, told, advice = "") => ({ name, judgement, told, advice });

function worker(status, health, nowNs) {
  const each = health?.worker;
  if (!each) return finding("The show", "none", "nothing is known of it");
  const since = each.since_utc_ns ? ` for ${length((nowNs - each.since_utc_ns) / S)}` : "";
  const restarts = each.num_restarts ? `, restarted ${each.num_restarts === 1 ? "once" : `${each.num_restarts} times`}` : ", never restarted";
  const trouble = each.trouble ? `Last trouble: ${each.trouble}` : "";
  if (each.state === "safe mode") {
    return finding("The show", "bad", `in safe mode${since}`, `It kept falling over, and plays the house's own piece. ${trouble}`);
  }
  if (each.state === "dark") return finding("The show", "good", `dark${since}: the doors are closed${restarts}`, trouble);
  if (each.state === "restarting" || each.state === "starting") {
    return finding("The show", "watch", `${each.state}${since}${restarts}`, trouble);
  }
  return finding("The show", each.num_restarts ? "watch" : "good", `${each.state ?? "not known"}${since}${restarts}`, trouble);
}

function frames(status, health) {
  const made = status?.frames;
  const shown = health?.shown;
  if (status?.is_dark) return finding("Motion", "good", "dark: nothing moves now");
  const fps = shown?.fps ?? made?.fps;
  if (fps === null || fps === undefined) return finding("Motion", "none", "no frames are counted");
  const p99 = shown?.p99_ms ?? made?.p99_ms;
  const lateShare = made?.num > FEW ? (made.late ?? 0) / made.num : 0;
  const late = made?.late ? `${made.late.toLocaleString("en-GB")} of ${made.num.toLocaleString("en-GB")} frames late` : "no frame late";
  const slowest = p99 === null || p99 === undefined ? "" : `, 99 of 100 within ${Math.round(p99)} ms`;
  const told = `${fps.toFixed(1)} pictures a second${slowest}, ${late}`;
  if (fps < 12 || lateShare > 0.1) return finding("Motion", "bad", told, "It can be seen to stutter: does something else run on the machine?");
  if (fps < 23 || lateShare > 0.01) return finding("Motion", "watch", told);
  return finding("Motion", "good", told);
}

function screen(status, health) {
  if (!health) return null;
  return health.window
    ? finding("Screen", "bad", health.window, "Look at the cable and at whether the monitor is on.")
    : finding("Screen", "good", "it shows what it is given");
}

function camera(status) {
  const each = status?.camera;
  if (!each) return null;
  if (each.trouble) return finding("Camera", "watch", each.trouble, "The portrait goes on without seeing visitors.");
  return each.is_there ? finding("Camera", "good", "it sees") : finding("Camera", "good", "this show has none");
}

function heat(status, health) {
  const celsius = health?.temperature_c;
  if (celsius === null || celsius === undefined) return finding("Temperature", "none", "this machine does not tell");
  const busy = health.cpu_percent === null || health.cpu_percent === undefined ? "" : `, processor ${Math.round(health.cpu_percent)} % busy`;
  const told = `${Math.round(celsius)} °C${busy}`;
  if (celsius >= 90) return finding("Temperature", "bad", told, "Too hot: dust, a blocked vent or the sun.");
  return celsius >= 80 ? finding("Temperature", "watch", told, "Warm: give it air.") : finding("Temperature", "good", told);
}

function memory(status, health) {
  const all = health?.memory_mb?.all;
  if (all === null || all === undefined) return finding("Memory", "none", "not known");
  const told = `${all < 1024 ? `${Math.round(all)} MB` : `${(all / 1024).toFixed(1)} GB`} in all`;
  if (all > 12_000) return finding("Memory", "bad", told, "It grows: restart the portrait at closing time, and report it.");
  return all > 6_000 ? finding("Memory", "watch", told) : finding("Memory", "good", told);
}

function disk(status, health) {
  const free = health?.disk_free_mb;
  if (free === null || free === undefined) return finding("Disk", "none", "not known");
  const told = `${free < 1024 ? `${Math.round(free)} MB` : `${Math.round(free / 1024)} GB`} free`;
  if (free < 200) return finding("Disk", "bad", told, "Nothing can be saved soon: delete what is not needed.");
  return free < 2000 ? finding("Disk", "watch", told, "Little: delete what is not needed.") : finding("Disk", "good", told);
}

function uptime(status, health, nowNs) {
  if (!health?.started_utc_ns) return null;
  return finding("Running", "good", `for ${length((nowNs - health.started_utc_ns) / S)}`);
}

// --- drawn --------------------------------------------------------------------------------------------------

function draw() {
  const findings = now.isConnected ? judged(now.status, now.health, utcNs()) : [];
  const worst = findings.reduce((most, each) => (RANK.indexOf(each.judgement) > RANK.indexOf(most) ? each.judgement : most), "none");
  $("verdict").dataset.judgement = worst;
  tell($("verdict"), verdict(worst, findings));
  $("alarm").hidden = worst !== "bad" && worst !== "watch";
  $("alarm").dataset.judgement = worst;
  $("alarm").title = WORDS[worst];
  fill($("findings"), findings, () =>
    findings.flatMap(({ name, judgement, told, advice }) => [
      el("dt", { "data-judgement": judgement }, name, el("span", { className: "judgement" }, WORDS[judgement])),
      el("dd", {}, sentence(told), ".", advice && el("small", {}, ` ${advice}`)),
    ]),
  );
}

function verdict(worst, findings) {
  const ofKind = (judgement) => findings.filter((each) => each.judgement === judgement).map((each) => each.name.toLowerCase());
  if (worst === "none") return "Nothing is known: the portrait cannot be reached.";
  if (worst === "bad") return `Something has to be done: ${ofKind("bad").join(", ")}.`;
  if (worst === "watch") return `It plays. ${sentence(counted(ofKind("watch").length, "thing"))} to keep an eye on: ${ofKind("watch").join(", ")}.`;
  return "All is well.";
}

/** The log is written in UTC: `2026-09-10T16:03:07.512Z …`. It is read beside the clock of the place. */
function byTheClock(line) {
  const stamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.?\d*Z /.exec(line);
  if (!stamp) return line;
  const atNs = Date.parse(`${stamp[1]}Z`) * 1e6;
  return `${moment(atNs, now.status?.zone)}  ${line.slice(stamp[0].length)}`;
}

async function readLog() {
  const answer = await ask("/api/log?lines=200");
  if (!answer.isFine) return;
  const log = $("log");
  const isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 24;
  const text = answer.lines.map(byTheClock).join("\n") || "Nothing has been written yet.";
  if (log.textContent === text) return;
  log.textContent = text;
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}
