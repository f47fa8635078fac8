// What ran after the call: each attempt with its outcome and traceback; and another one by hand.
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { toast } from "../js/toast.js";
import { shownTime, span, told as page } from "./fields.js";
import { apiOf } from "./question.js";

const GIVES_UP_MS = 120000;

export class Attempts {
  constructor({ id, changed }) {
    Object.assign(this, { id, changed });
    this.list = element("ol", { class: "attempts" });
    this.again = element("button", { class: "button small", type: "button", onclick: () => this.replay() }, icon("refresh"), "Run it again");
    this.place = element("div", { class: "stack" }, page.may.admin ? element("div", { class: "row" }, this.again) : null, this.list);
    this.waiting = null; // the attempt that was asked for, until it is there
    this.isOpen = false;
  }

  open() {
    this.isOpen = true;
    this.load();
  }

  refresh(told) {
    this.status = told.postcall.status;
    if (this.isOpen) this.load();
  }

  async load() {
    try {
      this.show(await api.get(apiOf(this.id, "attempts")));
    } catch (error) {
      this.list.replaceChildren(element("li", { class: "dim" }, error.message));
    }
  }

  show(told) {
    if (this.waiting && (told.attempts.some((one) => one.attempt === this.waiting.id) || Date.now() - this.waiting.since > GIVES_UP_MS)) this.arrived(told.attempts.find((one) => one.attempt === this.waiting.id));
    this.again.disabled = Boolean(this.waiting) || told.status === "in_progress";
    const says = JSON.stringify([told, Boolean(this.waiting)]);
    if (says === this.says) return;
    this.says = says;
    const rows = told.attempts.toReversed().map((one, place) => attempt(one, place === 0));
    if (this.waiting) rows.unshift(element("li", { class: "attempt" }, element("div", { class: "row" }, element("span", { class: "badge note" }, icon("clock"), "Running"))));
    else if (told.status === "pending") rows.unshift(element("li", { class: "attempt" }, element("div", { class: "row" }, element("span", { class: "badge note" }, icon("clock"), "Pending"), told.due_at && element("span", { class: "dim" }, `due ${shownTime(Date.parse(told.due_at))}`))));
    if (!rows.length) rows.push(element("li", { class: "dim" }, told.status === "in_progress" ? "The call is not over yet." : "Nothing ran after this call."));
    this.list.replaceChildren(...rows);
  }

  arrived(attempt_) {
    this.waiting = null;
    if (!attempt_) toast("It has not run yet: look again later.", { bad: true });
    else if (attempt_.status === "ok") toast("It ran again, and worked.");
    else toast("It ran again, and failed.", { bad: true });
  }

  async replay() {
    this.again.disabled = true;
    try {
      const { attempt: id } = await api.post(apiOf(this.id, "replay"), {});
      this.waiting = { id, since: Date.now() };
      this.says = null;
      await this.load();
    } catch (error) {
      toast(error.message, { bad: true });
      this.again.disabled = false;
    }
    await this.changed();
  }
}

function attempt(one, newest) {
  const good = one.status === "ok";
  const facts = [shownTime(Date.parse(one.ended_at)), one.duration_ms === null ? null : span(one.duration_ms), one.version && `version ${one.version.slice(0, 12)}`, one.llm_calls ? `${one.llm_calls} model ${one.llm_calls === 1 ? "call" : "calls"}` : null];
  return element("li", { class: "attempt stack tight", "data-status": one.status },
    element("div", { class: "row" }, element("strong", {}, `Attempt ${one.number}`), element("span", { class: `badge ${good ? "good" : "bad"}` }, icon(good ? "check" : "error"), good ? "Worked" : "Failed"),
      one.counts && element("span", { class: "badge" }, "counts"), one.retracted && element("span", { class: "badge" }, "taken back"), element("span", { class: "dim small number" }, facts.filter(Boolean).join(" · "))),
    one.error && element("p", { class: "attempt-error", dir: "auto" }, one.error),
    one.traceback && element("details", { open: newest && !good }, element("summary", {}, "Traceback"), element("pre", { class: "cv-pre", tabindex: "0" }, one.traceback)),
    one.metrics.length > 0 && element("p", { class: "dim small" }, `Wrote ${one.metrics.join(", ")}`),
    one.retry_at && element("p", { class: "dim small" }, `Tried again ${shownTime(Date.parse(one.retry_at))}`));
}
