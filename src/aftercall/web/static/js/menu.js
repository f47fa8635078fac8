// <drop-menu><button aria-haspopup="true" aria-expanded="false">...</button><div class="menu" role="menu" hidden>...
// Opens on click, Enter, Space and arrow down; arrows, Home and End move; Escape and a click outside close.
class DropMenu extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button[aria-haspopup]");
    this.menu = this.querySelector(".menu");
    this.button.addEventListener("click", () => (this.menu.hidden ? this.open() : this.close()));
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("focusout", (event) => { if (event.relatedTarget && !this.contains(event.relatedTarget)) this.close(false); });
    this.menu.addEventListener("click", (event) => { if (event.target.closest("button, a")) this.close(false); });
    this.follow = () => this.float();
    this.outside = (event) => { if (!this.contains(event.target)) this.close(false); };
  }

  disconnectedCallback() {
    document.removeEventListener("pointerdown", this.outside);
    removeEventListener("scroll", this.follow, true);
  }

  get items() {
    return [...this.menu.querySelectorAll("a, button:not(:disabled)")];
  }

  open() {
    this.menu.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", this.outside);
    if (this.closest(".table-wrap")) this.float();
    this.items[0]?.focus({ preventScroll: true });
  }

  // A table scrolls sideways and would cut the menu off: there it floats over the page, beside its button.
  float() {
    const box = this.button.getBoundingClientRect();
    const { style, offsetHeight: height, offsetWidth: width } = this.menu;
    const below = innerHeight - box.bottom > height + 8;
    Object.assign(style, { position: "fixed", inset: "auto" });
    style.top = `${below ? box.bottom + 4 : Math.max(box.top - height - 4, 8)}px`;
    style.left = `${Math.max(Math.min(box.right, innerWidth - 8) - width, 8)}px`;
    addEventListener("scroll", this.follow, true);
  }

  close(back = true) {
    this.menu.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", this.outside);
    removeEventListener("scroll", this.follow, true);
    if (back) this.button.focus();
  }

  key(event) {
    if (this.menu.hidden) {
      if (event.key === "ArrowDown") { event.preventDefault(); this.open(); }
      return;
    }
    const items = this.items;
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.close(); }
    else if (to !== undefined) { event.preventDefault(); items.at(to % items.length)?.focus(); }
  }
}

customElements.define("drop-menu", DropMenu);
