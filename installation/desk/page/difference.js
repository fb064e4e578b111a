// What is different between two texts, line by line: their longest common subsequence.

const MOST = 3000; // lines that are compared one with another; beyond, everything between is different

/** [{kind: "same" | "added" | "removed", text, line}], `line` from 1 in the text that the line is of. Pure. */
export function difference(before, after) {
  const a = before.split("\n");
  const b = after.split("\n");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const same = (text, line) => ({ kind: "same", text, line });
  return [
    ...a.slice(0, start).map((text, index) => same(text, index + 1)),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end), start),
    ...b.slice(b.length - end).map((text, index) => same(text, b.length - end + index + 1)),
  ];
}

function middle(a, b, offset) {
  const removed = (index) => ({ kind: "removed", text: a[index], line: offset + index + 1 });
  const added = (index) => ({ kind: "added", text: b[index], line: offset + index + 1 });
  if (a.length > MOST || b.length > MOST) return [...a.map((_, index) => removed(index)), ...b.map((_, index) => added(index))];
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width); // of a[i:] and b[j:]
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = a[i] === b[j]
        ? common[(i + 1) * width + j + 1] + 1
        : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  const rows = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      rows.push({ kind: "same", text: b[j], line: offset + j + 1 });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      rows.push(removed(i));
      i += 1;
    } else {
      rows.push(added(j));
      j += 1;
    }
  }
  return rows;
}

/** The rows that differ, each with `around` lines before and after; null where some are left out between. Pure. */
export function excerpt(rows, around = 1) {
  const isNear = rows.map((_, index) =>
    rows.slice(Math.max(0, index - around), index + around + 1).some(({ kind }) => kind !== "same"),
  );
  return rows.reduce((told, row, index) => {
    if (isNear[index]) told.push(row);
    else if (told.length && told[told.length - 1] !== null) told.push(null);
    return told;
  }, []);
}
