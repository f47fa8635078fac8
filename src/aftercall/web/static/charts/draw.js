// draw(place, drawing): what POST /v1/charts answered, as figures, a table or a chart. Texts become text nodes;
// in a chart they are data, which Vega draws as text.
import { api, ApiError } from "../js/api.js";
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { addressOf, go } from "./drill.js";
import { themed } from "./theme.js";

const SVG = "http://www.w3.org/2000/svg";
const drawn = new WeakMap(); // place -> { view, tip, size }
let vega = null;

// The script is large: it is asked for when the first chart is there, and parsed once.
export function prepare(url) {
  vega ??= import(url).catch((error) => {
    vega = null; // the next chart asks again
    throw error;
  });
  return vega;
}

// What the server makes of a tile. A tile that cannot be drawn is an ApiError, too, but no failed request.
export async function drawingOf(tile, filters, signal) {
  const { charts: [{ chart, problem }] } = await api.post("/v1/charts/board", { tiles: { t: tile }, filters }, { signal });
  if (problem) throw new ApiError(400, problem);
  return chart;
}

export async function draw(place, drawing, { url, asTable = false } = {}) {
  forget(place);
  if (drawing.empty && !drawing.figures) return place.replaceChildren(element("div", { class: "chart-empty dim" }, icon("chart"), element("p", {}, drawing.empty)));
  if (asTable || drawing.kind === "table") return place.replaceChildren(table(drawing));
  if (drawing.figures) return place.replaceChildren(element("div", { class: "figures" }, ...drawing.figures.map((one) => figure(drawing, one))));
  return chart(place, drawing, url);
}

export function forget(place) {
  drawn.get(place)?.view.finalize();
  drawn.get(place)?.tip.remove();
  drawn.delete(place);
}

function figure(drawing, one) {
  const value = element("a", { class: "figure", href: addressOf(drawing, one.cell), title: one.about || null }, one.text);
  const parts = [value];
  if (drawing.figures.length > 1) parts.unshift(element("div", { class: "dim small truncate" }, one.label));
  if (one.change !== null) {
    const arrow = one.change.startsWith("+") ? "chevron-up" : one.change.startsWith("−") ? "chevron-down" : null;
    const words = { good: "better", bad: "worse", none: "" }[one.good];
    const badge = element("span", { class: `badge ${one.good === "none" ? "" : one.good}` }, arrow && icon(arrow), one.change, words && element("span", { class: "sr-only" }, ` (${words})`));
    parts.push(element("div", { class: "row figure-change" }, badge, element("a", { class: "dim small", href: addressOf(drawing, one.before_cell) }, `was ${one.before}`)));
  } else if (one.base) parts.push(element("div", { class: "dim small" }, one.base));
  if (one.course && one.course.filter((value) => value !== null).length > 2) parts.push(course(one.course));
  return element("div", { class: "figure-box" }, ...parts);
}

// The values over time as a line without axes: the shape is what it says.
function course(values) {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known, 0), Math.max(...known)];
  const at = (value, place) => `${(place / (values.length - 1)) * 100},${28 - ((value - low) / (high - low || 1)) * 26}`;
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "polyline");
  line.setAttribute("points", values.flatMap((value, place) => (value === null ? [] : [at(value, place)])).join(" "));
  svg.setAttribute("class", "figure-course");
  svg.setAttribute("viewBox", "0 0 100 30");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.append(line);
  return svg;
}

function cell(drawing, one, number) {
  const text = one.cell ? element("a", { href: addressOf(drawing, one.cell) }, one.text) : element("span", { class: "chart-key" }, one.text);
  const td = element("td", { class: number ? "number" : null, title: one.text.length > 40 ? one.text.slice(0, 1000) : null }, text);
  if (one.share !== null && number) {
    const bar = element("span", { class: "chart-share", "aria-hidden": "true" });
    bar.style.width = `${one.share * 100}%`;
    td.append(bar);
  }
  return td;
}

function table(drawing) {
  const { headings, rows, totals, more } = drawing.table;
  const row = (cells, tag) => element("tr", { class: tag }, ...cells.map((one, place) => cell(drawing, one, headings[place].number)));
  const made = element("table", { class: "table chart-table" },
    element("thead", {}, element("tr", {}, ...headings.map((one) => element("th", { scope: "col", class: one.number ? "number" : null, title: one.about || null }, one.text)))),
    element("tbody", {}, ...rows.map((one) => row(one, null)), ...(totals ? [row(totals, "chart-totals")] : [])));
  const parts = [made];
  if (more) parts.push(element("p", { class: "dim small" }, `${more} more rows: the CSV has them all.`));
  return element("div", { class: "table-wrap chart-scroll", tabindex: "0", role: "region", "aria-label": drawing.title }, ...parts);
}

async function chart(place, drawing, url) {
  const { vegaEmbed } = await prepare(url);
  const canvas = element("div", { class: "chart" });
  place.replaceChildren(canvas);
  const { width, height } = place.getBoundingClientRect();
  const spec = { ...themed(drawing.spec), width: Math.floor(width) - 2, height: Math.floor(height) - 2, autosize: { type: "fit", contains: "padding" } };
  const tip = tooltip();
  // ast: expressions are walked, not compiled, which the page's policy would forbid. defaultStyle: no style element.
  const { view } = await vegaEmbed(canvas, spec, { mode: "vega-lite", renderer: "svg", actions: false, ast: true, defaultStyle: false, tooltip: tip.handle, logLevel: 1 });
  // Described as a whole, in our words: Vega's own say only what it is.
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", described(drawing));
  canvas.querySelector("svg").setAttribute("aria-hidden", "true");
  drawn.set(place, { view, tip });
  view.addEventListener("click", (event, item) => {
    const found = item?.datum?.c;
    if (found) go(addressOf(drawing, found), event);
  });
}

function described(drawing) {
  const { headings, rows } = drawing.table;
  const shown = rows.slice(0, 12).map((row) => row.map((one) => one.text).join(" ")).join("; ");
  return `${drawing.title}. ${headings.map((one) => one.text).join(", ")}: ${shown}${rows.length > 12 ? "…" : ""}`.slice(0, 1000);
}

// One box, filled with text: what Vega would put there itself is HTML with inline styles.
function tooltip() {
  const box = element("div", { class: "chart-tip", hidden: true });
  document.body.append(box);
  return {
    remove: () => box.remove(),
    handle(_, event, __, value) {
      box.hidden = !value;
      if (!value) return;
      const [head, ...rest] = String(value).split("\n");
      box.replaceChildren(element("div", {}, head), element("strong", {}, rest.join(" ")));
      const { width, height } = box.getBoundingClientRect();
      box.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - width - 8))}px`;
      box.style.top = `${event.clientY + height + 20 > innerHeight ? event.clientY - height - 10 : event.clientY + 14}px`;
    },
  };
}
