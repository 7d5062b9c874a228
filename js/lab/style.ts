import css from "./style.css";

/** JupyterLab asks for an extension's style before it starts its plugins. */
export function addStyle(): object {
  const style = document.createElement("style");
  style.textContent = css;
  document.head.append(style);
  return {};
}
