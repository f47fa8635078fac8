// The facts of a conversation, its state and what an integration attached.
import { element } from "../js/element.js";
import { clock, exactTime } from "./fields.js";
import { json } from "./json.js";

const FACTS = [
  ["Started", (it) => exactTime(Date.parse(it.started_at))],
  ["Ended", (it) => it.ended_at && exactTime(Date.parse(it.ended_at))],
  ["How it ended", (it) => it.ended_reason?.replaceAll("_", " ")],
  ["Duration", (it) => it.duration_ms !== null && clock(it.duration_ms)],
  ["With the agent", (it) => it.handoff && it.agent_duration_ms !== null && clock(it.agent_duration_ms)],
  ["Handed off to", (it) => it.handoff && (it.handoff_destination ?? "not told")],
  ["Handoff reason", (it) => it.handoff_reason],
  ["From", (it) => it.from_number],
  ["To", (it) => it.to_number],
  ["Channel", (it) => it.channel],
  ["Direction", (it) => it.direction],
  ["Environment", (it) => it.environment],
  ["Language", (it) => it.language],
  ["Variant", (it) => [it.variant_name, it.variant_id].filter(Boolean).join(" · ")],
  ["Agent version", (it) => it.agent_version],
  ["Tags", (it) => it.tags.join(", ")],
  ["Function calls", (it) => it.num_function_calls && `${it.num_function_calls}, ${it.num_function_errors} failed`],
  ["Events missing", (it) => it.events_missing && String(it.events_missing)],
];

export function details(told) {
  const rows = FACTS.map(([label, read]) => [label, read(told.details)]).filter(([, value]) => value);
  const made = [element("dl", { class: "facts" },
    element("dt", {}, "Id"), element("dd", {}, element("copy-text", { text: told.conversation_id }, element("button", { class: "button ghost small cv-id", type: "button", title: "Copy" }, element("code", {}, told.conversation_id)))),
    ...rows.flatMap(([label, value]) => [element("dt", {}, label), element("dd", { dir: "auto" }, value)]))];
  for (const [title, value] of [["State", told.state], ["Attributes", told.details.attributes]]) {
    if (Object.keys(value).length) made.push(element("h3", {}, title), json(value));
  }
  return made;
}
