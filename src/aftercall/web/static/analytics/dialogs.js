// Small questions: what a dashboard is called, and what a new one begins as.
import { element } from "../js/element.js";

function asked(dialog, answer) {
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "yes" ? answer() : null); });
  });
}

const footer = (words) => element("footer", {}, element("button", { class: "button", type: "button", "data-closes": true }, "Cancel"), element("button", { class: "button primary", value: "yes" }, words));

export function askName(heading, value) {
  const input = element("input", { id: "board-name", value, required: true, maxlength: "200", autocomplete: "off" });
  const form = element("form", { method: "dialog" },
    element("header", {}, element("h2", { id: "name-title" }, heading)),
    element("div", { class: "body" }, element("div", { class: "field" }, element("label", { for: "board-name" }, "Name"), input)), footer("Rename"));
  const answer = asked(element("dialog", { class: "dialog", "aria-labelledby": "name-title" }, form), () => input.value.trim() || null);
  input.select();
  return answer;
}

export function chooseTemplate(templates) {
  const input = element("input", { id: "board-name", maxlength: "200", autocomplete: "off", placeholder: templates[0].title });
  const radios = templates.map(({ key, title, about }, place) => {
    const radio = element("input", { type: "radio", name: "template", value: key, checked: place === 0 });
    radio.addEventListener("change", () => { input.placeholder = title; });
    return element("label", { class: "choice" }, radio, element("span", {}, title, element("span", { class: "hint" }, about)));
  });
  const form = element("form", { method: "dialog" },
    element("header", {}, element("h2", { id: "template-title" }, "New dashboard")),
    element("div", { class: "body stack" },
      element("fieldset", { class: "stack tight" }, element("legend", {}, "Begin with"), ...radios),
      element("div", { class: "field" }, element("label", { for: "board-name" }, "Name"), input)), footer("Make it"));
  return asked(element("dialog", { class: "dialog", "aria-labelledby": "template-title" }, form), () => ({
    template: form.querySelector("input[name=template]:checked").value, ...(input.value.trim() && { name: input.value.trim() }),
  }));
}
