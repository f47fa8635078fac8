// What another type, or other options, would make of the values that were written.
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { conversation, number } from "./metric.js";

const WAITS_MS = 350;

function bar(found) {
  const parts = [["good", found.converts, "convert"], ["bad", found.invalid, "do not fit"], ["", found.null, "are unknown"]];
  return element("div", { class: "preview-bar", role: "img", "aria-label": parts.map(([, count, words]) => `${number(count)} ${words}`).join(", ") },
    ...parts.filter(([, count]) => count).map(([tone, count]) => {
      const made = element("span", { class: tone });
      made.style.flex = String(count);
      return made;
    }));
}

function sample(one) {
  return element("tr", {},
    element("td", { dir: "auto", title: one.written.slice(0, 300) }, one.written.slice(0, 80)),
    element("td", { dir: "auto" }, one.becomes === null ? element("span", { class: "badge bad", title: one.reason ?? "" }, "does not fit") : one.becomes.slice(0, 80)),
    element("td", { class: "number" }, element("a", { href: conversation(one.example), target: "_blank", rel: "noopener", title: "One of them" }, number(one.conversations))));
}

export function told(found) {
  if (!found.conversations) return [element("p", { class: "small dim" }, "Nothing was written of it yet: there are no values to read anew.")];
  const some = found.checked < found.conversations ? ` The newest ${number(found.checked)} were looked at.` : "";
  const parts = [`${number(found.converts)} of ${number(found.checked)} conversations keep a value`, found.invalid && `${number(found.invalid)} do not fit`, found.null && `${number(found.null)} stay unknown`];
  return [
    element("p", { class: "small" }, `${parts.filter(Boolean).join(", ")}.${some}`),
    bar(found),
    found.samples.length > 0 && element("div", { class: "table-wrap" }, element("table", { class: "table" },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Written"), element("th", { scope: "col" }, "Becomes"), element("th", { scope: "col", class: "number" }, "Conversations"))),
      element("tbody", {}, ...found.samples.slice(0, 8).map(sample)))),
    element("p", { class: "small dim" }, found.invalid ? "What does not fit is kept as it was written, and fits again when the type does." : "Values are read anew in the background; what was written stays as it is."),
  ].filter(Boolean);
}

// .ask(name, type, options): shows what comes of it, a moment after the last of several.
export class Preview {
  constructor() {
    this.place = element("div", { class: "preview", role: "status", hidden: true });
  }

  ask(name, type, options) {
    clearTimeout(this.timer);
    this.asking?.abort();
    const waits = !name || (type === "categorical" && !options.length);
    this.place.hidden = waits;
    if (waits) return;
    this.place.replaceChildren(element("span", { class: "skeleton" }));
    this.timer = setTimeout(() => this.load(name, type, options), WAITS_MS);
  }

  hide() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.place.hidden = true;
  }

  async load(name, type, options) {
    this.asking = new AbortController();
    try {
      const { preview } = await api.post(`/v1/metrics/${encodeURIComponent(name)}/preview`, { type, options }, { signal: this.asking.signal });
      this.place.replaceChildren(...told(preview));
    } catch (error) {
      if (error.name === "AbortError") return;
      this.place.replaceChildren(element("p", { class: "small" }, icon("warning"), " ", error.message));
    }
  }
}
