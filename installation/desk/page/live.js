// The line to the desk: what it tells four times a second, the picture, and what is asked of it.

const SILENCE_MS = 4000; // it tells something four times a second
const SLOWEST_MS = 5000; // between two tries
const BUSY = 1013; // why the desk closes the line: as many pages are open as it serves

/** Events: `told` (now), `picture` (a URL, or null), `lost`, `found`. */
export const live = new EventTarget();
export const now = { status: null, health: null, isConnected: false, heardMs: 0, isFull: false };

let socket = null;
let wantsPicture = false;
let pauseMs = 500;
let watchdog = 0;
let picture = null;

const emit = (name, detail) => live.dispatchEvent(new CustomEvent(name, { detail }));

export function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/api/live`);
  socket.binaryType = "blob";
  socket.onmessage = hear;
  socket.onopen = () => {
    askForPictures();
    watch();
  };
  socket.onclose = lose;
}

function hear({ data }) {
  watch();
  if (!now.isConnected) {
    now.isConnected = true;
    now.isFull = false;
    pauseMs = 500;
    emit("found");
  }
  if (typeof data !== "string") {
    show(data);
    return;
  }
  const told = JSON.parse(data);
  now.status = told.status ?? null;
  now.health = told.health ?? null;
  now.heardMs = performance.now();
  emit("told", now);
}

function show(blob) {
  const before = picture;
  picture = blob.size ? URL.createObjectURL(blob) : null;
  emit("picture", picture);
  if (before) setTimeout(() => URL.revokeObjectURL(before), 1000); // it may still be being decoded
}

function watch() {
  clearTimeout(watchdog);
  watchdog = setTimeout(() => socket.close(), SILENCE_MS);
}

function lose({ code }) {
  clearTimeout(watchdog);
  now.isConnected = false;
  now.isFull = code === BUSY;
  emit("lost");
  emit("picture", null);
  setTimeout(connect, pauseMs);
  pauseMs = Math.min(2 * pauseMs, SLOWEST_MS);
}

/** Pictures cost the portrait something: they are asked for only while they are looked at. */
export function wantPictures(isWanted) {
  wantsPicture = isWanted;
  askForPictures();
  if (!isWanted) emit("picture", null);
}

function askForPictures() {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ preview: wantsPicture }));
}

/** The portrait's clock, in nanoseconds since 1970, whatever this machine's says. */
export function utcNs() {
  if (!now.status) return Date.now() * 1e6;
  return now.status.utc_ns + (performance.now() - now.heardMs) * 1e6;
}

/** What the desk answers: {isFine, code, …its JSON}. Never throws. */
export async function ask(path, method = "GET", body = undefined) {
  const asked = { method, headers: {}, credentials: "same-origin" };
  if (body !== undefined) {
    asked.headers["Content-Type"] = "application/json";
    asked.body = JSON.stringify(body);
  }
  try {
    const response = await fetch(path, asked);
    const told = await response.json().catch(() => ({}));
    if (!response.ok && !told.error) told.error = meaning(response.status);
    return { ...told, isFine: response.ok, code: response.status };
  } catch {
    return { isFine: false, code: 0, error: "the desk cannot be reached" };
  }
}

function meaning(code) {
  if (code === 401 || code === 403) return "this page has lost its key: open the desk's link or its QR code again";
  if (code === 413) return "this is too long";
  if (code === 429) return "too much at once: wait a moment";
  return `the desk answered ${code}`;
}

/** Ask something of the portrait, and say it where it was refused. */
export async function request(asked) {
  const answer = await ask("/api/request", "POST", asked);
  emit("asked", answer.isFine ? "" : answer.error);
  return answer.isFine;
}
