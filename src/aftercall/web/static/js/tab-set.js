// <tab-set><div class="tabs" role="tablist"><button role="tab" aria-controls="a" aria-selected="true">...</button></div>
// <div id="a" role="tabpanel">...</tab-set>. Arrows move. With the attribute `remember="NAME"` the choice is kept.
class TabSet extends HTMLElement {
  connectedCallback() {
    const kept = this.name && localStorage.getItem(this.name);
    const chosen = this.tabs.find((tab) => tab.getAttribute("aria-controls") === kept);
    this.choose(chosen ?? this.tabs.find((tab) => tab.ariaSelected === "true") ?? this.tabs[0]);
    this.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (tab && this.tabs.includes(tab)) this.choose(tab, true);
    });
    this.addEventListener("keydown", (event) => this.key(event));
  }

  get name() {
    return this.getAttribute("remember") && `aftercall.tab.${this.getAttribute("remember")}`;
  }

  get tabs() {
    return [...this.querySelectorAll(":scope > .tabs > [role=tab]")];
  }

  choose(chosen, keep = false) {
    for (const tab of this.tabs) {
      const on = tab === chosen;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !on;
    }
    if (keep && this.name) localStorage.setItem(this.name, chosen.getAttribute("aria-controls"));
    this.dispatchEvent(new CustomEvent("tab-change", { bubbles: true, detail: chosen.getAttribute("aria-controls") }));
  }

  key(event) {
    const at = this.tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const tab = this.tabs.at(to % this.tabs.length);
    this.choose(tab, true);
    tab.focus();
  }
}

customElements.define("tab-set", TabSet);
