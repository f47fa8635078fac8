// shortcut("g c", "Go to conversations", run): one key or two, one after the other. Returns what takes it away.
// Keys typed into fields, or with Ctrl, Alt or Meta, are left alone; so is everything under an open dialog.
import { element } from "./element.js";

const known = new Map();
const TOGETHER_MS = 1200;
let before = null;
let beforeAt = 0;

export function shortcut(keys, about, run) {
  known.set(keys, { about, run });
  return () => { if (known.get(keys)?.run === run) known.delete(keys); };
}

function isTyping(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const pair = `${before} ${event.key}`;
  const keys = before && event.timeStamp - beforeAt < TOGETHER_MS && known.has(pair) ? pair : event.key;
  const found = known.get(keys);
  before = found ? null : event.key;
  beforeAt = event.timeStamp;
  if (!found) return;
  event.preventDefault();
  found.run(event);
});

function list() {
  const rows = [...known].flatMap(([keys, { about }]) => [
    element("dt", {}, about),
    element("dd", {}, ...keys.split(" ").flatMap((key, place) => [place ? " then " : "", element("kbd", {}, key)])),
  ]);
  document.getElementById("shortcut-list")?.replaceChildren(...rows);
}

// Filled when it opens: pages add their own shortcuts at any time.
const dialog = document.getElementById("shortcuts");
if (dialog) new MutationObserver(() => { if (dialog.open) list(); }).observe(dialog, { attributeFilter: ["open"] });
