// What the list asks for: kept in the address, so that a copied address shows the same.
//   over=7d | today | 2026-03-01..2026-03-31     where=[conditions of the Query]     col=NAME (several)
//   drill={query, row, measure, side}: the conversations behind a cell of an answer
//   open=ID: the conversation in the side panel
import { told } from "./fields.js";

const PRESETS = ["today", "yesterday", "this_week", "last_week", "this_month", "last_month", "this_quarter", "last_quarter", "this_year", "last_year"];
// From the first call to the last: the server looks for the newest near the end of what it is asked for.
const ALWAYS = { all: true };
export const MOST_COLUMNS = 12;

function json(text, fits) {
  try {
    const value = JSON.parse(text);
    return fits(value) ? value : null;
  } catch {
    return null; // an address that somebody typed: what cannot be read is left out
  }
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

export function read(search) {
  const given = new URLSearchParams(search);
  return {
    over: given.get("over") ?? "all",
    where: json(given.get("where"), (value) => Array.isArray(value) && value.every(isObject)) ?? [],
    columns: given.has("col") ? [...new Set(given.getAll("col").filter(Boolean))].slice(0, MOST_COLUMNS) : null,
    drill: json(given.get("drill"), (value) => isObject(value) && isObject(value.query)),
    open: given.get("open"),
  };
}

export function written(state, { open = state.open } = {}) {
  const made = new URLSearchParams();
  if (state.over !== "all") made.set("over", state.over);
  if (state.where.length) made.set("where", JSON.stringify(state.where));
  if (state.drill) made.set("drill", JSON.stringify(state.drill));
  for (const one of state.columns ?? []) made.append("col", one);
  if (open) made.set("open", open);
  const text = made.toString();
  return text ? `?${text}` : "";
}

export function overOf(text) {
  if (text === "all") return ALWAYS;
  if (PRESETS.includes(text)) return { preset: text };
  const [from, to] = text.split("..");
  if (to === undefined) return { last: text };
  return { ...(from && { from }), ...(to && { to }) };
}

// The body of POST /v1/query/conversations. `measures`: what of each conversation is to be told, by alias.
export function drillOf(state, measures = []) {
  const { query = {}, ...cell } = state.drill ?? {};
  const over = state.drill ? {} : { over: overOf(state.over), timezone: told.timezone };
  const own = state.drill ? (query.measures ?? [{ metric: "conversations" }]) : [];
  const asked = [...own, ...measures].slice(0, 20);
  return {
    ...cell,
    query: {
      ...query, ...over, where: [...(query.where ?? []), ...state.where],
      ...(asked.length && { measures: asked }),
    },
  };
}

export const columnsOf = (state) => state.columns ?? told.columns;

// For this person, in every browser. Failing it harms nothing: the address has them too.
export function keepColumns(columns) {
  const same = columns.join("\n") === told.defaults.join("\n");
  const body = new URLSearchParams((same ? [] : columns).map((name) => ["col", name]));
  fetch(location.pathname, { method: "POST", body }).catch(() => null);
}

// Ids may hold anything. "." and ".." are steps in a path, whatever the encoding: they are told beside it.
const dots = (id) => id === "." || id === "..";
const part = (id) => (dots(id) ? "~" : encodeURIComponent(id));
const beside = (id, search = "") => (dots(id) ? `${search ? `${search}&` : "?"}dots=${id}` : search);
export const pageOf = (id, search = "") => `/p/${encodeURIComponent(told.project)}/conversations/${part(id)}${beside(id, search)}`;
export const apiOf = (id, what) => `/v1/conversations/${encodeURIComponent(told.project)}/${part(id)}/${what}${beside(id)}`;
