export type Theme = "auto" | "light" | "dark";

/** Follows the theme of JupyterLab, of VS Code, or of the system, whichever the view lies in, unless one is given. */
export function followTheme(root: HTMLElement, theme: Theme = "auto"): () => void {
  if (theme !== "auto") {
    root.dataset.schedulerTheme = theme;
    root.dataset.ownColours = "true";
    return () => {};
  }
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = (): void => {
    root.dataset.schedulerTheme = isDark(system) ? "dark" : "light";
  };
  const observer = new MutationObserver(apply);
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
  system.addEventListener("change", apply);
  apply();
  return () => {
    observer.disconnect();
    system.removeEventListener("change", apply);
  };
}

function isDark(system: MediaQueryList): boolean {
  const { jpThemeLight } = document.body.dataset;
  if (jpThemeLight) return jpThemeLight === "false";
  const { classList } = document.body;
  if (classList.contains("vscode-dark") || classList.contains("vscode-high-contrast")) return true;
  if (classList.contains("vscode-light")) return false;
  return system.matches;
}
