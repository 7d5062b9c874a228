import text from "../styles/panels.css?text";

let sheet: CSSStyleSheet | null = null;

/**
 * Gives the styles of the panels to the document or shadow tree that a view lies in. They come as a constructed
 * sheet: the page's policy forbids inline styles, and a widget cannot count on a file's address.
 */
export function dressPanels(root: HTMLElement): void {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
  }
  const place = root.getRootNode();
  const holder = place instanceof ShadowRoot ? place : document;
  if (!holder.adoptedStyleSheets.includes(sheet)) {
    holder.adoptedStyleSheets = [...holder.adoptedStyleSheets, sheet];
  }
}
