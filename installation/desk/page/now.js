// What plays and why, in sentences; and what a curator asks for.

import { $, confirmed, el, fill, tell } from "./dom.js";
import { showFace } from "./faces.js";
import { live, now, request, utcNs } from "./live.js";
import { S, called, clock, length, listed, person, sentence, share } from "./words.js";

export function startNow() {
  for (const figure of document.querySelectorAll("[data-portrait]")) startPortrait(figure);
  $("go").addEventListener("click", () => request({ do: "go" }));
  $("pause").addEventListener("click", () => request({ do: now.status?.is_paused ? "resume" : "pause" }));
  confirmed(
    $("blackout"),
    "Make it dark?",
    () => request({ do: now.status?.is_blackout ? "light" : "blackout" }),
    () => !now.status?.is_blackout,
  );
  $("erase").addEventListener("click", () => request({ do: "erase" }));
  $("person-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const who = $("person").value.trim();
    request({ play: { person: /^\d+$/.test(who) ? Number(who) : who } });
  });
  live.addEventListener("told", () => draw());
  setInterval(() => draw(), 1000);
}

// --- the picture --------------------------------------------------------------------------------------------

function startPortrait(figure) {
  const [image, caption] = figure.children;
  let url = null;
  const draw = () => {
    const why = withheld(now.status);
    const isShown = Boolean(url) && !why;
    image.hidden = !isShown;
    if (isShown && image.src !== url) image.src = url;
    if (!isShown) image.removeAttribute("src");
    tell(caption, isShown ? "" : why || (now.isConnected ? "The picture is on its way." : "No connection."));
  };
  live.addEventListener("picture", (event) => {
    url = event.detail;
    draw();
  });
  live.addEventListener("told", draw);
  live.addEventListener("lost", draw);
}

/** Why there is no picture to be seen here; "": there is one. */
function withheld(status) {
  if (!now.isConnected) return "";
  if (!status) return "The portrait is not playing.";
  if (status.is_visitor) return "A visitor is being shown: their picture is for the wall alone.";
  if (status.is_blackout) return "Dark: a blackout, until Light is pressed.";
  if (status.is_dark) return `Dark: the doors are closed. ${sentence(status.doors?.told ?? "")}`;
  return "";
}

// --- what is told -------------------------------------------------------------------------------------------

function draw() {
  const status = now.status;
  document.body.classList.toggle("is-dark", Boolean(status?.is_dark));
  drawPlaying(status);
  drawDeeds(status);
  if (!status) return;
  drawComing(status);
  drawOthers(status);
  drawWho(status);
  drawChoices(status);
}

function drawPlaying(status) {
  const playing = status?.playing;
  if (!playing) {
    tell($("mood"), status ? "Nothing plays" : "Silence");
    tell($("gesture"), status ? sentence(status.doors?.told ?? "") : "");
    tell($("why"), status ? "" : "The desk has no word from the portrait. The Health page says why.");
    return;
  }
  tell($("mood"), sentence(called(playing.mood)));
  tell($("gesture"), gestureTold(status, playing));
  tell($("why"), whyTold(status, playing));
}

function gestureTold(status, playing) {
  if (status.is_paused) return `Paused: ${called(playing.gesture)} stays on the face, and it lives on.`;
  const at = (utcNs() - playing.start_utc_ns) / S;
  const end = playing.onset_s + playing.hold_s;
  const name = called(playing.gesture);
  if (at < playing.onset_s) return `Going to ${name}, then held for ${length(playing.hold_s)}.`;
  return at < end - 0.5 ? `${sentence(name)}, for another ${length(end - at)}.` : `${sentence(name)}, about to go.`;
}

function whyTold(status, playing) {
  const told = [gestureReason(playing)];
  const zone = status.zone;
  const until = playing.mood_until_utc_ns ? `, until about ${clock(playing.mood_until_utc_ns, zone)}` : "";
  const by = reason(playing.mood_by);
  const mood = sentence(called(playing.mood));
  told.push(`${mood} since ${clock(playing.mood_since_utc_ns, zone)}${by ? `, ${by}` : ""}${until}.`);
  return told.join(" ");
}

function gestureReason(playing) {
  const by = reason(playing.asked_by);
  if (by) return `It plays ${by}.`;
  const weights = Object.values(playing.weights ?? {});
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const own = playing.weights?.[playing.gesture];
  if (!own || !all) return "The mood brought it.";
  if (weights.length === 1) return "It was its turn: nothing else could come.";
  return `The dice chose it, at ${share(own / all)}.`;
}

/** `because the desk asked for it`; "" where the dice or the mood itself brought it. */
function reason(by) {
  if (!by || ["dice", "the dice", "mood", "the mood", "start", "weights"].includes(by)) return "";
  if (/^(after|since|at|because|by|when|in) /.test(by)) return by;
  return `because ${by} asked for it`;
}

function drawDeeds(status) {
  const isPaused = Boolean(status?.is_paused);
  $("pause").setAttribute("aria-pressed", isPaused);
  tell($("pause"), isPaused ? "Resume" : "Pause");
  const isDark = Boolean(status?.is_blackout);
  tell($("blackout"), isDark ? "Light" : "Blackout");
  $("blackout").classList.toggle("is-lit", isDark);
  const somebody = visitor(status);
  $("erase").disabled = !somebody;
  $("erase").classList.toggle("is-lit", Boolean(somebody));
  tell($("erase").querySelector("small"), somebody || "nobody is there");
}

/** What is known of a visitor, whom Erase would have forgotten; "": there is none. */
function visitor(status) {
  if (status?.is_visitor) return "they are on the wall";
  if (!status?.visit || ["alone", "nobody", "none"].includes(status.visit)) return "";
  const stages = { noticed: "somebody is in view", engaged: "somebody looks on", projecting: "somebody looks on" };
  return stages[status.visit] ?? "somebody is there";
}

function drawComing(status) {
  const { zone } = status;
  fill($("next"), [status.next, zone], () =>
    (status.next ?? []).map((each) =>
      el("li", {}, el("time", {}, clock(each.utc_ns, zone, true)), el("b", {}, called(each.gesture)),
        each.mood && each.mood !== status.playing?.mood && el("small", {}, `in ${called(each.mood)}`)),
    ),
  );
  fill($("cues"), [status.cues, zone], () =>
    (status.cues ?? []).map((each) => {
      const deeds = [
        each.do && `plays ${called(each.do)}`,
        each.mood && `brings ${called(each.mood)}`,
        each.person !== null && each.person !== undefined && `turns into ${person(each.person)}`,
      ].filter(Boolean);
      return el("li", {}, el("time", {}, clock(each.at_utc_ns, zone)), el("b", {}, each.name), el("small", {}, listed(deeds)));
    }),
  );
}

function drawOthers(status) {
  const { weights = {}, excluded = {}, mood, gesture } = status.playing ?? {};
  const all = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const left = Object.entries(excluded).filter(([name]) => !(name in weights));
  fill($("else"), [weights, left, gesture], () => {
    const rows = Object.entries(weights).sort((a, b) => b[1] - a[1]);
    const could = rows.map(([name, weight]) => bar(called(name), all ? weight / all : 0, "", name === gesture));
    const reasons = [...new Set(left.map(([, why]) => why))];
    const names = (why) => listed(left.filter(([, each]) => each === why).map(([name]) => called(name)));
    return [...could, ...reasons.map((why) => el("li", { className: "is-left" }, `Not ${names(why)}`, el("small", {}, why)))];
  });
  const numWeighed = Object.keys(weights).length;
  const told = numWeighed
    ? `When ${called(mood ?? "")} chose, ${numWeighed === 1 ? "one gesture" : `${numWeighed} gestures`} could come` +
      (left.length ? `, ${left.length} could not.` : ".")
    : "Nothing was weighed: this gesture was asked for.";
  tell($("else-told"), told);
}

/** A row of a chart: a name, its bar, its share or why it has none. */
export function bar(name, ratio, note, isChosen) {
  const row = el("li", { className: isChosen ? "is-chosen" : "" });
  const filled = el("i", { className: "bar" });
  filled.style.setProperty("--share", ratio ?? 0);
  row.append(el("span", { className: "label" }, name));
  if (ratio === null) row.append(el("span", { className: "note" }, note));
  else row.append(filled, el("span", { className: "figure" }, note || share(ratio)));
  return row;
}

function drawWho(status) {
  const resident = person(status.show?.resident ?? "");
  const told = status.is_visitor
    ? `A visitor. Afterwards, ${person(status.person ?? status.show?.resident)}.`
    : `${sentence(person(status.person))}${String(status.person) === String(status.show?.resident) ? ", who lives here." : `. ${sentence(resident)} lives here.`}`;
  tell($("who"), told);
  fill($("people"), [status.show?.people, status.show?.resident], () =>
    [...new Set([status.show?.resident, ...(status.show?.people ?? [])])].map((who) => el("option", { value: who })),
  );
}

// --- moods and gestures to choose from ----------------------------------------------------------------------

const faces = new Map(); // gesture → key

/** The faces of the choreography that plays, as the checker gives them. */
export function learnFaces(gestures) {
  faces.clear();
  for (const { name, face } of gestures) faces.set(name, face);
  for (const button of $("gestures").querySelectorAll("button")) {
    showFace(button.querySelector("img"), faces.get(button.dataset.name));
  }
}

function drawChoices(status) {
  const { moods = [], gestures = [] } = status.show ?? {};
  fill($("moods"), moods, () => [
    el("legend", { className: "hidden-title" }, "Moods"),
    ...moods.map((name) => choice("mood", name, called(name))),
  ]);
  fill($("gestures"), gestures, () => [
    el("legend", { className: "hidden-title" }, "Gestures"),
    ...gestures.map((name) => {
      const image = el("img", { alt: "", width: 128, height: 128, hidden: true });
      showFace(image, faces.get(name));
      return choice("gesture", name, el("span", { className: "face" }, image), el("span", {}, called(name)));
    }),
  ]);
  for (const button of document.querySelectorAll("#moods button, #gestures button")) {
    const isPlaying = status.playing?.[button.dataset.kind] === button.dataset.name;
    button.setAttribute("aria-pressed", isPlaying);
  }
}

function choice(kind, name, ...children) {
  const button = el("button", { type: "button", "data-kind": kind, "data-name": name, "aria-pressed": "false" }, ...children);
  button.addEventListener("click", () => request({ play: { [kind]: name } }));
  return button;
}
