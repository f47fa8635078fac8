// Conditions of the Query in words, for chips; and which operators a field has.
import { field, shown } from "./fields.js";

export const OPS = {
  eq: "is", ne: "is not", in: "is one of", not_in: "is none of", gt: "is over", gte: "is at least", lt: "is under",
  lte: "is at most", between: "is between", contains: "contains", not_contains: "does not contain", flagged: "is flagged",
  not_flagged: "is not flagged", exists: "is known", not_exists: "is not known", written: "was written",
  not_written: "was not written", is_invalid: "does not fit its type",
};
const EQUAL = ["eq", "ne", "in", "not_in"];
const ORDER = ["gt", "gte", "lt", "lte", "between"];
const TEXT = ["contains", "not_contains"];
const FLAG = ["flagged", "not_flagged"];
const NOTHING = ["exists", "not_exists"];
const WRITES = ["written", "not_written", "is_invalid"];
const BY_TYPE = {
  boolean: ["eq", "ne", ...FLAG, ...NOTHING],
  number: [...EQUAL, ...ORDER, ...FLAG, ...NOTHING],
  integer: [...EQUAL, ...ORDER, ...FLAG, ...NOTHING],
  text: [...TEXT, ...EQUAL, ...FLAG, ...NOTHING],
  categorical: ["in", "not_in", "eq", "ne", ...TEXT, ...FLAG, ...NOTHING],
  time: [...ORDER, ...EQUAL, ...NOTHING],
  list: [...TEXT, "in", "not_in", ...NOTHING],
  natural: [...EQUAL, ...ORDER, ...TEXT, ...FLAG, ...NOTHING],
  transcript: TEXT,
};
export const WITHOUT_VALUE = new Set([...FLAG, ...NOTHING, ...WRITES]);
const WHO = { user: "The caller", agent: "The agent" };
const OVER = { today: "today", yesterday: "yesterday" };

export function opsOf(one) {
  const ops = BY_TYPE[one.type] ?? BY_TYPE.natural;
  if (one.kind === "path") return [...ops, "written", "not_written"];
  return one.kind === "builtin" || one.name.endsWith("@disagreement") ? ops : [...ops, ...WRITES];
}

function valueOf(value, one) {
  if (Array.isArray(value)) return value.map((part) => shown(part, one) ?? "").join(", ");
  return shown(value, one) ?? "";
}

// Inside of another one a group stands in brackets: "a or (b and c)".
const inside = (where) => (where.any?.length > 1 || where.all?.length > 1 ? `(${describe(where)})` : describe(where));

export function describe(where) {
  if (where.any) return where.any.map(inside).join(" or ");
  if (where.all) return where.all.map(inside).join(" and ");
  if (where.not) return `not (${describe(where.not)})`;
  if (where.in_order) return where.in_order.map((name) => field(name).label).join(", then ");
  const one = field(String(where.field ?? ""));
  if (one.type === "transcript") {
    const negated = where.op === "not_contains";
    return `${WHO[where.speaker] ?? "Somebody"} said ${negated ? "nothing with " : ""}“${where.value}”`.replace(/^Somebody said nothing/, "Nobody said anything");
  }
  if (where.op === "between" && Array.isArray(where.value)) {
    return `${one.label} is between ${where.value.map((part) => shown(part, one)).join(" and ")}`;
  }
  const op = one.type === "time" ? { gt: "after", gte: "from", lt: "before", lte: "until" }[where.op] : null;
  const verb = op ?? OPS[where.op] ?? where.op;
  return WITHOUT_VALUE.has(where.op) ? `${one.label} ${verb}` : `${one.label} ${verb} ${valueOf(where.value, one)}`;
}

export function describeDrill({ measure, row = {}, side }) {
  const keys = Object.entries(row).map(([name, value]) => {
    if (name === "bucket") return `from ${shown(value, { type: "time" })}`;
    return `${field(name).label}: ${shown(value, field(name)) ?? "unknown"}`;
  });
  const what = measure ? `${measure}${side === "base" ? ", its base" : ""}` : "a number";
  return ["Behind", what, keys.length ? `(${keys.join(", ")})` : ""].join(" ").trim();
}

export const overWords = (text) => OVER[text] ?? text.replace("..", " to ").replace("_", " ");
