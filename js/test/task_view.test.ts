import { describe, expect, it } from "vitest";
import { inventTasks } from "../demo/invented";
import type { Task } from "../src/store/model";
import { TaskTable } from "../src/store/task_table";
import { TaskView } from "../src/store/task_view";

function task(uuid: string, more: Partial<Task> = {}): Task {
  return {
    uuid,
    revision: 1,
    type: "scheduled",
    name: uuid,
    tags: [],
    enabled: true,
    state: "idle",
    next_run: "2026-03-12T08:00:00Z",
    last_run: null,
    ...more,
  };
}

function viewOf(...tasks: Task[]): { table: TaskTable; view: TaskView; names: () => string[] } {
  const table = new TaskTable();
  table.load(tasks);
  const view = new TaskView(table);
  return { table, view, names: () => [...view.order].map((slot) => table.tasks[slot]!.name) };
}

const delta = (change: { tasks?: Task[]; deleted?: string[] }) => ({
  tasks: [],
  deleted: [],
  runs: [],
  ...change,
});

describe("the order of the list", () => {
  const mixed = [
    task("late", { next_run: "2026-03-12T09:00:00Z" }),
    task("off", { state: "disabled", enabled: false, next_run: null }),
    task("bad", { state: "error" }),
    task("busy", { state: "running" }),
    task("soon", { next_run: "2026-03-12T07:00:00Z" }),
    task("called", { type: "adhoc", next_run: null }),
  ];

  it("begins with what needs attention and ends with what is disabled", () => {
    expect(viewOf(...mixed).names()).toEqual(["bad", "busy", "soon", "late", "called", "off"]);
  });

  it("sorts names as people do, whatever their case", () => {
    const { view, names } = viewOf(task("b 10"), task("B 2"), task("a"));
    view.setSort({ key: "name", descending: false });
    expect(names()).toEqual(["a", "B 2", "b 10"]);
    view.setSort({ key: "name", descending: true });
    expect(names()).toEqual(["b 10", "B 2", "a"]);
  });

  it("puts tasks without a next run last", () => {
    const { view, names } = viewOf(...mixed);
    view.setSort({ key: "next", descending: false });
    expect(names().slice(0, 2)).toEqual(["soon", "bad"]);
    expect(names().slice(-2).sort()).toEqual(["called", "off"]);
  });

  it("puts the latest run first and what never ran last", () => {
    const ran = (id: string, started_at: string, duration: number) =>
      task(id, {
        last_run: { id, state: "succeeded", fire_time: null, started_at, finished_at: null, duration },
      });
    const { view, names } = viewOf(
      task("never"),
      ran("old", "2026-03-01T00:00:00Z", 60),
      ran("new", "2026-03-02T00:00:00Z", 5),
    );
    view.setSort({ key: "last", descending: false });
    expect(names()).toEqual(["new", "old", "never"]);
    view.setSort({ key: "duration", descending: false });
    expect(names()).toEqual(["old", "new", "never"]);
  });

  it("moves a task when a push changes its state", () => {
    const { table, names } = viewOf(...mixed);
    table.apply(delta({ tasks: [task("late", { state: "error", revision: 2, next_run: null })] }));
    expect(names().slice(0, 2)).toEqual(["bad", "late"]);
  });
});

describe("an order that is mended", () => {
  /** The same numbers at each run. */
  function dice(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state % below;
    };
  }

  const keys = ["attention", "name", "state", "schedule", "next", "last", "duration"] as const;

  it.each(keys)("is the one that sorting all by %s gives, whatever changes", (key) => {
    const roll = dice(keys.indexOf(key) + 1);
    const any = (uuid: string): Task =>
      task(uuid, {
        name: roll(4) ? uuid : `renamed ${roll(50)}`,
        state: (["idle", "running", "error", "disabled"] as const)[roll(4)]!,
        tags: roll(2) ? ["a"] : [],
        next_run: roll(5) ? `2026-03-12T0${roll(10)}:00:00Z` : null,
        schedule_words: `Every ${roll(9)} minutes`,
        last_run: {
          id: uuid,
          state: "succeeded",
          fire_time: null,
          started_at: `2026-03-11T0${roll(10)}:00:00Z`,
          finished_at: null,
          duration: roll(100),
        },
      });
    const table = new TaskTable();
    table.load(Array.from({ length: 60 }, (_, at) => any(`t${at}`)));
    const mended = new TaskView(table);
    mended.setSort({ key, descending: roll(2) === 1 });
    mended.setFilter({ tag: "a", q: roll(2) ? "t" : "" });
    for (let round = 0; round < 60; round++) {
      table.apply(
        delta({
          tasks: Array.from({ length: roll(4) }, () => any(`t${roll(80)}`)),
          deleted: roll(3) ? [] : [`t${roll(80)}`],
        }),
      );
      const sorted = new TaskView(table);
      sorted.setSort(mended.sort);
      sorted.setFilter(mended.filter);
      expect([...mended.order]).toEqual([...sorted.order]);
      sorted.dispose();
    }
  });
});

describe("filters", () => {
  const tasks = [
    task("Nightly sync", { tags: ["platform"], context_id: "c1" }),
    task("Nightly report", { tags: ["finance", "weekly"], type: "adhoc" }),
    task("Prune", { state: "disabled", tags: ["platform"] }),
  ];

  it("finds all words, in names and tags, in any order", () => {
    const { view, names } = viewOf(...tasks);
    view.setFilter({ q: "FINANCE night" });
    expect(names()).toEqual(["Nightly report"]);
  });

  it("narrows while typing and widens again on deleting", () => {
    const { view } = viewOf(...tasks);
    view.setFilter({ q: "night" });
    view.setFilter({ q: "nightly s" });
    expect(view.length).toBe(1);
    view.setFilter({ q: "" });
    expect(view.length).toBe(3);
  });

  it("combines state, type, tag and context", () => {
    const { view, names } = viewOf(...tasks);
    view.setFilter({ tag: "platform" });
    expect(view.length).toBe(2);
    view.setFilter({ state: "disabled" });
    expect(names()).toEqual(["Prune"]);
    view.setFilter({ state: "", tag: "", type: "adhoc" });
    expect(names()).toEqual(["Nightly report"]);
    view.setFilter({ type: "", context: "c1" });
    expect(names()).toEqual(["Nightly sync"]);
  });

  it("never shows more than the fixed filter of a widget lets through", () => {
    const table = new TaskTable();
    table.load(tasks);
    const view = new TaskView(table, { tag: "platform", q: "prune" });
    expect(view.length).toBe(1);
    view.setFilter({ q: "nightly" });
    expect(view.length).toBe(0);
    expect(view.counts()).toMatchObject({ all: 1, disabled: 1 });
  });

  it("takes in a new task that fits and drops one that no longer does", () => {
    const { table, view } = viewOf(...tasks);
    view.setFilter({ tag: "platform" });
    table.apply(
      delta({ tasks: [task("New", { tags: ["platform"] }), task("Prune", { tags: [], revision: 2 })] }),
    );
    expect(view.length).toBe(2);
    expect(view.positionOf("Prune")).toBe(-1);
  });
});

describe("deltas", () => {
  it("do not let an older revision win", () => {
    const { table } = viewOf(task("a", { revision: 5, name: "new" }));
    table.apply(delta({ tasks: [task("a", { revision: 4, name: "old" })] }));
    expect(table.get("a")?.name).toBe("new");
  });

  it("free a deleted task's place for the next one", () => {
    const { table, view } = viewOf(task("a"), task("b"));
    table.apply(delta({ deleted: ["a"] }));
    expect(table.size).toBe(1);
    expect(view.length).toBe(1);
    table.apply(delta({ tasks: [task("c")] }));
    expect(table.tasks.length).toBe(2);
    expect(table.get("c")).not.toBeNull();
  });

  it("unselect what was deleted", () => {
    const { table, view } = viewOf(task("a"), task("b"));
    view.selectAll();
    table.apply(delta({ deleted: ["a"] }));
    expect([...view.selected]).toEqual(["b"]);
  });

  it("keep the counts true", () => {
    const { table } = viewOf(task("a"), task("b"));
    table.apply(delta({ tasks: [task("a", { state: "running", revision: 2 })] }));
    expect(table.counts()).toEqual({ all: 2, idle: 1, running: 1, error: 0, disabled: 0 });
  });

  it("change the tags on offer", () => {
    const { table } = viewOf(task("a", { tags: ["x"] }), task("b", { tags: ["x", "y"] }));
    expect(table.tags()).toEqual([
      ["x", 2],
      ["y", 1],
    ]);
    table.apply(delta({ tasks: [task("b", { tags: [], revision: 2 })] }));
    expect(table.tags()).toEqual([["x", 1]]);
  });

  it("tell the views only of the slots that changed", () => {
    const { table, view } = viewOf(task("a"), task("b"));
    const told: (number[] | null)[] = [];
    view.subscribe((slots) => told.push(slots));
    table.apply(delta({ tasks: [task("b", { revision: 2 })] }));
    table.apply(delta({}));
    expect(told).toEqual([[1]]);
  });
});

describe("selection", () => {
  it("selects a range in the order shown", () => {
    const { view } = viewOf(...["a", "b", "c", "d"].map((name) => task(name)));
    view.setSort({ key: "name", descending: true });
    view.toggleRange(2, 1, true);
    expect([...view.selected].sort()).toEqual(["b", "c"]);
    view.toggleRange(1, 1, false);
    expect([...view.selected]).toEqual(["b"]);
  });

  it("selects all that the filter shows, not more", () => {
    const { view } = viewOf(task("a1"), task("a2"), task("b"));
    view.setFilter({ q: "a" });
    view.selectAll();
    expect(view.selected.size).toBe(2);
  });
});

describe("many tasks", () => {
  it("sort the same by packed keys as by comparing", () => {
    const table = new TaskTable();
    const tasks = inventTasks(20_000, Date.parse("2026-03-11T08:00:00Z"));
    table.load(tasks);
    const view = new TaskView(table);
    view.setSort({ key: "next", descending: false });
    const at = (slot: number): number => Date.parse(table.tasks[slot]!.next_run ?? "9999-01-01");
    const fires = Array.from(view.order, at);
    expect(fires.findIndex((fire, position) => position > 0 && fire < fires[position - 1]!)).toBe(-1);
    expect(view.length).toBe(20_000);
  });
});
