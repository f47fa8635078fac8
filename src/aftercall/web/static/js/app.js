// What every page has: menus, dialogs, forms, theme, shortcuts, the notice of the last form.
import "./menu.js";
import "./dialog.js";
import "./forms.js";
import "./rest-form.js";
import "./nav.js";
import "./copy-text.js";
import "./side-panel.js";
import "./tab-set.js";
import "./theme.js";
import { keepTimes } from "./time.js";
import { shortcut } from "./shortcuts.js";
import { toast, toastAfterLoad } from "./toast.js";

keepTimes();

for (const link of document.querySelectorAll("#nav a[data-key]")) {
  shortcut(`g ${link.dataset.key}`, `Go to ${link.firstChild.nextSibling.textContent.trim()}`, () => link.click());
}
shortcut("/", "Search", () => document.querySelector("[data-search]")?.focus());
shortcut("?", "Show the shortcuts", () => document.getElementById("shortcuts")?.showModal());

const { notice, reload } = document.getElementById("toasts")?.dataset ?? {};
if (notice) {
  const url = new URL(location.href);
  url.searchParams.delete("notice");
  history.replaceState(history.state, "", url); // reloading must not say it again
  toast(notice);
}
// A form was answered with this page itself: reloading it must not send the form again.
if (reload) history.replaceState(history.state, "", reload);
toastAfterLoad();
