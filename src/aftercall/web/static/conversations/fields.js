// What the server told of the project: fields (metrics and built-in ones), rights, time zone; and how a field's
// values are shown.
export const told = JSON.parse(document.getElementById("told").textContent);

const byName = new Map(told.fields.map((one) => [one.name, one]));
const SOURCE = /^(.+)@(agent|extraction|human|system|import|disagreement)$/;

// Of any name that a question may have: X@source, state.path and names that nobody registered included.
export function field(name) {
  const known = byName.get(name);
  if (known) return known;
  const [, base, source] = name.match(SOURCE) ?? [];
  const metric = base && byName.get(base);
  if (source === "disagreement") return { ...NATURAL, name, label: `${metric?.label ?? base}: sources differ`, type: "boolean", kind: "source" };
  if (metric) return { ...metric, name, label: `${metric.label} (${source})`, kind: "source", column: false };
  return { ...NATURAL, name, label: name, kind: /^(state|attributes)\./.test(name) ? "path" : "written" };
}

const NATURAL = { type: "natural", unit: "", options: [], about: "" };
const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 3 });
const stamp = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: told.timezone });
const withYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: told.timezone });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: told.timezone });
const dayOfYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: told.timezone });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long", timeZone: told.timezone });

const isOld = (at) => Date.now() - at > 300 * 86400000;

export const shownTime = (at) => (isOld(at) ? withYear : stamp).format(at);

export const shownDay = (at) => (isOld(at) ? dayOfYear : day).format(at);

export const exactTime = (at) => exact.format(at);

// 94000 ms as 1:34; of less than ten seconds with a decimal.
export function clock(ms) {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const text = h ? `${h}:${String(m).padStart(2, "0")}:${String(s).padStart(2, "0")}` : `${m}:${String(s).padStart(2, "0")}`;
  return ms < 0 ? `−${text}` : text;
}

export function span(ms) {
  if (ms < 950) return `${Math.round(ms)} ms`;
  return ms < 60000 ? `${numbers.format(Math.round(ms / 100) / 10)} s` : clock(ms);
}

export const isNumeric = (one) => one.type === "number" || one.type === "integer";

const asNumber = (value, unit) => (unit === "s" ? (Math.abs(value) < 10 ? span(value * 1000) : clock(value * 1000)) : `${numbers.format(value)}${["%", ""].includes(unit) ? unit : ` ${unit}`}`);

// A value as text; null: nothing is known. UNITS of counts ("turns") stand in the heading already.
export function shown(value, one, { units = true } = {}) {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "number") return asNumber(value, units || one.unit === "s" ? one.unit : "");
  if (Array.isArray(value)) return value.join(", ") || null;
  if (one.type === "time") return shownTime(Date.parse(value));
  return typeof value === "string" ? value : JSON.stringify(value);
}
