import type { Task } from "../store/model";
import type { Words } from "../words/en";
import { readerZone } from "../words/times";

/** What the schedule column says: the server's words, or what can be said without them. */
export function scheduleWords(task: Task, words: Words): string {
  if (task.schedule_words) return task.schedule_words;
  if (task.type === "adhoc") return words.onDemand;
  if (task.type === "planned") return words.plannedDates(task.plan?.todo.length ?? 0);
  const { schedule } = task;
  return schedule
    ? `${schedule.minute} ${schedule.hour} ${schedule.day} ${schedule.month} ${schedule.weekday}`
    : "";
}

/** The zone in which a task's words are meant, or "" if that is the reader's own. */
export function foreignZone(task: Task): string {
  const zone = task.timezone ?? task.schedule?.timezone ?? "";
  return zone === readerZone() ? "" : zone;
}

/** `New York` for `America/New_York`: short enough for a row, whose title has the whole name. */
export function placeOf(zone: string): string {
  return zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ");
}
