import type { Task, TaskState, TaskType } from "./model";
import { NEVER, STATE_CODES, type TableChange, type TaskTable, typeCode } from "./task_table";

export type SortKey = "attention" | "name" | "state" | "schedule" | "next" | "last" | "duration";

export interface Filter {
  q: string;
  state: TaskState | "";
  type: TaskType | "";
  tag: string;
  context: string;
}

/** What a view can ever show: a filter of the reader's kind, or one task. */
export interface Scope extends Filter {
  task: string;
}

export interface Sort {
  key: SortKey;
  descending: boolean;
}

export const NO_FILTER: Filter = { q: "", state: "", type: "", tag: "", context: "" };
export const DEFAULT_SORT: Sort = { key: "attention", descending: false };

/** A sort key and a slot are packed into one exact integer (key * SLOTS + slot), which engines sort natively. */
const SLOTS = 2 ** 18;
const KEY_LIMIT = 2 ** 35 - 1;
const STATE_STEP = 2 ** 32;

/**
 * What one table shows: which tasks, in which order, which are selected, which are open.
 * Works on slots of the shared TaskTable, so that several views of 100,000 tasks cost little.
 */
export class TaskView {
  filter: Filter = { ...NO_FILTER };
  sort: Sort = { ...DEFAULT_SORT };
  /** Slots in the order shown. */
  order = new Int32Array(0);
  readonly selected = new Set<string>();
  readonly expanded = new Set<string>();
  private readonly unsubscribe: () => void;
  private matched: { q: string; filter: string; version: number } | null = null;
  /** What `order` was sorted by, in that order, and the ranks that it was made of. */
  private packed = new Float64Array(0);
  private ranked: Int32Array | Float64Array | null = null;
  private readonly listeners = new Set<(slots: number[] | null) => void>();

  /** `fixed` narrows what this view can ever show, as a widget's `filter=` does. */
  constructor(
    readonly table: TaskTable,
    private readonly fixed: Partial<Scope> = {},
  ) {
    this.unsubscribe = table.subscribe((change) => this.follow(change));
    this.rebuild();
  }

  dispose(): void {
    this.unsubscribe();
    this.listeners.clear();
  }

  subscribe(listener: (slots: number[] | null) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  setFilter(change: Partial<Filter>): void {
    this.filter = { ...this.filter, ...change };
    this.rebuild();
    this.publish(null);
  }

  setSort(sort: Sort): void {
    this.sort = sort;
    this.rebuild();
    this.publish(null);
  }

  get length(): number {
    return this.order.length;
  }

  taskAt(position: number): Task | null {
    const slot = this.order[position];
    return slot === undefined ? null : (this.table.tasks[slot] ?? null);
  }

  positionOf(id: string): number {
    const slot = this.table.slotOf(id);
    return slot === undefined ? -1 : this.order.indexOf(slot);
  }

  toggle(id: string, on = !this.selected.has(id)): void {
    if (on) this.selected.add(id);
    else this.selected.delete(id);
    this.publish([]);
  }

  /** Select or clear everything between two positions, both included. */
  toggleRange(from: number, to: number, on: boolean): void {
    for (let at = Math.min(from, to); at <= Math.max(from, to); at++) {
      const task = this.taskAt(at);
      if (!task) continue;
      if (on) this.selected.add(task.uuid);
      else this.selected.delete(task.uuid);
    }
    this.publish([]);
  }

  selectAll(): void {
    for (const slot of this.order) this.selected.add(this.table.tasks[slot]!.uuid);
    this.publish([]);
  }

  clearSelection(): void {
    this.selected.clear();
    this.publish([]);
  }

  toggleExpanded(id: string, on = !this.expanded.has(id)): void {
    if (on) this.expanded.add(id);
    else this.expanded.delete(id);
    this.publish([]);
  }

  /** Counts of what the fixed filter lets through. */
  counts(): Record<TaskState | "all", number> {
    if (!this.scoped) return this.table.counts();
    const counts = { all: 0, idle: 0, running: 0, error: 0, disabled: 0 };
    const matches = this.matcher({ ...NO_FILTER, task: "", ...this.fixed });
    for (let slot = 0; slot < this.table.tasks.length; slot++) {
      const task = this.table.tasks[slot];
      if (!task || !matches(slot, task)) continue;
      counts.all++;
      counts[task.state]++;
    }
    return counts;
  }

  /** Whether there may be tasks that this view never shows. */
  get scoped(): boolean {
    return Object.values(this.fixed).some(Boolean);
  }

  private follow(change: TableChange): void {
    if (change.slots?.length === 0) {
      // Only runs changed: what was matched still holds.
      if (this.matched?.version === this.table.version - 1) this.matched.version++;
      return;
    }
    for (const id of this.selected) if (!this.table.get(id)) this.selected.delete(id);
    if (!change.slots || !this.mend(change.slots)) this.rebuild();
    this.publish(change.slots);
  }

  private rebuild(): void {
    this.show(this.pack(this.match()).sort());
  }

  private show(packed: Float64Array<ArrayBuffer>): void {
    const order = new Int32Array(packed.length);
    for (let at = 0; at < order.length; at++) order[at] = packed[at]! % SLOTS;
    this.packed = packed;
    this.order = order;
  }

  /**
   * Put the few tasks that changed in their new places, the others staying in order: a tenth of the work of sorting
   * all. Returns false where that cannot be done.
   */
  private mend(slots: number[]): boolean {
    const { matched, table, order, packed } = this;
    if (matched?.version !== table.version - 1 || slots.length > order.length / 4) return false;
    // The ranks of words are made anew when one of them changed, and then nobody's is what it was.
    if (this.sort.key === "schedule" || this.ranks(this.sort.key) !== this.ranked) return false;
    const changed = new Set(slots);
    const matches = this.matcher(this.inForce());
    const fit = [...changed].filter((slot) => table.tasks[slot] && matches(slot, table.tasks[slot]));
    const placed = this.pack(Int32Array.from(fit)).sort();
    const merged = new Float64Array(order.length + placed.length);
    let count = 0;
    let next = 0;
    for (let at = 0; at < order.length; at++) {
      if (changed.has(order[at]!)) continue;
      while (next < placed.length && placed[next]! < packed[at]!) merged[count++] = placed[next++]!;
      merged[count++] = packed[at]!;
    }
    while (next < placed.length) merged[count++] = placed[next++]!;
    matched.version = table.version;
    this.show(merged.slice(0, count));
    return true;
  }

  /** What the reader asked for, within what this view can show. */
  private inForce(): Scope {
    const filter: Scope = { ...this.filter, task: "" };
    for (const [key, value] of Object.entries(this.fixed)) {
      if (value && !filter[key as keyof Scope]) Object.assign(filter, { [key]: value });
    }
    // The words of a fixed filter and of the reader's hold together.
    if (this.fixed.q && this.filter.q) filter.q = `${this.fixed.q} ${this.filter.q}`;
    return filter;
  }

  /** Slots that the filters let through. */
  private match(): Int32Array {
    const { table } = this;
    const filter = this.inForce();
    const { q, ...rest } = filter;
    const signature = JSON.stringify(rest);
    const before = this.matched;
    const fresh = before?.version === table.version && before.filter === signature;
    if (fresh && q === before.q) return this.order;
    // Typing on narrows: what did not contain "rep" cannot contain "repo".
    const narrows = fresh && q.startsWith(before.q);
    this.matched = { q, filter: signature, version: table.version };
    const matches = Object.values(filter).some(Boolean) ? this.matcher(filter) : null;
    const source = narrows ? this.order : null;
    const length = source ? source.length : table.tasks.length;
    const found = new Int32Array(length);
    let count = 0;
    for (let at = 0; at < length; at++) {
      const slot = source ? source[at]! : at;
      const task = table.tasks[slot];
      if (task && (matches === null || matches(slot, task))) found[count++] = slot;
    }
    return found.subarray(0, count);
  }

  private matcher(filter: Scope): (slot: number, task: Task) => boolean {
    const { table } = this;
    const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
    const state = filter.state ? STATE_CODES[filter.state] : -1;
    const type = filter.type ? typeCode(filter.type) : -1;
    const { tag, context } = filter;
    const only = filter.task;
    return (slot, task) => {
      if (only && task.uuid !== only) return false;
      if (state >= 0 && table.states.at(slot) !== state) return false;
      if (type >= 0 && table.types.at(slot) !== type) return false;
      if (tag && !task.tags.includes(tag)) return false;
      if (context && task.context_id !== context) return false;
      for (const word of words) if (!table.searchText(slot).includes(word)) return false;
      return true;
    };
  }

  /** Each slot's sort key and the slot in one number. Newest and longest come first when ascending. */
  private pack(slots: Int32Array): Float64Array<ArrayBuffer> {
    const { table } = this;
    const { key, descending } = this.sort;
    const packed = new Float64Array(slots.length);
    const ranks = this.ranks(key);
    this.ranked = ranks;
    const states = key === "attention" || key === "state" ? table.states.values : null;
    const newestFirst = key === "last" || key === "duration";
    for (let at = 0; at < packed.length; at++) {
      const slot = slots[at]!;
      let rank = ranks[slot]!;
      if (states) rank += states[slot]! * STATE_STEP;
      else if (newestFirst && rank !== NEVER) rank = NEVER - rank;
      packed[at] = (descending ? KEY_LIMIT - rank : rank) * SLOTS + slot;
    }
    return packed;
  }

  private ranks(key: SortKey): Int32Array | Float64Array {
    const { table } = this;
    if (key === "name") return table.nameRanks();
    if (key === "schedule") return rankText(table.tasks, (task) => task.schedule_words ?? "");
    if (key === "last") return table.lastStarts.values;
    if (key === "duration") return table.durations.values;
    return table.nextFires.values;
  }

  private publish(slots: number[] | null): void {
    for (const listener of this.listeners) listener(slots);
  }
}

function rankText(tasks: (Task | null)[], text: (task: Task) => string): Int32Array {
  const distinct = new Set<string>();
  for (const task of tasks) if (task) distinct.add(text(task));
  const ranks = new Map([...distinct].sort().map((value, rank) => [value, rank]));
  return Int32Array.from(tasks, (task) => (task ? ranks.get(text(task))! : 0));
}
