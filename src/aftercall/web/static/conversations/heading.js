// Above a conversation: how it went, in badges; who, when and how long; and what went wrong, with a way there.
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { clock, exactTime, shownTime } from "./fields.js";

const MOST_FAULTS = 4;
const badge = (kind, words, sign = null, form = "") => element("span", { class: `badge ${kind}`, title: words }, sign && icon(sign), element("span", { class: `truncate ${form}` }, words));
const spaced = (text) => text.replaceAll("_", " ");

export function heading(place, told, reveal) {
  const { details: it } = told;
  const at = Date.parse(it.started_at);
  const facts = [
    element("time", { datetime: it.started_at, title: exactTime(at) }, shownTime(at)),
    it.duration_ms === null ? null : clock(it.duration_ms),
    it.from_number && element("span", { class: "truncate" }, it.from_number),
    it.channel, it.language, it.variant_name,
    `${it.num_turns} ${it.num_turns === 1 ? "turn" : "turns"}`,
  ].filter(Boolean).map((fact) => element("span", { class: "cv-fact truncate" }, fact));
  place.replaceChildren(element("div", { class: "row" }, ...standing(told)), element("div", { class: "cv-facts dim number" }, ...facts), ...wrong(told, reveal));
}

function standing({ details: it, postcall }) {
  const made = [];
  if (it.in_progress) made.push(element("span", { class: "badge good" }, element("span", { class: "dot live" }), "In progress"));
  else if (it.ended_reason !== "handoff" || !it.handoff) made.push(badge(it.ended_reason === "error" ? "bad" : "", spaced(it.ended_reason ?? "Ended"), it.ended_reason === "error" ? "error" : null, "sentence"));
  if (it.handoff) made.push(badge("warn", ["Handed off", it.handoff_destination && `to ${it.handoff_destination}`, it.handoff_reason && `(${spaced(it.handoff_reason)})`].filter(Boolean).join(" "), "handoff"));
  if (postcall.status === "failed") made.push(badge("bad", "Post-call failed", "error"));
  if (postcall.status === "pending") made.push(badge("note", "Post-call pending", "clock"));
  if (it.environment !== "live") made.push(badge("note", it.environment));
  for (const tag of it.tags.slice(0, 8)) made.push(badge("", tag));
  return made;
}

// Errors and failed functions, each a way to its moment.
function wrong(told, reveal) {
  const failed = new Set(told.timeline.filter((item) => item.kind === "function_call" && item.data.error).map((item) => `${item.data.name}: ${item.data.error}`));
  const faults = told.timeline.flatMap((item) => {
    if (item.kind === "error" && failed.has(`${item.data.where}: ${item.data.message}`)) return []; // told of already
    if (item.kind === "error") return [[item, `Error${item.data.where ? ` in ${item.data.where}` : ""}: ${item.data.message}`]];
    if (item.kind === "function_call" && item.data.error) return [[item, `${item.data.name} failed: ${item.data.error}`]];
    return [];
  });
  if (told.postcall.status === "failed") faults.push([null, `Post-call: ${told.postcall.error ?? "failed"}`]);
  if (told.details.events_missing) faults.push([null, `${told.details.events_missing} of its events have not arrived.`]);
  if (!faults.length) return [];
  const rows = faults.slice(0, MOST_FAULTS).map(([item, words]) => {
    const text = words.slice(0, 300);
    if (!item) return element("li", {}, text);
    return element("li", {}, element("button", { type: "button", class: "cv-jump", onclick: () => reveal(item.event_id) }, element("span", { class: "number" }, clock(item.offset_ms)), ` ${text}`));
  });
  if (faults.length > MOST_FAULTS) rows.push(element("li", {}, `and ${faults.length - MOST_FAULTS} more`));
  return [element("div", { class: "callout bad cv-wrong" }, icon("warning"), element("ul", { "aria-label": "What went wrong" }, ...rows))];
}
