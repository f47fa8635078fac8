// Twelve columns: where tiles stand, how they make room for each other, and how they are moved and resized by
// pointer and by keyboard. What is done is told by one call of `saved(tiles)`, on drop.
export const COLUMNS = 12;
const TALLEST = 20;

const meet = (one, other) => one.id !== other.id && one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;
const inOrder = (one, other) => one.y - other.y || one.x - other.x;

// The tiles without overlaps and gaps: `first` stays where it was put, the others make room.
export function settled(tiles, first = null) {
  const rest = tiles.filter((one) => one !== first).sort(inOrder);
  const placed = first ? [{ ...first }] : [];
  for (const one of rest) {
    const made = { ...one };
    while (placed.some((other) => meet(made, other))) made.y += 1;
    placed.push(made);
  }
  const up = [];
  for (const one of placed.sort(inOrder)) {
    while (one.y > 0 && !up.some((other) => meet({ ...one, y: one.y - 1 }, other))) one.y -= 1;
    up.push(one);
  }
  return up;
}

// The lowest row that is free over the whole width.
export const below = (tiles) => Math.max(0, ...tiles.map((one) => one.y + one.h));

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
export function moved(tile, dx, dy) {
  return { ...tile, x: clamp(tile.x + dx, 0, COLUMNS - tile.w), y: Math.max(0, tile.y + dy) };
}
export function resized(tile, dw, dh) {
  return { ...tile, w: clamp(tile.w + dw, 1, COLUMNS - tile.x), h: clamp(tile.h + dh, 1, TALLEST) };
}

export function stand(node, { x, y, w, h }) {
  node.style.gridColumn = `${x + 1} / span ${w}`;
  node.style.gridRow = `${y + 1} / span ${h}`;
  node.style.setProperty("--rows", h);
}

// `show(tiles)` puts nodes where tiles are; `saved(tiles)` after the drop, if anything changed.
export function draggable(board, { tiles, show, saved, say }) {
  const cell = () => {
    const style = getComputedStyle(board);
    const gap = parseFloat(style.columnGap);
    return { across: (board.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) + gap) / COLUMNS, down: parseFloat(style.gridAutoRows) + gap };
  };

  board.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip || event.button !== 0 || matchMedia("(max-width: 760px)").matches) return;
    const node = grip.closest("[data-tile]");
    const before = tiles();
    const start = before.find((one) => one.id === node.dataset.tile);
    const change = grip.dataset.grip === "size" ? resized : moved;
    const { across, down } = cell();
    const [fromX, fromY] = [event.clientX, event.clientY + scrollY];
    let now = before;
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
    node.classList.add("tile-held");
    const move = (at) => {
      const one = change(start, Math.round((at.clientX - fromX) / across), Math.round((at.clientY + scrollY - fromY) / down));
      now = settled([...before.filter((other) => other.id !== one.id), one], one);
      show(now);
    };
    const end = (drop) => {
      grip.removeEventListener("pointermove", move);
      node.classList.remove("tile-held");
      if (!drop || same(now, before)) show(before);
      else saved(now);
    };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", () => end(true), { once: true });
  });

  // By keyboard: arrows move, with Shift they resize; Enter keeps it, Escape puts it back.
  function hold(node) {
    const before = tiles();
    const id = node.dataset.tile;
    let now = before;
    node.classList.add("tile-held");
    node.focus();
    say("Arrows move the tile, with Shift they resize it. Enter keeps it there, Escape puts it back.");
    const keys = (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!step && event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      if (!step) return leave(event.key === "Enter");
      const one = now.find((other) => other.id === id);
      const next = (event.shiftKey ? resized : moved)(one, ...step);
      // Downwards past a neighbour: a step of one row would only be taken back by the tiles moving up.
      if (!event.shiftKey && step[1] > 0) next.y = one.y + one.h;
      now = settled([...now.filter((other) => other.id !== id), next], next);
      show(now);
      const at = now.find((other) => other.id === id);
      say(`Column ${at.x + 1}, row ${at.y + 1}, ${at.w} wide, ${at.h} high.`);
    };
    const leave = (keep) => {
      node.removeEventListener("keydown", keys);
      node.removeEventListener("focusout", out);
      node.classList.remove("tile-held");
      if (keep && !same(now, before)) saved(now);
      else show(before);
      say(keep ? "Kept." : "Put back.");
    };
    const out = () => leave(false);
    node.addEventListener("keydown", keys);
    node.addEventListener("focusout", out);
  }
  return { hold };
}

export function same(some, others) {
  const key = (tiles) => JSON.stringify([...tiles].sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ id, x, y, w, h }) => [id, x, y, w, h]));
  return key(some) === key(others);
}
