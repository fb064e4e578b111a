// A dry run, as a chart: how much of each mood and gesture there would be, and what would never come.

import { $, el, tell } from "./dom.js";
import { bar } from "./now.js";
import { called, counted, length, listed, share } from "./words.js";

export function drawRehearsal(rehearsal) {
  $("rehearsal").hidden = !rehearsal;
  if (!rehearsal) return;
  const { moods, gestures, never } = rehearsal;
  tell($("rehearsal-told"), told(rehearsal));
  $("rehearsal-moods").replaceChildren(...chart(moods));
  $("rehearsal-gestures").replaceChildren(...chart(gestures));
  const missing = [
    ["Moods that never come", never.moods.map(called)],
    ["Gestures that never come", never.gestures.map(called)],
    ["Cues that never come", never.cues.map((number) => `cue ${number}`)],
  ].filter(([, names]) => names.length);
  $("never").replaceChildren(
    ...(missing.length
      ? missing.map(([what, names]) => el("p", {}, el("b", {}, `${what}: `), `${listed(names)}.`))
      : [el("p", {}, "Everything comes.")]),
  );
}

function told({ seconds, num_gestures: numGestures, mean_distance: meanDistance, longest_stay: stay, num_no_ops: numNoOps }) {
  if (!numGestures) return "The doors are closed all the time: nothing is played.";
  const pace = `${length(seconds)} open: ${numGestures.toLocaleString("en-GB")} gestures, one every ${length(seconds / numGestures)}.`;
  const longest = stay ? ` The longest mood is ${called(stay.mood)}, ${length(stay.seconds)}.` : "";
  const still = numNoOps ? ` ${counted(numNoOps, "gesture")} changed nothing.` : "";
  return `${pace}${longest} From one gesture to the next ${meanDistance.toFixed(1)} action units change.${still}`;
}

/** Bars as long as the largest share lets them be; the figures say how much. */
function chart(tallies) {
  const rows = Object.entries(tallies).sort((a, b) => b[1].share - a[1].share);
  const most = Math.max(...rows.map(([, each]) => each.share), 1e-9);
  return rows.map(([name, each]) =>
    each.num_times ? bar(called(name), each.share / most, figure(each), false) : bar(called(name), null, "never", false),
  );
}

const figure = (each) => `${share(each.share)}, ${each.num_times.toLocaleString("en-GB")}×`;
