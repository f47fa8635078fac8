// The editor of a tile: everything of its question and of how it is shown, with a preview that follows.
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { draw, drawingOf, forget } from "../charts/draw.js";
import { told } from "../conversations/fields.js";
import { Breakdown, Conditions, Measures, Steps, field, select } from "./parts.js";
import { overOf, textOf } from "./state.js";

const at = (id) => document.getElementById(id);
const KINDS = [
  ["kpi", "Figure"], ["line", "Line"], ["bar", "Bars"], ["donut", "Donut"], ["pie", "Pie"],
  ["table", "Table"], ["heatmap", "Heatmap"], ["funnel", "Funnel"], ["histogram", "Histogram"],
];
const INTERVALS = [["", "None"], ["15m", "15 minutes"], ["hour", "Hour"], ["day", "Day"], ["week", "Week"], ["month", "Month"], ["quarter", "Quarter"], ["year", "Year"]];
const COMPARE = [["", "Nothing"], ["previous_period", "The period before"], ["previous_day", "A day before"], ["previous_week", "A week before"], ["previous_month", "A month before"], ["previous_year", "A year before"]];
const FORMATS = [["", "As the metric says"], ["number", "Number"], ["percent", "Percent"], ["currency", "Currency"], ["duration", "Duration"]];
const LAYOUTS = [["stacked", "Stacked"], ["grouped", "Side by side"], ["share", "Shares of 100%"]];
const PREVIEW_MS = 250;

// Gives the tile when it is saved, null when it is not. What is open is closed first.
let close = null;
export function editTile(tile, filters) {
  close?.(null);
  const panel = at("editor");
  return new Promise((resolve) => {
    const form = new Form(tile ?? { kind: "bar", query: { by: ["channel"] } }, filters);
    const end = (made) => {
      if (close !== end) return;
      close = null;
      form.leave();
      panel.hide();
      panel.removeEventListener("panel-close", cancel);
      resolve(made);
    };
    const cancel = () => end(null);
    close = end;
    at("editor-title").textContent = tile ? "Change the tile" : "New tile";
    at("editor-body").replaceChildren(form.place);
    panel.show();
    panel.addEventListener("panel-close", cancel);
    form.saved = end;
    form.title.input.focus();
    form.preview();
  });
}

class Form {
  constructor(tile, filters) {
    const query = tile.query ?? {};
    this.filters = filters;
    this.rest = query; // what the form has no field for stays as it is
    this.kind = tile.kind;
    this.title = field("Title", element("input", { value: tile.title ?? "", maxlength: "200", placeholder: "Made of what it shows" }));
    this.measures = new Measures(query.measures ?? [{ metric: "conversations" }], () => this.changed());
    this.breakdown = new Breakdown(query.by ?? [], () => this.changed());
    this.steps = new Steps(tile.steps ?? [], () => this.changed());
    this.where = new Conditions(query.where ?? [], () => this.changed());
    this.interval = field("Over time, by", select(INTERVALS, query.interval ?? ""));
    this.compare = field("Compared with", select(COMPARE, query.compare ?? ""));
    this.limit = field("At most so many", element("input", { type: "number", min: "1", max: "1000", value: query.limit ?? "" }));
    this.other = element("input", { type: "checkbox", checked: query.other ?? false });
    const [sort] = query.sort ?? [];
    this.sort = field("Sorted by", element("input", { value: sort ? `${sort.order === "asc" ? "" : "-"}${sort.field}` : "", placeholder: "-conversations", maxlength: "200" }), "A column; with - in front downwards.");
    this.divide = field("Divided by", element("input", { value: query.divide_by?.metric ?? "", placeholder: "No metric", list: "measure-names", maxlength: "1000" }));
    this.format = field("Format", select(FORMATS, tile.format ?? ""));
    this.decimals = field("Decimals", element("input", { type: "number", min: "0", max: "6", value: tile.decimals ?? "" }));
    this.suffix = field("Behind the number", element("input", { value: tile.suffix ?? "", maxlength: "20" }));
    this.layout = field("Parts", select(LAYOUTS, tile.layout ?? "stacked"));
    this.label = field("Label of the axis", element("input", { value: tile.axis_label ?? "", maxlength: "200" }));
    this.note = field("Note", element("textarea", { rows: "2", maxlength: "2000" }));
    this.note.input.value = tile.note ?? "";
    this.colour = tile.colour ?? null;
    this.ticks = [["gaps", "Leave buckets without a value open"], ["keep_time", "Keep its own time, whatever the dashboard's"], ["keep_interval", "Keep its interval, whatever the dashboard's time"]]
      .map(([name, words]) => ({ name, words, input: element("input", { type: "checkbox", checked: tile[name] ?? false }) }));
    this.over = field("Its own time", element("input", { value: textOf(query.over), placeholder: "30d", list: "editor-times", maxlength: "90" }), "Such as 7d, today, last_month or 2026-03-01..2026-03-31.");
    this.build();
  }

  build() {
    this.shown = element("div", { class: "tile-body" });
    this.wrong = element("div", { class: "callout bad editor-wrong", role: "alert", hidden: true }, icon("error"), element("span", {}));
    this.save = element("button", { class: "button primary", type: "submit" }, "Save");
    const kinds = KINDS.map(([kind, words]) => element("button", { class: "button small", type: "button", "data-kind": kind, "aria-pressed": String(kind === this.kind), onclick: () => this.choose(kind) }, words));
    this.kinds = element("div", { class: "editor-kinds", role: "group", "aria-label": "Kind of chart" }, ...kinds);
    const choice = (input, words) => element("label", { class: "choice" }, input, element("span", {}, words));
    const group = (heading, ...parts) => element("section", { class: "editor-group" }, element("h3", {}, heading), ...parts);
    const fields = (...parts) => element("div", { class: "fields" }, ...parts.map((one) => one.place));
    this.parts = {
      measures: group("Numbers", this.measures.place, fields(this.divide)),
      steps: group("Steps", this.steps.place),
      breakdown: group("Broken down by", this.breakdown.place, fields(this.interval, this.limit, this.sort), choice(this.other, "Put the rest together as one group")),
      where: group("Only these conversations", this.where.place),
      compare: group("Time", fields(this.over, this.compare)),
      look: group("How it looks", fields(this.format, this.decimals, this.suffix, this.layout, this.label), this.colours(), this.note.place, ...this.ticks.map((one) => choice(one.input, one.words))),
    };
    const names = element("datalist", { id: "measure-names" }, ...told.measures.map((one) => element("option", { value: one.name }, one.label)));
    const times = element("datalist", { id: "editor-times" }, ...["24h", "7d", "30d", "90d", "today", "yesterday", "this_week", "last_week", "this_month", "last_month", "this_year", "all"].map((value) => element("option", { value })));
    this.place = element("form", { class: "stack", novalidate: true },
      element("div", { class: "editor-preview" }, this.shown, this.wrong), this.kinds, this.title.place, ...Object.values(this.parts), names, times,
      element("div", { class: "editor-foot" }, element("button", { class: "button", type: "button", "data-panel-close": true }, "Cancel"), this.save));
    this.place.addEventListener("input", () => this.changed());
    this.place.addEventListener("change", () => this.changed());
    this.place.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.fit();
  }

  colours() {
    const made = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => {
      const radio = element("input", { type: "radio", name: "colour", value: String(number), "aria-label": `Colour ${number}`, checked: number === (this.colour ?? 1) });
      radio.style.accentColor = `var(--chart-${number})`;
      const label = element("label", {}, radio);
      label.style.background = `var(--chart-${number})`;
      radio.addEventListener("change", () => { this.colour = number; });
      return label;
    });
    return element("fieldset", {}, element("legend", {}, "First colour"), element("div", { class: "editor-colours" }, ...made));
  }

  // A kind needs certain parts of a question: those that are missing get what is usual.
  choose(kind) {
    this.kind = kind;
    for (const one of this.kinds.children) one.setAttribute("aria-pressed", String(one.dataset.kind === kind));
    if (kind === "line" && !this.interval.input.value) this.interval.input.value = "day";
    if (["donut", "pie", "histogram"].includes(kind)) this.interval.input.value = "";
    if (kind === "bar" && !this.breakdown.count && !this.interval.input.value) this.breakdown.set(["channel"]);
    if (["donut", "pie"].includes(kind)) this.breakdown.set(this.breakdown.names.slice(0, 1).concat("channel").slice(0, 1));
    if (kind === "heatmap" && this.breakdown.count + Boolean(this.interval.input.value) !== 2) { this.interval.input.value = ""; this.breakdown.set(["day_of_week", "hour_of_day"]); }
    if (kind === "histogram" && !this.breakdown.isHistogram) this.breakdown.set([{ field: "duration", bucket: 30 }]);
    if (kind === "kpi") this.breakdown.set([]);
    if (kind === "funnel" && this.steps.count < 2) this.steps.set([{ label: "All" }, { label: "Ended", where: [{ field: "in_progress", op: "eq", value: false }] }]);
    this.fit();
    this.changed();
  }

  fit() {
    const funnel = this.kind === "funnel";
    this.parts.measures.hidden = funnel;
    this.parts.breakdown.hidden = funnel;
    this.parts.steps.hidden = !funnel;
    this.layout.place.hidden = this.kind !== "bar";
  }

  // The tile as it stands in the form; what is as by default is left out.
  tile() {
    const funnel = this.kind === "funnel";
    const number = (one) => (one.input.value === "" ? null : Number(one.input.value));
    const text = (one) => one.input.value.trim() || null;
    const limit = number(this.limit);
    const query = {
      ...(text(this.over) && { over: overOf(text(this.over)) }), ...(this.rest.timezone && { timezone: this.rest.timezone }), ...(this.rest.having?.length && { having: this.rest.having }),
      ...(!funnel && {
        measures: this.measures.told(), by: this.breakdown.told(),
        ...(this.interval.input.value && { interval: this.interval.input.value }),
        ...(text(this.divide) && { divide_by: this.rest.divide_by?.metric === text(this.divide) ? this.rest.divide_by : { metric: text(this.divide) } }),
        ...(text(this.sort) && { sort: [sortOf(text(this.sort)), ...(this.rest.sort ?? []).slice(1)] }),
        ...(limit !== null && { limit }), ...(this.other.checked && { other: true }),
      }),
      where: this.where.told(), ...(this.compare.input.value && !funnel && { compare: this.compare.input.value }),
    };
    const told = {
      title: text(this.title), note: text(this.note), format: this.format.input.value || null, decimals: number(this.decimals), suffix: text(this.suffix),
      axis_label: text(this.label), colour: this.colour === 1 ? null : this.colour, layout: this.kind === "bar" && this.layout.input.value !== "stacked" ? this.layout.input.value : null,
      ...Object.fromEntries(this.ticks.map(({ name, input }) => [name, input.checked || null])),
    };
    return { kind: this.kind, query, ...(funnel && { steps: this.steps.told() }), ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null)) };
  }

  changed() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.preview(), PREVIEW_MS);
  }

  // Gives whether the server could draw it. An answer that is overtaken is thrown away.
  async preview() {
    clearTimeout(this.soon);
    this.asking?.abort();
    const mine = (this.asking = new AbortController());
    try {
      const drawing = await drawingOf(this.tile(), this.filters, mine.signal);
      if (this.asking !== mine) return false;
      this.tell("");
      await draw(this.shown, drawing, { url: told.vega });
      return true;
    } catch (error) {
      if (error.name !== "AbortError") this.tell(error.message);
      return false;
    }
  }

  tell(message) {
    this.wrong.hidden = !message;
    this.wrong.querySelector("span").textContent = message;
  }

  async submit() {
    this.save.disabled = true;
    const tile = this.tile();
    if (await this.preview()) this.saved(tile);
    else this.save.disabled = false;
  }

  leave() {
    clearTimeout(this.soon);
    this.asking?.abort();
    forget(this.shown);
  }
}

const sortOf = (text) => (text.startsWith("-") ? { field: text.slice(1), order: "desc" } : { field: text, order: "asc" });
