// A field to choose a field in: by its name or what it is called, with suggestions; also state.PATH and X@agent.
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { told } from "./fields.js";

let unregistered = null;
let numbered = 0;

// What was written and nobody registered: asked for once, when somebody wants to choose.
export function writtenNames() {
  unregistered ??= api.get("/v1/metrics").then(
    ({ metrics }) => metrics.filter((one) => one.kind === "unregistered").map((one) => one.name),
    () => [],
  );
  return unregistered;
}

// The name behind what was typed: a label stands for its field.
export function nameOf(typed) {
  const text = typed.trim();
  if (told.fields.some((one) => one.name === text)) return text;
  const folded = text.toLowerCase();
  const found = told.fields.find((one) => one.name.toLowerCase() === folded) ?? told.fields.find((one) => one.label.toLowerCase() === folded);
  return found ? found.name : text;
}

export function fieldInput(label, fits = () => true, value = "") {
  const id = `field-${(numbered += 1)}`;
  const suggestions = element("datalist", { id: `${id}-list` }, ...told.fields.filter(fits).map((one) => element("option", { value: one.name }, one.label)));
  const input = element("input", { id, list: `${id}-list`, value, placeholder: "A metric, duration, tags, state.name…", autocomplete: "off", maxlength: "1000" });
  writtenNames().then((names) => suggestions.append(...names.map((name) => element("option", { value: name }, "not registered"))));
  return { input, place: element("div", { class: "field" }, element("label", { for: id }, label), input, suggestions) };
}
