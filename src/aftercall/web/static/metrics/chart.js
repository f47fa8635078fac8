// How a metric's values are distributed: small, for a cell of the table; large, for its panel.
import { element } from "../js/element.js";
import { asValue, conversationsWith, number, percent, valueWords } from "./metric.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 132;
const HEIGHT = 10;
const MOST = 5;

function svg(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function titled(node, words) {
  node.append(svg("title", {}, words));
  return node;
}

// [{words, share, place}]: the commonest, and what is left as one.
function parts(one) {
  const { values, conversations } = one.usage;
  const known = values.slice(0, MOST).map(({ value, conversations: count }, place) => ({ words: valueWords(one, value), share: count / conversations, place: one.type === "boolean" ? (value === "false" ? "rest" : 1) : place + 1 }));
  if (one.type === "boolean") known.sort((a, b) => (a.place === "rest") - (b.place === "rest"));
  const left = 1 - known.reduce((sum, part) => sum + part.share, 0);
  return left > 0.005 ? [...known, { words: "others", share: left, place: "rest" }] : known;
}

function bar(one) {
  const shown = parts(one);
  const whole = Math.max(shown.reduce((sum, part) => sum + part.share, 0), 1); // a call may have written two values
  let x = 0;
  const drawn = shown.map((part) => {
    const width = Math.max((part.share / whole) * WIDTH, 1.5);
    const rect = titled(svg("rect", { x: x.toFixed(1), y: 0, width: Math.max(width - 1, 1).toFixed(1), height: HEIGHT, rx: 1.5, class: `chart-part part-${part.place}` }), `${part.words.slice(0, 100)}: ${percent(part.share)}`);
    x += width;
    return rect;
  });
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart-small", role: "img", "aria-label": shown.map((part) => `${part.words.slice(0, 40)} ${percent(part.share)}`).join(", ") }, ...drawn);
}

// From the least to the most, a mark at the median and a hollow one at the average.
function strip({ min, max, avg, p50 }) {
  const at = (value) => 5 + (max > min ? (value - min) / (max - min) : 0.5) * (WIDTH - 10);
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart-small", role: "img", "aria-label": `from ${number(min)} to ${number(max)}, median ${number(p50)}, average ${number(avg)}` },
    svg("line", { x1: 1, x2: WIDTH - 1, y1: HEIGHT / 2, y2: HEIGHT / 2, class: "chart-range" }),
    titled(svg("circle", { cx: at(avg).toFixed(1), cy: HEIGHT / 2, r: 3.5, class: "chart-average" }), `average ${number(avg)}`),
    titled(svg("rect", { x: (at(p50) - 1.5).toFixed(1), y: 0, width: 3, height: HEIGHT, rx: 1.5, class: "chart-part part-1" }), `median ${number(p50)}`));
}

function caption(one) {
  const { numbers, values } = one.usage;
  if (numbers && !values.length) return `${number(numbers.p50)}${one.unit ? ` ${one.unit}` : ""}`;
  const yes = values.find(({ value }) => value === "true");
  if (one.type === "boolean") return `${percent(yes ? yes.conversations / one.usage.conversations : 0)} yes`;
  const [{ value, conversations }] = values;
  return `${percent(Math.min(conversations / one.usage.conversations, 1))} ${valueWords(one, value)}`;
}

export function small(one) {
  const { usage } = one;
  if (!usage) return element("span", { class: "dim" }, "–");
  if (!usage.conversations) return element("span", { class: "dim" }, usage.invalid ? "nothing that fits" : "not written");
  if (!usage.values.length && !usage.numbers) return element("span", { class: "dim" }, "long texts");
  const chart = usage.numbers && !usage.values.length ? strip(usage.numbers) : bar(one);
  return element("div", { class: "chart-cell" }, chart, element("span", { class: "chart-caption truncate", dir: "auto", title: caption(one).slice(0, 200) }, caption(one).slice(0, 60)));
}

function row(one, last, { value, conversations }) {
  const share = conversations / one.usage.conversations;
  const fill = element("span", {});
  fill.style.width = `${Math.min(share, 1) * 100}%`;
  const words = element("a", { class: "chart-words truncate", dir: "auto", href: conversationsWith(one, last, "eq", asValue(one, value)), title: value.slice(0, 300) }, valueWords(one, value) || "(empty)");
  return element("li", {}, words, element("span", { class: "chart-bar", "aria-hidden": "true" }, fill), element("span", { class: "number dim" }, number(conversations)), element("span", { class: "number" }, percent(share)));
}

// Every value leads to the conversations that have it. `histogram(one, last)`: of its numbers.
export function large(one, last, histogram) {
  const { usage } = one;
  if (!usage.conversations) return [element("p", { class: "dim" }, "Not written in this time.")];
  const made = [];
  if (usage.numbers) {
    const unit = one.unit ? ` ${one.unit}` : "";
    const figures = [["Least", usage.numbers.min], ["Median", usage.numbers.p50], ["Average", usage.numbers.avg], ["Most", usage.numbers.max]];
    made.push(element("dl", { class: "chart-figures" }, ...figures.map(([words, value]) => element("div", {}, element("dt", {}, words), element("dd", { class: "number" }, number(value) + unit)))));
    if (!usage.values.length && one.kind === "registered") made.push(histogram(one, last));
  }
  if (usage.values.length) {
    const values = one.type === "boolean" ? usage.values.toSorted((a, b) => (a.value < b.value ? 1 : -1)) : usage.values;
    made.push(element("ul", { class: "chart-bars" }, ...values.map((value) => row(one, last, value))));
    if (usage.more_values) made.push(element("p", { class: "dim small" }, "And others: the commonest are shown."));
  }
  if (!made.length) made.push(element("p", { class: "dim" }, "Texts too long to be counted."));
  return made;
}
