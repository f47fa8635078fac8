// What the list shows, as a file: the same conversations, and those columns of it that the table has.
import { ApiError } from "../js/api.js";
import { toast } from "../js/toast.js";
import { field, told } from "./fields.js";
import { overOf } from "./question.js";

function addressOf(state, columns, format) {
  const asked = new URLSearchParams({ format, ...overOf(state.over), timezone: told.timezone });
  if (state.where.length) asked.set("where", JSON.stringify(state.where));
  for (const name of new Set(["conversation_id", "started_at", ...columns])) asked.append("column", name);
  return `/v1/export?${asked}`;
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

export async function download(state, columns, format) {
  const kept = columns.filter((name) => field(name).column);
  const computed = columns.filter((name) => !kept.includes(name)).map((name) => field(name).label);
  const leave = toast("Preparing the file…");
  try {
    const answer = await fetch(addressOf(state, kept, format), { headers: { "x-aftercall-project": told.project } });
    if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => null));
    save(await answer.blob(), `${told.project}-conversations.${format}`);
    leave();
    toast(computed.length ? `Exported without ${computed.join(", ")}: the table has no such column` : "Exported");
  } catch (error) {
    leave();
    toast(error.message, { bad: true });
  }
}
