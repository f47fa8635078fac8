// The list of conversations: asks, shows, and keeps itself up to date.
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { keepHeadings } from "../js/headings.js";
import { icon } from "../js/icon.js";
import { shortcut } from "../js/shortcuts.js";
import { chooseColumns } from "./columns.js";
import { download } from "./download.js";
import { editFilter } from "./filter.js";
import { told } from "./fields.js";
import { columnsOf, drillOf, keepColumns, pageOf, read, written } from "./question.js";
import { Table, isLive, measuresOf } from "./table.js";
import { describe, describeDrill, overWords, periodWords } from "./words.js";
import "./view.js";

const PAGE = 50;
const FRESH_MS = 5000;
const at = (id) => document.getElementById(id);
const panel = at("panel");
const view = at("shown");
const numbers = new Intl.NumberFormat("en");

let state = read(location.search);
let rows = [];
let cursor = null;
let count = null; // of all; null: not known yet
let asking = null; // the question under way: a newer one takes its place
let counting = null;
let chosen = null;
const table = new Table(at("list"), () => written(state, { open: null }));

// --- asking -----------------------------------------------------------------------------------------------

async function ask({ more = false, quiet = false } = {}) {
  const columns = columnsOf(state);
  if (!quiet && asking) asking.abort();
  if (quiet && asking) return;
  const mine = (asking = new AbortController());
  if (!more && !quiet) at("list-wrap").classList.add("list-stale");
  try {
    const answer = await page(state, columns, { ...(more && { cursor }) }, mine.signal);
    take(answer, columns, { more, quiet });
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!quiet) wrong(error.message);
  } finally {
    if (asking === mine) {
      asking = null;
      at("list-wrap").classList.remove("list-stale");
    }
  }
}

// A page of the list, without the number of all: counting takes longer than showing.
const page = (wanted, columns, more, signal) => api.post("/v1/query/conversations", { ...drillOf(wanted, measuresOf(columns)), limit: PAGE, count: false, ...more }, { signal });

// How many there are in all: asked for when the rows stand there, and when a refresh brought others.
async function recount() {
  counting?.abort();
  const mine = (counting = new AbortController());
  try {
    const answer = await api.post("/v1/query/conversations", { ...drillOf(state), limit: 1 }, { signal: mine.signal });
    if (counting !== mine) return;
    count = answer.count;
    at("count").textContent = `${numbers.format(count)} ${count === 1 ? "conversation" : "conversations"}`;
  } catch (error) {
    if (error.name !== "AbortError") at("count").textContent = "";
  }
}

function take(answer, columns, { more = false, quiet = false }) {
  wrong("");
  const fresh = answer.conversations;
  const before = rows.map((one) => one.id).join();
  if (more) rows = [...rows, ...fresh];
  else if (quiet && rows.length > PAGE && answer.cursor) rows = merged(fresh);
  else rows = fresh;
  if (more || !quiet || rows.length <= PAGE) cursor = answer.cursor;
  if (!more && !quiet) table.heading(columns);
  table.show(rows, columns, { anew: !more && !quiet });
  finish();
  if (!more && (!quiet || count === null || rows.map((one) => one.id).join() !== before)) recount();
}

// What is newer than the end of the fresh page is as that page says; what is older stays as it was.
function merged(fresh) {
  const ids = new Set(fresh.map((one) => one.id));
  const last = fresh.at(-1);
  const older = rows.filter((one) => !ids.has(one.id) && (Date.parse(one.started_at) < Date.parse(last.started_at)));
  return [...fresh, ...older];
}

function finish() {
  at("more").hidden = cursor === null;
  at("list-wrap").hidden = rows.length === 0;
  at("list-empty").hidden = rows.length > 0;
  if (!rows.length) at("list-empty").replaceChildren(empty());
  if (panel.isOpen) table.select(chosen);
  walkable();
}

function empty() {
  const narrowed = state.where.length || state.drill || state.over !== "all";
  const clear = element("button", { class: "button", type: "button", onclick: () => change({ where: [], drill: null, over: "all" }) }, "Show all conversations");
  if (narrowed) return element("div", { class: "empty" }, icon("filter"), element("h2", {}, "Nothing matches"), element("p", {}, "No conversation meets all of these filters."), clear);
  return element("div", { class: "empty" }, icon("conversations"), element("h2", {}, "No conversations yet"),
    element("p", {}, "They appear here the moment an agent sends the first event. A key for it is made in Settings; the API documentation shows what to send."),
    element("div", { class: "row" },
      element("a", { class: "button primary", href: `/p/${encodeURIComponent(told.project)}/settings/keys` }, icon("key"), "API keys"),
      element("a", { class: "button", href: "/docs" }, icon("book"), "API documentation")));
}

function wrong(message) {
  at("list-wrong").hidden = !message;
  at("list-wrong").querySelector("span").textContent = message;
}

// --- what is asked for ------------------------------------------------------------------------------------

function change(part) {
  state = { ...state, ...part };
  history.pushState(null, "", location.pathname + written(state));
  showQuestion();
  ask();
}

function showQuestion() {
  const chips = state.where.map((where, place) => chip(describe(where), () => editWhere(place), () => change({ where: state.where.filter((_, one) => one !== place) })));
  if (state.drill) chips.unshift(chip(describeDrill(state.drill), null, () => change({ drill: null })));
  if (state.where.length + (state.drill ? 1 : 0) > 1) chips.push(element("div", { role: "listitem" }, element("button", { class: "button ghost small", type: "button", onclick: () => change({ where: [], drill: null }) }, "Clear")));
  at("chips").replaceChildren(...chips);
  at("chips").hidden = chips.length === 0;
  const over = at("over");
  over.querySelector("option[data-own]")?.remove();
  const period = state.drill ? "behind" : state.over; // a number brings its own time along
  if (![...over.options].some((one) => one.value === period)) {
    over.append(element("option", { value: period, "data-own": true }, state.drill ? periodWords(state.drill.query.over) : overWords(period)));
  }
  over.value = period;
  over.disabled = Boolean(state.drill);
  const parquet = at("export").querySelector('[data-format="parquet"]');
  parquet.disabled = Boolean(state.drill);
  parquet.title = state.drill ? "Not of the conversations behind a number" : "";
}

function chip(words, edit, remove) {
  const text = element("span", { class: "truncate", dir: "auto", title: edit ? null : words.slice(0, 1000) }, words.slice(0, 300));
  const close = element("button", { type: "button", "aria-label": `Remove: ${words.slice(0, 100)}`, onclick: remove }, icon("close"));
  const body = edit ? element("button", { type: "button", class: "list-chip-edit truncate", title: words.slice(0, 1000), onclick: edit }, text) : text;
  return element("span", { class: "chip on", role: "listitem" }, body, close);
}

function editWhere(place = null) {
  return editFilter(place === null ? null : state.where[place], (made) => attempt({
    ...state, where: place === null ? [...state.where, made] : state.where.map((one, index) => (index === place ? made : one)),
  }));
}

// Becomes the question when the server could answer it; what it refuses is thrown.
async function attempt(next) {
  const columns = columnsOf(next);
  const answer = await page(next, columns, {});
  asking?.abort();
  asking = null;
  state = next;
  history.pushState(null, "", location.pathname + written(state));
  showQuestion();
  take(answer, columns, {});
}

at("add-filter").addEventListener("click", () => editWhere());
at("choose-columns").addEventListener("click", async () => {
  const columns = await chooseColumns(columnsOf(state));
  if (columns === null) return;
  keepColumns(columns);
  change({ columns });
});
at("words").addEventListener("submit", (event) => {
  event.preventDefault();
  const value = at("words-text").value.trim();
  if (!value) return;
  const speaker = at("words-speaker").value;
  at("words-text").value = "";
  change({ where: [...state.where, { field: "transcript", op: "contains", value, ...(speaker && { speaker }) }] });
});
at("over").addEventListener("change", async (event) => {
  if (event.target.value !== "dates") return change({ over: event.target.value });
  const { chooseDates } = await import("./dates.js");
  const dates = await chooseDates(state.over);
  if (dates) change({ over: dates });
  else showQuestion();
});
at("export").addEventListener("click", (event) => {
  const format = event.target.closest("[data-format]")?.dataset.format;
  if (format) download(state, columnsOf(state), format);
});
addEventListener("popstate", () => {
  const before = written(state, { open: null });
  state = read(location.search);
  showQuestion();
  if (written(state, { open: null }) !== before) ask();
  if (state.open && state.open !== chosen) open(state.open, { push: false });
  else if (!state.open && panel.isOpen) panel.hide();
});

// --- the side panel ---------------------------------------------------------------------------------------

function open(id, { push = true } = {}) {
  chosen = id;
  state = { ...state, open: id };
  if (push) history[panel.isOpen ? "replaceState" : "pushState"](null, "", location.pathname + written(state));
  at("panel-title").textContent = id;
  at("panel-title").title = id;
  at("panel-page").href = pageOf(id, written(state, { open: null }));
  panel.show(table.link(id) ?? document.activeElement);
  table.select(id);
  view.open(id);
  walkable();
}

function walk(by) {
  const place = rows.findIndex((one) => one.id === chosen);
  const next = rows[place < 0 ? 0 : place + by];
  if (place >= rows.length - 5 && cursor !== null && !asking) ask({ more: true });
  if (!next) return;
  if (panel.isOpen) return open(next.id);
  chosen = next.id;
  table.select(chosen);
  table.link(chosen)?.focus();
}

function walkable() {
  const place = rows.findIndex((one) => one.id === chosen);
  at("newer").disabled = place <= 0;
  at("older").disabled = place < 0 || (place >= rows.length - 1 && cursor === null);
}

at("list").addEventListener("click", (event) => {
  const link = event.target.closest("a.cover");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  open(link.closest("tr").dataset.id);
});
at("list").addEventListener("focusin", (event) => {
  const row = event.target.closest("tr[data-id]");
  if (row && !panel.isOpen) chosen = row.dataset.id;
});
panel.addEventListener("panel-close", () => {
  view.close();
  if (state.open === null) return;
  const focus = chosen;
  state = { ...state, open: null };
  history.pushState(null, "", location.pathname + written(state));
  table.select(null);
  table.link(focus)?.focus({ preventScroll: true });
});
view.addEventListener("conversation-changed", () => ask({ quiet: true }));
at("newer").addEventListener("click", () => walk(-1));
at("older").addEventListener("click", () => walk(1));
shortcut("j", "Older conversation", () => walk(1));
shortcut("k", "Newer conversation", () => walk(-1));
shortcut("f", "Add a filter", () => editWhere());
shortcut("o", "Open on a page of its own", () => {
  if (chosen !== null) location.assign(pageOf(chosen, written(state, { open: null })));
});

// --- going on ---------------------------------------------------------------------------------------------

at("more").addEventListener("click", () => ask({ more: true }));
new IntersectionObserver((seen) => {
  if (seen.some((one) => one.isIntersecting) && cursor !== null && !asking) ask({ more: true });
}, { rootMargin: "600px" }).observe(at("more"));

// Quietly: no sign of it but new rows. Calls in progress are asked about more often than a quiet list.
async function refresh() {
  if (!document.hidden && rows.length <= 500 && !document.querySelector("dialog[open]")) await ask({ quiet: true });
  setTimeout(refresh, rows.some(isLive) ? FRESH_MS / 2 : FRESH_MS);
}

keepHeadings(at("list-wrap"));
showQuestion();
table.heading(columnsOf(state));
ask().then(() => setTimeout(refresh, FRESH_MS));
if (state.open) open(state.open, { push: false });
