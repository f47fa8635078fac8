// What the page shows: kept in the address, so that a copied one shows the same.
//   board=ID   over=7d | today | all | 2026-03-01..2026-03-31   where=[conditions of the Query]   channel=voice ...
import { told } from "../conversations/fields.js";

export const QUICK = ["channel", "environment", "variant", "language"];
const PRESETS = ["today", "yesterday", "this_week", "last_week", "this_month", "last_month", "this_quarter", "last_quarter", "this_year", "last_year"];

function json(text) {
  try {
    const value = JSON.parse(text);
    return Array.isArray(value) && value.every((one) => typeof one === "object" && one !== null) ? value : null;
  } catch {
    return null; // an address that somebody typed: what cannot be read is left out
  }
}

// `over`, `where`, `quick` null: as the board opens by itself.
export function read(search) {
  const given = new URLSearchParams(search);
  const own = ["over", "where", ...QUICK].some((name) => given.has(name));
  return {
    board: given.has("board") ? Number(given.get("board")) : null,
    own,
    over: given.get("over") ?? "",
    where: json(given.get("where") ?? "[]") ?? [],
    quick: Object.fromEntries(QUICK.filter((name) => given.has(name)).map((name) => [name, given.get(name)])),
  };
}

export function written(state) {
  const made = new URLSearchParams();
  if (state.board !== null) made.set("board", state.board);
  if (state.own) {
    made.set("over", state.over);
    if (state.where.length) made.set("where", JSON.stringify(state.where));
    for (const [name, value] of Object.entries(state.quick)) made.set(name, value);
  }
  const text = made.toString();
  return text ? `?${text}` : "";
}

export function overOf(text) {
  if (!text) return null;
  if (text === "all") return { all: true };
  if (PRESETS.includes(text)) return { preset: text };
  const [from, to] = text.split("..");
  if (to === undefined) return { last: text };
  return { ...(from && { from }), ...(to && { to }) };
}

// The other way round, of the filters that a board keeps.
export function textOf(over) {
  if (!over) return "";
  if (over.all) return "all";
  return over.preset ?? over.last ?? `${over.from ?? ""}..${over.to ?? ""}`;
}

// What stands in the toolbar of a board that is opened without filters in its address.
export function opened(state, board) {
  if (state.own) return state;
  return { ...state, over: textOf(board.filters.over), where: board.filters.where ?? [], quick: {} };
}

// The filters as the API has them.
export function filtersOf(state) {
  const over = overOf(state.over);
  const quick = Object.entries(state.quick).map(([field, value]) => ({ field, op: "eq", value }));
  return { ...(over && { over }), where: [...quick, ...state.where], timezone: told.timezone };
}
