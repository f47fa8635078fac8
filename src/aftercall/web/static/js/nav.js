// On narrow screens the navigation comes over the page.
import { element } from "./element.js";

const nav = document.getElementById("nav");
const button = document.querySelector(".nav-open");

if (nav && button) {
  const scrim = element("div", { class: "nav-scrim", hidden: true });
  nav.after(scrim);
  const set = (open) => {
    nav.classList.toggle("open", open);
    scrim.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    (open ? nav.querySelector("a, button") : button).focus();
  };
  button.addEventListener("click", () => set(!nav.classList.contains("open")));
  scrim.addEventListener("click", () => set(false));
  nav.addEventListener("keydown", (event) => { if (event.key === "Escape" && nav.classList.contains("open")) set(false); });
}
