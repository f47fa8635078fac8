// The conversations behind a number as a file: made here from the pages of the list, because a table's export
// knows no cells. With every column that the list shows, computed ones too.
import { api } from "../js/api.js";
import { drillOf } from "./question.js";
import { TOLD, measuresOf } from "./table.js";

const PAGE = 1000;
const MOST = 100000;
export const DRILL_FORMATS = ["csv", "jsonl"];

function valuesOf(one, columns) {
  const cells = columns.map((name, place) => [name, (TOLD[name] ? TOLD[name](one) : one.values[`column ${place}`]) ?? null]);
  return { conversation_id: one.id, started_at: one.started_at, ...Object.fromEntries(cells) };
}

// What a spreadsheet would take for a formula begins with a quote; so does the export of the table.
function cell(value) {
  if (value === null) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}

const WRITERS = {
  csv: { head: (names) => `${names.map(cell).join(",")}\n`, row: (told) => `${Object.values(told).map(cell).join(",")}\n`, type: "text/csv" },
  jsonl: { head: () => "", row: (told) => `${JSON.stringify(told)}\n`, type: "application/x-ndjson" },
};

// `progress(done, all)` after each page. Throws ApiError, and Error where there are too many.
export async function drillFile(state, columns, format, progress) {
  const writer = WRITERS[format];
  const measures = measuresOf(columns);
  const made = [writer.head([...new Set(["conversation_id", "started_at", ...columns])])];
  let [cursor, done] = [null, 0];
  do {
    const answer = await api.post("/v1/query/conversations", { ...drillOf(state, measures), limit: PAGE, ...(cursor && { cursor }) });
    if (answer.count > MOST) throw new Error(`These are more than ${MOST.toLocaleString("en")} conversations: add a filter first.`);
    made.push(...answer.conversations.map((one) => writer.row(valuesOf(one, columns))));
    done += answer.conversations.length;
    cursor = answer.cursor;
    progress(done, answer.count ?? done);
  } while (cursor);
  return new Blob(made, { type: writer.type });
}
