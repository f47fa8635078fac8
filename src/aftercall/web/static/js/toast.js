// toast("Saved"); toast("Removed", { action: "Undo", run: () => ... }); toast(error.message, { bad: true })
import { element } from "./element.js";
import { icon } from "./icon.js";

const KEY = "aftercall.toast";
const SHOWN_MS = 5000;
const WITH_ACTION_MS = 10000;

export function toast(message, { action, run, bad = false } = {}) {
  const place = document.getElementById("toasts");
  const close = element("button", { class: "button small icon-only", type: "button", "aria-label": "Close" }, icon("close"));
  const shown = element("div", { class: bad ? "toast bad" : "toast" }, element("span", { class: "grow" }, message));
  const leave = () => shown.remove();
  if (action) {
    shown.append(element("button", { class: "button small", type: "button", onclick: () => { leave(); run(); } }, action));
  }
  close.addEventListener("click", leave);
  shown.append(close);
  place.append(shown);
  while (place.children.length > 3) place.firstElementChild.remove();
  // An error stays until it is closed; who reads with the pointer on it is not interrupted.
  if (!bad) leaveLater(shown, action ? WITH_ACTION_MS : SHOWN_MS);
  return leave;
}

function leaveLater(shown, after) {
  let timer = setTimeout(() => shown.remove(), after);
  shown.addEventListener("pointerenter", () => clearTimeout(timer));
  shown.addEventListener("pointerleave", () => { timer = setTimeout(() => shown.remove(), 1500); });
}

export function toastOnNextPage(message) {
  sessionStorage.setItem(KEY, message);
}

export function toastAfterLoad() {
  const message = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  if (message) toast(message);
}
