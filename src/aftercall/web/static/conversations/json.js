// A value as indented JSON, made when it is looked at; what is very long is cut, and says so.
import { element } from "../js/element.js";

const LONGEST = 20000;

export function json(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}\n… ${text.length - LONGEST} characters more` : text;
  return element("pre", { class: "cv-pre", dir: "auto" }, cut);
}
