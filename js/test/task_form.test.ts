import { describe, expect, it } from "vitest";
import { joinCommand, splitCommand } from "../src/store/argv";
import type { Task } from "../src/store/model";
import { differences, mergePatch } from "../src/store/patch";
import {
  formOf,
  instantOf,
  parameterRows,
  parametersOf,
  patchOf,
  readValue,
  sameForm,
  showValue,
  taskOf,
  wallTime,
} from "../src/store/task_form";

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

  it("sends only what changed, and null for what was cleared", () => {
    const start = formOf(NIGHTLY, "UTC");
    const now = structuredClone(start);
    now.fields.hour = "3";
    now.parameters = now.parameters.filter((row) => row.name !== "n");
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
    expect(start.dates).toEqual([{ wall: "2026-03-12T08:00", fold: 0 }]);
    const now = structuredClone(start);
    now.dates.push({ wall: "2026-10-25T02:30", fold: 1 });
    expect(patchOf(start, now).plan).toEqual({
      todo: [
        { wall: "2026-03-12T08:00:00", timezone: "Europe/Berlin", fold: 0 },
        { wall: "2026-10-25T02:30:00", timezone: "Europe/Berlin", fold: 1 },
      ],
    });
  });

  it("leaves a number that is none for the server to name", () => {
    const form = formOf(NIGHTLY, "UTC");
    form.policy.jitter = "soon";
    expect(taskOf(form).policy).toMatchObject({ jitter: "soon" });
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
