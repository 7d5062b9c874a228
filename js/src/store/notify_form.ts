import type { Notify, NotifyEvent } from "./model";
import { number, numberText } from "./numbers";

export const NOTIFY_EVENTS: readonly NotifyEvent[] = ["failure", "missed", "recovered", "success", "long"];

/** Whom to tell of what, as the form's controls hold it. `usual` is: as the server's settings say. */
export interface NotifyForm {
  what: "usual" | "chosen" | "nothing";
  on: NotifyEvent[];
  whom: "usual" | "chosen";
  to: string[];
  longMinutes: string;
  longFactor: string;
}

export function notifyFormOf(notify: Notify | null | undefined): NotifyForm {
  const { on = null, to = null, long_after = null, long_factor = null } = notify ?? {};
  return {
    what: on === null ? "usual" : on.length > 0 ? "chosen" : "nothing",
    on: [...(on ?? [])],
    whom: to === null ? "usual" : "chosen",
    to: [...(to ?? [])],
    longMinutes: long_after === null ? "" : numberText(long_after / 60),
    longFactor: long_factor === null ? "" : numberText(long_factor),
  };
}

/** Null where the task says nothing of it. Events chosen and then all taken away are silence. */
export function notifyOf(form: NotifyForm): Record<keyof Notify, unknown> | null {
  const on = { usual: null, chosen: NOTIFY_EVENTS.filter((event) => form.on.includes(event)), nothing: [] };
  const notify = {
    on: on[form.what],
    to: form.whom === "usual" ? null : form.to,
    long_after: form.longMinutes.trim() === "" ? null : number(form.longMinutes, 60),
    long_factor: form.longFactor.trim() === "" ? null : number(form.longFactor),
  };
  return Object.values(notify).every((value) => value === null) ? null : notify;
}
