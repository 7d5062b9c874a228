import type { Task } from "../store/model";

/** What an open row shows below itself. */
export interface RowDetail {
  element: HTMLElement;
  update: (task: Task) => void;
}

/** Pixels that a detail is taken to need until it was seen. */
const GUESS = 170;

/** The details of open rows: one a task, kept while its row is recycled, with the height that each turned out to have. */
export class RowDetails {
  private readonly details = new Map<string, RowDetail>();
  private readonly heights = new Map<string, number>();
  private readonly resize: ResizeObserver;

  constructor(
    private readonly make: (task: Task) => RowDetail,
    resized: () => void,
  ) {
    this.resize = new ResizeObserver((entries) => {
      for (const entry of entries) this.measure(entry.target as HTMLElement);
      resized();
    });
  }

  dispose(): void {
    this.resize.disconnect();
  }

  elementFor(task: Task): HTMLElement {
    let detail = this.details.get(task.uuid);
    if (!detail) {
      detail = this.make(task);
      detail.element.dataset.for = task.uuid;
      this.details.set(task.uuid, detail);
      this.resize.observe(detail.element);
    }
    detail.update(task);
    return detail.element;
  }

  heightOf(id: string): number {
    return this.heights.get(id) ?? GUESS;
  }

  /** The row was closed: opened again, it is read anew. */
  drop(id: string): void {
    const detail = this.details.get(id);
    if (!detail) return;
    this.resize.unobserve(detail.element);
    this.details.delete(id);
  }

  private measure(element: HTMLElement): void {
    const id = element.dataset.for;
    if (id && element.isConnected && element.offsetHeight > 0) this.heights.set(id, element.offsetHeight);
  }
}
