import { briefTime } from "../src/words/times";
import type { Status } from "./server";
import type { Words } from "./words";

export interface Part {
  key: "running" | "failed" | "next" | "quiet";
  text: string;
}

/** What the status bar says of a scheduler: what runs, what failed, what comes next; never nothing. */
export function partsOf({ counts, next_run }: Status, words: Words, now = Date.now()): Part[] {
  const parts: Part[] = [];
  if (counts.running > 0) parts.push({ key: "running", text: words.running(counts.running) });
  if (counts.error > 0) parts.push({ key: "failed", text: words.failed(counts.error) });
  if (next_run) parts.push({ key: "next", text: words.next(briefTime(next_run, now)) });
  else if (parts.length === 0) parts.push({ key: "quiet", text: words.quiet });
  return parts;
}
