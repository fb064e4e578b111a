// The choreography as text: what was read, what is written, what the checker says of it, and how it is applied.

import { $, confirmed, el, tell } from "./dom.js";
import { difference, excerpt } from "./difference.js";
import { showFace } from "./faces.js";
import { ask, live, now } from "./live.js";
import { learnFaces } from "./now.js";
import { Paper } from "./paper.js";
import { drawRehearsal } from "./rehearsal.js";
import { called, counted, sentence } from "./words.js";

const PAUSE_MS = 350; // after the last key, until the text is checked
const KEPT = "choreography"; // what sessionStorage calls the text that is not applied

const state = {
  path: "", // of what plays, as the show says
  file: null, // {text, sha256, path, is_writable} as it was read
  theirs: null, // {text, sha256} that is on the disk instead
  check: null, // of `checked`
  checked: "",
  rehearsed: null, // the text that has had its dry run, and can be played
  isBusy: false,
};
const faces = new Map(); // gesture → the key of its latest face
let paper = null;
let timer = 0;
let numChecks = 0;

export function startEditor() {
  paper = new Paper($("editor"), { changed, moved: drawCard, tried: tryNow });
  $("rehearse").addEventListener("click", rehearse);
  $("apply").addEventListener("click", apply);
  confirmed($("discard"), "Undo everything?", () => paper.write(state.file.text));
  $("try").addEventListener("click", () => tryNow($("try").dataset.name));
  $("keep-mine").addEventListener("click", keepMine);
  $("take-theirs").addEventListener("click", takeTheirs);
  addEventListener("beforeunload", (event) => isEdited() && event.preventDefault());
  addEventListener("focus", reread);
  live.addEventListener("told", follow);
  return { show: () => paper.fit(), reread, file: () => state.file, take, whyNotToSave };
}

const isEdited = () => Boolean(state.file) && paper.text !== state.file.text;

// --- the file -----------------------------------------------------------------------------------------------

/** Another file plays, or the first one is known. */
function follow() {
  const path = now.status?.show?.choreography;
  if (!path || path === state.path) return;
  state.path = path;
  reread();
}

/** What is on the disk now. It takes the place of a text that nobody has touched. */
async function reread() {
  const told = await ask("/api/choreography");
  if (!told.isFine) {
    if (!state.file) tell($("verdict-told"), sentence(`${told.error}.`));
    state.path = "";
    return;
  }
  const found = { text: told.text, sha256: told.sha256, path: told.path, is_writable: told.is_writable };
  if (!state.file) begin(found);
  else if (found.path !== state.file.path) begin(found);
  else if (found.sha256 === state.file.sha256) return;
  else if (isEdited() && found.text !== paper.text) conflict(found);
  else settle(found);
  if (told.gestures) learnFaces(told.gestures);
}

function begin(found) {
  state.file = found;
  const kept = recall();
  const isKept = kept && kept.path === found.path && kept.text !== found.text;
  paper.begin(isKept ? kept.text : found.text);
  if (isKept && kept.sha256 !== found.sha256) {
    state.file = { ...found, text: kept.base, sha256: kept.sha256 };
    conflict(found);
  }
  const name = found.path.split(/[\\/]/).pop();
  tell($("path"), found.is_writable ? `${name}, as it plays` : `${name}: it cannot be written from here`);
  if (isKept) tell($("apply-told"), "This is what you had not applied yet.");
  changed();
}

/** The file is now this: the text that is shown is no edit of another one any more. */
function settle(found) {
  state.file = { ...state.file, ...found };
  state.theirs = null;
  $("conflict").hidden = true;
  if (paper.text !== found.text) paper.write(found.text);
  changed();
}

/** A gesture was saved by hand: the file is longer by it. */
function take({ text, sha256, line }) {
  settle({ text, sha256 });
  paper.lineOfCaret = line;
}

function whyNotToSave() {
  if (!state.file) return "There is no choreography to save it in.";
  if (!state.file.is_writable) return "The choreography cannot be written from here.";
  return isEdited() ? "The choreography has edits that are not applied: apply or undo them first." : "";
}

function remember() {
  if (!isEdited()) sessionStorage.removeItem(KEPT);
  else {
    const { path, sha256, text: base } = state.file;
    sessionStorage.setItem(KEPT, JSON.stringify({ path, sha256, base, text: paper.text }));
  }
}

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

// --- checked while it is written ----------------------------------------------------------------------------

function changed() {
  if (!state.file) return;
  remember();
  drawButtons();
  clearTimeout(timer);
  if (state.checked !== paper.text || !state.check) timer = setTimeout(check, PAUSE_MS);
}

async function check() {
  const { text } = paper;
  const number = (numChecks += 1);
  const told = await ask("/api/choreography/check", "POST", { text });
  if (number !== numChecks) return; // a newer text is on its way
  if (told.isFine) hear(text, told);
  else tell($("verdict-told"), sentence(`${told.error}.`));
}

function hear(text, told) {
  if (!told.is_playable && !told.gestures?.length) told.gestures = state.check?.gestures ?? []; // it cannot even be parsed
  for (const gesture of told.gestures) {
    gesture.face ??= faces.get(gesture.name) ?? null; // none are drawn of what cannot be played: those before stay
    faces.set(gesture.name, gesture.face);
  }
  state.check = told;
  state.checked = text;
  if (text === state.file.text && told.gestures) learnFaces(told.gestures);
  paper.mark(told);
  drawFaults();
  drawCard();
  drawButtons();
}

function drawFaults() {
  const { faults, gestures, moods, is_playable: isPlayable } = state.check;
  const errors = faults.filter((each) => !each.is_warning);
  const warnings = faults.filter((each) => each.is_warning);
  const told = isPlayable
    ? `It can be played${warnings.length ? `, with ${counted(warnings.length, "warning")}` : ""}: ` +
      `${counted(gestures.length, "gesture")}, ${counted(moods.length, "mood")}.`
    : `It cannot be played: ${counted(errors.length, "error")}.`;
  $("verdict-told").dataset.check = isPlayable ? (warnings.length ? "watch" : "good") : "bad";
  tell($("verdict-told"), told);
  $("faults").replaceChildren(
    ...[...errors, ...warnings].map(({ line, column, message, is_warning: isWarning }) => {
      const jump = el("button", { type: "button", className: "fault", "data-fault": isWarning ? "warning" : "error" },
        el("b", {}, `Line ${line}`), el("span", {}, sentence(message)));
      jump.addEventListener("click", () => paper.go(line, column));
      return el("li", {}, jump);
    }),
  );
}

// --- one gesture --------------------------------------------------------------------------------------------

/** The gesture in whose lines the caret is. */
function drawCard() {
  const gestures = state.check?.gestures ?? [];
  const at = paper.lineOfCaret;
  const found = gestures.filter(({ line }) => line <= at).pop();
  const next = found && gestures[gestures.indexOf(found) + 1];
  const isNear = found && (at === found.line || (next ? at < next.line : at <= found.line + 1));
  const gesture = isNear ? found : null;
  $("card").classList.toggle("is-empty", !gesture);
  $("card").hidden = !gestures.length;
  $("try").hidden = !gesture;
  tell($("card-name"), gesture ? called(gesture.name) : "Put the caret on a gesture, and here is its face.");
  showFace($("card-face"), gesture?.face ?? null);
  if (!gesture) {
    tell($("try-told"), "");
    return;
  }
  if ($("try").dataset.name !== gesture.name) tell($("try-told"), "Once, on the wall. The file stays as it is.");
  $("try").dataset.name = gesture.name;
}

async function tryNow(name) {
  tell($("try-told"), `${sentence(called(name))} is on its way …`);
  const told = await ask("/api/choreography/try", "POST", { text: paper.text, gesture: name });
  tell($("try-told"), told.isFine
    ? `${sentence(called(name))} plays now${now.status?.is_dark ? ", but the wall is dark" : ""}. The file stays as it is.`
    : `Not tried: ${told.faults?.find((each) => !each.is_warning)?.message ?? told.error}.`);
}

// --- dry run, and apply -------------------------------------------------------------------------------------

async function rehearse() {
  const { text } = paper;
  busy(true, "The dry run takes a few seconds …");
  const told = await ask("/api/choreography/rehearse", "POST", { text, hours: Number($("hours").value) });
  busy(false, "");
  if (!told.isFine) {
    tell($("apply-told"), sentence(`${told.error}.`));
    return;
  }
  if (told.faults) hear(text, told);
  state.rehearsed = told.is_playable ? text : null;
  drawRehearsal(told.rehearsal ?? null);
  drawButtons();
  if (told.rehearsal) $("rehearsal-title").scrollIntoView({ block: "center" });
}

async function apply() {
  const { text } = paper;
  busy(true, "Applying …");
  const told = await ask("/api/choreography", "PUT", { text, sha256: state.file.sha256 });
  busy(false, "");
  if (told.isFine) {
    settle({ text, sha256: told.sha256 });
    tell($("apply-told"), "Applied: the face takes it up with its next gesture. What was there before is kept beside it.");
  } else if (told.code === 409 && told.text !== undefined) {
    conflict(told);
  } else {
    if (told.faults) hear(text, { ...state.check, is_playable: false, ...told });
    tell($("apply-told"), `Not applied: ${told.error ?? "it cannot be played"}.`);
  }
}

function busy(isBusy, told) {
  state.isBusy = isBusy;
  tell($("apply-told"), told);
  drawButtons();
}

function drawButtons() {
  const { file, isBusy, rehearsed, check: told, checked } = state;
  const edited = isEdited();
  const isRehearsed = rehearsed === paper.text;
  const isWrong = checked === paper.text && told && !told.is_playable;
  $("rehearse").disabled = isBusy || !file || Boolean(isWrong);
  $("rehearse").classList.toggle("go", edited && !isRehearsed);
  $("apply").disabled = isBusy || !edited || !isRehearsed || !file.is_writable || Boolean(state.theirs);
  $("apply").title = edited && !isRehearsed ? "After a dry run of this very text" : "";
  $("discard").disabled = isBusy || !edited;
  $("rehearsal").classList.toggle("is-old", !isRehearsed);
  document.body.classList.toggle("is-edited", edited);
  if (!isBusy && edited) {
    tell($("apply-told"), isRehearsed ? "Rehearsed: it can be applied." : "Edited, not applied. First a dry run.");
  } else if (!isBusy && $("apply-told").textContent.startsWith("Edited")) tell($("apply-told"), "");
}

// --- when somebody else has saved it ------------------------------------------------------------------------

function conflict(theirs) {
  state.theirs = theirs;
  const rows = excerpt(difference(state.file.text, theirs.text));
  $("difference").replaceChildren(
    ...rows.map((row) => {
      if (row === null) return el("li", { className: "gap" }, "⋯");
      const { kind, text, line } = row;
      const sign = { added: "+", removed: "−", same: " " }[kind];
      return el("li", { className: kind }, el("i", {}, String(line)), el("b", {}, sign), el("code", {}, text));
    }),
  );
  $("conflict").hidden = false;
  $("conflict").scrollIntoView({ block: "nearest" });
  drawButtons();
}

/** On from here: what is on the disk is known, and will be written over. */
function keepMine() {
  const { text, sha256 } = state.theirs;
  state.file = { ...state.file, text, sha256 };
  state.theirs = null;
  state.rehearsed = null;
  $("conflict").hidden = true;
  changed();
}

/** What is on the disk takes the text's place; the text's own undo brings mine back. */
function takeTheirs() {
  settle({ text: state.theirs.text, sha256: state.theirs.sha256 });
}
