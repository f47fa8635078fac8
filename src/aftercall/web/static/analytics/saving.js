// Changes of a board: saved at once, undone by a click, and never written over what somebody else did.
import { api, ApiError } from "../js/api.js";
import { element } from "../js/element.js";
import { toast } from "../js/toast.js";

// `boards` is the page's list; `shown(board)` is called with each state that the server confirmed.
export class Saving {
  constructor(boards, shown) {
    this.boards = boards;
    this.shown = shown;
    this.undone = [];
    this.queue = Promise.resolve();
  }

  // One after the other: each builds on the version that the one before made.
  change(board, part, { said = "Saved", undo = null } = {}) {
    this.queue = this.queue.then(() => this.save(board, part, said, undo)).catch((error) => {
      toast(error.message, { bad: true });
      const now = this.current(board);
      this.put(now, { ...now, ...undo }); // what could not be saved must not look as if it were
    });
    return this.queue;
  }

  current(board) {
    return this.boards.find((one) => one === board || (board.id !== null && one.id === board.id)) ?? board;
  }

  async save(board, part, said, undo) {
    const now = this.current(board);
    const made = now.id === null ? await this.keep(now, part) : await this.patch(now, part);
    if (!made) return;
    this.put(now, made);
    if (!undo) { if (said) toast(said); return; }
    const back = () => this.change(made, undo, { said: "Undone" });
    this.undone.push(back);
    toast(said, { action: "Undo", run: back });
  }

  undo() {
    this.undone.pop()?.();
  }

  // The board that the page began with is saved with its first change.
  keep({ name, tiles, filters }, part) {
    return api.post("/v1/dashboards", { name, tiles, filters, ...part });
  }

  async patch(board, part) {
    try {
      return await api.patch(`/v1/dashboards/${board.id}`, { version: board.version, ...part });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "DASHBOARD_CHANGED") throw error;
      return this.settle(board, part, error.data.current, error.message);
    }
  }

  put(old, made) {
    const place = this.boards.findIndex((one) => one === old || one.id === made.id);
    if (place < 0) this.boards.push(made);
    else this.boards[place] = made;
    this.shown(made);
  }

  // Both are offered: neither is lost without somebody saying so.
  async settle(board, part, current, message) {
    const choice = await chooseBetween(current, message);
    if (choice === "mine") return this.patch({ ...board, version: current.version }, part);
    this.put(board, current);
    if (choice === "copy") {
      const copy = { name: `${board.name.slice(0, 190)} (mine)`, tiles: board.tiles, filters: board.filters, ...part };
      const made = await api.post("/v1/dashboards", copy);
      this.boards.push(made);
      this.shown(made);
      toast("Yours was kept as a dashboard of its own");
    }
    return null;
  }
}

function chooseBetween(current, message) {
  const button = (value, words, kind = "") => element("button", { class: `button ${kind}`, value }, words);
  const dialog = element("dialog", { class: "dialog", "aria-labelledby": "conflict-title", "data-stays": true },
    element("form", { method: "dialog" },
      element("header", {}, element("h2", { id: "conflict-title" }, "Somebody was faster")),
      element("div", { class: "body stack tight" }, element("p", {}, `${current.updated_by || "Somebody"} changed this dashboard while you had it open.`), element("p", { class: "dim small" }, `Theirs has ${current.tiles.length} tiles and is version ${current.version}.`)),
      element("footer", {}, button("theirs", "Take theirs"), button("copy", "Keep mine as a copy"), button("mine", "Put mine in its place", "primary"))));
  dialog.setAttribute("aria-description", message);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue || "theirs"); });
  });
}
