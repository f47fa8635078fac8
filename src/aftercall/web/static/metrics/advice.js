// What lint found: what is wrong, what it does to answers, and the change that would settle it.
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { told } from "../conversations/fields.js";

const SIGNS = { error: ["bad", "error", "Error"], warning: ["warn", "warning", "Warning"], info: ["note", "info", "Hint"] };

export function finding(page, one, { linked = true } = {}) {
  const [tone, sign, words] = SIGNS[one.severity] ?? SIGNS.info;
  const known = page.find(one.metric);
  const change = told.may.admin && known && known.kind !== "builtin" && one.change
    ? element("button", { class: "button small", type: "button", onclick: () => page.edit(known, one.change) }, icon("edit"), "Look at the change") : null;
  const name = linked && known
    ? element("a", { href: page.address(one.metric), onclick: (event) => { event.preventDefault(); page.open(one.metric); } }, one.metric) : one.metric;
  return element("section", { class: `advice-one${linked ? "" : " advice-small"}`, "data-code": one.code },
    element("div", { class: "row" }, element("span", { class: `badge ${tone}` }, icon(sign), words), element("strong", { class: "truncate" }, name), element("code", { class: "dim small" }, one.code)),
    element("p", { dir: "auto" }, one.message),
    element("p", { class: "dim small" }, one.effect),
    element("p", { class: "small" }, one.suggestion),
    one.patch && element("pre", { tabindex: "0", "aria-label": "Lines of metrics.yaml" }, one.patch.trimEnd()),
    change && element("div", {}, change));
}

export function advice(page, findings) {
  if (findings === null) return [element("div", { class: "advice" }, element("span", { class: "skeleton" }))];
  if (!findings.length) return [element("div", { class: "empty" }, icon("check"), element("h2", {}, "Nothing to say"), element("p", {}, "Names, definitions, options and what was written agree with each other. Before a release, aftercall metrics lint looks at the agent's code too."))];
  return [element("div", { class: "advice" }, ...findings.map((one) => finding(page, one)))];
}
