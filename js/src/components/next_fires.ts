import type { Task } from "../store/model";
import type { App } from "./app";

const SHOWN = 5;

/** What the task itself says about its next fires, without asking. */
export function knownFires(task: Task): string[] {
  if (!task.enabled) return [];
  if (task.plan?.todo.length) return task.plan.todo.slice(0, SHOWN).map((item) => item.at);
  return task.next_run ? [task.next_run] : [];
}

/** The next fires of a whole task; those of a schedule are the server's to find. */
export async function nextFires(app: App, task: Task): Promise<string[]> {
  const { schedule } = task;
  if (!task.enabled || task.type !== "scheduled" || !schedule) return knownFires(task);
  try {
    const { timezone, ...fields } = schedule;
    return (await app.api.preview({ schedule: fields, timezone, count: SHOWN })).fires;
  } catch {
    return knownFires(task);
  }
}
