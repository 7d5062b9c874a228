import type { Status } from "./server";
import type { Words } from "./words";

export interface Part {
  key: "running" | "failed" | "next" | "quiet";
  text: string;
}

const DAY_MS = 86_400_000;

/** What the status bar says of a scheduler: what runs, what failed, what comes next; never nothing. */
export function partsOf({ counts, next_run }: Status, words: Words, now = new Date()): Part[] {
  const parts: Part[] = [];
  if (counts.running > 0) parts.push({ key: "running", text: words.running(counts.running) });
  if (counts.error > 0) parts.push({ key: "failed", text: words.failed(counts.error) });
  if (next_run) parts.push({ key: "next", text: words.next(timeOf(new Date(next_run), now)) });
  else if (parts.length === 0) parts.push({ key: "quiet", text: words.quiet });
  return parts;
}

/** The time alone if that is clear, else with the weekday, or the date beyond a week. */
function timeOf(at: Date, now: Date): string {
  const time = { hour: "2-digit", minute: "2-digit" } as const;
  if (at.toDateString() === now.toDateString()) return at.toLocaleTimeString([], time);
  const far = at.getTime() - now.getTime() > 6 * DAY_MS;
  return far
    ? at.toLocaleDateString([], { day: "numeric", month: "short" })
    : at.toLocaleString([], { weekday: "short", ...time });
}
