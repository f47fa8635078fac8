// The dialog by which a person corrects a value. What agents and extractions said is kept beside it.
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { fieldInput, nameOf } from "./field-input.js";
import { field } from "./fields.js";
import { apiOf } from "./question.js";

const UNKNOWN = " unknown"; // of a select: no option of a metric begins with a space

function choices(pairs, value) {
  return element("select", { id: "correct-value" }, ...pairs.map(([key, words]) => element("option", { value: key, selected: key === value }, words)), element("option", { value: UNKNOWN, selected: value === UNKNOWN }, "Unknown"));
}

// {input, read()}: read throws with what is wrong.
function valueOf(known, value) {
  if (known.type === "boolean") {
    const input = choices([["true", "Yes"], ["false", "No"]], value === null ? UNKNOWN : String(value ?? true));
    return { input, read: () => (input.value === UNKNOWN ? null : input.value === "true") };
  }
  if (known.options.length) {
    const input = choices(known.options.map((option) => [option, option]), value === null ? UNKNOWN : value);
    return { input, read: () => (input.value === UNKNOWN ? null : input.value) };
  }
  if (known.type === "number" || known.type === "integer") {
    const input = element("input", { id: "correct-value", inputmode: "decimal", value: value ?? "", placeholder: "Empty: unknown" });
    return { input, read: () => (input.value.trim() === "" ? null : Number.isFinite(Number(input.value)) ? Number(input.value) : input.value) };
  }
  const input = element("textarea", { id: "correct-value", placeholder: "Empty: unknown", rows: "4" });
  input.value = value === null || value === undefined ? "" : String(value);
  return { input, read: () => (input.value === "" ? null : input.value) };
}

// A promise of {metric, event_id}, or null when it was left.
export function correct(id, one, known) {
  const place = element("div", { class: "field" });
  const chooser = one ? null : fieldInput("Metric", (field_) => field_.kind === "metric");
  const note = element("input", { id: "correct-note", maxlength: "2000", placeholder: "Optional" });
  const wrong = element("div", { class: "callout bad", role: "alert", hidden: true }, icon("error"), element("span", {}));
  const save = element("button", { class: "button primary", type: "submit" }, "Save");
  let value;
  function ask(metric, now) {
    value = valueOf(metric, now);
    place.replaceChildren(element("label", { for: "correct-value" }, "Value"), value.input);
  }
  ask(known ?? field(""), one?.value);
  chooser?.input.addEventListener("change", () => ask(field(nameOf(chooser.input.value))));
  const form = element("form", { novalidate: true },
    element("header", {}, element("h2", { id: "correct-title" }, one ? `Correct ${one.display_name || one.name}` : "Add a value"), element("button", { class: "button ghost icon-only small", type: "button", "data-closes": true, "aria-label": "Close" }, icon("close"))),
    element("div", { class: "body stack" }, chooser?.place, place, element("div", { class: "field" }, element("label", { for: "correct-note" }, "Why"), note), wrong,
      element("p", { class: "dim small" }, "Your word counts over every other source. What was written before is kept, and you can take this back.")),
    element("footer", {}, element("button", { class: "button", type: "button", "data-closes": true }, "Cancel"), save));
  const dialog = element("dialog", { class: "dialog", "aria-labelledby": "correct-title", "data-stays": true }, form);
  let made = null;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const metric = one ? one.name : nameOf(chooser.input.value);
    if (!metric) return chooser.input.focus();
    save.disabled = true;
    try {
      made = await api.post(apiOf(id, "corrections"), { metric, value: value.read(), ...(note.value.trim() && { note: note.value.trim() }) });
      dialog.close();
    } catch (error) {
      wrong.querySelector("span").textContent = error.message;
      wrong.hidden = false;
    } finally {
      save.disabled = false;
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  (chooser?.input ?? value.input).focus();
  return new Promise((resolve) => dialog.addEventListener("close", () => { dialog.remove(); resolve(made); }));
}
