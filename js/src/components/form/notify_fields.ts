import type { NotifyEvent } from "../../store/model";
import { NOTIFY_EVENTS } from "../../store/notify_form";
import type { Words } from "../../words/en";
import { count } from "../../words/times";
import type { App } from "../app";
import type { Editor } from "../editor";

interface TargetRow {
  name: string;
  /** What keeps messages from it, if anything does. */
  problem: string;
  /** The server's settings name it. */
  known: boolean;
}

/** Whom a task tells of what: the server's usual, or what is chosen here among its targets. */
export class NotifyFields {
  constructor(private readonly app: App) {}

  /** Targets of the server, and those that the task names although they are gone. */
  get targets(): TargetRow[] {
    const known = this.app.ui.notifications.known?.targets ?? [];
    const names = new Set(known.map(({ name }) => name));
    return [
      ...known.map(({ name, problem }) => ({ name, problem: problem ?? "", known: true })),
      ...this.editor.form.notify.to
        .filter((name) => !names.has(name))
        .map((name) => ({ name, problem: this.words.targetGone, known: false })),
    ];
  }

  get usualEvents(): string {
    const { usual, words } = this;
    return words.asServer(this.eventWords(usual?.on ?? []) || words.nothing);
  }

  get usualTargets(): string {
    return this.words.asServer((this.usual?.to ?? []).join(", ") || this.words.nobody);
  }

  get usualFactor(): string {
    const factor = this.usual?.long_factor;
    return factor ? count(factor) : "";
  }

  get usualMinutes(): string {
    const seconds = this.usual?.long_after;
    return seconds ? count(seconds / 60) : "";
  }

  /** What is in force, for who has not opened this part. */
  get summary(): string {
    const { words } = this;
    const events = this.eventWords(this.events);
    const { whom, to } = this.editor.form.notify;
    const targets = whom === "chosen" ? to : (this.usual?.to ?? []);
    return events && targets.length > 0 ? words.summary(events, targets.join(", ")) : words.nobodyTold;
  }

  get tellsOfLong(): boolean {
    return this.events.includes("long");
  }

  get noTargets(): boolean {
    return this.app.ui.notifications.loaded && this.targets.length === 0;
  }

  has(name: string): boolean {
    return this.editor.form.notify.to.includes(name);
  }

  toggle(name: string): void {
    const { notify } = this.editor.form;
    notify.to = this.has(name) ? notify.to.filter((other) => other !== name) : [...notify.to, name];
    this.editor.touch("notify");
  }

  testLabel(name: string): string {
    return this.words.test(name);
  }

  /** Choosing begins with what holds now. */
  whatChanged(): void {
    const { notify } = this.editor.form;
    if (notify.what === "chosen" && notify.on.length === 0) notify.on = [...(this.usual?.on ?? ["failure"])];
    this.editor.touch("notify");
  }

  whomChanged(): void {
    const { notify } = this.editor.form;
    const known = this.targets.map(({ name }) => name);
    if (notify.whom === "chosen" && notify.to.length === 0)
      notify.to = (this.usual?.to ?? []).filter((name) => known.includes(name));
    this.editor.touch("notify");
  }

  private get editor(): Editor {
    return this.app.ui.editor;
  }

  private get words(): Words["editor"]["notify"] {
    return this.app.words.editor.notify;
  }

  private get usual() {
    return this.app.ui.notifications.known?.default ?? null;
  }

  private get events(): readonly NotifyEvent[] {
    const { what, on } = this.editor.form.notify;
    return { usual: this.usual?.on ?? [], chosen: on, nothing: [] }[what];
  }

  private eventWords(events: readonly NotifyEvent[]): string {
    const names = this.app.words.notifications.events;
    return NOTIFY_EVENTS.filter((event) => events.includes(event))
      .map((event) => names[event])
      .join(", ");
  }
}
