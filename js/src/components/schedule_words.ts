import type { Task } from "../store/model";
import type { Words } from "../words/en";

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
