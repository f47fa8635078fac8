// What the list shows, as a file: the same conversations, and those columns of it that the table has.
import { ApiError } from "../js/api.js";
import { toast } from "../js/toast.js";
import { drillFile } from "./drill-file.js";
import { field, told } from "./fields.js";
import { overOf } from "./question.js";

function addressOf(state, columns, format) {
  const { all, ...over } = overOf(state.over); // all of time is what an export is of by itself
  const asked = new URLSearchParams({ format, ...over, timezone: told.timezone });
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

async function downloadDrill(state, columns, format) {
  let leave = toast("Preparing the file…");
  try {
    const blob = await drillFile(state, columns, format, (done, all) => {
      leave();
      leave = toast(`Preparing the file: ${done.toLocaleString("en")} of ${all.toLocaleString("en")}`);
    });
    save(blob, `${told.project}-conversations.${format}`);
    leave();
    toast("Exported");
  } catch (error) {
    leave();
    toast(error.message, { bad: true });
  }
}

export async function download(state, columns, format) {
  if (state.drill) return downloadDrill(state, columns, format);
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
