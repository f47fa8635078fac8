// <button data-opens="ID"> opens a <dialog>; <button data-closes> and a click beside it close it.
// confirmed("Revoke the key?", { yes: "Revoke", bad: true }) asks, and gives a promise of true or false.
import { element } from "./element.js";

document.addEventListener("click", (event) => {
  const opens = event.target.closest("[data-opens]");
  if (opens) document.getElementById(opens.dataset.opens)?.showModal();
  if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
});

document.addEventListener("pointerdown", (event) => {
  if (event.target.tagName !== "DIALOG" || event.target.hasAttribute("data-stays")) return;
  const box = event.target.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) event.target.close();
});

export function confirmed(question, { detail = "", yes = "Go on", bad = false } = {}) {
  const agree = element("button", { class: bad ? "button primary danger" : "button primary", value: "yes" }, yes);
  const dialog = element("dialog", { class: "dialog", role: "alertdialog", "aria-labelledby": "confirm-title" },
    element("form", { method: "dialog" },
      element("header", {}, element("h2", { id: "confirm-title" }, question)),
      element("div", { class: "body" }, element("p", {}, detail)),
      element("footer", {}, element("button", { class: "button", value: "" }, "Cancel"), agree)));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "yes"); });
  });
}
