// The form of one condition: field, operator, value. `where()` is null while no field is named.
import { element } from "../js/element.js";
import { field } from "./fields.js";
import { fieldInput, nameOf } from "./field-input.js";
import { valueInput } from "./value-input.js";
import { OPS, WITHOUT_VALUE, describe, opsOf } from "./words.js";

let numbered = 0;

export function conditionForm(given) {
  const id = `op-${(numbered += 1)}`;
  const named = fieldInput("Field", undefined, given.field ?? "");
  const op = element("select", { id });
  const opField = element("div", { class: "field" }, element("label", { for: id }, "Is"), op);
  const values = element("div", { class: "filter-value" });
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
    place: element("div", { class: "filter-condition stack tight" }, element("div", { class: "filter-row" }, named.place, opField), values),
    focus: () => named.input.focus(),
    where() {
      fieldChanged();
      if (!current) return null;
      return { field: current, op: op.value, ...(value && value.told()) };
    },
  };
}

// A condition of a kind that has no form: it can be kept or removed.
export function fixedForm(where) {
  return { place: element("div", { class: "filter-condition" }, describe(where)), focus() {}, where: () => where };
}
