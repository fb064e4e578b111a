// The desk: which section is open, whether the portrait can be reached, and who is told.

import { $, tell } from "./dom.js";
import { startEditor } from "./editor.js";
import { startHealth } from "./health.js";
import { ask, connect, live, now, wantPictures } from "./live.js";
import { startNow } from "./now.js";
import { startSliders } from "./sliders.js";
import { startTimeline } from "./timeline.js";
import { called, sentence } from "./words.js";

const SECTIONS = ["now", "health", "choreography", "hand", "day"];
const PICTURED = ["now", "hand"];
const TOLD_MS = 8000;

const opened = () => (SECTIONS.includes(location.hash.slice(1)) ? location.hash.slice(1) : "now");
const isOpen = (name) => opened() === name && !document.hidden;

startNow();
const readLog = startHealth(() => isOpen("health"));
const editor = startEditor();
startSliders(editor);
const readTimeline = startTimeline(() => isOpen("day"));

// --- sections -----------------------------------------------------------------------------------------------

function open() {
  const name = opened();
  for (const each of SECTIONS) $(each).hidden = each !== name;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.dataset.section = name;
  scrollTo(0, 0);
  look();
  if (name === "health") readLog();
  if (name === "day") readTimeline();
  if (name === "choreography") editor.show();
}

function look() {
  wantPictures(PICTURED.includes(opened()) && !document.hidden);
}

addEventListener("hashchange", open);
document.addEventListener("visibilitychange", look);

// --- the line -----------------------------------------------------------------------------------------------

function enable(isConnected) {
  document.body.classList.toggle("is-lost", !isConnected);
  for (const each of document.querySelectorAll("[data-live]")) each.disabled = !isConnected;
}

let isKeyless = false; // the desk has another key by now, or had its cookie deleted

live.addEventListener("found", () => {
  isKeyless = false;
  enable(true);
  editor.reread();
  if (opened() === "health") readLog();
});
live.addEventListener("lost", async () => {
  enable(false);
  drawLine();
  const { code } = await ask("/api/now");
  isKeyless = !now.isConnected && (code === 401 || (isKeyless && code !== 200)); // then too many wrong ones are said
  drawLine();
});
live.addEventListener("told", drawLine);

function drawLine() {
  const { status, health, isConnected } = now;
  const worker = health?.worker?.state;
  if (isKeyless) line("lost", "This page has no key: open the desk by its QR code again.");
  else if (now.isFull) line("lost", "The desk is open on too many pages: close one of them.");
  else if (!isConnected) line("lost", "The desk cannot be reached. Trying again …");
  else if (!status) line("waiting", worker ? `The portrait is ${worker}.` : "No word from the portrait yet.");
  else if (worker === "restarting" || worker === "starting") line("waiting", `The portrait is ${worker}.`);
  else if (worker === "safe mode") line("waiting", "Safe mode: the house's own piece plays.");
  else if (status.is_blackout) line("waiting", "Blackout");
  else if (status.is_paused) line("waiting", "Paused");
  else line("fine", status.is_dark ? "Closed" : "Playing");
  if (!status) return;
  const title = status.show?.title || "Untitled";
  tell($("title"), title);
  tell($("doors"), sentence(status.doors?.told ?? ""));
  const mood = status.playing ? `${called(status.playing.mood)} · ` : "";
  document.title = `${mood}${title}`;
}

function line(state, told) {
  $("line").dataset.line = state;
  tell($("line-told"), told);
}

// What the portrait was asked for and refused is said where it can be seen, for a while.
let silence = 0;
live.addEventListener("asked", ({ detail: fault }) => {
  if (!fault) return;
  clearTimeout(silence);
  tell($("told"), sentence(`${fault}.`));
  silence = setTimeout(() => tell($("told"), ""), TOLD_MS);
});

enable(false);
open();
connect();
