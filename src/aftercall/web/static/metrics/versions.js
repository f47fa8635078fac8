// The versions that a field's definition has had, and how two of them differ on the calls that have both.
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { shown, shownTime, told } from "../conversations/fields.js";
import { conversation, number, percent } from "./metric.js";

const pathOf = (name) => `/v1/metrics/${encodeURIComponent(name)}/versions`;
const value = (one) => (one === null || one === undefined ? "unknown" : String(shown(one, {})).slice(0, 80));

function compared(found) {
  if (!found.conversations) return [element("p", { class: "small dim" }, "No conversation has values of both. A backfill of calls that are over makes some.")];
  const moves = found.moves.map((one) => element("tr", {}, element("td", { dir: "auto" }, value(one.old)), element("td", { dir: "auto" }, value(one.new)), element("td", { class: "number" }, number(one.conversations))));
  return [
    element("p", { class: "small" }, `${number(found.agree)} of ${number(found.conversations)} conversations (${percent(found.agree / found.conversations)}) have the same value in both.`),
    moves.length > 0 && element("div", { class: "table-wrap" }, element("table", { class: "table" }, element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Was"), element("th", { scope: "col" }, "Is"), element("th", { scope: "col", class: "number" }, "Conversations"))), element("tbody", {}, ...moves))),
    found.calls.length > 0 && element("p", { class: "small" }, "Look at ", ...found.calls.slice(0, 8).flatMap((one, place) => [place ? ", " : "", element("a", { href: conversation(one.conversation_id) }, one.conversation_id.slice(0, 24))])),
  ].filter(Boolean);
}

function version(name, one, before) {
  const place = element("div", { class: "stack tight" });
  const compare = before && element("button", { class: "button small ghost", type: "button", onclick: async () => {
    compare.disabled = true;
    try {
      place.replaceChildren(...compared(await api.get(`${pathOf(name)}/compare?old=${before.version}&new=${one.version}`)));
    } catch (error) {
      place.replaceChildren(element("p", { class: "small" }, error.message));
    }
  } }, "Compare with the one before");
  return element("li", { class: "stack tight" },
    element("div", { class: "row" }, element("code", {}, one.version), one.current && element("span", { class: "badge good" }, "current"),
      element("span", { class: "dim small" }, [shownTime(Date.parse(one.at)), one.by && `by ${one.by}`, `${number(one.conversations)} conversations`].filter(Boolean).join(" · ")), compare),
    place,
    element("details", {}, element("summary", { class: "small dim" }, "Its definition"), element("pre", { tabindex: "0" }, JSON.stringify({ type: one.type, options: one.options, definition: one.definition, extraction: one.extraction }, null, 2))));
}

const asked = new Map(); // the panel is made anew whenever something of the metric changed

function ask(name) {
  const key = JSON.stringify([name, told.extracted[name].version]);
  if (!asked.has(key)) asked.set(key, api.get(pathOf(name)).catch((error) => { asked.delete(key); throw error; }));
  return asked.get(key);
}

// A part of the panel that fills itself.
export function versions(name) {
  const list = element("ol", { class: "metric-versions" }, element("li", {}, element("span", { class: "skeleton" })));
  ask(name).then(
    ({ versions: all }) => list.replaceChildren(...(all.length ? all.map((one, place) => version(name, one, all[place + 1])) : [element("li", { class: "dim" }, "It was asked of no call yet.")])),
    (error) => list.replaceChildren(element("li", { class: "dim" }, error.message)),
  );
  return list;
}
