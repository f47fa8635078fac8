// <conversation-view data-id="...">: one conversation, from the REST API; .open(id) and .close().
// It asks again while something is under way, and sends "conversation-changed" after somebody changed a value.
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { Attempts } from "./attempts.js";
import { details } from "./details.js";
import { RawEvents } from "./raw-events.js";
import { heading } from "./heading.js";
import { Metrics } from "./metrics.js";
import { apiOf } from "./question.js";
import { Transcript } from "./transcript.js";

const AGAIN_MS = 2000;
const TABS = [["transcript", "Transcript"], ["metrics", "Metrics"], ["details", "Details"], ["attempts", "After the call"], ["events", "Events"]];
const KEPT = "aftercall.conversation.tab";

class ConversationView extends HTMLElement {
  connectedCallback() {
    addEventListener("hashchange", () => this.toTurn());
    if (this.dataset.id !== undefined) this.open(this.dataset.id);
  }

  async open(id) {
    this.close();
    this.id_ = id;
    this.says = null;
    this.parts = null;
    this.asking = new AbortController();
    await this.load();
    this.toTurn();
  }

  close() {
    this.asking?.abort();
    clearTimeout(this.timer);
    this.id_ = null;
    if (!this.firstChild) this.replaceChildren(...waiting());
  }

  async load() {
    const id = this.id_;
    clearTimeout(this.timer);
    try {
      const told = await api.get(apiOf(id, "timeline"), { signal: this.asking.signal });
      if (id !== this.id_) return;
      this.show(told);
    } catch (error) {
      if (error.name === "AbortError" || id !== this.id_) return;
      if (!this.parts || error.status === 404) this.failed(error);
    }
    if (this.under && id === this.id_) this.timer = setTimeout(() => (document.hidden ? this.later() : this.load()), AGAIN_MS);
  }

  later() {
    this.timer = setTimeout(() => (document.hidden ? this.later() : this.load()), AGAIN_MS);
  }

  failed(error) {
    this.under = false;
    this.replaceChildren(element("div", { class: "callout bad", role: "alert" }, icon("error"), element("span", {}, error.message)));
  }

  show(told) {
    const says = JSON.stringify(told);
    this.under = told.details.in_progress || told.postcall.status === "pending" || Boolean(this.parts?.attempts.waiting);
    if (says === this.says) return this.parts.attempts.refresh(told);
    this.says = says;
    this.told = told;
    if (!this.parts) this.build();
    const { head, transcript, metrics, info, attempts, events } = this.parts;
    heading(head, told, (event) => this.reveal(event));
    transcript.show(told);
    metrics.show(told);
    info.replaceChildren(...details(told));
    attempts.refresh(told);
    events.refresh(told);
    this.count("metrics", told.metrics.length);
    this.count("attempts", told.postcall.attempts);
  }

  build() {
    const parts = {
      head: element("div", { class: "cv-head stack tight" }),
      transcript: new Transcript(),
      metrics: new Metrics({ show: (turn, quote) => this.quote(turn, quote), reveal: (event) => this.reveal(event), changed: () => this.changed(), id: this.id_ }),
      info: element("div", { class: "stack" }),
      attempts: new Attempts({ id: this.id_, changed: () => this.changed() }),
      events: new RawEvents({ id: this.id_ }),
    };
    const panes = { metrics: parts.metrics.place, details: parts.info, attempts: parts.attempts.place, events: parts.events.place };
    this.tabs = element("div", { class: "tabs cv-tabs", role: "tablist", "aria-label": "About the conversation" },
      ...TABS.map(([name, words]) => element("button", { type: "button", role: "tab", id: `cv-tab-${name}`, "aria-controls": `cv-${name}`, onclick: () => this.tab(name, true) }, words)));
    this.tabs.addEventListener("keydown", (event) => this.key(event));
    this.side = element("div", { class: "cv-side" }, this.tabs,
      ...Object.entries(panes).map(([name, pane]) => element("div", { class: "cv-pane", id: `cv-${name}`, role: "tabpanel", "aria-labelledby": `cv-tab-${name}`, tabindex: "-1", hidden: true }, pane)));
    const left = element("section", { class: "cv-transcript", id: "cv-transcript", "aria-label": "Transcript" }, parts.transcript.place);
    this.parts = parts;
    this.replaceChildren(element("div", { class: "cv" }, parts.head, element("div", { class: "cv-body" }, this.side, left)));
    this.tab(localStorage.getItem(KEPT) ?? "metrics");
  }

  // Where there is room the transcript stands beside the other tabs, and "transcript" means none of them.
  tab(name, keep = false) {
    if (!TABS.some(([one]) => one === name)) name = "metrics";
    this.querySelector(".cv").dataset.tab = name;
    for (const button of this.tabs.children) {
      const on = button.id === `cv-tab-${name}`;
      button.setAttribute("aria-selected", String(on));
      button.tabIndex = on ? 0 : -1;
    }
    for (const [one] of TABS.slice(1)) this.querySelector(`#cv-${one}`).hidden = one !== name;
    if (name === "attempts") this.parts.attempts.open();
    if (name === "events") this.parts.events.open();
    if (keep) localStorage.setItem(KEPT, name);
  }

  key(event) {
    const tabs = [...this.tabs.children].filter((tab) => tab.offsetParent);
    const place = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: -1 }[event.key];
    if (place < 0 || to === undefined) return;
    event.preventDefault();
    const next = tabs.at(to % tabs.length);
    next.click();
    next.focus();
  }

  count(tab, count) {
    const button = this.querySelector(`#cv-tab-${tab}`);
    const words = TABS.find(([name]) => name === tab)[1];
    button.replaceChildren(words, ...(count ? [element("span", { class: "badge" }, String(count))] : []));
  }

  showTranscript() {
    const left = this.querySelector(".cv-transcript");
    if (!left.offsetParent) this.tab("transcript");
  }

  reveal(event) {
    this.showTranscript();
    this.parts.transcript.reveal(event);
  }

  quote(turn, quote) {
    this.showTranscript();
    this.parts.transcript.quote(turn, quote);
  }

  toTurn() {
    const turn = Number(location.hash.match(/^#turn-(\d+)$/)?.[1]);
    if (!turn || !this.parts) return;
    this.showTranscript();
    this.parts.transcript.toTurn(turn);
  }

  changed() {
    this.dispatchEvent(new CustomEvent("conversation-changed", { bubbles: true, detail: this.id_ }));
    return this.load();
  }
}

const waiting = () => [element("div", { class: "stack" }, ...["40%", "90%", "75%", "85%"].map((width) => {
  const bar = element("span", { class: "skeleton" });
  bar.style.width = width;
  return bar;
}))];

customElements.define("conversation-view", ConversationView);
