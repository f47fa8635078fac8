// A tile as a file: the server draws it.
import { ApiError } from "../js/api.js";
import { toast } from "../js/toast.js";
import { told } from "../conversations/fields.js";

export async function fileOf(box, format, filters) {
  const leave = toast("Preparing the file…");
  const dark = getComputedStyle(document.documentElement).colorScheme.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  try {
    const answer = await fetch("/v1/charts/file", {
      method: "POST",
      headers: { "content-type": "application/json", "x-aftercall-project": told.project },
      body: JSON.stringify({ tile: box.placed.tile, filters, format, theme }),
    });
    if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => null));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    const name = (box.drawing?.title || "tile").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60);
    link.download = `${name || "tile"}.${format}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  } catch (error) {
    toast(error.message, { bad: true });
  } finally {
    leave();
  }
}
