// Fields asked of calls that are over: a pilot that only shows, then the work itself, with its progress.
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { confirmed } from "../js/dialog.js";
import { toast } from "../js/toast.js";
import { shown, shownTime, told } from "../conversations/fields.js";
import { conversation, number, percent } from "./metric.js";

const AGAIN_MS = 1000;
const SLOWLY_MS = 5000;
const STATES = {
  piloting: ["note", "Pilot under way"], waiting: ["warn", "Waits for you"], running: ["note", "Running"], paused: ["warn", "Paused"],
  done: ["good", "Done"], cancelled: ["", "Cancelled"], failed: ["bad", "Failed"],
};
const STATUSES = {
  ok: ["good", "found"], unknown: ["", "unknown"], not_applicable: ["", "does not apply"], ungrounded: ["warn", "without a true quote"],
  failed: ["bad", "failed"], skipped: ["", "left out by its conditions"], already: ["", "answered already"],
};

export const backfillsOf = `/v1/backfills/${encodeURIComponent(told.project)}`;
const pathOf = (id, what = "") => `${backfillsOf}/${encodeURIComponent(id)}${what}`;
export const isOver = (one) => ["done", "cancelled", "failed"].includes(one.state);

export function stateBadge(one) {
  const [tone, words] = STATES[one.state] ?? ["", one.state];
  return element("span", { class: `badge ${tone}` }, ["piloting", "running"].includes(one.state) && element("span", { class: "dot live" }), words);
}

export function rangeWords({ over }) {
  const day = (text) => (text ? shownTime(Date.parse(text)) : null);
  const [from, to] = [day(over?.from), day(over?.to)];
  return from && to ? `${from} to ${to}` : from ? `since ${from}` : to ? `until ${to}` : "all time";
}

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "not known";
  if (seconds < 90) return `${number(Math.max(Math.round(seconds * 10) / 10, 0.1))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${number(Math.round(seconds / 360) / 10)} h`;
}

// Of a model's use: 0.0213 as 0.021. null: the model's price is not known.
const cost = (value) => (value === null || value === undefined ? "price not known" : value === 0 ? "nothing" : String(Number(value.toPrecision(2))));

const figures = (pairs) => element("dl", { class: "backfill-figures" }, ...pairs.filter(Boolean).map(([label, value]) => element("div", {}, element("dt", {}, label), element("dd", { class: "number" }, value))));

function spent(tally) {
  return figures([
    ["Model calls", number(tally.model_calls)],
    tally.model_calls > 0 && ["Tokens", `${number(tally.tokens_in)} in, ${number(tally.tokens_out)} out`],
    tally.model_calls > 0 && ["Cost", cost(tally.cost)],
  ]);
}

function bars(values) {
  const most = Math.max(...values.map((one) => one.conversations));
  return element("ul", { class: "chart-bars" }, ...values.slice(0, 12).map((one) => {
    const fill = element("span", {});
    fill.style.width = `${(one.conversations / most) * 100}%`;
    return element("li", {}, element("span", { class: "truncate", dir: "auto" }, shown(one.value, {}) ?? "unknown"), element("span", { class: "chart-bar", "aria-hidden": "true" }, fill), element("span", { class: "number dim" }, number(one.conversations)), element("span", {}));
  }));
}

// What came out, field by field.
function outcome(tally, names) {
  return names.map((name) => {
    const statuses = Object.entries(tally.statuses?.[name] ?? {});
    const extractors = Object.entries(tally.extractors?.[name] ?? {});
    const values = tally.values?.[name] ?? [];
    return element("section", { class: "stack tight" },
      names.length > 1 ? element("h4", {}, element("code", {}, name)) : null,
      element("div", { class: "row" },
        ...statuses.map(([status, count]) => element("span", { class: `badge ${STATUSES[status]?.[0] ?? ""}` }, `${number(count)} ${STATUSES[status]?.[1] ?? status}`)),
        extractors.length > 0 && element("span", { class: "dim small" }, `by ${extractors.map(([by, count]) => `${by} ${number(count)}`).join(", ")}`)),
      values.length > 0 && bars(values));
  });
}

function sampleRow(one, several) {
  const [tone, words] = STATUSES[one.status] ?? ["", one.status];
  const value = one.value === null ? element("span", { class: "dim" }, "–") : String(shown(one.value, {}) ?? "").slice(0, 200);
  const why = one.quote ? element("span", { class: "small", dir: "auto" }, `“${one.quote.slice(0, 240)}”`) : one.reason ? element("span", { class: "small dim", dir: "auto" }, one.reason.slice(0, 240)) : null;
  const link = conversation(one.conversation_id) + (one.turn ? `#turn-${one.turn}` : "");
  const changes = one.before !== null && one.before !== undefined && JSON.stringify(one.before) !== JSON.stringify(one.value);
  return element("tr", {},
    element("td", {}, element("a", { class: "backfill-id truncate", href: link, title: one.conversation_id.slice(0, 200), target: "_blank", rel: "noopener" }, one.conversation_id)),
    several && element("td", {}, element("code", { class: "small nowrap", title: one.metric }, one.metric.slice(0, 24))),
    element("td", { dir: "auto" }, value, one.status === "ok" ? null : element("div", {}, element("span", { class: `badge ${tone}` }, words))),
    element("td", {}, changes ? element("span", { dir: "auto" }, String(shown(one.before, {})).slice(0, 100)) : element("span", { class: "dim nowrap" }, one.before === null || one.before === undefined ? "none" : "the same")),
    element("td", {}, why));
}

function sample(rows, names) {
  if (!rows?.length) return null;
  const several = names.length > 1;
  const heads = ["Conversation", several && "Field", "Value", "Before", "Because"].filter(Boolean);
  return element("div", { class: "table-wrap", tabindex: "0", role: "region", "aria-label": "The calls of the pilot" }, element("table", { class: "table" },
    element("thead", {}, element("tr", {}, ...heads.map((words) => element("th", { scope: "col" }, words)))),
    element("tbody", {}, ...rows.map((one) => sampleRow(one, several)))));
}

function failures(list) {
  if (!list?.length) return null;
  return element("details", { open: list.length <= 5 }, element("summary", { class: "small" }, `${number(list.length)} failed`),
    element("ul", { class: "small" }, ...list.map((one) => element("li", {}, element("a", { href: conversation(one.conversation_id) }, one.conversation_id.slice(0, 40)), `: ${one.reason}`))));
}

function part(title, ...children) {
  return element("section", { class: "metric-part" }, element("h3", {}, title), ...children.filter(Boolean));
}

function pilotPart(one) {
  const { pilot, metrics } = one;
  if (!pilot) return null;
  if (one.state === "piloting") return part("Pilot", element("p", { class: "dim" }, `${number(pilot.conversations ?? 0)} of ${number(pilot.wanted)} calls asked about. Nothing is written.`));
  const { estimate } = pilot;
  const idle = metrics.every((name) => Object.keys(pilot.statuses?.[name] ?? {}).join() === "already");
  return part("Pilot",
    element("p", { class: "small dim" }, `${number(pilot.conversations)} calls, in ${duration(pilot.seconds)}. Nothing of it was written.`),
    idle && element("p", { class: "callout warn" }, icon("info"), element("span", {}, "Nothing was asked: this definition has answered all of these calls. A backfill asks them again if you choose so when you make it.")),
    ...outcome(pilot, metrics), sample(pilot.sample, metrics), failures(pilot.failures), spent(pilot),
    estimate && figures([["All of them", `${number(estimate.conversations)} calls`], ["Would take", duration(estimate.seconds)], pilot.model_calls > 0 && ["Would cost", cost(estimate.cost)]]));
}

function progressPart(one) {
  if (["piloting", "waiting"].includes(one.state)) return null;
  const share = one.total ? one.done / one.total : 0;
  return part("All calls",
    element("progress", { class: "backfill-bar", max: one.total || 1, value: one.done, "aria-label": "Progress" }),
    element("p", { class: "number" }, `${number(one.done)} of ${number(one.total)} conversations, ${percent(share)}`),
    ...outcome(one.result, one.metrics), failures(one.result.failures), spent(one.result));
}

export async function act(one, what, words) {
  try {
    await api.post(pathOf(one.backfill_id, `/${what}`));
    toast(words);
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

function buttons(one, again) {
  if (!told.may.edit || isOver(one)) return null;
  const button = (kind, words, sign, run) => element("button", { class: `button ${kind}`, type: "button", onclick: async (event) => { event.currentTarget.disabled = true; await run(); again(); } }, icon(sign), words);
  const count = one.pilot?.estimate?.conversations ?? one.total;
  const cancel = async () => {
    if (one.state !== "running" || (await confirmed("Cancel the backfill?", { detail: "Values that are written already stay.", yes: "Cancel it", bad: true }))) await act(one, "cancel", "Cancelled");
  };
  return element("div", { class: "actions-row" },
    one.state === "waiting" && button("primary", `Start, for ${number(count)} calls`, "play", () => act(one, "start", "Started: it goes on when you leave")),
    one.state === "paused" && button("primary", "Go on now", "play", () => act(one, "resume", "It goes on")),
    button("", one.state === "waiting" ? "Leave it" : "Cancel", "close", cancel));
}

// In the panel; it asks again while something is under way. `changed(backfill)`: it has another state now.
export class BackfillView {
  constructor(place, title, changed) {
    Object.assign(this, { place, title, changed, id: null });
  }

  open(id) {
    if (id === this.id) return;
    this.close();
    this.id = id;
    this.title.textContent = "Backfill";
    this.place.replaceChildren(element("span", { class: "skeleton" }));
    this.load();
  }

  close() {
    clearTimeout(this.timer);
    this.id = this.says = this.state = null;
  }

  async load() {
    const { id } = this;
    clearTimeout(this.timer);
    let one = null;
    try {
      one = await api.get(pathOf(id));
    } catch (error) {
      if (id === this.id) this.place.replaceChildren(element("div", { class: "callout bad", role: "alert" }, icon("error"), element("span", {}, error.message)));
    }
    if (id !== this.id || !one) return;
    this.show(one);
    if (this.state !== null && this.state !== one.state) this.changed(one);
    this.state = one.state;
    if (!isOver(one) && one.state !== "waiting") this.timer = setTimeout(() => this.load(), document.hidden || one.state === "paused" ? SLOWLY_MS : AGAIN_MS);
  }

  show(one) {
    const says = JSON.stringify(one);
    if (says === this.says) return;
    this.says = says;
    this.title.textContent = `Backfill of ${one.metrics.join(", ")}`;
    const facts = [rangeWords(one), one.where.length > 0 && "with a filter", one.by && `by ${one.by}`, shownTime(Date.parse(one.created_at))].filter(Boolean).join(" · ");
    this.place.replaceChildren(...[
      element("div", { class: "stack tight" }, element("div", { class: "row" }, stateBadge(one), element("span", { class: "small dim" }, facts)),
        one.reason && element("p", { class: "small", dir: "auto" }, one.reason),
        one.resume_at && element("p", { class: "small dim" }, `It goes on by itself ${shownTime(Date.parse(one.resume_at))}.`)),
      buttons(one, () => this.load()), progressPart(one), pilotPart(one),
    ].filter(Boolean));
  }
}

// The ones there were, the newest first.
export function backfillTable(list, page) {
  const rows = list.map((one) => element("tr", { "data-backfill": one.backfill_id },
    element("td", {}, element("a", { class: "cover truncate", href: page.backfillAddress(one.backfill_id), onclick: (event) => { event.preventDefault(); page.openBackfill(one.backfill_id); } }, one.metrics.join(", "))),
    element("td", {}, stateBadge(one)),
    element("td", { class: "number" }, ["piloting", "waiting"].includes(one.state) ? "pilot" : `${number(one.done)} of ${number(one.total)}`),
    element("td", {}, rangeWords(one)), element("td", {}, one.by || "–"), element("td", { class: "nowrap" }, shownTime(Date.parse(one.created_at)))));
  const heads = ["Fields", "State", "Conversations", "Calls of", "By", "Asked"];
  return element("section", { class: "backfill-list" }, element("h2", {}, "Backfills"), element("div", { class: "table-wrap", tabindex: "0", role: "region", "aria-label": "Backfills" }, element("table", { class: "table metrics-table" },
    element("thead", {}, element("tr", {}, ...heads.map((words) => element("th", { scope: "col", class: words === "Conversations" ? "number" : null }, words)))), element("tbody", {}, ...rows))));
}
