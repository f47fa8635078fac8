// What is laid over the transcript, and which of it somebody wants to see: remembered in this browser.
const KEPT = "aftercall.conversation.layers";

export const LAYERS = [
  ["metric", "Metrics", "metrics", true],
  ["function", "Functions", "function", true],
  ["flow", "Flow", "flow", true],
  ["state", "State", "state", false],
  ["log", "Logs", "log", false],
  ["latency", "Latency", "clock", false],
  ["interruption", "Interruptions", "warning", true],
  ["silence", "Silences", "pause", true],
  ["other", "Other", "more", false],
];

const BY_KIND = { metric: "metric", function_call: "function", flow: "flow", state: "state", log: "log" };
const ALWAYS = ["handoff", "error"];

// The layer that an item of the timeline is on; null: it is always shown.
export const layerOf = (kind) => (ALWAYS.includes(kind) ? null : BY_KIND[kind] ?? "other");

export function shownLayers() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT));
    return new Set(LAYERS.filter(([name, , , on]) => kept[name] ?? on).map(([name]) => name));
  } catch {
    return new Set(LAYERS.filter(([, , , on]) => on).map(([name]) => name));
  }
}

export function keepLayers(shown) {
  localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(LAYERS.map(([name]) => [name, shown.has(name)]))));
}
