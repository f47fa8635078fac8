// The dialog that asks for a backfill's pilot.
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { backfillsOf } from "./backfills.js";

const RANGES = [["7d", "Last 7 days"], ["30d", "Last 30 days"], ["90d", "Last 90 days"], ["365d", "Last 365 days"], ["all", "All time"]];

// A promise of the backfill, or null when it was left.
export function askBackfill(names) {
  const range = element("select", { id: "bf-range" }, ...RANGES.map(([value, words]) => element("option", { value, selected: value === "90d" }, words)));
  const pilot = element("input", { id: "bf-pilot", type: "number", min: "1", max: "100", value: "20", "aria-describedby": "bf-pilot-hint" });
  const again = element("input", { id: "bf-again", type: "checkbox" });
  const wrong = element("div", { class: "callout bad", role: "alert", hidden: true }, icon("error"), element("span", {}));
  const go = element("button", { class: "button primary", type: "submit" }, "Try it");
  const form = element("form", { novalidate: true },
    element("header", {}, element("h2", { id: "bf-title" }, "Backfill"), element("button", { class: "button ghost icon-only small", type: "button", "data-closes": true, "aria-label": "Close" }, icon("close"))),
    element("div", { class: "body stack" },
      element("div", { class: "row" }, ...names.map((name) => element("code", { class: "chip" }, name))),
      element("p", { class: "dim small" }, "These fields are asked of calls that are over. First of a few, to look at: that writes nothing."),
      element("div", { class: "fields" },
        element("div", { class: "field" }, element("label", { for: "bf-range" }, "Calls of"), range),
        element("div", { class: "field" }, element("label", { for: "bf-pilot" }, "Pilot"), pilot, element("span", { class: "hint", id: "bf-pilot-hint" }, "Calls, spread over the time."))),
      element("label", { class: "choice", for: "bf-again" }, again, element("span", {}, "Also calls that this definition was asked of already")), wrong),
    element("footer", {}, element("button", { class: "button", type: "button", "data-closes": true }, "Cancel"), go));
  const dialog = element("dialog", { class: "dialog", "aria-labelledby": "bf-title", "data-stays": true }, form);
  let made = null;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    try {
      const over = range.value === "all" ? { all: true } : { last: range.value };
      made = await api.post(backfillsOf, { metrics: names, over, pilot: Number(pilot.value) || 20, ...(again.checked && { again: true }) });
      dialog.close();
    } catch (error) {
      wrong.querySelector("span").textContent = error.message;
      wrong.hidden = false;
    } finally {
      go.disabled = false;
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  range.focus();
  return new Promise((resolve) => dialog.addEventListener("close", () => { dialog.remove(); resolve(made); }));
}
