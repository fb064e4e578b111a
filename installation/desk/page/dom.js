// Elements, without a framework: what is text stays text, whoever wrote it.

export const $ = (id) => document.getElementById(id);

/** An element with properties (`data-…` and `aria-…` as attributes) and children; null and false are left out. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "for") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Set text only where it differs: a screen reader is told of changes alone. */
export function tell(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Put rows in the place of those before, only when `key` has changed since the last call. */
export function fill(element, key, rows) {
  const told = JSON.stringify(key);
  if (element.told === told) return;
  element.told = told;
  element.replaceChildren(...rows());
}

/** A button that does something only when it is pressed twice within four seconds. */
export function confirmed(button, question, deed, isNeeded = () => true) {
  let timer = 0;
  const calm = () => {
    clearTimeout(timer);
    timer = 0;
    delete button.dataset.asks;
  };
  button.addEventListener("click", () => {
    if (timer || !isNeeded()) {
      calm();
      deed();
      return;
    }
    button.dataset.asks = question;
    timer = setTimeout(calm, 4000);
  });
  button.addEventListener("blur", calm);
}
