// The toolbar: time, the four things that every board is divided by, and any other condition as a chip.
import { api } from "../js/api.js";
import { element } from "../js/element.js";
import { icon } from "../js/icon.js";
import { toast } from "../js/toast.js";
import { chooseDates } from "../conversations/dates.js";
import { editFilter } from "../conversations/filter.js";
import { describe } from "../conversations/words.js";
import { QUICK } from "./state.js";

const at = (id) => document.getElementById(id);

export function toolbar({ state, change }) {
  at("over").addEventListener("change", async ({ target }) => {
    if (target.value !== "dates") return change({ over: target.value });
    const dates = await chooseDates(state().over);
    if (dates) change({ over: dates });
    else show();
  });
  for (const field of QUICK) {
    const select = at(`by-${field}`);
    select.addEventListener("change", () => {
      const { [field]: _, ...rest } = state().quick;
      change({ quick: select.value ? { ...rest, [field]: select.value } : rest });
    });
    // What there is to choose is asked for when somebody wants to choose.
    select.addEventListener("pointerenter", () => fill(select, field), { once: true });
    select.addEventListener("focus", () => fill(select, field), { once: true });
  }
  at("add-filter").addEventListener("click", () => edit(null));

  const filled = new Set();
  async function fill(select, field) {
    if (filled.has(field)) return;
    filled.add(field);
    let rows;
    try {
      ({ rows } = await api.post("/v1/query", { by: [field], limit: 50, over: { last: "90d" } }));
    } catch (error) {
      filled.delete(field); // asked for again the next time
      return toast(error.message, { bad: true });
    }
    const there = new Set([...select.options].map((one) => one.value));
    select.append(...rows.map((row) => row[field]).filter((value) => value && !there.has(value)).map((value) => element("option", { value }, value)));
  }

  function edit(place) {
    const { where } = state();
    // The server judges it before it becomes part of the address.
    editFilter(place === null ? null : where[place], async (made) => {
      await api.post("/v1/query", { where: [made], over: { last: "1h" } });
      change({ where: place === null ? [...where, made] : where.map((one, index) => (index === place ? made : one)) });
    });
  }

  function show() {
    const { over, quick, where } = state();
    const select = at("over");
    select.querySelector("option[data-own]")?.remove();
    if (![...select.options].some((one) => one.value === over)) select.append(element("option", { value: over, "data-own": true }, over.replace("..", " to ").replaceAll("_", " ")));
    select.value = over;
    for (const field of QUICK) {
      const box = at(`by-${field}`);
      const value = quick[field] ?? "";
      if (value && ![...box.options].some((one) => one.value === value)) box.append(element("option", { value }, value));
      box.value = value;
    }
    at("chips").replaceChildren(...where.map((one, place) => chip(one, place)));
    at("chips").hidden = where.length === 0;
  }

  function chip(where, place) {
    const words = describe(where);
    const text = element("button", { type: "button", class: "list-chip-edit truncate", title: words.slice(0, 1000), onclick: () => edit(place) }, element("span", { class: "truncate", dir: "auto" }, words.slice(0, 300)));
    const close = element("button", { type: "button", "aria-label": `Remove: ${words.slice(0, 100)}`, onclick: () => change({ where: state().where.filter((_, index) => index !== place) }) }, icon("close"));
    return element("span", { class: "chip on", role: "listitem" }, text, close);
  }
  return { show };
}
