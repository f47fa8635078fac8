// Which columns the list has, and in which order.
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { field, told } from "./fields.js";
import { fieldInput, nameOf } from "./field-input.js";
import { MOST_COLUMNS } from "./question.js";

// A promise of the names, or null when it was left.
export function chooseColumns(columns) {
  let chosen = [...columns];
  const list = element("ul", { class: "choose-list" });
  const add = fieldInput("Add a column", (one) => one.type !== "transcript");
  const full = element("p", { class: "hint small dim", hidden: true }, `${MOST_COLUMNS} columns at most.`);
  const done = element("button", { class: "button primary", type: "submit", value: "yes" }, "Show these");
  const defaults = element("button", { class: "button ghost", type: "button", onclick: () => { chosen = [...told.defaults]; show(); } }, "Defaults");

  function move(place, by) {
    const [one] = chosen.splice(place, 1);
    chosen.splice(place + by, 0, one);
    show();
    list.children[place + by].querySelector("button:not(:disabled)")?.focus();
  }

  function button(words, sign, disabled, onclick) {
    return element("button", { class: "button ghost small icon-only", type: "button", "aria-label": words, disabled, onclick }, icon(sign));
  }

  function show() {
    list.replaceChildren(...chosen.map((name, place) => {
      const { label } = field(name);
      return element("li", { class: "row" }, element("span", { class: "grow truncate" }, label),
        button(`Move ${label} to the left`, "chevron-up", place === 0, () => move(place, -1)),
        button(`Move ${label} to the right`, "chevron-down", place === chosen.length - 1, () => move(place, 1)),
        button(`Remove ${label}`, "close", false, () => { chosen.splice(place, 1); show(); }));
    }));
    full.hidden = chosen.length < MOST_COLUMNS;
    add.input.disabled = chosen.length >= MOST_COLUMNS;
  }

  function take() {
    const name = nameOf(add.input.value);
    if (!name || chosen.includes(name) || chosen.length >= MOST_COLUMNS) return;
    chosen.push(name);
    add.input.value = "";
    show();
  }
  // Chosen from the suggestions; leaving the field does nothing, or the button under the pointer would move.
  add.input.addEventListener("input", (event) => { if (!event.inputType || event.inputType === "insertReplacementText") take(); });
  add.input.addEventListener("keydown", (event) => { if (event.key === "Enter" && add.input.value) { event.preventDefault(); take(); } });

  const dialog = element("dialog", { class: "dialog", "aria-labelledby": "columns-title" },
    element("form", { method: "dialog" },
      element("header", {}, element("h2", { id: "columns-title" }, "Columns"), element("button", { class: "button ghost icon-only small", type: "button", "data-closes": true, "aria-label": "Close" }, icon("close"))),
      element("div", { class: "body stack" }, list, add.place, full),
      element("footer", {}, defaults, element("span", { class: "grow" }), done)));
  show();
  document.body.append(dialog);
  dialog.showModal();
  done.addEventListener("click", take);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "yes" ? chosen : null); });
  });
}
