// Conditions of the Query in words, for chips; and which operators a field has.
import { field, shown, shownDay, shownTime } from "./fields.js";

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

function bucketWords(value, interval) {
  const at = Date.parse(value);
  if (interval === "day") return shownDay(at);
  return ["week", "month", "quarter", "year"].includes(interval) ? `${interval} from ${shownDay(at)}` : `from ${shownTime(at)}`;
}

export function describeDrill({ query, measure, row = {}, side }) {
  const keys = Object.entries(row).map(([name, value]) => {
    if (name === "bucket") return bucketWords(value, query.interval);
    return `${field(name).label}: ${shown(value, field(name)) ?? "unknown"}`;
  });
  const what = measure ? `${measure}${side === "base" ? ", its base" : ""}` : "a number";
  const where = (Array.isArray(query.where) ? query.where : []).map(inside).join(" and ");
  return ["Behind", what, keys.length ? `(${keys.join(", ")})` : "", where && `where ${where}`].filter(Boolean).join(" ");
}

// The time of a query, which may be one that somebody typed.
export function periodWords(over) {
  if (over?.all) return "Any time";
  if (over?.preset || over?.last) return overWords(String(over.preset ?? `last ${over.last}`));
  const [from, to] = [over?.from, over?.to].map((one) => (Number.isNaN(Date.parse(one)) ? null : shownTime(Date.parse(one))));
  return from || to ? [from && `From ${from}`, to && `until ${to}`].filter(Boolean).join(" ") : "Its own time";
}

export const overWords = (text) => OVER[text] ?? text.replace("..", " to ").replaceAll("_", " ");
