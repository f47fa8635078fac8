// What a list says that has nothing to show, and what to do then.
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";

const EMPTY = {
  all: ["metrics", "No metrics yet", "They enter by themselves when an agent writes the first one. Declared here or in metrics.yaml, they have the type and the meaning you want."],
  undeclared: ["check", "Everything is declared", "A name that an agent writes and nobody declared appears here, to be registered with one click."],
  fields: ["analyst", "No field is extracted", "A metric with a question is filled in after the call, by rules or by a model: edit a metric, or write an extract: in metrics.yaml."],
  builtin: ["metrics", "Nothing found", ""],
};

// `clear()`: shows all of them again.
export function nothing(state, clear) {
  const narrowed = state.q || state.type || state.group;
  const [sign, heading, text] = narrowed ? ["filter", "Nothing matches", "No metric of this list has these words and this type."] : EMPTY[state.view];
  const button = narrowed && element("button", { class: "button", type: "button", onclick: clear }, "Show all of them");
  return element("div", { class: "empty" }, icon(sign), element("h2", {}, heading), element("p", {}, text), button);
}
