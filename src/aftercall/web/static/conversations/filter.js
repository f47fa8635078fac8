// The dialog that makes one filter: a condition, or several of which one must hold, or what must not hold.
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { fieldInput, nameOf } from "./field-input.js";
import { field } from "./fields.js";
import { valueInput } from "./value-input.js";
import { OPS, WITHOUT_VALUE, opsOf } from "./words.js";

let numbered = 0;

// {negated, conditions} of what the dialog can show; null of what is nested deeper.
function taken(where) {
  if (where === null) return { negated: false, conditions: [{}] };
  if (where.not) {
    const inner = taken(where.not);
    return inner && !inner.negated ? { ...inner, negated: true } : null;
  }
  if (where.any) return where.any.every((one) => one.field) ? { negated: false, conditions: where.any } : null;
  return where.field ? { negated: false, conditions: [where] } : null;
}

// One condition: field, operator, value. `condition()` is null while no field is named.
function conditionForm(given) {
  const id = `op-${(numbered += 1)}`;
  const named = fieldInput("Field", undefined, given.field ?? "");
  const op = element("select", { id });
  const opField = element("div", { class: "field" }, element("label", { for: id }, "Is"), op);
  const values = element("div", { class: "filter-value" });
  const wrong = element("p", { class: "wrong small", role: "alert", hidden: true });
  let value = null;
  let current = null;

  function fieldChanged() {
    const name = nameOf(named.input.value);
    if (name === current) return;
    current = name;
    const ops = name ? opsOf(field(name)) : [];
    const kept = op.value || given.op;
    op.replaceChildren(...ops.map((one) => element("option", { value: one, selected: one === kept }, OPS[one])));
    opField.hidden = !name;
    opChanged();
  }

  function opChanged() {
    const old = value;
    const told = old ? old.raw() : given.field === current ? { value: given.value, speaker: given.speaker } : {};
    value = current && !WITHOUT_VALUE.has(op.value) ? valueInput(field(current), op.value, told) : null;
    values.replaceChildren(...(value ? [value.place] : []));
  }

  named.input.addEventListener("change", fieldChanged);
  named.input.addEventListener("input", () => { if (nameOf(named.input.value) !== current && field(nameOf(named.input.value)).kind !== "written") fieldChanged(); });
  op.addEventListener("change", opChanged);
  fieldChanged();
  return {
    place: element("div", { class: "filter-condition stack tight" }, named.place, opField, values, wrong),
    focus: () => named.input.focus(),
    condition() {
      fieldChanged();
      if (!current) return null;
      return { field: current, op: op.value, ...(value && value.told()) };
    },
    wrong(message) { wrong.textContent = message; wrong.hidden = !message; },
  };
}

function join(conditions, negated) {
  const one = conditions.length === 1 ? conditions[0] : { any: conditions };
  return negated ? { not: one } : one;
}

// `attempt(condition)` asks with it, and throws what the server refuses, which is said in the dialog.
export function editFilter(where, attempt) {
  const start = taken(where);
  if (!start) return;
  const forms = [];
  const place = element("div", { class: "stack" });
  const negated = element("input", { type: "checkbox", id: "filter-not", checked: start.negated });
  const wrong = element("div", { class: "callout bad", role: "alert", hidden: true }, icon("error"), element("span", {}));
  const or = element("button", { class: "button small", type: "button", onclick: () => add({}).focus() }, icon("plus"), "Or");
  const apply = element("button", { class: "button primary", type: "submit" }, "Apply");

  function add(given) {
    const form = conditionForm(given);
    if (forms.length) place.append(element("div", { class: "filter-or dim small" }, "or"));
    forms.push(form);
    place.append(form.place);
    return form;
  }
  start.conditions.forEach(add);

  const body = element("form", { novalidate: true },
    element("header", {}, element("h2", { id: "filter-title" }, where === null ? "Add a filter" : "Change the filter"), element("button", { class: "button ghost icon-only small", type: "button", "data-closes": true, "aria-label": "Close" }, icon("close"))),
    element("div", { class: "body stack" }, place, element("div", { class: "row apart" }, or, element("label", { class: "choice", for: "filter-not" }, negated, "Show what does not match")), wrong),
    element("footer", {}, element("button", { class: "button", type: "button", "data-closes": true }, "Cancel"), apply));
  const dialog = element("dialog", { class: "dialog", "aria-labelledby": "filter-title", "data-stays": true }, body);

  async function submit(event) {
    event.preventDefault();
    const conditions = forms.map((form) => form.condition()).filter(Boolean);
    if (!conditions.length) return dialog.close();
    apply.disabled = true;
    try {
      await attempt(join(conditions, negated.checked));
      dialog.close();
    } catch (error) {
      wrong.querySelector("span").textContent = error.message;
      wrong.hidden = false;
    } finally {
      apply.disabled = false;
    }
  }
  body.addEventListener("submit", submit);
  document.body.append(dialog);
  dialog.showModal();
  dialog.addEventListener("close", () => dialog.remove());
  forms[0].focus();
}
