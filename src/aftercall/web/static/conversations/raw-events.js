// Everything that was told of a conversation, as it was sent; asked for when somebody looks.
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { json } from "./json.js";
import { apiOf } from "./question.js";

export class RawEvents {
  constructor({ id }) {
    this.id = id;
    this.place = element("div", { class: "stack tight" }, element("p", { class: "dim" }, "Loading…"));
    this.isOpen = false;
  }

  open() {
    if (!this.isOpen) this.load();
    this.isOpen = true;
  }

  refresh() {
    if (this.isOpen) this.load();
  }

  async load() {
    try {
      const { events } = await api.get(apiOf(this.id, "events"));
      this.place.replaceChildren(element("p", { class: "dim small" }, `${events.length} ${events.length === 1 ? "event" : "events"}, in the order in which they happened. Times are UTC.`), element("ol", { class: "raw" }, ...events.map(row)));
    } catch (error) {
      this.place.replaceChildren(element("p", { class: "dim" }, error.message));
    }
  }
}

function row(one) {
  const name = one.event.name ?? one.event.speaker ?? "";
  const line = element("summary", {}, element("span", { class: "number dim" }, one.at.slice(11, 23)), " ", element("strong", {}, one.kind), " ", String(name).slice(0, 100), " ",
    element("span", { class: "dim small" }, one.source), one.retracted && element("span", { class: "badge" }, "taken back"), one.invalid && element("span", { class: "badge bad", title: one.invalid }, "does not fit"));
  const made = element("details", { ontoggle: () => { if (made.open && made.childElementCount === 1) made.append(json(one.event)); } }, line);
  return element("li", {}, made);
}
