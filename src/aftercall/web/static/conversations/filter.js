// The dialog that makes one filter: a condition, or several of them joined by and, or and not.
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { groupForm } from "./group-form.js";

// `attempt(where)` asks with it, and throws what the server refuses, which is said in the dialog.
export function editFilter(where, attempt) {
  const group = groupForm(where);
  const wrong = element("div", { class: "callout bad", role: "alert", hidden: true }, icon("error"), element("span", {}));
  const apply = element("button", { class: "button primary", type: "submit" }, "Apply");
  const body = element("form", { novalidate: true },
    element("header", {}, element("h2", { id: "filter-title" }, where === null ? "Add a filter" : "Change the filter"), element("button", { class: "button ghost icon-only small", type: "button", "data-closes": true, "aria-label": "Close" }, icon("close"))),
    element("div", { class: "body stack" }, group.place, wrong),
    element("footer", {}, element("button", { class: "button", type: "button", "data-closes": true }, "Cancel"), apply));
  const dialog = element("dialog", { class: "dialog framed filter-dialog", "aria-labelledby": "filter-title", "data-stays": true }, body);

  async function submit(event) {
    event.preventDefault();
    const made = group.where();
    if (made === null) return dialog.close();
    apply.disabled = true;
    try {
      await attempt(made);
      dialog.close();
    } catch (error) {
      wrong.querySelector("span").textContent = error.message;
      wrong.hidden = false;
      wrong.scrollIntoView({ block: "nearest" });
    } finally {
      apply.disabled = false;
    }
  }
  body.addEventListener("submit", submit);
  document.body.append(dialog);
  dialog.showModal();
  dialog.addEventListener("close", () => dialog.remove());
  group.focus();
}
