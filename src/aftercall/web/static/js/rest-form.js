// A form that asks the REST API instead of a page:
//   <form data-rest="POST" action="/v1/keys" data-done="Key made" data-shows="ID-of-a-dialog">
// Fields become JSON: data-list collects ticked boxes into a list, data-number makes a number, and an empty
// field is left out. data-shows: a dialog whose [data-field=NAME] get the answer's fields; the page is loaded
// anew when it closes. Without it, at once. data-tells="It answered {code}" only says so. What went wrong is told in the form's [data-wrong], or as a toast.
import { request } from "./api.js";
import { confirmed } from "./dialog.js";
import { toast, toastOnNextPage } from "./toast.js";

function bodyOf(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled) continue;
    if (field.type === "checkbox" && field.hasAttribute("data-list")) {
      body[field.name] ??= [];
      if (field.checked) body[field.name].push(field.value);
    } else if (field.type === "checkbox") body[field.name] = field.checked;
    else if (field.type === "radio" && !field.checked) continue;
    else if (field.value !== "") body[field.name] = field.hasAttribute("data-number") ? Number(field.value) : field.value;
  }
  return { ...body, ...JSON.parse(form.dataset.body ?? "{}") };
}

function tell(form, message) {
  const place = form.querySelector("[data-wrong]");
  if (!place) { if (message) toast(message, { bad: true }); return; }
  place.hidden = !message;
  place.querySelector("span").textContent = message;
}

function show(dialog, answer) {
  for (const place of dialog.querySelectorAll("[data-field]")) place.textContent = answer[place.dataset.field] ?? "";
  dialog.addEventListener("close", () => location.reload(), { once: true });
  dialog.showModal();
}

function finish(form, answer) {
  form.dispatchEvent(new CustomEvent("rest-done", { bubbles: true, detail: answer }));
  const shows = form.dataset.shows && document.getElementById(form.dataset.shows);
  if (form.dataset.tells) {
    if (answer?.error) toast(answer.error, { bad: true });
    else toast(form.dataset.tells.replace(/\{(\w+)\}/g, (_, name) => answer?.[name] ?? ""));
    return;
  }
  if (form.dataset.done) toastOnNextPage(form.dataset.done);
  form.closest("dialog")?.close();
  if (shows) show(shows, answer);
  else location.reload();
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-rest")) return;
  event.preventDefault();
  const { rest, confirm, confirmDetail: detail, confirmYes: yes } = form.dataset;
  if (confirm && !(await confirmed(confirm, { detail, yes, bad: true }))) return;
  const buttons = [...form.querySelectorAll("button[type=submit]")];
  buttons.forEach((button) => { button.disabled = true; });
  try {
    tell(form, "");
    const path = new URL(form.action).pathname + new URL(form.action).search;
    finish(form, await request(rest, path, rest === "DELETE" ? undefined : bodyOf(form)));
  } catch (error) {
    tell(form, error.message);
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
  }
});
