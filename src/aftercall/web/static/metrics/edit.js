// The dialog that defines a metric or a ratio, or changes one: with what becomes of the values there are.
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { toast } from "../js/toast.js";
import { told } from "../conversations/fields.js";
import { TYPE_WORDS, likelyType } from "./metric.js";
import { Preview } from "./preview.js";

const BETTER = [["none", "Neither"], ["up", "More is better"], ["down", "Less is better"]];
const BASES = [["", "As its sources say"], ["all", "All conversations"], ["known", "Where it is known"], ["metric", "Where another metric happened"]];

let numbered = 0;

function labelled(label, input, hint) {
  input.id ||= `m-${(numbered += 1)}`;
  if (hint) input.setAttribute("aria-describedby", `${input.id}-hint`);
  return element("div", { class: "field" }, element("label", { for: input.id }, label), input, hint && element("span", { class: "hint", id: `${input.id}-hint` }, hint));
}

const text = (value, attributes = {}) => element("input", { value: value ?? "", autocomplete: "off", ...attributes });
const select = (pairs, value) => element("select", {}, ...pairs.map(([key, words]) => element("option", { value: key, selected: key === value }, words)));

function area(value, attributes = {}) {
  const made = element("textarea", attributes);
  made.value = value;
  return made;
}

const lines = (input) => input.value.split("\n").map((line) => line.trim()).filter(Boolean);
// An empty text among the empty values is a line of its own, which nobody can see: it is written "".
const emptyLines = (values) => values.map((value) => (value === "" ? '""' : value)).join("\n");
const readEmpty = (input) => lines(input).map((line) => (line === '""' ? "" : line));
const measure = (value) => (value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));

function readMeasure(input) {
  const given = input.value.trim();
  return given.startsWith("{") ? parsed(given, "A side of the ratio") : given;
}

function parsed(given, what) {
  try {
    return JSON.parse(given);
  } catch {
    throw new Error(`${what} is not valid JSON: look at its brackets and quotes.`);
  }
}

const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

// Each: {place, read()} under the key of the API. `for_` says which of them a type has.
function fieldsOf(one) {
  const start = { options: [], synonyms: [], empty_values: told.empty_values, expected_sources: [], better: "none", rate_base: null, ...one };
  const made = {};
  const add = (key, place, read) => { made[key] = { place, read }; };

  const definition = area(start.definition ?? "", { rows: "3", maxlength: "4000" });
  add("definition", labelled("Definition", definition, "When exactly it is so, and when it is not: for people, for the analyst, and for a model."), () => definition.value.trim());
  const options = area(start.options.join("\n"), { class: "options", rows: "6" });
  add("options", labelled("Options", options, "One on each line."), () => lines(options));
  for (const [key, label, hint] of [["numerator", "Numerator", "A metric (conversations in which it happened), or a measure as JSON."], ["denominator", "Denominator", ""]]) {
    const input = text(measure(start[key]), { list: "m-names", maxlength: "4000" });
    add(key, labelled(label, input, hint), () => readMeasure(input));
  }
  const multiplier = text(start.multiplier ?? 1, { inputmode: "decimal" });
  add("multiplier", labelled("Times", multiplier, "100 makes percent of it."), () => Number(multiplier.value));
  for (const [key, label, attributes] of [["display_name", "Shown as", { maxlength: "200" }], ["unit", "Unit", { maxlength: "40", placeholder: "USD, days" }], ["group", "Group", { maxlength: "200" }], ["owner", "Owner", { maxlength: "200", placeholder: "Who answers for it" }]]) {
    const input = text(start[key], attributes);
    add(key, labelled(label, input), () => input.value.trim());
  }
  const better = select(BETTER, start.better);
  add("better", labelled("Better", better), () => better.value);
  const synonyms = area(start.synonyms.join("\n"), { rows: "2" });
  add("synonyms", labelled("Other words", synonyms, "What people call it, one on each line."), () => lines(synonyms));
  const boxes = told.sources.map((source) => element("input", { type: "checkbox", value: source, checked: start.expected_sources.includes(source) }));
  add("expected_sources", element("fieldset", { class: "stack tight" }, element("legend", {}, "Expected from"), element("div", { class: "row" }, ...boxes.map((box) => element("label", { class: "choice" }, box, box.value)))), () => boxes.filter((box) => box.checked).map((box) => box.value));
  const other = text(start.rate_base?.metric, { list: "m-names", placeholder: "Name of the metric" });
  const base = select(BASES, start.rate_base?.metric ? "metric" : start.rate_base ?? "");
  const showOther = () => { other.hidden = base.value !== "metric"; };
  base.addEventListener("change", showOther);
  showOther();
  other.setAttribute("aria-label", "Of this metric");
  add("rate_base", element("div", { class: "stack tight" }, labelled("A rate of it is over", base), other), () => (base.value === "metric" ? { metric: other.value.trim() } : base.value || null));
  const empty = area(emptyLines(start.empty_values), { rows: "3" });
  add("empty_values", labelled("Texts that say nothing", empty, 'One on each line; "" is the empty text.'), () => readEmpty(empty));
  const extraction = area(start.extraction && Object.keys(start.extraction).length ? JSON.stringify(start.extraction, null, 2) : "", { class: "options", rows: "8", spellcheck: "false" });
  add("extraction", labelled("Extraction", extraction, 'How it is filled in after the call, as JSON: {"extract": "Why did they call?"}. Empty: it is not.'), () => (extraction.value.trim() ? parsed(extraction.value, "The extraction") : null));
  return { made, inputs: { options, definition } };
}

const OF_METRIC = ["expected_sources", "rate_base", "empty_values", "extraction"];
const OF_RATIO = ["numerator", "denominator", "multiplier"];

function hiddenFor(type) {
  if (type === "ratio") return [...OF_METRIC, "options"];
  return [...OF_RATIO, ...(type === "categorical" ? [] : ["options"]), ...(["text", "categorical"].includes(type) ? [] : ["empty_values"])];
}

// `suggested`: fields to begin with in place of those it has; `taken(name)`: there is one of that name. A promise
// of what was changed, or null.
export function editMetric(one, suggested, taken) {
  const isNew = !one || one.kind === "unregistered";
  const before = one ?? {};
  const { made, inputs } = fieldsOf({ ...before, ...suggested });
  const name = text(one?.name, { required: true, maxlength: "200", readonly: Boolean(one), spellcheck: "false", placeholder: "CALL_REASON" });
  const types = one?.kind === "ratio" ? ["ratio"] : one ? told.types : [...told.types, "ratio"];
  const type = select(types.map((key) => [key, `${key}: ${TYPE_WORDS[key]}`]), suggested.type ?? (one ? likelyType(one) : "boolean"));
  const preview = new Preview();
  const wrong = element("div", { class: "callout bad", role: "alert", hidden: true }, icon("error"), element("span", {}));
  const save = element("button", { class: "button primary", type: "submit" }, isNew ? "Register" : "Save");
  const changed = Object.keys(suggested).length > 0 && !isNew;

  function typeChanged() {
    const hidden = hiddenFor(type.value);
    for (const [key, { place }] of Object.entries(made)) place.hidden = hidden.includes(key);
    look();
  }

  // Values are read anew when type or options change, and when a new name gets its column.
  function look() {
    const options = type.value === "categorical" ? made.options.read() : [];
    const anew = isNew || one.auto || type.value !== one.type || !same(options, one.options);
    if (type.value === "ratio" || !anew) preview.hide();
    else preview.ask(name.value.trim(), type.value, options);
  }

  function body() {
    const hidden = hiddenFor(type.value);
    const sent = isNew || type.value !== one.type || one.auto ? { type: type.value } : {};
    for (const [key, { read }] of Object.entries(made)) {
      if (hidden.includes(key)) continue;
      const value = read();
      const was = isNew ? { better: "none", multiplier: 1, empty_values: told.empty_values }[key] ?? (Array.isArray(value) ? [] : value === null ? null : "") : before[key];
      if (key === "extraction" && value === null && !Object.keys(was || {}).length) continue;
      if (key === "display_name" && value === "" && before.display_name === before.name) continue;
      if (!same(value, was)) sent[key] = value;
    }
    return sent;
  }

  const dialog = element("dialog", { class: "dialog wide framed metric-form", "aria-labelledby": "metric-title", "data-stays": true });
  const form = element("form", { novalidate: true },
    element("header", {}, element("h2", { id: "metric-title" }, isNew ? "New metric" : `Edit ${one.name}`), element("button", { class: "button ghost icon-only small", type: "button", "data-closes": true, "aria-label": "Close" }, icon("close"))),
    element("div", { class: "body stack" },
      changed && element("div", { class: "callout" }, icon("info"), element("span", {}, `Suggested: ${Object.keys(suggested).join(", ")}. Nothing is changed before you save.`)),
      element("div", { class: "fields" }, labelled("Name", name, isNew ? "As the agent's code writes it." : ""), labelled("Type", type)),
      made.definition.place, made.options.place, element("div", { class: "fields" }, made.numerator.place, made.denominator.place, made.multiplier.place), preview.place,
      element("div", { class: "fields" }, made.display_name.place, made.unit.place, made.better.place),
      element("details", { open: ["synonyms", "owner", "group", "empty_values", "extraction", "rate_base"].some((key) => key in suggested) },
        element("summary", {}, "More"),
        element("div", { class: "stack" }, element("div", { class: "fields" }, made.group.place, made.owner.place), made.synonyms.place, made.expected_sources.place, made.rate_base.place, made.empty_values.place, made.extraction.place)),
      wrong, element("datalist", { id: "m-names" }, ...told.metrics.map((known) => element("option", { value: known.name })))),
    element("footer", {}, element("button", { class: "button", type: "button", "data-closes": true }, "Cancel"), save));
  dialog.append(form);

  let done = null;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!name.value.trim()) return name.focus();
    save.disabled = true;
    try {
      if (!one && taken(name.value.trim())) throw new Error(`There is a metric ${name.value.trim()} already: close this and edit it.`);
      const sent = body();
      if (Object.keys(sent).length) {
        await api[isNew ? "put" : "patch"](`/v1/metrics/${encodeURIComponent(name.value.trim())}`, sent);
        toast(isNew ? `${name.value.trim()} is registered` : "Saved");
        done = sent;
      }
      dialog.close();
    } catch (error) {
      wrong.querySelector("span").textContent = error.message;
      wrong.hidden = false;
      wrong.scrollIntoView({ block: "nearest" });
    } finally {
      save.disabled = false;
    }
  });
  type.addEventListener("change", typeChanged);
  name.addEventListener("input", look);
  inputs.options.addEventListener("input", look);
  typeChanged();
  document.body.append(dialog);
  dialog.showModal();
  (one ? inputs.definition : name).focus();
  return new Promise((resolve) => dialog.addEventListener("close", () => { preview.hide(); dialog.remove(); resolve(done); }));
}
