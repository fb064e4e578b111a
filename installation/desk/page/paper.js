// A <textarea> with what stands beside it: line numbers, faults at their lines, faces. The text itself, its undo
// and its caret are the browser's own.

import { el } from "./dom.js";
import { showFace } from "./faces.js";
import { called } from "./words.js";

const INDENT = "  ";

export class Paper {
  #area;
  #marks;
  #lines;
  #numLines = 0;
  #told = { faults: [], gestures: [] };
  #heard;
  #mayLeave = false; // Escape was pressed: Tab goes on to the next element

  constructor(editor, heard) {
    this.#area = editor.querySelector("textarea");
    this.#marks = editor.querySelector(".marks");
    this.#lines = editor.querySelector(".gutter").firstElementChild;
    this.#heard = heard;
    this.#area.addEventListener("input", () => {
      this.#draw();
      heard.changed();
    });
    this.#area.addEventListener("scroll", () => this.#follow());
    this.#area.addEventListener("keydown", (event) => this.#press(event));
    this.#area.addEventListener("blur", () => (this.#mayLeave = false));
    document.addEventListener("selectionchange", () => {
      if (document.activeElement !== this.#area) return;
      this.#drawCaret();
      heard.moved();
    });
  }

  get text() {
    return this.#area.value;
  }

  get lineOfCaret() {
    return this.#area.value.slice(0, this.#area.selectionStart).split("\n").length;
  }

  set lineOfCaret(line) {
    const start = this.#startOf(line);
    this.#area.setSelectionRange(start, start);
    this.#drawCaret();
    this.#heard.moved();
  }

  /** The first text: there is nothing to be undone. */
  begin(text) {
    this.#area.value = text;
    this.#area.disabled = false;
    this.#area.setSelectionRange(0, 0);
    this.#draw();
  }

  /** Another text in its place, which the browser's undo takes back. */
  write(text) {
    const { scrollTop } = this.#area;
    this.#area.focus({ preventScroll: true });
    this.#area.select();
    this.#insert(text);
    this.#area.setSelectionRange(0, 0);
    this.#area.scrollTop = scrollTop;
    this.#draw();
  }

  /** To a place in the text, both from 1, and into the middle of what is seen. */
  go(line, column) {
    const start = this.#startOf(line) + Math.max(0, column - 1);
    this.#area.focus();
    this.#area.setSelectionRange(start, start);
    const height = this.#lineHeight;
    this.#area.scrollTop = (line - 0.5) * height - this.#area.clientHeight / 2;
    this.#area.scrollLeft = 0;
    this.#area.scrollIntoView({ block: "nearest" });
    this.#drawCaret();
  }

  /** What the checker says: {faults, gestures}. */
  mark(told) {
    this.#told = told;
    this.#draw();
    this.#drawTold();
  }

  /** It is seen again: what depends on sizes is measured anew. */
  fit() {
    this.#follow();
  }

  get #lineHeight() {
    return parseFloat(getComputedStyle(this.#area).lineHeight);
  }

  #startOf(line) {
    return this.#area.value.split("\n").slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  }

  // --- keys ---

  #press(event) {
    if (event.key === "Escape") {
      this.#mayLeave = true;
      return;
    }
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Tab" && !this.#mayLeave) {
      event.preventDefault();
      this.#indent(event.shiftKey);
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#break();
    }
    if (event.key !== "Shift") this.#mayLeave = false;
  }

  /** Whole lines where several are selected, or to be moved back; else spaces to the next stop. */
  #indent(isBack) {
    const { selectionStart: start, selectionEnd: end, value } = this.#area;
    const first = value.lastIndexOf("\n", start - 1) + 1;
    if (!isBack && !value.slice(start, end).includes("\n")) {
      this.#insert(INDENT.slice((start - first) % INDENT.length));
      return;
    }
    const stop = value.indexOf("\n", Math.max(start, end - 1));
    const last = stop < 0 ? value.length : stop;
    const lines = value.slice(first, last).split("\n");
    const moved = lines.map((line) => (isBack ? line.replace(/^ {1,2}/, "") : line && INDENT + line)).join("\n");
    if (moved === lines.join("\n")) return;
    this.#area.setSelectionRange(first, last);
    this.#insert(moved);
    if (lines.length > 1) this.#area.setSelectionRange(first, first + moved.length);
    else {
      const caret = Math.max(first, start + moved.length - lines[0].length);
      this.#area.setSelectionRange(caret, caret);
    }
  }

  /** A new line begins where this one does; one further in after a colon. */
  #break() {
    const { selectionStart: start, value } = this.#area;
    const line = value.slice(value.lastIndexOf("\n", start - 1) + 1, start);
    const deeper = /:\s*(#.*)?$/.test(line) ? INDENT : "";
    this.#insert(`\n${/^ */.exec(line)[0]}${deeper}`);
  }

  /** As if it had been typed, so that undo knows it. `execCommand` is the only way to that which browsers have. */
  #insert(text) {
    if (document.activeElement === this.#area) { // in a section that is not open, nothing can be typed
      if (text ? document.execCommand("insertText", false, text) : document.execCommand("delete")) return;
    }
    this.#area.setRangeText(text, this.#area.selectionStart, this.#area.selectionEnd, "end");
    this.#area.dispatchEvent(new Event("input"));
  }

  // --- drawn ---

  #draw() {
    const numLines = this.#area.value.split("\n").length;
    if (numLines !== this.#numLines) {
      this.#numLines = numLines;
      while (this.#lines.children.length > numLines) this.#lines.lastElementChild.remove();
      while (this.#lines.children.length < numLines) {
        this.#lines.append(el("div", { className: "number" }, el("span", {}, String(this.#lines.children.length + 1))));
      }
    }
    this.#drawCaret();
    this.#follow();
  }

  #drawTold() {
    for (const line of this.#lines.children) {
      delete line.dataset.fault;
      line.title = "";
    }
    const text = this.#area.value.split("\n");
    const told = new Map();
    for (const fault of this.#told.faults) {
      const before = told.get(fault.line);
      if (!before || (before.is_warning && !fault.is_warning)) told.set(fault.line, fault);
    }
    const marks = [...told.values()].map(({ line, message, is_warning: isWarning }) => {
      const kind = isWarning ? "warning" : "error";
      const beside = this.#lines.children[line - 1];
      if (beside) {
        beside.dataset.fault = kind;
        beside.title = message;
      }
      const mark = el("p", { className: "mark", "data-fault": kind }, el("span", {}, message));
      mark.style.setProperty("--line", line - 1);
      mark.style.setProperty("--length", (text[line - 1] ?? "").length);
      return mark;
    });
    this.#marks.replaceChildren(...marks);
    this.#drawFaces();
    this.#drawCaret();
  }

  #drawFaces() {
    const gestures = new Map(this.#told.gestures.map((each) => [each.line, each]));
    [...this.#lines.children].forEach((line, index) => {
      const gesture = gestures.get(index + 1);
      let button = line.querySelector("button");
      if (!gesture) {
        button?.remove();
        return;
      }
      if (!button) {
        const image = el("img", { alt: "", width: 128, height: 128, hidden: true });
        button = el("button", { type: "button", tabIndex: -1 }, image);
        button.addEventListener("click", () => this.#heard.tried(button.dataset.name));
        line.append(button);
      }
      button.dataset.name = gesture.name;
      button.title = `Try ${called(gesture.name)} now`;
      showFace(button.firstElementChild, gesture.face);
    });
  }

  #drawCaret() {
    const at = this.lineOfCaret - 1;
    this.#lines.querySelector(".is-at")?.classList.remove("is-at");
    this.#lines.children[at]?.classList.add("is-at");
  }

  #follow() {
    const { scrollTop, scrollLeft } = this.#area;
    this.#lines.style.setProperty("--down", `${-scrollTop}px`);
    this.#marks.style.setProperty("--down", `${-scrollTop}px`);
    this.#marks.style.setProperty("--along", `${-scrollLeft}px`);
  }
}
