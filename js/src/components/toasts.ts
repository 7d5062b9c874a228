import type { App } from "./app";

export interface Toast {
  id: number;
  text: string;
  level: "info" | "error";
  action: string;
}

interface ToastOptions {
  level?: Toast["level"];
  action?: string;
  act?: () => unknown;
}

const SHOWN_MS = 6_000;
/** Something to undo, or to read closely, stays longer. */
const ACTION_MS = 12_000;
/** Looked at, or reached by keys: it waits until that ends. */
const HELD_MS = 2_000;
const MOST = 3;

/** Short messages at the foot of the view, some with one action. */
export class Toasts {
  list: Toast[] = [];
  private serial = 0;
  private acts: Record<number, () => unknown> = {};

  constructor(private readonly app: App) {}

  show(text: string, { level = "info", action = "", act }: ToastOptions = {}): void {
    const id = ++this.serial;
    this.list = [...this.list.slice(1 - MOST), { id, text, level, action }];
    if (act) this.acts[id] = act;
    this.expire(id, action || level === "error" ? ACTION_MS : SHOWN_MS);
  }

  act(id: number): void {
    const act = this.acts[id];
    this.dismiss(id);
    act?.();
  }

  dismiss(id: number): void {
    delete this.acts[id];
    if (!this.list.some((toast) => toast.id === id)) return;
    const held = this.app.refs.toasts?.contains(document.activeElement);
    this.list = this.list.filter((toast) => toast.id !== id);
    if (held) this.app.afterDrawing(() => this.app.ui.sheets.catchFocus());
  }

  private expire(id: number, after: number): void {
    setTimeout(() => {
      if (this.app.refs.toasts?.matches(":hover, :focus-within")) this.expire(id, HELD_MS);
      else this.dismiss(id);
    }, after);
  }
}
