// What a field is compared with: the right kind of input for its type and the operator.
//   told()  {value, speaker?} for the condition      raw()  the same, to be carried over to another operator
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { writtenNames } from "./field-input.js";

let numbered = 0;
const isNumber = (text) => text.trim() !== "" && Number.isFinite(Number(text));

function labelled(label, input, hint = "") {
  input.id ||= `value-${(numbered += 1)}`;
  return element("div", { class: "field" }, element("label", { for: input.id }, label), input, hint && element("span", { class: "hint" }, hint));
}

const asText = (value) => (value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));

// The values it has, commonest first, as suggestions: registered or written ones from their own endpoint.
async function suggest(one, list) {
  const metric = one.kind === "metric" || one.kind === "written";
  try {
    if (one.kind === "written" && !(await writtenNames()).includes(one.name)) return;
    const values = metric
      ? (await api.get(`/v1/metrics/${encodeURIComponent(one.name)}/values?limit=200`)).values.map((found) => found.value)
      : (await api.post("/v1/query", { by: [one.name], limit: 200 })).rows.map((row) => row[one.name]);
    list.append(...values.filter((value) => value !== null && value !== "").map((value) => element("option", { value: asText(value) })));
  } catch {
    return; // suggestions are a help: any value can be typed without them
  }
}

function textInput(one, given, { suggests = true } = {}) {
  const input = element("input", { value: asText(given), autocomplete: "off", maxlength: "10000" });
  if (!suggests) return { input, parts: [input] };
  const list = element("datalist", { id: `values-${(numbered += 1)}` });
  input.setAttribute("list", list.id);
  suggest(one, list);
  return { input, parts: [input, list] };
}

// Of a field whose values came with types of their own: 5 is a number, true a boolean, anything else a text.
function natural(text) {
  if (text === "true" || text === "false") return text === "true";
  if (isNumber(text)) return Number(text);
  return /^".*"$/s.test(text) ? text.slice(1, -1) : text;
}

const number = (text) => (isNumber(text) ? Number(text) : text);
const READ = { number, integer: number, natural };
const readerOf = (one) => READ[one.type] ?? ((text) => text);

function boolean(given) {
  const input = element("select", {}, element("option", { value: "true" }, "Yes"), element("option", { value: "false", selected: given === false }, "No"));
  return made(labelled("Value", input), () => input.value === "true");
}

function options(one, given) {
  const chosen = new Set((Array.isArray(given) ? given : [given]).map(asText));
  const boxes = one.options.map((option) => element("input", { type: "checkbox", value: option, checked: chosen.has(option) }));
  const labels = boxes.map((box, place) => element("label", { class: "choice" }, box, element("span", {}, one.options[place])));
  const place = element("fieldset", { class: "filter-options stack tight" }, element("legend", {}, "Values"), ...labels);
  return made(place, () => boxes.filter((box) => box.checked).map((box) => box.value));
}

function several(one, given) {
  const input = element("textarea", { rows: "4" });
  input.value = (Array.isArray(given) ? given : given === undefined ? [] : [given]).map(asText).join("\n");
  const read = readerOf(one);
  return made(labelled("Values", input, "One on each line."), () => input.value.split("\n").filter((line) => line.trim()).map(read));
}

function pair(one, given) {
  const type = one.type === "time" ? "datetime-local" : "text";
  const [low, high] = [0, 1].map((place) => element("input", { type, step: type === "text" ? null : "1", inputmode: type === "text" ? "decimal" : null, value: Array.isArray(given) ? asText(given[place]).slice(0, 40) : "" }));
  const read = readerOf(one);
  return made(element("div", { class: "fields" }, labelled("From", low), labelled("To, included", high)), () => [read(low.value), read(high.value)]);
}

function choice(one, given) {
  const input = element("select", {}, ...one.options.map((option) => element("option", { value: option, selected: option === given }, option)));
  return made(labelled("Value", input), () => input.value);
}

function time(given) {
  const input = element("input", { type: "datetime-local", step: "1", value: asText(given).slice(0, 19) });
  return made(labelled("Time", input, "In the project's time zone."), () => input.value);
}

function words(one, given, speaker) {
  const { input, parts } = textInput(one, given, { suggests: false });
  const who = element("select", {}, element("option", { value: "" }, "Anybody"), element("option", { value: "user" }, "The caller"), element("option", { value: "agent" }, "The agent"));
  who.value = speaker ?? "";
  const place = element("div", { class: "fields" }, labelled("Words", parts[0], "All of them in one utterance."), labelled("Said by", who));
  return { place, raw: () => ({ value: input.value, speaker: who.value }), told: () => ({ value: input.value, ...(who.value && { speaker: who.value }) }) };
}

function single(one, given, op) {
  const { input, parts } = textInput(one, Array.isArray(given) ? given[0] : given, { suggests: one.type !== "number" && one.type !== "integer" });
  if (one.type === "number" || one.type === "integer") input.inputMode = "decimal";
  const hint = one.type === "natural" ? 'A number, true, false or a text; "5" in quotes is a text.' : one.unit ? `In ${one.unit === "s" ? "seconds" : one.unit}.` : "";
  const place = labelled("Value", input, hint);
  place.append(...parts.slice(1));
  const read = op.includes("contains") ? (text) => text : readerOf(one);
  return made(place, () => read(input.value));
}

function made(place, value) {
  return { place, told: () => ({ value: value() }), raw: () => ({ value: value() }) };
}

export function valueInput(one, op, { value, speaker } = {}) {
  if (one.type === "transcript") return words(one, value, speaker);
  if (op === "between") return pair(one, value);
  if (op === "in" || op === "not_in") return one.options.length ? options(one, value) : several(one, value);
  if (one.type === "boolean") return boolean(value);
  if (one.options.length && (op === "eq" || op === "ne")) return choice(one, Array.isArray(value) ? value[0] : value);
  return one.type === "time" ? time(value) : single(one, value, op);
}
