// <side-panel aria-labelledby="..."><header>... <button data-panel-close></button></header><div class="body"></div>
// .show(opener) and .hide(); it sends "panel-open" and "panel-close". The page beside it stays usable; Escape
// closes it, and focus goes back to where it came from.
class SidePanel extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "complementary");
    this.tabIndex = -1;
    this.addEventListener("click", (event) => { if (event.target.closest("[data-panel-close]")) this.hide(); });
    this.escape = (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) this.hide();
    };
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.escape);
  }

  get isOpen() {
    return this.hasAttribute("open");
  }

  show(opener = document.activeElement) {
    if (!this.isOpen) {
      this.opener = opener;
      this.setAttribute("open", "");
      document.addEventListener("keydown", this.escape);
      this.dispatchEvent(new CustomEvent("panel-open", { bubbles: true }));
    }
    this.focus({ preventScroll: true });
  }

  hide() {
    if (!this.isOpen) return;
    this.removeAttribute("open");
    document.removeEventListener("keydown", this.escape);
    this.dispatchEvent(new CustomEvent("panel-close", { bubbles: true }));
    if (this.opener?.isConnected) this.opener.focus({ preventScroll: true });
  }
}

customElements.define("side-panel", SidePanel);
