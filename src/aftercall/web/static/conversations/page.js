// A conversation on a page of its own: the next and the one before within the filter of the address.
import { api } from "../js/api.js";
import { shortcut } from "../js/shortcuts.js";
import { toast } from "../js/toast.js";
import { drillOf, pageOf, read, written } from "./question.js";
import "./view.js";

const at = (id) => document.getElementById(id);
const view = at("shown");
const state = read(location.search);
const search = written(state, { open: null });

at("back").href = at("back").getAttribute("href") + written(state, { open: view.dataset.id });

async function neighbours() {
  let found = {};
  try {
    found = await api.post("/v1/query/conversations/around", { ...drillOf(state), conversation_id: view.dataset.id });
  } catch (error) {
    toast(`The neighbours were not found: ${error.message}`, { bad: true });
  }
  for (const name of ["newer", "older"]) {
    const id = found[name];
    if (typeof id !== "string") continue;
    const go = () => location.assign(pageOf(id, search));
    at(name).disabled = false;
    at(name).addEventListener("click", go);
    shortcut(name === "newer" ? "k" : "j", `${name === "newer" ? "Newer" : "Older"} conversation`, go);
  }
}

shortcut("Escape", "Back to the list", () => at("back").click());
neighbours();
