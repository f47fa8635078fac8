// The table of metrics: a set of columns for each view, sorted by any of them.
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { shownTime, told } from "../conversations/fields.js";
import { small } from "./chart.js";
import { KIND_WORDS, compareNames, conversationsWith, likelyType, number } from "./metric.js";

const byName = (one, other) => compareNames(one.name, other.name);
const byUsage = (value) => (one, other) => (value(one.usage) ?? -1) - (value(other.usage) ?? -1) || byName(other, one);
const byText = (value) => (one, other) => compareNames(value(one), value(other)) || byName(one, other);

function nameCell(one, page) {
  const badges = [
    !one.active && element("span", { class: "badge" }, "deactivated"),
    one.auto && page.state.view !== "undeclared" && element("span", { class: "badge warn", title: "It entered by itself; its type is a guess" }, "not declared"),
    KIND_WORDS[one.kind] && one.kind === "ratio" && element("span", { class: "badge" }, "ratio"),
    page.findings(one.name).some(({ severity }) => severity === "error") && element("span", { class: "badge bad" }, icon("warning"), "advice"),
    one.drifted.length > 0 && element("span", { class: "badge note", title: `Changed since metrics.yaml was last applied: ${one.drifted.join(", ")}` }, "changed by hand"),
  ];
  return element("td", { class: "metric-name" },
    element("a", { class: "cover truncate", href: page.address(one.name), title: one.name }, element("strong", {}, one.display_name || one.name)),
    element("div", { class: "metric-under" }, one.display_name && one.display_name !== one.name ? element("code", { class: "dim truncate" }, one.name) : null, ...badges.filter(Boolean)));
}

function definition(words) {
  return element("td", {}, element("div", { class: "metric-text", title: words.slice(0, 1000), dir: "auto" }, words || element("span", { class: "dim" }, "–")));
}

function conversations(one, { state }) {
  const { usage } = one;
  if (!usage) return element("td", { class: "number off" }, one.kind === "ratio" || one.kind === "builtin" ? "–" : "…");
  if (!usage.conversations) return element("td", { class: "number off" }, "0", invalid(usage));
  return element("td", { class: "number" }, element("a", { class: "over-cover", href: conversationsWith(one, state.last, "written") }, number(usage.conversations)), invalid(usage));
}

const invalid = (usage) => (usage.invalid ? element("div", { class: "metric-invalid", title: "Writes that do not fit its type" }, `${number(usage.invalid)} unfit`) : "");

function lastWritten({ usage }) {
  const at = usage?.last_written ? Date.parse(usage.last_written) : null;
  if (at === null) return element("td", { class: "off" }, usage ? "never" : "–");
  return element("td", { class: "nowrap" }, element("time", { datetime: usage.last_written, title: usage.last_written }, shownTime(at)));
}

const typeCell = (one) => element("td", { class: "metric-type" }, element("span", { class: "badge" }, one.type), one.unit ? element("span", { class: "dim small metric-unit" }, one.unit) : null);
const values = (one) => element("td", {}, one.usage === undefined ? element("span", { class: "skeleton" }) : small(one));

function register(one, page) {
  if (!told.may.admin) return element("td", {});
  const type = likelyType(one);
  return element("td", { class: "actions" },
    element("button", { class: "button small over-cover", type: "button", onclick: () => page.register(one, type) }, `Register as ${type}`),
    element("button", { class: "button small ghost over-cover", type: "button", onclick: () => page.edit(one, { type }) }, "Define…"));
}

function tick(one, page) {
  const box = element("input", { type: "checkbox", class: "over-cover", "aria-label": `Choose ${one.name}`, checked: page.chosen.has(one.name) });
  box.addEventListener("change", () => page.choose(one.name, box.checked));
  return element("td", { class: "metric-tick" }, box);
}

function question(one) {
  const field = told.extracted[one.name];
  if (field.error) return element("td", {}, element("span", { class: "badge bad" }, "cannot be used"), element("div", { class: "metric-text small dim", title: field.error }, field.error));
  return definition(field.question);
}

function extractors(one) {
  const field = told.extracted[one.name];
  const steps = (field.extractors ?? []).flatMap((name, place) => [place ? element("span", { class: "dim", title: "then" }, " → ") : "", element("span", { class: "badge note" }, name === "llm" && field.model ? `llm · ${field.model}` : name)]);
  return element("td", { class: "nowrap" }, ...steps);
}

const NAME = { key: "name", label: "Metric", sort: byName, cell: nameCell };
const TYPE = { key: "type", label: "Type", sort: byText((one) => one.type), cell: typeCell };
const ABOUT = { key: "definition", label: "Definition", cell: (one) => definition(one.definition) };
const VALUES = { key: "values", label: "Values", cell: values };
const COUNT = { key: "conversations", label: "Conversations", number: true, sort: byUsage((usage) => usage?.conversations), cell: conversations };
const WRITTEN = { key: "written", label: "Last written", sort: byUsage((usage) => (usage?.last_written ? Date.parse(usage.last_written) : null)), cell: lastWritten };
const GROUP = { key: "group", label: "Group", sort: byText((one) => one.group || "\uffff"), cell: (one) => element("td", { class: one.group ? "" : "off" }, one.group || "–") };

const COLUMNS = {
  all: [NAME, TYPE, ABOUT, VALUES, COUNT, WRITTEN, GROUP],
  undeclared: [NAME, TYPE, VALUES, COUNT, WRITTEN, { key: "register", label: "", cell: register }],
  fields: [{ key: "tick", label: "", cell: tick }, NAME, { key: "question", label: "Question", cell: question }, { key: "extractors", label: "Extractors", cell: extractors }, VALUES, COUNT, WRITTEN],
  builtin: [NAME, TYPE, ABOUT, GROUP],
};

export class Table {
  constructor(table, page) {
    this.head = table.tHead;
    this.body = table.tBodies[0];
    this.page = page;
    this.rows = new Map();
  }

  // The column that the list is sorted by, and which way: numbers and times begin with the most.
  order(columns) {
    const key = this.page.state.sort.replace(/^-/, "");
    const column = columns.find((one) => one.key === key && one.sort);
    return column ? { column, down: this.page.state.sort.startsWith("-") } : null;
  }

  sorted(list, columns) {
    const order = this.order(columns);
    if (!order) return list;
    const made = list.toSorted(order.column.sort);
    return order.down ? made.reverse() : made;
  }

  heading(columns) {
    const order = this.order(columns);
    const cells = columns.map((column) => {
      const on = order?.column === column;
      const th = element("th", { scope: "col", class: column.number ? "number" : column.key === "register" ? "actions" : null, "aria-sort": on ? (order.down ? "descending" : "ascending") : null });
      if (!column.label) th.append(element("span", { class: "sr-only" }, column.key === "tick" ? "Choose" : "Actions"));
      else if (!column.sort) th.append(column.label);
      else th.append(element("button", { type: "button", class: "sort", onclick: () => this.page.sort(column.key, on ? !order.down : column === COUNT || column === WRITTEN) }, column.label, on ? icon(order.down ? "sort-down" : "sort-up") : ""));
      return th;
    });
    this.head.replaceChildren(element("tr", {}, ...cells));
  }

  // Returns the metrics in the order in which they stand there.
  show(list) {
    const columns = COLUMNS[this.page.state.view].filter((one) => one !== GROUP || list.some(({ group }) => group));
    const shown = this.sorted(list, columns);
    const focused = document.activeElement?.closest?.("tr[data-name]")?.dataset.name;
    this.heading(columns);
    this.rows = new Map(shown.map((one) => [one.name, element("tr", { "data-name": one.name, class: one.active ? null : "metric-off" }, ...columns.map((column) => column.cell(one, this.page)))]));
    this.body.replaceChildren(...this.rows.values());
    if (focused !== undefined) this.link(focused)?.focus({ preventScroll: true });
    return shown;
  }

  link(name) {
    return this.rows.get(name)?.querySelector("a.cover") ?? null;
  }

  select(name) {
    for (const row of this.body.querySelectorAll("tr.selected")) {
      row.classList.remove("selected");
      row.querySelector("a.cover").removeAttribute("aria-current");
    }
    const row = this.rows.get(name);
    row?.classList.add("selected");
    row?.querySelector("a.cover").setAttribute("aria-current", "true");
    row?.scrollIntoView({ block: "nearest" });
  }
}
