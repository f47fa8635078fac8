// One metric in the panel: its values, its facts, how it is extracted, its advice and its history.
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { exactTime, shownTime, told } from "../conversations/fields.js";
import { finding } from "./advice.js";
import { large } from "./chart.js";
import { histogram } from "./histogram.js";
import { KIND_WORDS, TYPE_WORDS, conversationsWith, isUndeclared, likelyType, number } from "./metric.js";
import { versions } from "./versions.js";

const SOURCES = { agent: "the agent, during the call", extraction: "extraction, after the call", human: "people", system: "the platform", import: "an import" };
const BETTER = { up: "More is better", down: "Less is better", none: "Neither" };

function part(title, note, ...children) {
  return element("section", { class: "metric-part" }, element("h3", {}, title, note), ...children);
}

const list = (values) => (values.length ? element("div", { class: "values-list" }, ...values.map((value) => element("span", { class: "badge", dir: "auto" }, value === "" ? "(empty)" : value))) : null);

function base(one) {
  if (one.rate_base && typeof one.rate_base === "object") return `conversations with ${one.rate_base.metric}`;
  if (one.rate_base === "known" || (one.rate_base === null && one.expected_sources.includes("extraction"))) return "conversations in which it is known";
  return "all conversations";
}

const side = (measure) => element("code", {}, measure.agg && !measure.where ? `${measure.agg} of ${measure.metric}` : measure.metric + (measure.where ? " happened" : ""));

function facts(one) {
  const isMetric = one.kind === "registered" || one.kind === "unregistered";
  const rows = [
    ["Name", element("code", {}, one.name)],
    ["Type", `${one.type}: ${TYPE_WORDS[one.type] ?? "built in"}`],
    ["Options", list(one.options)],
    ["Unit", one.unit],
    ["Better", one.better !== "none" && BETTER[one.better]],
    ["Numerator", one.numerator && side(one.numerator)],
    ["Denominator", one.denominator && side(one.denominator)],
    ["Multiplier", one.multiplier !== null && one.multiplier !== 1 && number(one.multiplier)],
    ["Written by", isMetric && (one.usage?.sources.length ? one.usage.sources.map((source) => SOURCES[source] ?? source).join("; ") : "nobody in this time")],
    ["Expected from", one.expected_sources.length > 0 && one.expected_sources.map((source) => SOURCES[source] ?? source).join("; ")],
    ["Last written", one.usage?.last_written && element("time", { datetime: one.usage.last_written, title: exactTime(Date.parse(one.usage.last_written)) }, shownTime(Date.parse(one.usage.last_written)))],
    ["A rate of it is over", one.kind === "registered" && base(one)],
    ["Says nothing", one.kind === "registered" && ["text", "categorical"].includes(one.type) && list(one.empty_values)],
    ["Other words", list(one.synonyms)],
    ["Group", one.group],
    ["Owner", one.owner],
    ["Column", one.column && one.column !== one.name && element("code", {}, one.column)],
    ["Changed by hand", one.drifted.length > 0 && `${one.drifted.join(", ")}: applying metrics.yaml takes it back`],
  ].filter(([, value]) => value);
  return element("dl", { class: "facts" }, ...rows.flatMap(([label, value]) => [element("dt", {}, label), element("dd", { dir: "auto" }, value)]));
}

function values(one, page) {
  const { last } = page.state;
  if (one.usage === undefined) return part("Values", null, element("span", { class: "skeleton" }));
  if (!one.usage) return null;
  const { usage } = one;
  const lines = [];
  if (usage.nulls) lines.push(element("p", { class: "small dim" }, `${number(usage.nulls)} writes say that it is not known.`));
  if (usage.invalid) {
    lines.push(element("div", { class: "callout bad" }, icon("warning"), element("div", { class: "stack tight grow" },
      element("span", {}, `${number(usage.invalid)} writes do not fit its type, and stand in no column. They are kept: another type or another option takes them in.`),
      list(usage.invalid_values.slice(0, 8)), element("a", { href: conversationsWith(one, last, "is_invalid") }, "These conversations"))));
  }
  const note = usage.conversations ? element("a", { class: "small", href: conversationsWith(one, last, "written") }, `${number(usage.conversations)} conversations`) : null;
  return part("Values", note, ...large(one, last, histogram), ...lines);
}

function extraction(one, page) {
  const field = told.extracted[one.name];
  if (!field) return null;
  if (field.error) return part("Extraction", null, element("div", { class: "callout bad" }, icon("error"), element("span", {}, field.error)));
  const rows = [
    ["Question", field.question],
    ["Asked in this order", field.extractors.join(", then ")],
    ["Model", field.extractors.includes("llm") && (field.model ?? "the project's")],
    ["Rules", field.rules > 0 && `${field.rules}, tried on ${field.examples} examples`],
    ["A quote is", { required: "required: without one there is no value", wanted: "wanted: a value without one is marked", no: "not asked for" }[field.grounded]],
    ["Built-in", field.use],
    ["Version", element("code", {}, field.version)],
  ].filter(([, value]) => value);
  const backfill = told.may.edit && one.active && element("button", { class: "button small", type: "button", onclick: () => page.backfill([one.name]) }, icon("refresh"), "Backfill…");
  return part("Extraction", backfill || null,
    element("dl", { class: "facts" }, ...rows.flatMap(([label, value]) => [element("dt", {}, label), element("dd", { dir: "auto" }, value)])),
    element("details", {}, element("summary", { class: "small dim" }, "As it is declared"), element("pre", { tabindex: "0" }, JSON.stringify(one.extraction, null, 2))),
    element("h4", { class: "small dim" }, "Versions"), versions(one.name));
}

function actions(one, page) {
  if (!told.may.admin || one.kind === "builtin") return null;
  const type = likelyType(one);
  const buttons = [];
  if (isUndeclared(one)) buttons.push(element("button", { class: "button primary", type: "button", onclick: () => page.register(one, type) }, `Register as ${type}`));
  buttons.push(element("button", { class: "button", type: "button", onclick: () => page.edit(one, isUndeclared(one) ? { type } : {}) }, icon("edit"), one.kind === "unregistered" ? "Define…" : "Edit"));
  if (one.kind !== "unregistered") buttons.push(element("button", { class: "button", type: "button", onclick: () => page.activate(one, !one.active) }, icon(one.active ? "pause" : "play"), one.active ? "Deactivate" : "Activate"));
  return element("div", { class: "actions-row" }, ...buttons);
}

const shownOf = new WeakMap();

// `one` undefined: there is no metric of that name (any more).
export function metricView(place, page, one, name) {
  if (!one) {
    const words = page.metrics.some(({ usage }) => usage === undefined) ? "Looking…" : `There is no metric ${name}.`;
    shownOf.delete(place);
    place.replaceChildren(element("p", { class: "dim" }, words));
    return;
  }
  const says = JSON.stringify([one, page.findings(name), page.state.last]);
  if (shownOf.get(place) === says) return; // what somebody has unfolded stays so
  shownOf.set(place, says);
  const badges = [
    element("span", { class: "badge" }, KIND_WORDS[one.kind] ?? one.type),
    !one.active && element("span", { class: "badge" }, "deactivated"),
    one.auto && element("span", { class: "badge warn" }, "not declared: its type is a guess"),
  ];
  const head = element("div", { class: "stack tight" },
    element("div", { class: "row" }, ...badges.filter(Boolean)),
    element("p", { class: one.definition ? null : "dim", dir: "auto" }, one.definition || "Nobody has said yet what it means."));
  const found = page.findings(name);
  const shown = [
    head, actions(one, page), values(one, page),
    found.length > 0 && part("Advice", null, ...found.map((said) => finding(page, said, { linked: false }))),
    extraction(one, page), part("Facts", null, facts(one)),
  ];
  place.replaceChildren(...shown.filter(Boolean));
}
