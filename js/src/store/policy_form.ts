import type { Policy, TaskParts } from "./model";
import { number, numberText } from "./numbers";
import { fieldTime, instantOf, wallTime } from "./wall_times";

/** A task's policy as its controls hold it: durations in the unit that a person thinks in. */
export interface PolicyForm {
  catchup: Policy["catchup"];
  catchupHours: string;
  overlap: Policy["overlap"];
  timeoutMinutes: string;
  jitter: string;
  onCrash: Policy["on_crash"];
  retriesMax: string;
  retriesDelay: string;
  /** How much longer each attempt waits, and how long at most: kept, not shown. */
  retriesMore: { factor: number; max_delay: number };
  pauseAfter: string;
  maxRuns: string;
  startAt: string;
  endAt: string;
}

export const DEFAULT_POLICY: Policy = {
  catchup: "latest",
  catchup_window: 86_400,
  overlap: "skip",
  timeout: 86_400,
  jitter: 0,
  on_crash: "fail",
  retries: { max: 0, delay: 30, factor: 2, max_delay: 3600 },
  pause_after: 0,
  max_runs: null,
  start_at: null,
  end_at: null,
};

export function policyFormOf(given: TaskParts["policy"], timezone: string): PolicyForm {
  const policy = { ...DEFAULT_POLICY, ...given };
  const { max, delay, ...more } = { ...DEFAULT_POLICY.retries, ...given?.retries };
  const limit = (at: string | null): string => (at ? fieldTime(wallTime(at, timezone)) : "");
  return {
    catchup: policy.catchup,
    catchupHours: numberText(policy.catchup_window / 3600),
    overlap: policy.overlap,
    timeoutMinutes: policy.timeout === null ? "" : numberText(policy.timeout / 60),
    jitter: numberText(policy.jitter),
    onCrash: policy.on_crash,
    retriesMax: numberText(max),
    retriesDelay: numberText(delay),
    retriesMore: more,
    pauseAfter: numberText(policy.pause_after),
    maxRuns: policy.max_runs === null ? "" : numberText(policy.max_runs),
    startAt: limit(policy.start_at),
    endAt: limit(policy.end_at),
  };
}

export function policyOf(policy: PolicyForm, timezone: string): Record<string, unknown> {
  return {
    catchup: policy.catchup,
    catchup_window: number(policy.catchupHours, 3600),
    overlap: policy.overlap,
    timeout: policy.timeoutMinutes === "" ? null : number(policy.timeoutMinutes, 60),
    jitter: number(policy.jitter),
    on_crash: policy.onCrash,
    retries: { max: number(policy.retriesMax), delay: number(policy.retriesDelay), ...policy.retriesMore },
    pause_after: number(policy.pauseAfter),
    max_runs: policy.maxRuns === "" ? null : number(policy.maxRuns),
    start_at: policy.startAt ? instantOf(policy.startAt, timezone) : null,
    end_at: policy.endAt ? instantOf(policy.endAt, timezone) : null,
  };
}
