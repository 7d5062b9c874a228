import type { Delta, Run, Task, TaskState } from "./model";
import { tagHues } from "./tag_hues";

/** State codes in the order of attention: what needs a look comes first. */
export const STATE_CODES: Record<TaskState, number> = { error: 0, running: 1, idle: 2, disabled: 3 };
const TYPE_CODES = { scheduled: 0, planned: 1, adhoc: 2 } as const;

export interface TableChange {
  /** Slots whose task changed, or null when everything did. */
  slots: number[] | null;
  runs: Run[];
}

/**
 * All tasks in a plain array of slots, with what filters and sorting need beside it in typed arrays.
 * A task keeps its slot for life; a deleted one leaves a hole that the next new task fills. No DOM, no reactivity.
 */
export class TaskTable {
  tasks: (Task | null)[] = [];
  size = 0;
  /** Counts up with every change. */
  version = 0;
  readonly states = new Column(Uint8Array);
  readonly types = new Column(Uint8Array);
  /** Next fire and last start in whole seconds since the epoch, NEVER without one; milliseconds of the last run. */
  readonly nextFires = new Column(Float64Array);
  readonly lastStarts = new Column(Float64Array);
  readonly durations = new Column(Float64Array);
  private byState: [number, number, number, number] = [0, 0, 0, 0];
  private readonly slotById = new Map<string, number>();
  private readonly free: number[] = [];
  private searchTexts: (string | undefined)[] = [];
  private readonly listeners = new Set<(change: TableChange) => void>();
  private names: Int32Array | null = null;
  private tagCounts: [string, number][] | null = null;
  private hues: { of: [string, number][]; map: Map<string, number> } | null = null;
  private readonly collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

  subscribe(listener: (change: TableChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Replace everything, as after the first load or a `reset`. */
  load(tasks: Task[]): void {
    this.tasks = [];
    this.searchTexts = [];
    this.free.length = 0;
    this.slotById.clear();
    this.byState = [0, 0, 0, 0];
    this.names = null;
    this.tagCounts = null;
    for (const task of tasks) this.put(task);
    this.size = this.slotById.size;
    this.publish({ slots: null, runs: [] });
  }

  apply(delta: Pick<Delta, "tasks" | "deleted" | "runs">): void {
    const slots: number[] = [];
    for (const task of delta.tasks) {
      const slot = this.slotById.get(task.uuid);
      // Deltas of two sources (stream, own action) may cross; an older revision must not win.
      const known = slot === undefined ? null : this.tasks[slot];
      if (known && task.revision < known.revision) continue;
      slots.push(this.put(task));
    }
    for (const id of delta.deleted) {
      const slot = this.drop(id);
      if (slot !== undefined) slots.push(slot);
    }
    this.size = this.slotById.size;
    if (slots.length > 0 || delta.runs.length > 0) this.publish({ slots, runs: delta.runs });
  }

  get(id: string): Task | null {
    const slot = this.slotById.get(id);
    return slot === undefined ? null : (this.tasks[slot] ?? null);
  }

  slotOf(id: string): number | undefined {
    return this.slotById.get(id);
  }

  /** Lower-case text that the instant search looks in. */
  searchText(slot: number): string {
    const cached = this.searchTexts[slot];
    if (cached !== undefined) return cached;
    const task = this.tasks[slot];
    const text = task ? `${task.name}\n${task.tags.join(" ")}\n${task.description ?? ""}`.toLowerCase() : "";
    this.searchTexts[slot] = text;
    return text;
  }

  /** Rank of each slot by name, in the reader's alphabet; made when first asked for, again when a name changed. */
  nameRanks(): Int32Array {
    if (this.names) return this.names;
    const order = [...this.tasks.keys()];
    const names = this.tasks.map((task) => task?.name ?? "");
    order.sort((a, b) => this.collator.compare(names[a]!, names[b]!));
    const ranks = new Int32Array(this.tasks.length);
    for (let rank = 0; rank < order.length; rank++) ranks[order[rank]!] = rank;
    this.names = ranks;
    return ranks;
  }

  counts(): Record<TaskState | "all", number> {
    const [error, running, idle, disabled] = this.byState;
    return { all: this.size, error, running, idle, disabled };
  }

  /** Every tag in use with the number of its tasks, the most used first. Cached until some task's tags change. */
  tags(): [string, number][] {
    if (this.tagCounts) return this.tagCounts;
    const counts = new Map<string, number>();
    for (const task of this.tasks) {
      for (const tag of task?.tags ?? []) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    }
    this.tagCounts = [...counts].sort((a, b) => b[1] - a[1] || this.collator.compare(a[0], b[0]));
    return this.tagCounts;
  }

  /** The colour of a tag in use, below `HUES`. */
  hueOf(tag: string): number {
    const of = this.tags();
    if (this.hues?.of !== of) this.hues = { of, map: tagHues(of.map(([name]) => name)) };
    return this.hues.map.get(tag) ?? 0;
  }

  /** The names of the tasks that run in a context. */
  namesIn(contextId: string): string[] {
    return this.tasks.flatMap((task) => (task?.context_id === contextId ? [task.name] : []));
  }

  /** Every owner with the number of their tasks, who has most first. */
  owners(): [string, number][] {
    const counts = new Map<string, number>();
    for (const task of this.tasks) {
      if (task) counts.set(task.owner ?? "", (counts.get(task.owner ?? "") ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1] || this.collator.compare(a[0], b[0]));
  }

  /** The task that fires next, over all tasks. */
  next(): Task | null {
    const fires = this.nextFires.values;
    let best = -1;
    let soonest = NEVER;
    for (let slot = 0; slot < this.tasks.length; slot++) {
      if (fires[slot]! >= soonest) continue;
      soonest = fires[slot]!;
      best = slot;
    }
    return this.tasks[best] ?? null;
  }

  private put(task: Task): number {
    let slot = this.slotById.get(task.uuid);
    if (slot === undefined) {
      slot = this.free.pop() ?? this.tasks.length;
      this.slotById.set(task.uuid, slot);
      this.names = null;
    } else if (this.tasks[slot]?.name !== task.name) this.names = null;
    const known = this.tasks[slot];
    if (known?.tags.join() !== task.tags.join()) this.tagCounts = null;
    this.tasks[slot] = task;
    this.searchTexts[slot] = undefined;
    const state = STATE_CODES[task.state] ?? STATE_CODES.idle;
    if (known) this.byState[this.states.at(slot)]!--;
    this.byState[state]!++;
    this.states.set(slot, state);
    this.types.set(slot, TYPE_CODES[task.type] ?? 0);
    this.nextFires.set(slot, epochSeconds(task.next_run));
    this.lastStarts.set(slot, epochSeconds(task.last_run?.started_at ?? task.last_run?.fire_time));
    this.durations.set(slot, Math.min(NEVER, Math.round((task.last_run?.duration ?? 0) * 1000)));
    return slot;
  }

  private drop(id: string): number | undefined {
    const slot = this.slotById.get(id);
    if (slot === undefined) return undefined;
    this.slotById.delete(id);
    this.byState[this.states.at(slot)]!--;
    this.nextFires.set(slot, NEVER);
    if (this.tasks[slot]?.tags.length) this.tagCounts = null;
    this.tasks[slot] = null;
    this.searchTexts[slot] = "";
    this.free.push(slot);
    return slot;
  }

  private publish(change: TableChange): void {
    this.version++;
    for (const listener of this.listeners) listener(change);
  }
}

export const typeCode = (type: Task["type"]): number => TYPE_CODES[type];

/** Later than any date that a sort key holds. */
export const NEVER = 2 ** 32 - 1;

export function epochSeconds(iso: string | null | undefined): number {
  if (!iso) return NEVER;
  return Math.min(NEVER, Math.max(0, Math.floor(Date.parse(iso) / 1000)));
}

/** A typed array that grows. */
class Column<T extends Uint8Array | Float64Array> {
  values: T;

  constructor(private readonly make: new (length: number) => T) {
    this.values = new make(256);
  }

  at(index: number): number {
    return this.values[index]!;
  }

  set(index: number, value: number): void {
    if (index >= this.values.length) {
      const grown = new this.make(Math.max(index + 1, this.values.length * 2));
      grown.set(this.values);
      this.values = grown;
    }
    this.values[index] = value;
  }
}
