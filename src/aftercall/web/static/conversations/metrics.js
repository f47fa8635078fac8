// Every metric of a conversation: value, source, evidence, history; and a person's corrections.
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { toast } from "../js/toast.js";
import { correct } from "./correct.js";
import { clock, field, shown, told as page } from "./fields.js";
import { json } from "./json.js";
import { apiOf } from "./question.js";

const SOURCES = { agent: "note", human: "good", extraction: "", system: "", import: "" };
const sourceBadge = (source, lineage) => {
  const by = source === "extraction" && typeof lineage?.extractor === "string" ? ` · ${lineage.extractor.slice(0, 20)}` : "";
  return element("span", { class: `badge ${SOURCES[source] ?? ""}` }, `${source}${by}`);
};
// What an extraction says of a value beside the value itself.
const EXTRACTED = new Map([
  ["ungrounded", ["warn", "ungrounded", "No quote in the transcript bears it out"]],
  ["failed", ["bad", "failed", "The extraction came to no value"]],
]);
const statusBadge = (lineage) => {
  const told = EXTRACTED.get(lineage?.status);
  return told && element("span", { class: `badge ${told[0]}`, title: told[2] }, told[1]);
};
const nothing = (lineage) => (lineage?.status === "not_applicable" ? "not applicable" : "unknown");

// A_LONG_NAME may be broken after its underscores.
const broken = (name) => name.split(/(?<=_)/).flatMap((part) => [part, element("wbr")]);

export class Metrics {
  constructor({ id, show, reveal, changed }) {
    Object.assign(this, { id, quote: show, reveal, changed });
    this.opened = new Set();
    this.list = element("div", { class: "values" });
    this.place = element("div", { class: "stack" }, this.list);
    if (page.may.edit) this.place.append(element("div", { class: "row" }, element("button", { class: "button small", type: "button", onclick: () => this.edit(null) }, icon("plus"), "Add a value")));
  }

  show({ metrics, timeline }) {
    this.moments = new Map(timeline.filter((item) => item.turn).map((item) => [item.turn, item.offset_ms]));
    if (!metrics.length) {
      this.list.replaceChildren(element("p", { class: "dim" }, "No metric was written."));
      return;
    }
    this.list.replaceChildren(...metrics.map((one) => this.metric(one)));
  }

  metric(one) {
    const known = { ...field(one.name), type: one.type ?? "natural", unit: one.unit, options: one.options };
    const summary = element("summary", {},
      element("span", { class: "value-name", title: one.name }, ...broken(one.display_name || one.name)),
      element("span", { class: "value-value", dir: "auto" }, ...this.value(one, known)),
      element("span", { class: "value-flags" }, one.sources_disagree && element("span", { class: "badge warn", title: "Sources say different things" }, "differs"), statusBadge(one.lineage), one.source && sourceBadge(one.source, one.lineage)));
    const body = element("div", { class: "value-body stack tight" });
    const fill = () => { if (!body.childElementCount) body.append(...this.more(one, known)); };
    const made = element("details", { class: "value", "data-metric": one.name, open: this.opened.has(one.name), ontoggle: () => {
      if (made.open) { this.opened.add(one.name); fill(); } else this.opened.delete(one.name);
    } }, summary, body);
    if (this.opened.has(one.name)) fill();
    return made;
  }

  value(one, known) {
    if (one.status === "invalid" && EXTRACTED.has(one.lineage?.status)) return [String(shown(one.value, known) ?? "").slice(0, 300) || element("span", { class: "dim" }, "no value")];
    if (one.status === "invalid") return [element("span", { class: "badge bad" }, "does not fit"), ` ${String(shown(one.value, known) ?? "").slice(0, 300)}`];
    if (one.status === "not_written") return [element("span", { class: "dim" }, "taken back")];
    if (one.status === "null") return [element("span", { class: "dim" }, nothing(one.lineage))];
    if (typeof one.value === "boolean") return [element("span", { class: one.value ? "badge good" : "badge" }, one.value ? "Yes" : "No")];
    return [String(shown(one.value, known) ?? "").slice(0, 6000)];
  }

  more(one, known) {
    const parts = [];
    if (known.about) parts.push(element("p", { class: "dim small" }, known.about));
    if (one.reason) parts.push(element("p", { class: "small" }, one.reason));
    parts.push(...this.evidence(one.evidence));
    if (page.may.edit) parts.push(element("div", {}, element("button", { class: "button small", type: "button", onclick: () => this.edit(one, known) }, icon("edit"), "Correct")));
    parts.push(element("h4", { class: "small dim" }, "History"), element("ol", { class: "writes" }, ...one.history.toReversed().map((write) => this.write(one, write, known))));
    if (!one.registered) parts.push(element("p", { class: "dim small" }, "Not registered: it has no column of its own."));
    return parts;
  }

  evidence(evidence) {
    const quotes = (Array.isArray(evidence) ? evidence : [evidence]).filter(Boolean);
    return quotes.slice(0, 20).map((one) => {
      const quote = typeof one === "string" ? one : one.quote;
      if (typeof quote !== "string") return json(one);
      const turn = Number.isInteger(one.turn) ? one.turn : null;
      return element("button", { type: "button", class: "evidence", title: "Show it in the transcript", onclick: () => this.quote(turn, quote) },
        icon("quote"), element("span", { class: "grow", dir: "auto" }, quote.slice(0, 600)), turn && element("span", { class: "dim number nowrap" }, this.moments.has(turn) ? clock(this.moments.get(turn)) : `turn ${turn}`));
    });
  }

  write(one, write, known) {
    const flags = [
      write.wins && element("span", { class: "badge good" }, "counts"),
      write.retracted ? element("span", { class: "badge" }, "taken back") : !write.counts && element("span", { class: "badge" }, "replaced"),
      statusBadge(write.lineage) ?? (write.status === "invalid" && element("span", { class: "badge bad", title: write.reason ?? "" }, "does not fit")),
      write.attempt && element("span", { class: "dim" }, `attempt ${write.attempt}`),
    ];
    const value = write.status === "null" ? nothing(write.lineage) : String(shown(write.value, known) ?? "").slice(0, 600);
    const undo = page.may.edit && write.source === "human" && !write.retracted
      ? element("button", { class: "button small ghost", type: "button", onclick: () => this.takeBack(write.event_id) }, icon("undo"), "Take back") : null;
    const lineage = write.lineage && element("details", { class: "small" }, element("summary", { class: "dim" }, "Where it comes from"), json(write.lineage));
    const why = write.lineage?.note ?? write.lineage?.reason; // a person's, or the extractor's
    const time = element("button", { type: "button", class: "cv-jump number dim", title: "Show the moment", onclick: () => this.reveal(write.event_id) }, clock(write.offset_ms));
    return element("li", {},
      element("div", { class: "row" }, time, sourceBadge(write.source, write.lineage), element("span", { class: "write-value", dir: "auto" }, value), ...flags, undo),
      typeof why === "string" && why !== one.reason && element("p", { class: "small dim", dir: "auto" }, why.slice(0, 600)), ...(write.wins ? [] : this.evidence(write.evidence)), lineage);
  }

  async edit(one, known) {
    const made = await correct(this.id, one, known);
    if (!made) return;
    this.opened.add(made.metric);
    toast("Corrected", { action: "Undo", run: () => this.takeBack(made.event_id) });
    await this.changed();
  }

  async takeBack(eventId) {
    try {
      await api.delete(apiOf(this.id, `corrections/${encodeURIComponent(eventId)}`));
      toast("Taken back");
    } catch (error) {
      toast(error.message, { bad: true });
    }
    await this.changed();
  }
}
