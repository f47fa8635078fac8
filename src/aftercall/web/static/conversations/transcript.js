// What was said, with its times and gaps, and over it the layers. Items that did not change stay the same
// elements; a call of thousands of turns is laid out only where it is looked at (content-visibility).
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { clock, span } from "./fields.js";
import { LAYERS, keepLayers, layerOf, shownLayers } from "./layers.js";
import { marker } from "./markers.js";

const SILENCE_MS = 3000;
const WHO = { user: "Caller", agent: "Agent" };

export class Transcript {
  constructor() {
    this.kept = new Map();
    this.turns = new Map();
    this.layers = shownLayers();
    this.list = element("ol", { class: "said" });
    this.toggles = element("div", { class: "cv-layers", role: "group", "aria-label": "Shown with the transcript" }, ...LAYERS.map((one) => this.toggle(one)));
    this.place = element("div", {}, this.toggles, this.list);
    this.layer();
  }

  toggle([name, words, sign]) {
    return element("button", { type: "button", class: "button ghost small", "data-layer": name, onclick: () => this.turn(name) }, icon(sign), words, element("span", { class: "cv-count number" }));
  }

  turn(name, on = !this.layers.has(name)) {
    if (on) this.layers.add(name);
    else this.layers.delete(name);
    keepLayers(this.layers);
    this.layer();
  }

  layer() {
    for (const [name] of LAYERS) this.list.classList.toggle(`hide-${name}`, !this.layers.has(name));
    for (const button of this.toggles.children) button.setAttribute("aria-pressed", String(this.layers.has(button.dataset.layer)));
  }

  show(told) {
    const before = this.kept;
    this.kept = new Map();
    this.turns.clear();
    const counts = {};
    const count = (name) => { counts[name] = (counts[name] ?? 0) + 1; };
    for (const item of told.timeline) {
      const says = JSON.stringify(item);
      const old = before.get(item.event_id);
      const kept = old?.says === says ? old : { says, nodes: item.turn ? said(item) : [marker(item)], item };
      this.kept.set(item.event_id, kept);
      if (item.turn) {
        this.turns.set(item.turn, kept);
        if (item.quiet_ms >= SILENCE_MS || item.data.is_silence) count("silence");
        if (item.data.interrupted) count("interruption");
        if (item.data.latency_ms !== null && item.data.latency_ms !== undefined) count("latency");
      } else count(layerOf(item.kind));
    }
    const wanted = [...this.kept.values()].flatMap(({ nodes }) => nodes);
    if (wanted.length !== this.list.childElementCount || wanted.some((node, at) => this.list.children[at] !== node)) this.list.replaceChildren(...wanted);
    if (!told.timeline.some((item) => item.turn)) this.list.prepend(element("li", { class: "said-nothing dim" }, told.details.in_progress ? "Nobody has said anything yet." : "Nothing was said."));
    for (const button of this.toggles.children) {
      button.querySelector(".cv-count").textContent = counts[button.dataset.layer] ?? "";
      button.hidden = !counts[button.dataset.layer];
    }
  }

  reveal(eventId) {
    const kept = this.kept.get(eventId);
    if (!kept) return;
    const layer = kept.item.turn ? null : layerOf(kept.item.kind);
    if (layer) this.turn(layer, true);
    const node = kept.nodes.at(-1);
    node.querySelector("details")?.setAttribute("open", "");
    this.point(node);
  }

  toTurn(turn) {
    const kept = this.turns.get(turn);
    if (kept) this.point(kept.nodes.at(-1));
  }

  // Evidence: the quote is marked in its turn, or wherever it stands.
  quote(turn, quote) {
    for (const mark of this.list.querySelectorAll("mark")) mark.replaceWith(mark.textContent);
    const wanted = this.turns.get(turn);
    const places = [...(wanted ? [wanted] : []), ...this.turns.values()];
    const kept = places.find(({ nodes }) => quote && highlight(nodes.at(-1).querySelector(".said-text"), quote)) ?? wanted;
    if (kept) this.point(kept.nodes.at(-1));
  }

  point(node) {
    this.list.querySelector(".pointed")?.classList.remove("pointed");
    node.classList.add("pointed");
    node.scrollIntoView({ block: "center" });
    // What was not laid out yet has a guessed height: once more when it has its own.
    requestAnimationFrame(() => requestAnimationFrame(() => node.scrollIntoView({ block: "center" })));
  }
}

function highlight(place, quote) {
  place.normalize();
  const text = place.textContent;
  const at = text.includes(quote) ? text.indexOf(quote) : text.toLowerCase().indexOf(quote.toLowerCase());
  if (at < 0) return false;
  place.replaceChildren(text.slice(0, at), element("mark", {}, text.slice(at, at + quote.length)), text.slice(at + quote.length));
  return true;
}

function said(item) {
  const { data, turn } = item;
  const nodes = [];
  if (item.quiet_ms >= SILENCE_MS) nodes.push(element("li", { class: "gap on-silence" }, element("span", {}, `${span(item.quiet_ms)} without a word`)));
  const notes = [
    data.interrupted && note("interruption", "warn", "Interrupted"),
    data.is_silence && note("silence", "", "Silence"),
    data.is_ood && note("", "warn", "Out of domain"),
    data.latency_ms !== null && data.latency_ms !== undefined && note("latency", data.latency_ms > 2000 ? "warn" : "", `${span(data.latency_ms)} latency`),
    data.dtmf && note("", "note", `Keys: ${data.dtmf}`),
  ];
  const text = data.text.trim() ? element("p", { class: "said-text", dir: "auto" }, data.text) : element("p", { class: "said-text dim" }, data.is_silence ? "(silence)" : "(no words)");
  const translated = data.translated_text ? element("p", { class: "said-translated dim", dir: "auto" }, data.translated_text) : null;
  nodes.push(element("li", { class: `turn by-${data.speaker}`, id: `turn-${turn}` },
    element("a", { class: "said-at number", href: `#turn-${turn}`, title: `Link to turn ${turn}` }, clock(item.offset_ms)),
    element("div", { class: "said-body" }, element("div", { class: "said-who" }, WHO[data.speaker] ?? data.speaker, ...notes.filter(Boolean)), text, translated)));
  return nodes;
}

const note = (layer, kind, words) => element("span", { class: `badge ${kind}${layer && ` on-${layer}`}` }, words);
