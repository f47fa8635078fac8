// <copy-text><button type="button">Copy</button></copy-text>: copies the text of the element of `from` (an id),
// or its attribute `text`.
import { toast } from "./toast.js";

class CopyText extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", () => this.copy());
  }

  async copy() {
    const source = document.getElementById(this.getAttribute("from"));
    const text = source ? source.textContent : this.getAttribute("text");
    try {
      await navigator.clipboard.writeText(text);
      toast("Copied");
    } catch {
      // Without https there is no clipboard: the text is at least selected.
      if (source) getSelection().selectAllChildren(source);
      toast("Press Ctrl+C to copy");
    }
  }
}

customElements.define("copy-text", CopyText);
