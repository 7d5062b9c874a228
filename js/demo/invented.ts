import type { RunState, StripBar, Task, TaskState } from "../src/store/model";

/** Invented tasks, the same every time for one moment: for development, tests and pictures. */

interface Sketch {
  name: string;
  tag: string;
  words: string;
  cron: string;
  /** Hours between fires, and seconds that a run takes. */
  every: number;
  takes: number;
  bad?: number;
}

const SKETCHES: Sketch[] = [
  {
    name: "Nightly warehouse sync",
    tag: "platform",
    words: "Every day at 02:30",
    cron: "30 2 * * *",
    every: 24,
    takes: 840,
    bad: 4,
  },
  {
    name: "Refresh churn features",
    tag: "research",
    words: "Every 15 minutes",
    cron: "*/15 * * * *",
    every: 0.25,
    takes: 95,
  },
  {
    name: "Validate incoming lab results",
    tag: "lab",
    words: "Weekdays, hourly 08–18",
    cron: "0 8-18 * * 1-5",
    every: 1,
    takes: 42,
  },
  {
    name: "Snapshot feature store",
    tag: "platform",
    words: "Every day at 23:00",
    cron: "0 23 * * *",
    every: 24,
    takes: 310,
  },
  {
    name: "Archive web logs",
    tag: "ops",
    words: "Every day at 01:00",
    cron: "0 1 * * *",
    every: 24,
    takes: 122,
  },
  {
    name: "Reconcile billing ledger",
    tag: "finance",
    words: "Every day at 05:30",
    cron: "30 5 * * *",
    every: 24,
    takes: 260,
  },
  {
    name: "Weekly revenue digest",
    tag: "finance",
    words: "Mondays and Thursdays at 07:45",
    cron: "45 7 * * 1,4",
    every: 84,
    takes: 33,
  },
  {
    name: "Retrain demand forecast",
    tag: "research",
    words: "Sundays at 04:00",
    cron: "0 4 * * 0",
    every: 168,
    takes: 5400,
  },
  { name: "Conference talk reminders", tag: "ops", words: "3 planned dates", cron: "", every: 200, takes: 4 },
  {
    name: "Prune old checkpoints",
    tag: "platform",
    words: "On the 1st of the month at 00:00",
    cron: "0 0 1 * *",
    every: 720,
    takes: 61,
  },
  {
    name: "Rebuild warehouse indexes",
    tag: "platform",
    words: "On the 1st of the month at 03:00",
    cron: "0 3 1 * *",
    every: 720,
    takes: 1900,
  },
  {
    name: "Warehouse cost report",
    tag: "finance",
    words: "Mondays at 06:00",
    cron: "0 6 * * 1",
    every: 168,
    takes: 88,
  },
  {
    name: "Score inbound leads",
    tag: "research",
    words: "Every 2 hours",
    cron: "0 */2 * * *",
    every: 2,
    takes: 57,
  },
  { name: "On-call handover", tag: "ops", words: "On demand", cron: "", every: 90, takes: 9 },
  {
    name: "Check certificate expiry",
    tag: "ops",
    words: "Every day at 09:00",
    cron: "0 9 * * *",
    every: 24,
    takes: 6,
  },
];

const MINUTE = 60_000;

export function inventTasks(n: number, now = Date.now()): Task[] {
  const random = seeded(7);
  return Array.from({ length: n }, (_, at) => inventTask(at, random, now));
}

function inventTask(at: number, random: () => number, now: number): Task {
  const sketch = SKETCHES[at % SKETCHES.length]!;
  const round = Math.floor(at / SKETCHES.length);
  const adhoc = sketch.words === "On demand";
  const planned = sketch.words.includes("planned");
  const state: TaskState =
    at === 0 ? "error" : at === 1 ? "running" : round > 0 && at % 9 === 4 ? "disabled" : "idle";
  const step = sketch.every * 60 * MINUTE;
  const next = now + ((at * 37 + 12) % Math.max(20, sketch.every * 60)) * MINUTE;
  const strip = inventStrip(sketch, state, at, random);
  const [lastState, seconds] = strip.findLast(([s]) => s !== "running") ?? ["succeeded", 1];
  const finished = now - Math.min(step, next - now + ((at * 13) % 50) * MINUTE);
  return {
    uuid: uuidOf(at),
    revision: 1,
    type: adhoc ? "adhoc" : planned ? "planned" : "scheduled",
    name: round === 0 ? sketch.name : `${sketch.name} ${round + 1}`,
    description: "",
    tags: [sketch.tag],
    enabled: state !== "disabled",
    state,
    halted: null,
    schedule: sketch.cron ? { ...fieldsOf(sketch.cron), timezone: "Europe/Berlin" } : null,
    schedule_words: sketch.words,
    plan: planned
      ? {
          todo: [0, 1, 2].map((day) => ({ at: iso(next + day * 24 * 60 * MINUTE) })),
          in_progress: null,
          done: [],
        }
      : null,
    token: adhoc ? { last4: "k3fQ", created_at: iso(now - 9e8), last_used: null } : null,
    action: {
      kind: "notebook",
      path: `${sketch.tag}/${sketch.name.toLowerCase().replaceAll(" ", "_")}.ipynb`,
      parameters: { region: "eu", limit: 500 },
      kernel_name: "python3",
      kernel: "fresh",
    },
    context_id: uuidOf(at),
    dedicated_context: true,
    attachments: at === 6 ? ["fx_rates.csv", "template.ipynb"] : [],
    next_run: adhoc || state === "disabled" ? null : iso(next),
    last_run: {
      id: runId(at, 0),
      state: lastState,
      fire_time: iso(finished - (seconds ?? 0) * 1000),
      started_at: iso(finished - (seconds ?? 0) * 1000),
      finished_at: iso(finished),
      duration: seconds,
      result: null,
    },
    strip,
    progress: state === "running" ? 0.62 : null,
    active_runs:
      state === "running"
        ? [{ id: runId(at, 99), state: "running", started_at: iso(now - 58_000), progress: 0.62 }]
        : [],
  };
}

function inventStrip(sketch: Sketch, state: TaskState, at: number, random: () => number): StripBar[] {
  const length = sketch.words.includes("planned") ? 3 : sketch.every > 600 ? 13 : 20;
  const bars: StripBar[] = Array.from({ length }, (_, n) => {
    const late = sketch.bad && state === "error" && n >= length - sketch.bad;
    const ended: RunState = late
      ? "failed"
      : random() < 0.025
        ? random() < 0.7
          ? "failed"
          : "missed"
        : "succeeded";
    return [ended, ended === "missed" ? null : sketch.takes * (0.72 + random() * 0.5)];
  });
  if (state === "running") bars[bars.length - 1] = ["running", 58];
  void at;
  return bars;
}

export function uuidOf(at: number): string {
  return `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`;
}

export function runId(task: number, run: number): string {
  return `run-${task}-${run}`;
}

export function fieldsOf(text: string): {
  minute: string;
  hour: string;
  day: string;
  month: string;
  weekday: string;
} {
  const [minute = "*", hour = "*", day = "*", month = "*", weekday = "*"] = text.split(" ");
  return { minute, hour, day, month, weekday };
}

function iso(ms: number): string {
  return new Date(Math.round(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
