// How a metric's numbers are spread: counted by the Query in equal steps, each leading to its conversations.
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { condition, conversationsOf, number } from "./metric.js";

const MOST_STEPS = 12;

// Steps that people read easily: 1, 2 or 5 times a power of ten.
function steps(min, max, whole) {
  if (max <= min) return [min, min + 1];
  const raw = (max - min) / MOST_STEPS;
  const power = 10 ** Math.floor(Math.log10(raw));
  const size = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= Math.max(raw, whole ? 1 : 0)) ?? 1;
  const first = Math.floor(min / size);
  const count = Math.floor(max / size) - first + 1;
  // Multiplied, not added up: 0.1 + 0.2 would be shown as 0.30000000000000004.
  return Array.from({ length: count + 1 }, (_, place) => Number(((first + place) * size).toPrecision(12)));
}

const within = (one, from, to) => [condition(one, "gte", from), condition(one, "lt", to)];

function column(one, last, from, to, count, most) {
  const words = `${number(from)} to ${number(to)}: ${number(count)}`;
  const fill = element("span", {});
  fill.style.height = `${count ? Math.max((count / most) * 100, 2) : 0}%`;
  const inside = [fill, element("span", { class: "sr-only" }, words)];
  return element("li", {}, count ? element("a", { href: conversationsOf(one, last, within(one, from, to)), title: words }, ...inside) : element("span", { class: "histogram-none", title: words }, ...inside));
}

async function fill(place, one, last) {
  const ends = steps(one.usage.numbers.min, one.usage.numbers.max, one.type === "integer");
  const pairs = ends.slice(0, -1).map((from, at) => [from, ends[at + 1]]);
  const measures = pairs.map(([from, to], at) => ({ metric: "conversations", as: `step ${at}`, where: within(one, from, to) }));
  const { rows } = await api.post("/v1/query", { measures, over: last === "all" ? { all: true } : { last } });
  const counts = measures.map(({ as }) => rows[0]?.[as] ?? 0);
  const most = Math.max(...counts, 1);
  place.replaceChildren(
    element("ol", { class: "histogram", "aria-label": "Conversations by value" }, ...pairs.map(([from, to], at) => column(one, last, from, to, counts[at], most))),
    element("div", { class: "row apart small dim number" }, element("span", {}, number(ends[0])), element("span", {}, number(ends.at(-1)))));
}

export function histogram(one, last) {
  const place = element("div", { class: "histogram-place" }, element("span", { class: "skeleton" }));
  fill(place, one, last).catch((error) => place.replaceChildren(element("p", { class: "small dim" }, error.message)));
  return place;
}
