// From one day to another, both included.
import { element } from "../js/element.js";

export function chooseDates(now) {
  const [since = "", until = ""] = now.includes("..") ? now.split("..") : [];
  const from = element("input", { id: "dates-from", type: "date", value: since.slice(0, 10) });
  const to = element("input", { id: "dates-to", type: "date", value: until.slice(0, 10) });
  const dialog = element("dialog", { class: "dialog", "aria-labelledby": "dates-title" },
    element("form", { method: "dialog" },
      element("header", {}, element("h2", { id: "dates-title" }, "From one day to another")),
      element("div", { class: "body fields" },
        element("div", { class: "field" }, element("label", { for: "dates-from" }, "From"), from),
        element("div", { class: "field" }, element("label", { for: "dates-to" }, "To, included"), to)),
      element("footer", {}, element("button", { class: "button", type: "button", "data-closes": true }, "Cancel"), element("button", { class: "button primary", value: "yes" }, "Show"))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes" && (from.value || to.value) ? `${from.value}..${to.value}` : null);
    });
  });
}
