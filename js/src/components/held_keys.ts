/**
 * Keys pressed between asking for a sheet or dialog and its being there, as while its code loads: they were meant for
 * its first field, not for the list below.
 */
export class HeldKeys {
  private text = "";
  private waiting = 0;

  constructor(private readonly root: HTMLElement) {
    Object.defineProperty(this, "__v_skip", { value: true });
  }

  hold(): void {
    this.waiting++;
  }

  /** Whether the key is kept for what is to come; it must then do nothing else. */
  take(event: KeyboardEvent): boolean {
    if (this.waiting === 0 || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key.length === 1) this.text += event.key;
    else if (event.key === "Backspace") this.text = this.text.slice(0, -1);
    else if (event.key === "Escape" || event.key === "Tab") return false;
    event.preventDefault();
    return true;
  }

  /** Type what was held into the field that has the focus by now. */
  release(): void {
    this.waiting = Math.max(0, this.waiting - 1);
    if (this.waiting > 0) return;
    const { text } = this;
    this.text = "";
    const field = (this.root.getRootNode() as Document | ShadowRoot).activeElement;
    if (!text || !(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return;
    field.setRangeText(text, field.selectionStart ?? 0, field.selectionEnd ?? 0, "end");
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
}
