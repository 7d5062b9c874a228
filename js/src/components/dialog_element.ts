/** What every `<dialog>` of the face has in common: opening, closing, and who is told when the browser closes one. */

const FIRST_CONTROL =
  ".scheduler-sheet-body :is(input, select, textarea, .scheduler-starter), .scheduler-palette-search input";

/** Counts the modal dialogs opened: the latest stands before the others. */
let turn = 0;

/** Opens or closes a dialog element to match its component. True if it was opened just now. */
export function matchDialog(dialog: HTMLDialogElement, open: boolean): boolean {
  dialog.dataset.wanted = String(open);
  if (open === dialog.open) return false;
  if (!open) {
    dialog.close();
    return false;
  }
  if (besideOthers(dialog)) {
    dialog.show();
    shutByEscape(dialog);
  } else {
    dialog.showModal();
    dialog.dataset.turn = String(++turn);
    dialog.addEventListener("pointerdown", shutOutside);
  }
  dialog.addEventListener("close", closedByBrowser);
  return true;
}

/** Where the focus belongs in a small dialog: not on the cross in its corner, which comes first. */
export function firstControl(dialog: HTMLDialogElement): HTMLElement | null {
  return dialog.classList.contains("scheduler-modal")
    ? dialog.querySelector<HTMLElement>(FIRST_CONTROL)
    : null;
}

/** A sheet of a page that lies in another application leaves that application alone. */
function besideOthers(dialog: HTMLDialogElement): boolean {
  return dialog.classList.contains("scheduler-sheet") && dialog.closest("[data-embedded]") !== null;
}

/**
 * What the browser does for a dialog that stands before everything, also where nothing has the focus any more: a
 * button that was pressed may be gone.
 */
function shutByEscape(dialog: HTMLDialogElement): void {
  const onKey = (event: KeyboardEvent): void => {
    if (!dialog.isConnected) stop();
    const here = event.target === document.body || dialog.contains(event.target as Node);
    if (event.key !== "Escape" || event.defaultPrevented || !here || !dialog.checkVisibility()) return;
    event.preventDefault();
    dialog.dispatchEvent(new Event("cancel", { cancelable: true }));
  };
  const stop = (): void => document.removeEventListener("keydown", onKey);
  document.addEventListener("keydown", onKey);
  dialog.addEventListener("close", stop, { once: true });
}

/** A browser may close a dialog on a second Escape without asking: its component must hear of it. */
function closedByBrowser(event: Event): void {
  const dialog = event.currentTarget as HTMLDialogElement;
  if (dialog.dataset.wanted === "true") dialog.dispatchEvent(new Event("cancel", { cancelable: true }));
}

function shutOutside(event: Event): void {
  const dialog = event.currentTarget as HTMLDialogElement;
  if (event.target !== dialog) return;
  const box = dialog.getBoundingClientRect();
  const { clientX: x, clientY: y } = event as PointerEvent;
  const inside = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  if (!inside) dialog.dispatchEvent(new Event("cancel", { cancelable: true }));
}
