// Pictures of gestures, which are drawn when they are asked for: each is fetched once, and kept.

const AGAIN_MS = 1200;
const NUM_AT_ONCE = 3;
const NUM_TRIES = 150;

const urls = new Map(); // key → URL, "" where there is none
const waiting = new Map(); // key → [images]
const queue = [];
let numUnderWay = 0;

/** Show the face of a key in an image, as soon as it has been drawn. */
export function showFace(image, key) {
  if (image.dataset.face === key) return;
  image.dataset.face = key ?? "";
  const url = urls.get(key);
  image.hidden = !url;
  if (url) image.src = url;
  else image.removeAttribute("src");
  if (!key || url !== undefined) return;
  if (waiting.has(key)) {
    waiting.get(key).push(image);
    return;
  }
  waiting.set(key, [image]);
  queue.push({ key, numTries: 0 });
  next();
}

function next() {
  while (numUnderWay < NUM_AT_ONCE && queue.length) {
    numUnderWay += 1;
    load(queue.shift()).finally(() => {
      numUnderWay -= 1;
      next();
    });
  }
}

async function load(wanted) {
  let response = null;
  try {
    response = await fetch(`/api/faces/${wanted.key}.jpg`, { credentials: "same-origin" });
  } catch {
    // tried again below
  }
  if (response?.status === 200) {
    arrive(wanted.key, URL.createObjectURL(await response.blob()));
  } else if (response?.status === 404 || wanted.numTries >= NUM_TRIES) {
    arrive(wanted.key, "");
  } else {
    setTimeout(() => {
      queue.push({ key: wanted.key, numTries: wanted.numTries + 1 });
      next();
    }, AGAIN_MS);
  }
}

function arrive(key, url) {
  urls.set(key, url);
  if (!url) urls.delete(key); // it may be drawn when it is asked for another time
  for (const image of waiting.get(key) ?? []) {
    if (image.dataset.face !== key) continue;
    if (url) {
      image.src = url;
      image.hidden = false;
    } else {
      image.dataset.face = "";
    }
  }
  waiting.delete(key);
}
