import type { TaskParts } from "../../store/model";

/** What the empty page offers to begin with, in the order of its words. */
export const STARTING_POINTS: readonly { action: TaskParts["action"]; schedule: string }[] = [
  { action: { kind: "notebook" }, schedule: "0 7 * * 1-5" },
  { action: { kind: "command" }, schedule: "0 2 * * *" },
  { action: { kind: "code" }, schedule: "*/15 * * * *" },
];
