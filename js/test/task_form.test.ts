import { describe, expect, it } from "vitest";
import { conflictsOf } from "../src/components/form/conflict";
import { rowOfDate } from "../src/components/form/planned_dates";
import { joinCommand, splitCommand } from "../src/store/argv";
import type { Action, Notify, Task } from "../src/store/model";
import { type NotifyForm, notifyFormOf, notifyOf } from "../src/store/notify_form";
import { parameterRows, parametersOf, readValue, showValue } from "../src/store/parameters";
import { differences, mergePatch } from "../src/store/patch";
import { DEFAULT_POLICY } from "../src/store/policy_form";
import { formOf, patchOf, sameForm, taskOf } from "../src/store/task_form";
import { comesTwice, instantOf, wallTime } from "../src/store/wall_times";

const NIGHTLY: Partial<Task> = {
  uuid: "u1",
  type: "scheduled",
  name: "Nightly",
  tags: ["a", "b"],
  enabled: true,
  schedule: { minute: "30", hour: "2", day: "*", month: "*", weekday: "*", timezone: "Europe/Berlin" },
  action: {
    kind: "notebook",
    path: "n.ipynb",
    parameters: { region: "eu", n: 5 },
    kernel_name: null,
    kernel: "fresh",
  },
  context_id: "u1",
};

describe("a form", () => {
  it("makes the task again that it was filled from", () => {
    expect(taskOf(formOf(NIGHTLY, "UTC"))).toMatchObject({
      type: "scheduled",
      name: "Nightly",
      tags: ["a", "b"],
      schedule: NIGHTLY.schedule,
      action: NIGHTLY.action,
      policy: { catchup: "latest", catchup_window: 86_400, overlap: "skip", timeout: 86_400 },
    });
  });

  it("sends the reader's zone for a new task", () => {
    expect(taskOf(formOf({}, "Asia/Tokyo")).schedule).toMatchObject({ timezone: "Asia/Tokyo" });
  });

  it("sends nothing when nothing changed", () => {
    const form = formOf(NIGHTLY, "UTC");
    expect(sameForm(form, formOf(NIGHTLY, "UTC"))).toBe(true);
    expect(patchOf(form, structuredClone(form))).toEqual({});
  });

  it("does not change when a notebook's own parameters are offered", () => {
    const start = formOf(NIGHTLY, "UTC");
    const now = structuredClone(start);
    now.parameters.notebook.push({ name: "offered", value: "", hint: "5" });
    expect(sameForm(start, now)).toBe(true);
    now.parameters.notebook.at(-1)!.value = "6";
    expect(sameForm(start, now)).toBe(false);
  });

  it("sends only what changed, and null for what was cleared", () => {
    const start = formOf(NIGHTLY, "UTC");
    const now = structuredClone(start);
    now.fields.hour = "3";
    now.parameters.notebook = now.parameters.notebook.filter((row) => row.name !== "n");
    now.policy.timeoutMinutes = "";
    expect(patchOf(start, now)).toEqual({
      schedule: { hour: "3" },
      action: { parameters: { n: null } },
      policy: { timeout: null },
    });
  });

  it("takes the old action's members away when the kind changes", () => {
    const start = formOf(NIGHTLY, "UTC");
    const now = { ...structuredClone(start), kind: "command" as const, command: "ls -l" };
    expect(patchOf(start, now).action).toEqual({
      kind: "command",
      argv: ["ls", "-l"],
      cwd: "",
      env: {},
      path: null,
      parameters: null,
      kernel_name: null,
      kernel: null,
    });
  });

  it("replaces a plan as a whole, with wall times in the task's zone", () => {
    const planned: Partial<Task> = {
      type: "planned",
      plan: {
        todo: [{ at: "2026-03-12T07:00:00Z", timezone: "Europe/Berlin" }],
        in_progress: null,
        done: [],
      },
    };
    const start = formOf(planned, "UTC");
    expect(start.dates).toEqual([{ wall: "2026-03-12T08:00", fold: 0, timezone: "" }]);
    const now = structuredClone(start);
    now.dates.push({ wall: "2026-10-25T02:30", fold: 1, timezone: "" });
    expect(patchOf(start, now).plan).toEqual({
      todo: [
        { wall: "2026-03-12T08:00:00", timezone: "Europe/Berlin", fold: 0 },
        { wall: "2026-10-25T02:30:00", timezone: "Europe/Berlin", fold: 1 },
      ],
    });
  });

  it("keeps each date's own zone, and its seconds, though the form shows neither", () => {
    const todo = [
      { at: "2026-03-12T07:00:30Z", wall: "2026-03-12T08:00:30", timezone: "Europe/Berlin", fold: 0 },
      { at: "2026-03-13T00:00:00Z", wall: "2026-03-13T09:00:00", timezone: "Asia/Tokyo", fold: 0 },
    ];
    const form = formOf({ type: "planned", plan: { todo, in_progress: null, done: [] } }, "UTC");
    form.dates.push({ wall: "2026-04-01T08:00", fold: 0, timezone: "" });
    expect(taskOf(form).plan).toEqual({
      todo: [
        { wall: "2026-03-12T08:00:30", timezone: "Europe/Berlin", fold: 0 },
        { wall: "2026-03-13T09:00:00", timezone: "Asia/Tokyo", fold: 0 },
        { wall: "2026-04-01T08:00:00", timezone: "Europe/Berlin", fold: 0 },
      ],
    });
    expect(rowOfDate(1, { ...form, dates: [form.dates[2]!, form.dates[0]!, form.dates[1]!] })).toBe(2);
  });

  it("keeps what each kind was given while another one is chosen", () => {
    const start = formOf(NIGHTLY, "UTC");
    const now = structuredClone(start);
    Object.assign(now, {
      kind: "prompt",
      prompt: "What is new?",
      endpoint: "large",
      options: '{"top_p": 1}',
    });
    now.parameters.prompt.push({ name: "day", value: "{{ fire_date }}", hint: "" });
    expect(taskOf(now).action).toEqual({
      kind: "prompt",
      prompt: "What is new?",
      system: "",
      endpoint: "large",
      model: null,
      memory: 10,
      options: { top_p: 1 },
      parameters: { day: "{{ fire_date }}" },
    });
    expect(formOf({ action: taskOf(now).action as Action }, "UTC")).toMatchObject({
      kind: "prompt",
      prompt: "What is new?",
      endpoint: "large",
      options: '{"top_p":1}',
    });
    now.kind = "notebook";
    expect(patchOf(start, now)).toEqual({});
  });

  it("leaves alone what it does not know of an action and of retries", () => {
    const action = { ...NIGHTLY.action, hide_input: true } as unknown as Action;
    const retries = { max: 1, delay: 5, factor: 3, max_delay: 60 };
    const copy = taskOf(formOf({ ...NIGHTLY, action, policy: { ...DEFAULT_POLICY, retries } }, "UTC"));
    expect(copy).toMatchObject({ action: { hide_input: true, path: "n.ipynb" }, policy: { retries } });
    const foreign = { kind: "translate", into: "fr" } as unknown as Action;
    const form = formOf({ ...NIGHTLY, action: foreign }, "UTC");
    expect(form.kind).toBe("other");
    expect(taskOf({ ...form, name: "Renamed" }).action).toEqual(foreign);
  });

  it("shares a context only where the task does not have its own", () => {
    const own = { ...NIGHTLY, context_id: "u1", dedicated_context: true };
    expect(taskOf(formOf({ ...own, uuid: undefined }, "UTC"))).not.toHaveProperty("context_id");
    expect(taskOf(formOf({ ...own, context_id: "team", dedicated_context: false }, "UTC")).context_id).toBe(
      "team",
    );
  });

  it("is filled although the browser does not know the zone", () => {
    const schedule = { ...NIGHTLY.schedule!, timezone: "Gone/Zone" };
    const policy = { ...DEFAULT_POLICY, end_at: "2030-01-01T12:00:00Z" };
    const form = formOf({ ...NIGHTLY, schedule, policy }, "UTC");
    expect(form.policy.endAt).toBe("2030-01-01T12:00");
    expect(patchOf(form, { ...structuredClone(form), name: "Renamed" })).toEqual({ name: "Renamed" });
  });

  it("leaves a number that is none for the server to name", () => {
    const form = formOf(NIGHTLY, "UTC");
    form.policy.jitter = "soon";
    expect(taskOf(form).policy).toMatchObject({ jitter: "soon" });
  });
});

describe("notifications", () => {
  const notify = (change: Partial<NotifyForm>): unknown => notifyOf({ ...notifyFormOf(null), ...change });

  it.each([
    null,
    { on: [], to: null, long_after: null, long_factor: null },
    { on: ["failure", "long"], to: null, long_after: 90, long_factor: null },
    { on: null, to: ["board"], long_after: null, long_factor: 2.5 },
  ] as (Notify | null)[])("%j comes back as it was", (given) =>
    expect(notifyOf(notifyFormOf(given))).toEqual(given),
  );

  it("are silent where every event was taken away, and not as the server says", () => {
    expect(notify({ what: "chosen", on: [] })).toMatchObject({ on: [] });
  });

  it("are cleared by a patch that says so", () => {
    const start = formOf(
      { ...NIGHTLY, notify: { on: ["success"], to: ["a"], long_after: null, long_factor: null } },
      "UTC",
    );
    const now = structuredClone(start);
    now.notify.what = "usual";
    expect(patchOf(start, now)).toEqual({ notify: { on: null } });
    now.notify.whom = "usual";
    expect(patchOf(start, now)).toEqual({ notify: null });
  });
});

describe("a label of servers", () => {
  it("is sent where it was given, and cleared where it was taken away", () => {
    const start = formOf({ ...NIGHTLY, server_label: "gpu" }, "UTC");
    expect(patchOf(start, { ...structuredClone(start), serverLabel: " " })).toEqual({ server_label: null });
    expect(taskOf({ ...start, serverLabel: " big " }).server_label).toBe("big");
  });
});

describe("a conflict", () => {
  it("shows both versions, and says which of the fields were changed here", () => {
    const start = formOf(NIGHTLY, "UTC");
    const mine = { ...structuredClone(start), name: "Mine" };
    const theirs = { ...NIGHTLY, name: "Theirs", tags: ["c"] } as Task;
    expect(conflictsOf(start, mine, theirs, (path) => path.toUpperCase())).toEqual([
      { path: "name", label: "NAME", mine: "Mine", theirs: "Theirs", changed: true },
      { path: "tags", label: "TAGS", mine: '["a","b"]', theirs: '["c"]', changed: false },
    ]);
  });
});

describe("parameters", () => {
  it.each([
    ["5", 5],
    ["true", true],
    ["[1, 2]", [1, 2]],
    ['"5"', "5"],
    ["eu", "eu"],
    ["not json {", "not json {"],
  ])("%s is read as %j", (typed, value) => expect(readValue(typed)).toEqual(value));

  it.each(["eu", "5", "true", "", '"quoted"', "null"])(
    "the text %j survives being shown and read",
    (text) => {
      expect(readValue(showValue(text))).toBe(text);
    },
  );

  it("left empty keep the notebook's own value", () => {
    const rows = parameterRows({ region: "us" }, [
      { name: "region", default: "eu" },
      { name: "n", default: 5 },
    ]);
    expect(rows.map((row) => [row.name, row.value, row.hint])).toEqual([
      ["region", "us", "eu"],
      ["n", "", "5"],
    ]);
    expect(parametersOf(rows)).toEqual({ region: "us" });
  });
});

describe("a command line", () => {
  it.each([
    ["python x.py --full", ["python", "x.py", "--full"]],
    ['echo \'a b\' "c \\" d"', ["echo", "a b", 'c " d']],
    ["echo ''", ["echo", ""]],
    ["a\\ b", ["a b"]],
    ["  ", []],
  ])("%s", (line, argv) => expect(splitCommand(line)).toEqual(argv));

  it("comes back as it was typed in meaning", () => {
    const argv = ["sh", "-c", "echo 'it''s' $HOME", "", "a b"];
    expect(splitCommand(joinCommand(argv))).toEqual(argv);
  });
});

describe("times in a zone", () => {
  it("go to wall time and back", () => {
    expect(wallTime("2026-07-01T06:30:00Z", "Europe/Berlin")).toBe("2026-07-01T08:30:00");
    expect(instantOf("2026-07-01T08:30", "Europe/Berlin")).toBe("2026-07-01T06:30:00Z");
    expect(instantOf("2026-01-01T08:30", "America/New_York")).toBe("2026-01-01T13:30:00Z");
  });
});

describe("a wall time", () => {
  it.each([
    ["2026-10-25T02:30", "Europe/Berlin", true],
    ["2026-10-25T03:30", "Europe/Berlin", false],
    ["2026-04-05T01:45", "Australia/Lord_Howe", true],
    ["", "Europe/Berlin", false],
  ])("%s in %s comes twice: %s", (wall, zone, twice) => expect(comesTwice(wall, zone)).toBe(twice));
});

describe("merge patches", () => {
  it("nest, clear and leave alone", () => {
    expect(mergePatch({ a: 1, b: { c: 1, d: 2 }, e: [1] }, { a: 1, b: { c: 3 }, e: [2] })).toEqual({
      b: { c: 3, d: null },
      e: [2],
    });
  });

  it("show a conflict leaf by leaf", () => {
    expect(differences({ a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } })).toEqual([
      { path: "a.c", mine: 2, theirs: 3 },
    ]);
  });

  it("is filled from a template, which says its schedule as text and only some of the rest", () => {
    const form = formOf(
      {
        type: "scheduled",
        schedule: "30 2 * * 1-5",
        action: { kind: "notebook", path: "" },
        policy: { retries: { max: 1 } },
      },
      "Asia/Tokyo",
    );
    expect(form.fields).toEqual({ minute: "30", hour: "2", day: "*", month: "*", weekday: "1-5" });
    expect(form.timezone).toBe("Asia/Tokyo");
    expect(form.policy.retriesMax).toBe("1");
    expect(form.policy.retriesDelay).toBe("30");
  });

  it("sends a command's folder as text, also when there is none", () => {
    const form = formOf({ action: { kind: "command", argv: ["ls"] } }, "UTC");
    expect(taskOf(form).action).toEqual({ kind: "command", argv: ["ls"], cwd: "", env: {} });
  });
});
