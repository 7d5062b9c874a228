import type { App } from "../app";

/** The form's control for a field as the server names it, or for what the field is a part of; null if there is none. */
export function controlOf(app: App, path: string): HTMLElement | null {
  const form = app.refs.editorForm;
  for (let at = path; form && at; at = at.slice(0, Math.max(0, at.lastIndexOf(".")))) {
    const id = CSS.escape(app.ui.fieldId(at));
    const found = form.querySelector<HTMLElement>(`[data-field="${CSS.escape(at)}"], #${id}`);
    if (found) return found;
  }
  return null;
}

/** What the form calls a field; its path where it has no control for it. */
export function labelOf(app: App, path: string): string {
  const control = controlOf(app, path);
  if (!control) return path;
  const label =
    (control as HTMLInputElement).labels?.[0] ?? control.querySelector("legend, .scheduler-label");
  return control.ariaLabel ?? label?.textContent?.trim() ?? path;
}
