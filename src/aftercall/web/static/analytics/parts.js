// Parts of the editor that are lists: numbers, breakdowns, conditions, steps of a funnel.
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { fieldInput, nameOf } from "../conversations/field-input.js";
import { editFilter } from "../conversations/filter.js";
import { told } from "../conversations/fields.js";
import { describe } from "../conversations/words.js";

let numbered = 0;

export function field(label, input, hint = "") {
  input.id ||= `part-${(numbered += 1)}`;
  return { input, place: element("div", { class: "field" }, element("label", { for: input.id }, label), input, hint && element("span", { class: "hint" }, hint)) };
}

export function select(options, value) {
  const made = element("select", {}, ...options.map(([key, words]) => element("option", { value: key }, words)));
  if (![...made.options].some((one) => one.value === value)) made.append(element("option", { value }, value));
  made.value = value;
  return made;
}

const close = (label, run) => element("button", { class: "button ghost icon-only small", type: "button", "aria-label": label, onclick: run }, icon("close"));
const add = (words, run) => element("button", { class: "button small editor-add", type: "button", onclick: run }, icon("plus"), words);

const AGG = { conversations: "conversations", events: "times written", callers: "callers", sum: "sum", avg: "average", min: "lowest", max: "highest", p50: "median", p95: "95th percentile", p99: "99th percentile", rate: "rate", distinct: "different values", value: "value" };
const NUMBERS = ["avg", "sum", "min", "max", "p50", "p95", "p99", "conversations", "distinct"];
const BY_TYPE = { boolean: ["rate", "conversations", "events"], number: NUMBERS, integer: NUMBERS, categorical: ["conversations", "distinct", "rate"], text: ["conversations", "distinct"], list: ["conversations", "distinct"], time: ["min", "max"], ratio: ["value"] };

class Rows {
  constructor(given, changed) {
    this.changed = changed;
    this.rows = [];
    this.list = element("div", { class: "stack tight" });
    this.place = element("div", { class: "stack tight" }, this.list);
    given.forEach((one) => this.add(one));
  }

  get count() {
    return this.rows.length;
  }

  set(given) {
    this.rows = [];
    this.list.replaceChildren();
    given.forEach((one) => this.add(one));
  }

  take(row) {
    this.rows.push(row);
    this.list.append(row.place);
  }

  remove(row) {
    this.rows = this.rows.filter((one) => one !== row);
    row.place.remove();
    this.changed();
  }

  told() {
    return this.rows.map((row) => row.told()).filter((one) => one !== null);
  }
}

export class Measures extends Rows {
  constructor(given, changed) {
    super(given, changed);
    this.place.append(add("Another number", () => { this.add({ metric: "conversations" }); changed(); }));
  }

  // A measure that has more than the form shows (its own filters, a base) keeps it while its metric stays.
  add(given) {
    const metric = field("Metric", element("input", { value: given.metric ?? "conversations", list: "measure-names", autocomplete: "off", maxlength: "1000" }));
    const agg = field("By its", element("select"));
    const name = field("Called", element("input", { value: given.as ?? "", maxlength: "200", placeholder: "As the metric" }));
    const times = field("Times", element("input", { inputmode: "decimal", value: given.multiplier ?? "", placeholder: "1" }));
    const own = new Conditions(given.where ?? [], this.changed, "Only where");
    const row = { told: () => this.measure(given, metric, agg, name, times, own) };
    const offer = () => {
      const one = told.measures.find((found) => found.name === metric.input.value.trim());
      const kept = agg.input.value || given.agg || "";
      const there = one ? BY_TYPE[one.type] ?? [] : Object.keys(AGG);
      agg.input.replaceChildren(element("option", { value: "" }, "usual meaning"), ...there.map((key) => element("option", { value: key }, AGG[key])));
      if (kept && !there.includes(kept)) agg.input.append(element("option", { value: kept }, AGG[kept] ?? kept));
      agg.input.value = kept;
    };
    metric.input.addEventListener("input", () => { agg.input.value = ""; offer(); });
    offer();
    const more = element("details", {}, element("summary", { class: "small dim" }, "Name, factor, its own filters"), element("div", { class: "stack tight" }, element("div", { class: "fields" }, name.place, times.place), own.place));
    row.place = element("div", { class: "stack tight" }, element("div", { class: "editor-line" }, metric.place, agg.place, close("Take the number away", () => this.rows.length > 1 && this.remove(row))), more);
    this.take(row);
  }

  measure(given, metric, agg, name, times, own) {
    const kept = given.metric === metric.input.value.trim() ? given : {};
    const { agg: _, as: __, multiplier: ___, where: ____, ...rest } = kept;
    const factor = Number(times.input.value);
    const where = own.told();
    return {
      ...rest, metric: metric.input.value.trim() || "conversations", ...(agg.input.value && { agg: agg.input.value }), ...(name.input.value.trim() && { as: name.input.value.trim() }),
      ...(times.input.value.trim() && Number.isFinite(factor) && { multiplier: factor }), ...(where.length && { where }),
    };
  }
}

export class Breakdown extends Rows {
  constructor(given, changed) {
    super(given, changed);
    this.place.append(add("By", () => { if (this.count < 3) { this.add("channel"); changed(); } }));
  }

  get names() {
    return this.rows.map((row) => row.told()?.field).filter(Boolean);
  }

  get isHistogram() {
    return this.count === 1 && typeof this.rows[0].told()?.bucket === "number";
  }

  add(given) {
    const one = typeof given === "string" ? { field: given } : given;
    const named = fieldInput("Field", undefined, one.field);
    const bucket = field("In steps of", element("input", { value: one.bucket ?? "", placeholder: "none", list: "buckets", maxlength: "20" }));
    const row = {
      told: () => {
        const name = nameOf(named.input.value);
        const step = bucket.input.value.trim();
        return name ? { field: name, ...(one.as && { as: one.as }), ...(step && { bucket: Number.isFinite(Number(step)) ? Number(step) : step }) } : null;
      },
    };
    row.place = element("div", { class: "editor-line" }, named.place, bucket.place, close("Take the breakdown away", () => this.remove(row)));
    this.take(row);
  }
}

export class Conditions {
  constructor(given, changed, words = "Filter") {
    this.where = given;
    this.changed = changed;
    this.chips = element("div", { class: "row", role: "list" });
    this.place = element("div", { class: "row" }, this.chips, element("button", { class: "button small", type: "button", onclick: () => this.edit(null) }, icon("filter"), words));
    this.show();
  }

  edit(place) {
    editFilter(place === null ? null : this.where[place], async (made) => {
      this.where = place === null ? [...this.where, made] : this.where.map((one, index) => (index === place ? made : one));
      this.show();
      this.changed();
    });
  }

  show() {
    this.chips.replaceChildren(...this.where.map((one, place) => {
      const words = describe(one);
      return element("span", { class: "chip on", role: "listitem" },
        element("button", { type: "button", class: "list-chip-edit truncate", onclick: () => this.edit(place) }, element("span", { class: "truncate", dir: "auto" }, words.slice(0, 200))),
        close(`Remove: ${words.slice(0, 100)}`, () => { this.where = this.where.filter((_, index) => index !== place); this.show(); this.changed(); }));
    }));
  }

  told() {
    return this.where;
  }
}

export class Steps extends Rows {
  constructor(given, changed) {
    super(given, changed);
    this.place.append(add("Step", () => { this.add({ label: `Step ${this.count + 1}` }); changed(); }));
  }

  add(given) {
    const label = field("Step", element("input", { value: given.label ?? "", maxlength: "180" }));
    const where = new Conditions(given.where ?? [], this.changed);
    const row = { told: () => ({ label: label.input.value.trim() || "Step", where: where.told() }) };
    row.place = element("div", { class: "filter-condition stack tight" }, element("div", { class: "editor-line wide" }, label.place, close("Take the step away", () => this.remove(row))), where.place);
    this.take(row);
  }
}
