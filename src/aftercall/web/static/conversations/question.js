// What the list asks for: kept in the address, so that a copied address shows the same.
//   over=7d | today | 2026-03-01..2026-03-31     where=[conditions of the Query]     col=NAME (several)
//   drill={query, row, measure, side}: the conversations behind a cell of an answer
//   open=ID: the conversation in the side panel
import { told } from "./fields.js";

const PRESETS = ["today", "yesterday", "this_week", "last_week", "this_month", "last_month", "this_quarter", "last_quarter", "this_year", "last_year"];
// Not {all: true}: the server would have to look for its ends first, with each question.
const ALWAYS = { from: "1970-01-01", to: "2200-01-01" };
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

const KEPT = `aftercall.columns.${told.project}`;

export function columnsOf(state) {
  if (state.columns) return state.columns;
  const kept = json(localStorage.getItem(KEPT), Array.isArray);
  return (kept ?? told.columns).filter((one) => typeof one === "string").slice(0, MOST_COLUMNS);
}

export function keepColumns(columns) {
  if (columns) localStorage.setItem(KEPT, JSON.stringify(columns));
  else localStorage.removeItem(KEPT);
}

// Ids may hold anything. "." and ".." cannot stand in a path, whatever the encoding: browsers resolve them.
export const inPath = (id) => id !== "." && id !== "..";
export const pageOf = (id) => `/p/${encodeURIComponent(told.project)}/conversations/${encodeURIComponent(id)}`;
export const apiOf = (id, what) => `/v1/conversations/${encodeURIComponent(told.project)}/${encodeURIComponent(id)}/${what}`;
