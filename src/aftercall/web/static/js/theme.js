// Light, dark, or as the system: kept in a cookie, which the server reads, so that no page flashes.
const YEAR_S = 31536000;

function choose(theme) {
  document.cookie = `aftercall_theme=${theme}; path=/; max-age=${theme === "system" ? 0 : YEAR_S}; samesite=lax`;
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-checked", String(button.dataset.themeChoice === theme));
  }
  document.dispatchEvent(new CustomEvent("theme-change", { detail: theme }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice]");
  if (button) choose(button.dataset.themeChoice);
});
