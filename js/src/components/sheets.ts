import type { Route } from "../store/route";
import type { App } from "./app";
import { firstControl, matchDialog } from "./dialog_element";
import { inert } from "./dom";

/** Which sheet is open, as the address says it, and where the focus goes when a dialog opens or closes. */
export class Sheets {
  open: Route["sheet"] = null;
  private lastFocus: string | null = null;

  constructor(private readonly app: App) {
    inert(this);
  }

  opened(sheet: Route["sheet"]): void {
    const { ui } = this.app;
    if (this.open === null) this.lastFocus = ui.rows.activeId;
    this.open = sheet;
    ui.address.write(true);
  }

  closed(): void {
    const { ui, table } = this.app;
    if (ui.host.ready && (ui.editor.open || ui.inspector.open)) return;
    this.open = null;
    ui.address.write();
    requestAnimationFrame(() => {
      // The dialog gives the focus back to the element that had it, which may be another task's row by now.
      if (!this.lastFocus || !table.get(this.lastFocus)) return;
      if (!ui.rows.returnTo(this.lastFocus)) this.catchFocus();
    });
  }

  lineChosen(line: number): void {
    if (this.open?.kind !== "run") return;
    this.open = { ...this.open, line };
    this.app.ui.address.write();
  }

  /** Called by each dialog's markup whenever its component opens or closes. */
  match(dialog: HTMLDialogElement, open: boolean): void {
    const was = dialog.open;
    if (matchDialog(dialog, open)) this.app.ui.focusLater(() => firstControl(dialog));
    // What had the focus before may be gone, as a message's button is.
    else if (was && !open) requestAnimationFrame(() => this.catchFocus());
    this.placeToasts();
  }

  /** The focus belongs to the list where what had it is gone, and nothing stands before the list. */
  catchFocus(): void {
    const { activeElement: at, body } = document;
    // What was hidden just now has the focus until the browser draws again.
    const lost = !at || at === body || !at.checkVisibility();
    if (lost && !this.foremost()) this.app.ui.rows.focus();
  }

  /** What stands outside a modal dialog can be neither clicked nor reached by keys: messages go where the reader is. */
  private placeToasts(): void {
    const { root, refs } = this.app;
    const place = this.foremost() ?? root;
    if (refs.toasts && refs.toasts.parentElement !== place) place.append(refs.toasts);
  }

  private foremost(): HTMLDialogElement | undefined {
    const modal = this.app.root.querySelectorAll<HTMLDialogElement>("dialog:modal");
    return [...modal].sort((a, b) => Number(a.dataset.turn) - Number(b.dataset.turn)).at(-1);
  }
}
