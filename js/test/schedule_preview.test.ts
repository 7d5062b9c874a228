import { describe, expect, it } from "vitest";
import type { App } from "../src/components/app";
import { FieldErrors } from "../src/components/form/field_errors";
import { ScheduleBuilder } from "../src/components/form/schedule_builder";
import { SchedulePreview } from "../src/components/form/schedule_preview";
import type { Preview } from "../src/store/model";
import { formOf } from "../src/store/task_form";
import { ApiError } from "../src/transport/transport";
import { en } from "../src/words/en";

const DAILY = { minute: "0", hour: "0", day: "*", month: "*", weekday: "*" };

/** The form's schedule over a server whose answers come when the test says so. */
function formOverServer() {
  const asked: { body: Record<string, unknown>; answer: (value: Preview | Error) => void }[] = [];
  const preview = (body: Record<string, unknown>) =>
    new Promise<Preview>((resolve, reject) => {
      asked.push({ body, answer: (value) => (value instanceof Error ? reject(value) : resolve(value)) });
    });
  const app = {
    api: { preview },
    words: en,
    table: { tasks: [] },
    plain: structuredClone,
    ui: { fillZones: () => {} } as Record<string, unknown>,
  };
  const editor = Object.assign(new FieldErrors(), {
    id: "",
    form: formOf({}, "UTC"),
    cron: new ScheduleBuilder(app as unknown as App),
    preview: new SchedulePreview(app as unknown as App),
  });
  app.ui.editor = editor;
  editor.cron.show();
  return { asked, editor };
}

function answerOf(fields: Preview["fields"]): Preview {
  return { words: "", fires: [], warnings: [], fields, dates: {} };
}

describe("a schedule typed as text", () => {
  it("is what the server understands by it before it is saved", async () => {
    const { asked, editor } = formOverServer();
    editor.cron.text = "@daily";
    editor.cron.fromText();
    const settled = editor.cron.settled();
    expect(asked[0]!.body.schedule).toBe("@daily");
    asked[0]!.answer(answerOf(DAILY));
    expect(await settled).toBe(true);
    expect(editor.form.fields).toEqual(DAILY);
  });

  it("is not saved as the schedule before it where the server does not understand it", async () => {
    const { asked, editor } = formOverServer();
    editor.cron.text = "0 0 7 * * *";
    editor.cron.fromText();
    const settled = editor.cron.settled();
    asked[0]!.answer(new ApiError(400, "invalid", "this has 6", "schedule"));
    expect(await settled).toBe(false);
    expect(editor.error("schedule")).toBe("this has 6");
  });

  it("waits for the newest answer where a pause in typing asked once more", async () => {
    const { asked, editor } = formOverServer();
    editor.cron.text = "@daily";
    editor.cron.fromText();
    const settled = editor.cron.settled();
    void editor.preview.ask();
    for (const { answer } of asked) answer(answerOf(DAILY));
    expect(asked).toHaveLength(2);
    expect(await settled).toBe(true);
  });

  it("is not taken for what the server said of an earlier text", async () => {
    const { asked, editor } = formOverServer();
    const early = editor.preview.ask();
    editor.cron.text = "0 0 7 * * *";
    editor.cron.fromText();
    asked[0]!.answer(answerOf(DAILY));
    await early;
    expect(editor.cron.unread).toBe(true);
    expect(editor.form.fields).not.toEqual(DAILY);
  });
});

describe("a date that the preview refuses", () => {
  it("is marked in its own row, though an empty one stands before it", async () => {
    const { asked, editor } = formOverServer();
    editor.form.type = "planned";
    editor.form.dates = ["", "2031-01-01T08:00", "2001-01-01T08:00"].map((wall) => ({
      wall,
      fold: 0,
      timezone: "",
    }));
    const asking = editor.preview.ask();
    asked[0]!.answer(new ApiError(400, "invalid", "this date is in the past", "plan.1"));
    await asking;
    expect(editor.errors).toEqual({ "plan.todo.2": "this date is in the past" });
  });
});
