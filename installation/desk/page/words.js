// How times, durations and names are told.

export const S = 1e9;

/** `is_met` → `is met`: names are the curator's, their underscores are YAML's. */
export const called = (name) => String(name).replaceAll("_", " ");

export const person = (who) =>
  typeof who === "number" || /^\d+$/.test(who) ? `person ${who}` : String(who).split(/[\\/]/).pop();

/** Sentences begin with a capital letter. */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** `3 s`, `1 min 22 s`, `3 h 42 min`, `4 days 2 h`. */
export function length(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return parts([Math.floor(whole / 60), "min"], [whole % 60, "s"]);
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return parts([Math.floor(minutes / 60), "h"], [minutes % 60, "min"]);
  const hours = Math.round(minutes / 60);
  const days = Math.floor(hours / 24);
  return parts([days, days === 1 ? "day" : "days"], [hours % 24, "h"]);
}

const parts = (...pairs) =>
  pairs.filter(([number]) => number).map(([number, unit]) => `${number} ${unit}`).join(" ");

const clocks = new Map();
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const EXACT = { ...CLOCK, second: "2-digit" };

/** What the clock of the place shows: `18:03`, or `18:03:07`. */
export const clock = (utcNs, zone, isExact = false) => told(utcNs, zone, isExact ? EXACT : CLOCK);

/** The same with the day: `10 Sept, 18:03:07`. */
export const moment = (utcNs, zone) => told(utcNs, zone, { ...EXACT, day: "numeric", month: "short" });

function told(utcNs, zone, form) {
  const key = `${zone} ${Object.keys(form)}`;
  if (!clocks.has(key)) {
    let made;
    try {
      made = new Intl.DateTimeFormat("en-GB", { ...form, timeZone: zone || undefined });
    } catch {
      made = new Intl.DateTimeFormat("en-GB", form); // a zone that this browser does not know
    }
    clocks.set(key, made);
  }
  return clocks.get(key).format(new Date(utcNs / 1e6));
}

/** `25 %`; what is there is never `0 %`. */
export function share(ratio) {
  if (!ratio) return "–";
  return ratio < 0.005 ? "< 1 %" : `${Math.round(100 * ratio)} %`;
}

/** `a, b and c`. */
export function listed(names) {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}

/** `1 error`, `2 errors`. */
export const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
