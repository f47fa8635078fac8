// The table of conversations: its columns, and rows that are kept when they are asked for again.
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { clock, exactTime, field, isNumeric, shown, shownTime } from "./fields.js";
import { pageOf } from "./question.js";

// Asked for of each row, beside the columns: how it stands.
const STANDING = ["in_progress", "ended_reason", "handoff", "num_errors", "postcall_status"];
// Part of every answer; as a measure it needs a right that not everybody has.
export const TOLD = { from_number: (one) => one.from_number, channel: (one) => one.channel, duration: (one) => one.duration };

export function measuresOf(columns) {
  const asked = columns.filter((name) => !TOLD[name]);
  return [
    ...STANDING.map((metric) => ({ metric, agg: "conversations", as: `standing ${metric}` })),
    ...asked.map((metric) => ({ metric, agg: "conversations", as: `column ${columns.indexOf(metric)}` })),
  ];
}

const stands = (one, name) => one.values[`standing ${name}`];

export const isLive = (one) => stands(one, "in_progress") === true;

function standing(one) {
  if (isLive(one)) return badge("good", "In progress", element("span", { class: "dot live" }));
  if (stands(one, "postcall_status") === "failed") return badge("bad", "Post-call failed", icon("error"));
  if (stands(one, "num_errors") > 0) return badge("bad", "Errors", icon("warning"));
  if (stands(one, "handoff")) return badge("warn", "Handed off", icon("handoff"));
  const reason = stands(one, "ended_reason");
  return reason && reason !== "completed" ? element("span", { class: "badge" }, element("span", { class: "sentence" }, reason.replaceAll("_", " "))) : element("span", { class: "dim" }, "Completed");
}

const badge = (kind, words, sign) => element("span", { class: `badge ${kind}` }, sign, words);

function valueCell(one, name, place) {
  const known = field(name);
  const value = TOLD[name] ? TOLD[name](one) : one.values[`column ${place}`];
  const text = name === "duration" && typeof value === "number" ? clock(value * 1000) : shown(value, known, { units: false });
  if (text === null) return element("td", { class: isNumeric(known) ? "number off" : "off" }, "–");
  if (known.type === "boolean") return element("td", {}, element("span", { class: value ? "badge good" : "badge" }, text));
  if (isNumeric(known)) return element("td", { class: "number" }, text);
  return element("td", {}, element("div", { class: text.length > 24 ? "list-text" : "list-text nowrap", title: text.slice(0, 1000), dir: "auto" }, text.slice(0, 300)));
}

export class Table {
  constructor(table, search) {
    this.head = table.tHead;
    this.body = table.tBodies[0];
    this.search = search;
    this.rows = new Map();
  }

  heading(columns) {
    const unit = (one) => (one.unit && one.unit !== "s" ? ` (${one.unit})` : "");
    const cells = columns.map((name) => {
      const one = field(name);
      return element("th", { scope: "col", class: isNumeric(one) ? "number" : null, title: one.about || name }, element("span", { class: "list-head truncate" }, one.label + unit(one)));
    });
    this.head.replaceChildren(element("tr", {}, element("th", { scope: "col" }, "Started"), element("th", { scope: "col" }, "Status"), ...cells));
  }

  // Rows that did not change stay the same elements: focus, selection and the pointer are not disturbed.
  show(list, columns, { anew = false } = {}) {
    const before = anew ? new Map() : this.rows;
    this.rows = new Map();
    list.forEach((one) => {
      const says = JSON.stringify(one);
      const kept = before.get(one.id);
      this.rows.set(one.id, kept?.says === says ? kept : { says, row: this.row(one, columns) });
    });
    const wanted = [...this.rows.values()].map(({ row }) => row);
    const focused = document.activeElement?.closest?.("tr[data-id]")?.dataset.id;
    if (anew || wanted.length !== this.body.rows.length || wanted.some((row, at) => this.body.rows[at] !== row)) this.body.replaceChildren(...wanted);
    if (focused !== undefined && !document.activeElement?.closest?.("tr[data-id]")) this.link(focused)?.focus({ preventScroll: true });
  }

  row(one, columns) {
    const at = Date.parse(one.started_at);
    const page = pageOf(one.id, this.search());
    const time = element("time", { datetime: one.started_at, title: exactTime(at) }, shownTime(at));
    const link = element("a", { class: "cover number nowrap", href: page, title: one.id.slice(0, 200) }, time);
    return element("tr", { "data-id": one.id }, element("td", {}, link), element("td", { class: "nowrap" }, standing(one)), ...columns.map((name, place) => valueCell(one, name, place)));
  }

  link(id) {
    return this.rows.get(id)?.row.querySelector("a.cover") ?? null;
  }

  select(id) {
    for (const row of this.body.querySelectorAll("tr.selected")) {
      row.classList.remove("selected");
      row.querySelector("a.cover").removeAttribute("aria-current");
    }
    const chosen = this.rows.get(id)?.row;
    chosen?.classList.add("selected");
    chosen?.querySelector("a.cover").setAttribute("aria-current", "true");
    chosen?.scrollIntoView({ block: "nearest" });
  }
}
