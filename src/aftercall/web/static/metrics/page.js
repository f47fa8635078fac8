// The registry of metrics: what there is stands in the page; what was written of it, and the advice, is asked for.
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { keepHeadings } from "../js/headings.js";
import { shortcut } from "../js/shortcuts.js";
import { toast } from "../js/toast.js";
import { told } from "../conversations/fields.js";
import { advice } from "./advice.js";
import { askBackfill } from "./backfill-form.js";
import { BackfillView, backfillTable, backfillsOf, isOver } from "./backfills.js";
import { editMetric } from "./edit.js";
import { nothing } from "./empty.js";
import { isExtracted, isUndeclared, number } from "./metric.js";
import { VIEWS, read, written } from "./state.js";
import { Table } from "./table.js";
import { metricView } from "./view.js";

const AGAIN_MS = 1500;
const at = (id) => document.getElementById(id);
const panel = at("panel");

keepHeadings(at("wrap"));
let state = read(location.search);
let metrics = told.metrics.map((one) => ({ ...one, usage: undefined })); // until it is told what was written
let findings = null; // null: not asked for yet
let shown = [];

// What the parts of the page ask of it.
const page = {
  chosen: new Set(),
  get state() { return state; },
  get metrics() { return metrics; },
  findings: (name) => (findings ?? []).filter((one) => one.metric === name),
  find: (name) => metrics.find((one) => one.name === name),
  address: (name) => written({ ...state, open: name, backfill: null }),
  backfillAddress: (id) => written({ ...state, open: null, backfill: id }),
  sort: (key, down) => change({ sort: `${down ? "-" : ""}${key}` }),
  choose(name, on) { page.chosen[on ? "add" : "delete"](name); showTools(); },
  open: (name) => open({ open: name, backfill: null }),
  openBackfill: (id) => open({ open: null, backfill: id }),
  async backfill(names) {
    const made = await askBackfill(names);
    if (made) page.openBackfill(made.backfill_id);
  },
  async edit(one, suggested = {}) {
    const sent = await editMetric(one, suggested, (name) => metrics.some((known) => known.name === name && ["registered", "ratio"].includes(known.kind)));
    if (sent && "extraction" in sent) location.reload(); // the server says how a declaration is understood
    else if (sent) await load();
  },
  async register(one, type) {
    await attempt(() => api.put(pathOf(one.name), { type }), `${one.name} is a ${type} metric now`);
  },
  async activate(one, active) {
    const undo = active ? {} : { action: "Undo", run: () => page.activate(one, true) };
    await attempt(() => api.patch(pathOf(one.name), { active }), active ? "Activated" : "Deactivated: what was written of it is kept", undo);
  },
};

const pathOf = (name) => `/v1/metrics/${encodeURIComponent(name)}`;

async function attempt(work, words, undo) {
  try {
    await work();
    toast(words, undo);
  } catch (error) {
    toast(error.message, { bad: true });
  }
  await load();
}

// --- asking -----------------------------------------------------------------------------------------------

let asking = null;

async function load() {
  asking?.abort();
  const { signal } = (asking = new AbortController());
  try {
    const answer = await api.get(`/v1/metrics?last=${state.last}`, { signal });
    metrics = answer.metrics;
    wrong("");
    progress(answer.reprojection);
    show();
    showPanel();
    findings = (await api.get(`/v1/registry/lint?last=${state.last}`, { signal })).findings;
    show();
    showPanel();
  } catch (error) {
    if (error.name !== "AbortError") wrong(error.message);
  }
}

// After a change of type or options the rows are made again in the background: until then counts are of both.
function progress(reprojection) {
  at("reprojection").hidden = reprojection === null;
  if (reprojection === null) return;
  at("reprojection").querySelector("span").textContent = `Values are read anew: ${number(reprojection.done)} of ${number(reprojection.total)} conversations done.`;
  setTimeout(() => { if (!document.hidden) load(); }, AGAIN_MS);
}

function wrong(message) {
  at("wrong").hidden = !message;
  at("wrong").querySelector("span").textContent = message;
}

// Of the view of extracted fields: what was backfilled, asked again while one is under way.
async function loadBackfills() {
  clearTimeout(loadBackfills.timer);
  if (state.view !== "fields") return;
  try {
    const { backfills } = await api.get(`${backfillsOf}?limit=20`);
    at("backfills").hidden = !backfills.length;
    at("backfills").replaceChildren(...(backfills.length ? [backfillTable(backfills, page)] : []));
    if (backfills.some((one) => !isOver(one) && one.state !== "waiting")) loadBackfills.timer = setTimeout(loadBackfills, 4 * AGAIN_MS);
  } catch (error) {
    wrong(error.message);
  }
}

// --- what is shown ----------------------------------------------------------------------------------------

const OF_VIEW = {
  all: (one) => one.kind === "registered" || one.kind === "ratio",
  undeclared: isUndeclared,
  fields: isExtracted,
  builtin: (one) => one.kind === "builtin",
};

const words = (one) => [one.name, one.display_name, one.definition, ...one.synonyms, one.owner].join("\n").toLowerCase();

function matches(one) {
  if (!state.inactive && !one.active) return false;
  if (state.type && one.type !== state.type) return false;
  if (state.group && one.group !== state.group) return false;
  return state.q.toLowerCase().split(/\s+/).every((part) => words(one).includes(part));
}

const table = new Table(at("table"), page);

function show() {
  const isAdvice = state.view === "advice";
  const list = isAdvice ? [] : metrics.filter(OF_VIEW[state.view]).filter(matches);
  at("wrap").hidden = isAdvice || !list.length;
  at("list").hidden = !at("wrap").hidden;
  shown = isAdvice ? [] : table.show(list);
  at("list").replaceChildren(...(isAdvice ? advice(page, findings && findings.filter(adviceMatches)) : list.length ? [] : [nothing(state, () => { at("q").value = ""; change({ q: "", type: "", group: "" }); })]));
  if (panel.isOpen) table.select(state.open);
  at("backfills").hidden = state.view !== "fields" || !at("backfills").firstChild;
  showTools();
  showTabs();
  walkable();
}

const adviceMatches = (one) => [one.metric, one.code, one.message].join("\n").toLowerCase().includes(state.q.toLowerCase());

function showTools() {
  for (const name of ["type", "group", "last"]) at(name).value = state[name];
  at("inactive").checked = state.inactive;
  if (document.activeElement !== at("q")) at("q").value = state.q;
  at("type").hidden = ["advice", "fields"].includes(state.view);
  at("last").hidden = state.view === "builtin";
  at("inactive").parentElement.hidden = !["all", "fields"].includes(state.view);
  at("backfill").hidden = state.view !== "fields" || !told.may.edit || !metrics.some(isExtracted);
  at("backfill").disabled = page.chosen.size === 0;
  at("backfill").title = page.chosen.size ? "" : "Tick the fields first";
  at("backfill").lastChild.textContent = page.chosen.size ? ` Backfill ${number(page.chosen.size)}…` : " Backfill…";
  const groups = [...new Set(metrics.filter((one) => one.kind !== "builtin").map((one) => one.group).filter(Boolean))].sort();
  at("group").hidden = !groups.length || state.view !== "all";
  at("group").replaceChildren(element("option", { value: "" }, "Any group"), ...groups.map((one) => element("option", { value: one, selected: one === state.group }, one)));
  at("count").textContent = state.view === "advice" ? "" : `${number(shown.length)} ${shown.length === 1 ? "metric" : "metrics"}`;
}

function showTabs() {
  const counts = { ...Object.fromEntries(Object.entries(OF_VIEW).map(([view, fits]) => [view, metrics.filter((one) => fits(one) && one.active).length])), advice: findings?.length ?? 0 };
  for (const link of at("views").children) {
    const { view } = link.dataset;
    if (view === state.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    const badge = link.querySelector("[data-count]");
    badge.hidden = !counts[view];
    badge.textContent = number(counts[view]);
    badge.classList.toggle("bad", view === "advice" && (findings ?? []).some(({ severity }) => severity === "error"));
    badge.classList.toggle("warn", view === "undeclared");
  }
}

// --- what is asked for ------------------------------------------------------------------------------------

function change(part, { push = true } = {}) {
  const { last, view } = state;
  state = { ...state, ...part };
  history[push ? "pushState" : "replaceState"](null, "", written(state));
  if (state.last !== last) {
    metrics = metrics.map((one) => ({ ...one, usage: one.usage && undefined }));
    load();
  }
  show();
  showPanel();
  if (state.view !== view) loadBackfills();
}

at("q").addEventListener("input", () => change({ q: at("q").value.trim() }, { push: false }));
for (const name of ["type", "group", "last"]) at(name).addEventListener("change", () => change({ [name]: at(name).value }));
at("inactive").addEventListener("change", () => change({ inactive: at("inactive").checked }));
at("views").addEventListener("click", (event) => {
  const link = event.target.closest("[data-view]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  panel.hide();
  change({ view: link.dataset.view, sort: "", type: "", group: "" });
});
at("backfill").addEventListener("click", () => page.backfill([...page.chosen]));
addEventListener("popstate", () => {
  const { last } = state;
  state = read(location.search);
  at("q").value = state.q;
  if (state.last !== last) load();
  show();
  if (!isPointed()) panel.hide();
  showPanel();
  loadBackfills();
});

// --- the panel --------------------------------------------------------------------------------------------

const backfills = new BackfillView(at("shown"), at("panel-title"), (one) => { loadBackfills(); if (isOver(one)) load(); });
const isPointed = () => state.open !== null || state.backfill !== null;

// `what`: {open: NAME, backfill: null}, or the other way round.
function open(what) {
  state = { ...state, ...what };
  history[panel.isOpen ? "replaceState" : "pushState"](null, "", written(state));
  panel.show(table.link(state.open) ?? document.activeElement);
  showPanel(true);
}

function showPanel(anew = false) {
  if (!isPointed()) return;
  if (!panel.isOpen) panel.show(table.link(state.open) ?? document.activeElement);
  if (anew) panel.querySelector(".body").scrollTop = 0;
  table.select(state.open);
  walkable();
  if (state.open === null) return backfills.open(state.backfill);
  backfills.close();
  const one = page.find(state.open);
  at("panel-title").textContent = one?.display_name || state.open;
  at("panel-title").title = state.open;
  metricView(at("shown"), page, one, state.open);
}

function walk(by) {
  const place = shown.findIndex((one) => one.name === state.open);
  const focused = shown.findIndex((one) => one.name === document.activeElement?.closest?.("tr[data-name]")?.dataset.name);
  const next = shown[panel.isOpen ? place + by : focused + by];
  if (!next) return;
  if (panel.isOpen) page.open(next.name);
  else table.link(next.name)?.focus();
}

function walkable() {
  const place = shown.findIndex((one) => one.name === state.open);
  at("before").disabled = place <= 0;
  at("next").disabled = place < 0 || place >= shown.length - 1;
}

at("table").addEventListener("click", (event) => {
  const link = event.target.closest("a.cover");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  page.open(link.closest("tr").dataset.name);
});
panel.addEventListener("panel-close", () => {
  backfills.close();
  at("shown").replaceChildren();
  if (!isPointed()) return;
  const name = state.open;
  state = { ...state, open: null, backfill: null };
  history.pushState(null, "", written(state));
  table.select(null);
  table.link(name)?.focus({ preventScroll: true });
});
at("before").addEventListener("click", () => walk(-1));
at("next").addEventListener("click", () => walk(1));
shortcut("j", "Metric below", () => walk(1));
shortcut("k", "Metric above", () => walk(-1));
if (told.may.admin) {
  shortcut("n", "New metric", () => page.edit(null));
  shortcut("e", "Edit the metric", () => { const one = page.find(state.open); if (one && one.kind !== "builtin") page.edit(one); });
  at("register").addEventListener("click", () => page.edit(null));
}
VIEWS.forEach((view, place) => shortcut(String(place + 1), `Show: ${at("views").children[place].firstChild.textContent.trim()}`, () => at("views").querySelector(`[data-view="${view}"]`).click()));

at("export-yaml").addEventListener("click", async () => {
  try {
    const { yaml } = await api.get("/v1/registry/export");
    const link = element("a", { href: URL.createObjectURL(new Blob([yaml], { type: "application/yaml" })), download: "metrics.yaml" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  } catch (error) {
    toast(error.message, { bad: true });
  }
});

at("q").value = state.q;
show();
showPanel();
load();
loadBackfills();
