// Forms of the pages themselves: <form data-confirm="Switch Ada off?" data-confirm-yes="Switch off">,
// and <select data-submits> which sends its form when it changes. No form is sent twice by a double click.
import { confirmed } from "./dialog.js";

const agreed = new WeakSet();

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method === "dialog" || form.hasAttribute("data-rest")) return;
  if (form.dataset.confirm && !agreed.has(form)) {
    event.preventDefault();
    const { confirm, confirmDetail: detail, confirmYes: yes } = form.dataset;
    if (await confirmed(confirm, { detail, yes, bad: true })) { agreed.add(form); form.requestSubmit(event.submitter); }
    return;
  }
  if (form.hasAttribute("data-sent")) event.preventDefault();
  form.setAttribute("data-sent", "");
});

// The back button brings a page back as it was left.
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => form.removeAttribute("data-sent")));
document.addEventListener("change", (event) => { if (event.target.hasAttribute("data-submits")) event.target.form.requestSubmit(); });
