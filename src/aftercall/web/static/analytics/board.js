// The Analytics page: the dashboards of a project, one at a time.
import { api } from "../js/api.js";
import { confirmed } from "../js/dialog.js";
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { shortcut } from "../js/shortcuts.js";
import { toast } from "../js/toast.js";
import { prepare } from "../charts/draw.js";
import { told } from "../conversations/fields.js";
import { askName, chooseTemplate } from "./dialogs.js";
import { editTile } from "./editor.js";
import { fileOf } from "./file.js";
import { toolbar } from "./filters.js";
import { below, draggable, settled, stand } from "./grid.js";
import { Saving } from "./saving.js";
import { filtersOf, opened, read, written } from "./state.js";
import { TileBox } from "./tile.js";

const at = (id) => document.getElementById(id);
const FRESH_MS = 5000;
const saving = new Saving(told.boards, showBoard);
const boxes = new Map(); // id of a tile -> TileBox

let state = read(location.search);
let board = chosen();
let view = opened(state, board);
let showing = null; // the board whose tiles stand on the page

prepare(told.vega).catch(() => null); // early, so that it is there with the first answer; each chart tells of a failure

function chosen() {
  const boards = told.boards;
  return boards.find((one) => one.id !== null && one.id === state.board) ?? boards.find((one) => one.default) ?? boards[0];
}

// --- what is shown ----------------------------------------------------------------------------------------

function showTabs() {
  at("tabs").replaceChildren(...told.boards.map((one) => element("a", {
    href: location.pathname + (one.id === null ? "" : written({ ...view, own: false, board: one.id })),
    "aria-current": one === board ? "page" : null, title: one.name,
  }, element("span", { class: "truncate", dir: "auto" }, one.name), one.default && told.boards.length > 1 && element("span", { class: "board-first", title: "Shown first" }, icon("star"), element("span", { class: "sr-only" }, "shown first")))));
  document.title = `${board.name} · ${document.title.split(" · ").slice(1).join(" · ")}`;
}

function showBoard(made) {
  if (!told.boards.includes(made) && made.id === board.id) board = chosen();
  board = made;
  if (state.board !== made.id) {
    state = { ...state, board: made.id };
    history.replaceState(null, "", location.pathname + written(state));
  }
  showTabs();
  showTiles();
}

const key = (placed) => JSON.stringify(placed.tile);

function showTiles() {
  const filters = filtersOf(view);
  const wanted = new Map(board.tiles.map((one) => [one.id, one]));
  const other = showing !== board.id;
  showing = board.id;
  for (const [id, box] of boxes) {
    if (wanted.has(id) && !other) continue;
    box.leave();
    boxes.delete(id);
  }
  const asked = [];
  for (const placed of [...board.tiles].sort((a, b) => a.y - b.y || a.x - b.x)) {
    const box = boxes.get(placed.id) ?? new TileBox(placed, act);
    const anew = !boxes.has(placed.id) || key(box.placed) !== key(placed) || JSON.stringify(box.filters) !== JSON.stringify(filters);
    box.placed = placed;
    boxes.set(placed.id, box);
    // In the order in which they are seen: that of the tab key as well.
    if (box.node !== at("board").children[asked.length]) at("board").insertBefore(box.node, at("board").children[asked.length] ?? null);
    stand(box.node, placed);
    asked.push(anew ? box : null);
  }
  for (const box of asked) box?.refresh(filters);
  showEmpty();
}

function showEmpty() {
  at("board").querySelector(".board-empty")?.remove();
  if (board.tiles.length) return;
  const add = told.may.edit && element("button", { class: "button primary", type: "button", onclick: addTile }, icon("plus"), "Add a tile");
  at("board").append(element("div", { class: "empty board-empty" }, icon("chart"), element("h2", {}, "Nothing on this dashboard yet"),
    element("p", {}, told.may.edit ? "A tile is a number, a chart or a table of your conversations." : "Who may edit dashboards can put tiles on it."), add));
}

const place = (tiles) => tiles.forEach((one) => stand(boxes.get(one.id).node, one));

// --- what is asked for ------------------------------------------------------------------------------------

function change(part) {
  view = { ...view, ...part, own: true };
  state = { ...view, board: board.id };
  history.pushState(null, "", location.pathname + written(state));
  tools.show();
  showTiles();
}

const tools = toolbar({ state: () => view, change });

function go(next, { push = true } = {}) {
  board = next;
  state = { board: next.id, own: false, over: "", where: [], quick: {} };
  view = opened(state, board);
  if (push) history.pushState(null, "", location.pathname + written(state));
  tools.show();
  showTabs();
  showTiles();
}

at("tabs").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go(told.boards[[...at("tabs").children].indexOf(link)]);
});

addEventListener("popstate", () => {
  state = read(location.search);
  board = chosen();
  view = opened(state, board);
  tools.show();
  showTabs();
  showTiles();
});

// --- what is changed --------------------------------------------------------------------------------------

function keep(tiles, said) {
  const before = board.tiles;
  const [old] = [board];
  board = { ...board, tiles };
  told.boards[told.boards.indexOf(old)] = board;
  showTiles();
  return saving.change(board, { tiles }, { said, undo: { tiles: before } });
}

const fresh = () => {
  const used = new Set(board.tiles.map((one) => one.id));
  let number = board.tiles.length + 1;
  while (used.has(`t${number}`)) number += 1;
  return `t${number}`;
};

async function addTile() {
  const tile = await editTile(null, filtersOf(view));
  if (!tile) return;
  const [w, h] = tile.kind === "kpi" ? [3, 2] : tile.kind === "table" ? [12, 4] : [6, 4];
  const made = { id: fresh(), tile, x: 0, y: below(board.tiles), w, h };
  await keep(settled([...board.tiles, made]), "Tile added");
  boxes.get(made.id)?.node.scrollIntoView({ block: "nearest" });
}

async function act(what, box) {
  const { placed } = box;
  if (what === "edit") {
    const tile = await editTile(placed.tile, filtersOf(view));
    if (tile) keep(board.tiles.map((one) => (one.id === placed.id ? { ...one, tile } : one)), "Tile changed");
  } else if (what === "copy") {
    keep(settled([...board.tiles, { ...placed, id: fresh(), y: placed.y + placed.h }]), "Tile duplicated");
  } else if (what === "remove") {
    keep(settled(board.tiles.filter((one) => one.id !== placed.id)), "Tile removed");
  } else if (what === "move") {
    drag.hold(box.node);
  } else if (what === "table") {
    box.asTable = !box.asTable;
    if (box.drawing) box.show();
  } else if (what === "explain" || what === "ask") {
    const asked = new URLSearchParams({ query: JSON.stringify(box.drawing?.query ?? placed.tile.query ?? {}), do: what });
    location.assign(`/p/${encodeURIComponent(told.project)}/analyst?${asked}`);
  } else fileOf(box, what, filtersOf(view));
}

const drag = told.may.edit
  ? draggable(at("board"), { tiles: () => board.tiles, show: place, saved: (tiles) => keep(tiles, "Moved"), say: (words) => { at("said").textContent = words; } })
  : null;

at("add-tile")?.addEventListener("click", addTile);
at("new-board")?.addEventListener("click", async () => {
  const made = await chooseTemplate(told.templates);
  if (!made) return;
  try {
    const only = told.boards.length === 1 && told.boards[0].id === null;
    const created = await api.post("/v1/dashboards", made);
    if (only) told.boards.pop();
    told.boards.push(created);
    go(created);
  } catch (error) {
    toast(error.message, { bad: true });
  }
});

// A board that was never saved is saved before anything is done with it.
async function saved() {
  if (board.id === null) await saving.change(board, {}, { said: "" });
  return board;
}

async function order(by) {
  await saved();
  const ids = told.boards.map((one) => one.id);
  const from = ids.indexOf(board.id);
  const to = from + by;
  if (to < 0 || to >= ids.length) return;
  [ids[from], ids[to]] = [ids[to], ids[from]];
  const { dashboards } = await api.put("/v1/dashboards/order", { ids });
  renew(dashboards);
}

function renew(dashboards) {
  told.boards.splice(0, told.boards.length, ...dashboards);
  board = told.boards.find((one) => one.id === board.id) ?? chosen();
  showTabs();
  showTiles();
}

const DOES = {
  async link() {
    const { origin, pathname } = location;
    await navigator.clipboard.writeText(origin + pathname + written({ ...view, own: true, board: board.id }));
    toast("Link copied");
  },
  async rename() {
    const name = await askName("Rename the dashboard", board.name);
    if (name) await saving.change(board, { name }, { said: "Renamed", undo: { name: board.name } });
  },
  async duplicate() {
    await saved();
    const made = await api.post(`/v1/dashboards/${board.id}/duplicate`);
    told.boards.splice(told.boards.indexOf(board) + 1, 0, made);
    go(made);
  },
  async default() {
    await saved();
    await api.patch(`/v1/dashboards/${board.id}`, { default: true });
    renew((await api.get("/v1/dashboards")).dashboards);
    toast("This one is shown first now");
  },
  filters: () => saving.change(board, { filters: filtersOf(view) }, { said: "The dashboard opens with these filters now", undo: { filters: board.filters } }),
  left: () => order(-1),
  right: () => order(1),
  async delete() {
    await saved();
    const gone = board;
    await api.delete(`/v1/dashboards/${gone.id}`);
    const { dashboards } = await api.get("/v1/dashboards");
    if (!dashboards.length) return location.assign(location.pathname);
    told.boards.splice(0, told.boards.length, ...dashboards);
    go(chosen());
    toast(`Deleted “${gone.name}”`, { action: "Undo", run: async () => {
      const back = await api.post(`/v1/dashboards/${gone.id}/restore`);
      renew((await api.get("/v1/dashboards")).dashboards);
      go(told.boards.find((one) => one.id === back.id));
    } });
  },
};

at("board-menu").addEventListener("click", async (event) => {
  const what = event.target.closest("[data-do]")?.dataset.do;
  if (!what) return;
  try {
    await DOES[what]();
  } catch (error) {
    toast(error.message, { bad: true });
  }
});

if (told.may.edit) {
  shortcut("t", "Add a tile", addTile);
  shortcut("z", "Undo the last change", () => saving.undo());
}
shortcut("f", "Add a filter", () => at("add-filter").click());
shortcut("]", "Next dashboard", () => step(1));
shortcut("[", "Dashboard before", () => step(-1));

function step(by) {
  const next = told.boards[told.boards.indexOf(board) + by];
  if (next) go(next);
}

// --- going on ---------------------------------------------------------------------------------------------

// A count that costs little says whether anything was heard since; only then are the tiles asked again.
let heard = null;
async function refresh() {
  const began = performance.now();
  if (!document.hidden && !document.querySelector("dialog[open]")) {
    const body = { over: { last: "24h" }, where: [{ field: "in_progress", op: "eq", value: true }] };
    const answer = await api.post("/v1/query", body).catch(showLost);
    if (answer) {
      showLive(answer.totals.conversations);
      if (heard !== null && answer.fresh_as_of !== heard) {
        const filters = filtersOf(view);
        await Promise.all([...boxes.values()].map((box) => box.asking || box.refresh(filters, { quiet: true })));
      }
      heard = answer.fresh_as_of;
    }
  }
  // A large project is asked less often: never more than a tenth of the time goes into this.
  setTimeout(refresh, Math.max(FRESH_MS, 10 * (performance.now() - began)));
}

function showLost(error) {
  at("live").replaceChildren(element("span", { class: "badge warn", title: error.message }, "not live"));
}

function showLive(count) {
  at("live").replaceChildren(...(count ? [element("span", { class: "dot live" }), ` ${count.toLocaleString("en")} in progress`] : []));
}

document.addEventListener("theme-change", () => boxes.forEach((box) => box.drawing && box.show()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => boxes.forEach((box) => box.drawing && box.show()));

tools.show();
showTabs();
showTiles();
refresh();
