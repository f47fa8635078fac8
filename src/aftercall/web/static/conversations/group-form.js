// The form of several conditions, of which any or all must hold, or what must not hold; groups may hold groups.
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { conditionForm, fixedForm } from "./condition-form.js";

const DEEPEST = 4;
const JOINS = { any: ["Or", "Any of these holds"], all: ["And", "All of these hold"] };

// {negated, join, items} of any condition; an item is a condition, or a group again.
export function taken(where) {
  if (where === null) return { negated: false, join: "any", items: [{}] };
  if (where.not) {
    const inner = taken(where.not);
    return inner.negated ? { negated: true, join: "any", items: [where.not] } : { ...inner, negated: true };
  }
  const join = where.all ? "all" : "any";
  return { negated: false, join, items: where[join] ?? [where] };
}

const isGroup = (where) => Boolean(where.any || where.all || where.not);

export function groupForm(where, { depth = 0, words = "Show what does not match" } = {}) {
  const start = taken(where);
  let join = start.join;
  let forms = [];
  const place = element("div", { class: "stack tight" });
  const negated = element("input", { type: "checkbox", checked: start.negated });
  const buttons = element("div", { class: "row" });
  const tools = element("div", { class: "row apart" }, buttons, element("label", { class: "choice" }, negated, words));

  function add(given) {
    const made = isGroup(given) ? groupForm(given, { depth: depth + 1, words: "None of this" })
      : given.field !== undefined || !Object.keys(given).length ? conditionForm(given) : fixedForm(given);
    forms.push(made);
    show();
    return made;
  }

  function more(with_, given) {
    join = with_;
    add(given).focus();
  }

  function button(label, words_, run) {
    return element("button", { class: "button small", type: "button", title: words_, onclick: run }, icon("plus"), label);
  }

  function remove(form) {
    forms = forms.filter((one) => one !== form);
    show();
    (forms[0] ?? { focus() {} }).focus();
  }

  function between() {
    const other = join === "any" ? "all" : "any";
    return element("button", { class: "button ghost small filter-join", type: "button", title: `${JOINS[join][1]}: press for “${JOINS[other][1]}”`, onclick: () => { join = other; show(); } }, JOINS[join][0].toLowerCase());
  }

  function show() {
    const rows = forms.flatMap((form, at) => {
      const gone = forms.length > 1 && element("button", { class: "button ghost small icon-only filter-remove", type: "button", "aria-label": `Remove condition ${at + 1}`, onclick: () => remove(form) }, icon("close"));
      const row = element("div", { class: "filter-item" }, form.place, gone);
      return at ? [between(), row] : [row];
    });
    place.replaceChildren(...rows);
    const joins = forms.length > 1 ? [join] : ["any", "all"];
    buttons.replaceChildren(...joins.map((one) => button(JOINS[one][0], JOINS[one][1], () => more(one, {}))),
      depth < DEEPEST ? button("Group", "Conditions within this one", () => more(join, { [join === "any" ? "all" : "any"]: [{}, {}] })) : "");
  }

  start.items.forEach(add);
  return {
    place: depth ? element("div", { class: "filter-group stack tight" }, place, tools) : element("div", { class: "stack tight" }, place, tools),
    focus: () => forms[0]?.focus(),
    // null: nothing is named in it.
    where() {
      const told = forms.map((form) => form.where()).filter(Boolean);
      if (!told.length) return null;
      const one = told.length === 1 ? told[0] : { [join]: told };
      return negated.checked ? { not: one } : one;
    },
  };
}
