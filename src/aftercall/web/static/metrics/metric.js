// What is known of a metric, in words; and the addresses that lead on from it.
import { told } from "../conversations/fields.js";

const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const percents = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const places = new Intl.Collator("en", { numeric: true });

export const number = (value) => numbers.format(value);
export const compareNames = (one, other) => places.compare(one, other);

// 0.004 as <1%: a share that is there is never shown as none.
export function percent(share) {
  if (share > 0 && share < 0.01) return "<1%";
  return share < 1 && share > 0.99 ? ">99%" : `${percents.format(share * 100)}%`;
}

// Entered by itself, or not even that: nobody has said what it means.
export const isUndeclared = (one) => one.kind === "unregistered" || (one.kind === "registered" && one.auto);
export const isExtracted = (one) => told.extracted[one.name] !== undefined;

// Only true and false were written of it, so a yes-or-no is what it is.
export function likelyType(one) {
  const values = one.usage?.values ?? [];
  const flags = values.length > 0 && !one.usage.more_values && values.every(({ value }) => value === "true" || value === "false");
  return isUndeclared(one) && flags ? "boolean" : one.type;
}

const builtins = new Set(told.metrics.filter((one) => one.kind === "builtin").map((one) => one.name));

// A condition of the Query on this metric; a built-in of the same name would answer in its place.
export const condition = (one, op, value) => ({ field: one.kind !== "builtin" && builtins.has(one.name) ? `metric.${one.name}` : one.name, op, ...(value !== undefined && { value }) });

export const conversationsWith = (one, last, op, value) => conversationsOf(one, last, [condition(one, op, value)]);

export function conversationsOf(one, last, where) {
  const asked = new URLSearchParams({ over: last, where: JSON.stringify(where) });
  if (one.kind !== "builtin") asked.append("col", one.name);
  return `/p/${encodeURIComponent(told.project)}/conversations?${asked}`;
}

export const conversation = (id) => `/p/${encodeURIComponent(told.project)}/conversations?open=${encodeURIComponent(id)}`;

// A value of the usage, which tells all as texts, as the Query wants it.
export function asValue(one, text) {
  if (one.type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

export const valueWords = (one, text) => (one.type === "boolean" ? { true: "Yes", false: "No" }[text] ?? text : text);

export const TYPE_WORDS = { boolean: "yes or no", categorical: "one of its options", number: "a number", integer: "a whole number", text: "any text", ratio: "two measures divided", count: "a count" };
export const KIND_WORDS = { ratio: "ratio", builtin: "built in", unregistered: "not registered" };
