// What the page shows: kept in the address, so that a copied address shows the same.
//   view=all | undeclared | fields | advice | builtin     q=TEXT     type=TYPE     group=PREFIX     last=30d
//   inactive=1     sort=NAME | -NAME     open=METRIC, backfill=ID: in the side panel
export const VIEWS = ["all", "undeclared", "fields", "advice", "builtin"];
const LASTS = ["24h", "7d", "30d", "90d", "all"];

const oneOf = (known, value, otherwise) => (known.includes(value) ? value : otherwise);

export function read(search) {
  const given = new URLSearchParams(search);
  return {
    view: oneOf(VIEWS, given.get("view"), "all"),
    q: given.get("q") ?? "",
    type: given.get("type") ?? "",
    group: given.get("group") ?? "",
    last: oneOf(LASTS, given.get("last"), "30d"),
    inactive: given.get("inactive") === "1",
    sort: given.get("sort") ?? "",
    open: given.get("open"),
    backfill: given.get("backfill"),
  };
}

export function written(state) {
  const made = new URLSearchParams();
  if (state.view !== "all") made.set("view", state.view);
  for (const name of ["q", "type", "group", "sort"]) if (state[name]) made.set(name, state[name]);
  if (state.last !== "30d") made.set("last", state.last);
  if (state.inactive) made.set("inactive", "1");
  for (const name of ["open", "backfill"]) if (state[name] !== null) made.set(name, state[name]);
  const text = made.toString();
  return text ? `?${text}` : location.pathname;
}
