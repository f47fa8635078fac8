// What happened between the words: one line each, with more under it where there is more.
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { clock, field, shown, span } from "./fields.js";
import { json } from "./json.js";
import { layerOf } from "./layers.js";

const SIGNS = { metric: "metrics", function_call: "function", flow: "flow", state: "state", log: "log", handoff: "handoff", error: "error", sms: "chat", end: "phone", start: "phone" };

export function marker(item) {
  const layer = layerOf(item.kind);
  const { words, more = [], bad = false } = (TELL[item.kind] ?? other)(item.data, item);
  const line = element("span", { class: "mark-line" }, icon(SIGNS[item.kind] ?? "info"), ...words);
  const body = more.length ? element("details", { class: "mark-more" }, element("summary", {}, line), element("div", { class: "stack tight" }, ...more)) : line;
  return element("li", { class: `happened${layer ? ` on-${layer}` : ""}${bad ? " bad" : ""}`, "data-kind": item.kind },
    element("span", { class: "said-at number" }, clock(item.offset_ms)), body);
}

const strong = (text) => element("strong", {}, String(text).slice(0, 200));
const dim = (text) => element("span", { class: "dim" }, text);
const labelled = (label, value) => element("div", { class: "mark-part" }, dim(label), json(value));
const isTold = (value) => value !== null && value !== undefined;

const TELL = {
  metric: (data, item) => {
    const value = "value" in data ? shown(data.value, field(data.name)) ?? "unknown" : "Yes";
    return { words: [strong(field(data.name).label), " = ", element("span", { class: "mark-value" }, value.slice(0, 400)), item.source === "agent" ? "" : element("span", { class: "badge" }, item.source), data.invalid ? dim(` ${data.invalid}`) : ""] };
  },
  function_call: (data) => ({
    bad: Boolean(data.error),
    words: [strong(data.name), isTold(data.duration_ms) ? dim(` ${span(data.duration_ms)}`) : "", data.error ? element("span", { class: "mark-error" }, ` failed: ${String(data.error).slice(0, 400)}`) : ""],
    more: [isTold(data.arguments) && labelled("Arguments", data.arguments), isTold(data.result) && labelled("Result", data.result), data.error && String(data.error).length > 100 && labelled("Error", data.error)].filter(Boolean),
  }),
  flow: (data) => ({ words: !data.flow && !data.step ? ["Left the flow"] : [dim("To "), strong([data.flow, data.step].filter(Boolean).join(" › ")), data.label ? dim(` ${data.label}`) : ""] }),
  state: (data) => {
    const set = Object.keys(data.set ?? {});
    const gone = data.deleted ?? [];
    return { words: [dim("State "), strong(set.slice(0, 6).join(", ")), gone.length ? dim(` without ${gone.slice(0, 6).join(", ")}`) : ""], more: set.length ? [json(data.set)] : [] };
  },
  log: (data) => ({ bad: ["error", "critical"].includes(data.level), words: [dim(`${data.level ?? "info"} `), element("span", { class: "mark-log" }, String(data.content).slice(0, 2000))], more: isTold(data.fields) ? [json(data.fields)] : [] }),
  handoff: (data) => ({ words: [strong("Handed off"), data.destination ? ` to ${data.destination}` : "", data.reason ? dim(` ${data.reason}`) : ""], more: data.utterance || isTold(data.sip_headers) ? [json({ ...(data.utterance && { utterance: data.utterance }), ...(data.sip_headers && { sip_headers: data.sip_headers }) })] : [] }),
  error: (data) => ({ bad: true, words: [strong("Error"), data.where ? dim(` in ${data.where}`) : "", ` ${String(data.message).slice(0, 600)}`], more: data.traceback ? [element("pre", { class: "cv-pre" }, data.traceback)] : [] }),
  sms: (data) => ({ words: [strong("SMS"), data.to ? dim(` to ${data.to}`) : "", ` ${String(data.content ?? data.template ?? "").slice(0, 400)}`] }),
  start: () => ({ words: [dim("Started")] }),
  end: (data) => ({ words: [dim(`Ended${data.reason ? `: ${data.reason.replaceAll("_", " ")}` : ""}`)] }),
  postcall: (data) => ({ bad: data.status === "failed", words: [dim("Post-call "), strong(data.status), data.error ? ` ${String(data.error).slice(0, 300)}` : ""] }),
};

const other = (data, item) => ({ words: [strong(data.name ?? item.kind)], more: Object.keys(data).length ? [json(data)] : [] });
