// One tile: asks for its drawing, shows it, and stays as it was while it asks again.
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { draw, drawingOf, forget } from "../charts/draw.js";
import { told } from "../conversations/fields.js";

const MENU = [
  ["edit", "Edit", "edit", true], ["copy", "Duplicate", "copy", true], ["move", "Move or resize", "grip", true],
  ["table", "As a table", "columns", false], ["png", "PNG", "download", false], ["svg", "SVG", "download", false], ["csv", "CSV", "download", false],
  ["explain", "Explain", "info", false], ["ask", "Ask about it", "analyst", false], ["remove", "Remove", "trash", true],
];
const ASKS = ["explain", "ask"]; // of the analyst's page, where there is one

export class TileBox {
  constructor(placed, act) {
    this.placed = placed;
    this.heading = element("h2", { class: "truncate", dir: "auto", id: `h-${placed.id}` });
    this.note = element("span", { class: "tile-note", hidden: true }, icon("info"));
    this.body = element("div", { class: "tile-body" }, element("span", { class: "skeleton tile-waiting" }));
    this.foot = element("footer", { class: "dim small truncate", hidden: true });
    const items = MENU.filter(([what, , , edits]) => (told.may.edit || !edits) && (told.asks || !ASKS.includes(what))).map(([what, words, sign]) => element("button", { type: "button", role: "menuitem", onclick: () => act(what, this) }, icon(sign), words));
    this.menu = element("drop-menu", {},
      element("button", { class: "button ghost icon-only small", type: "button", "aria-haspopup": "true", "aria-expanded": "false" }, icon("more")),
      element("div", { class: "menu end", role: "menu", hidden: true }, ...items));
    const grip = told.may.edit && element("span", { class: "tile-grip", "data-grip": "place", "aria-hidden": "true" }, icon("grip"));
    const size = told.may.edit && element("span", { class: "tile-size", "data-grip": "size", "aria-hidden": "true" });
    this.node = element("section", { class: "tile card", "data-tile": placed.id, tabindex: "-1", "aria-labelledby": `h-${placed.id}` },
      element("header", {}, grip, this.heading, this.note, this.menu), this.body, this.foot, size);
    this.name(placed.tile.title);
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(this.body);
  }

  name(title) {
    this.heading.textContent = title;
    this.heading.title = title;
    this.menu.querySelector("button").setAttribute("aria-label", `Menu of ${title || "the tile"}`);
  }

  // `quiet`: what is shown stays until there is something else to show.
  async refresh(filters, { quiet = false } = {}) {
    this.asking?.abort();
    const mine = (this.asking = new AbortController());
    this.filters = filters;
    if (!quiet) this.node.classList.add("tile-stale");
    try {
      const drawing = await drawingOf(this.placed.tile, filters, mine.signal);
      if (this.asking !== mine) return;
      await this.take(drawing);
    } catch (error) {
      if (error.name === "AbortError" || this.asking !== mine) return;
      if (!quiet || !this.drawing) this.fail(error);
    } finally {
      if (this.asking === mine) {
        this.asking = null;
        this.node.classList.remove("tile-stale");
        this.node.dataset.state = this.drawing ? "drawn" : "failed";
      }
    }
  }

  async take(drawing) {
    const { took_ms: _, fresh_as_of: __, ...seen } = drawing;
    const key = JSON.stringify(seen);
    const anew = key !== this.key;
    this.drawing = drawing;
    this.key = key;
    if (!anew) return;
    this.name(drawing.title);
    this.note.hidden = !drawing.note;
    this.note.title = drawing.note;
    const words = drawing.kind === "funnel" && drawing.notes.length === 1 ? [] : drawing.notes;
    this.foot.textContent = words.join(" ");
    this.foot.title = drawing.notes.join(" ");
    this.foot.hidden = words.length === 0;
    await this.show();
  }

  async show() {
    const { width, height } = this.body.getBoundingClientRect();
    this.size = `${Math.round(width)}x${Math.round(height)}`;
    await draw(this.body, this.drawing, { url: told.vega, asTable: this.asTable });
  }

  // After a resize, once it rests: charts are drawn for a size.
  fit() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      const { width, height } = this.body.getBoundingClientRect();
      if (this.drawing?.spec && width > 0 && this.size !== `${Math.round(width)}x${Math.round(height)}`) this.show();
    }, 120);
  }

  fail(error) {
    this.drawing = null;
    this.key = null;
    forget(this.body);
    const parts = [icon("warning"), element("p", {}, error.message)];
    if (error.code === "QUERY_INVALID" && /no such metric/.test(error.message)) {
      parts.push(element("p", { class: "small" }, "A metric is there once an agent writes it, a field is extracted, or somebody registers it."),
        element("a", { class: "button small", href: `/p/${encodeURIComponent(told.project)}/metrics` }, "Metrics"));
    } else if (error.code === "METRICS_SETTINGS_INVALID" || /setting/.test(error.message)) {
      parts.push(element("a", { class: "button small", href: `/p/${encodeURIComponent(told.project)}/settings` }, "Settings"));
    }
    this.body.replaceChildren(element("div", { class: "chart-empty dim" }, ...parts));
  }

  leave() {
    this.asking?.abort();
    this.watch.disconnect();
    clearTimeout(this.resting);
    forget(this.body);
    this.node.remove();
  }
}
