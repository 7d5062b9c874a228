import type { RunState, Task, TaskState } from "../store/model";
import { BAD_RUN_STATES } from "../store/model";
import type { Words } from "../words/en";
import {
  briefTime,
  count,
  duration,
  fullTime,
  longTime,
  readerZone,
  relativeTime,
  span,
} from "../words/times";
import { escapeMarkup, fromMarkup } from "./dom";
import { type IconName, icon, setIcon } from "./icons";
import { foreignZone, placeOf, scheduleWords } from "./schedule_words";
import { drawStrip, STRIP_MARKUP } from "./strip";

export const STATE_ICONS: Record<TaskState, IconName> = {
  idle: "ring",
  running: "spinner",
  disabled: "pause",
  error: "alert",
};

export interface RowContext {
  words: Words;
  /** The colour of a tag. */
  hueOf: (tag: string) => number;
  now: number;
  selected: boolean;
  expanded: boolean;
  active: boolean;
  position: number;
}

/**
 * One row of the pool. It is built once and then only patched: every write is made when the text or attribute
 * differs, so that scrolling and pushes touch little. Narrow tables show the same elements as a card.
 */
export class Row {
  readonly element: HTMLElement;
  readonly checkbox: HTMLInputElement;
  task: Task | null = null;
  position = -1;
  detail: HTMLElement | null = null;
  private readonly cells: Record<string, HTMLElement> = {};
  private readonly controls: HTMLElement[];
  private readonly strip: SVGElement;
  private drawn: Task["strip"];

  constructor(words: Words) {
    this.element = fromMarkup(rowMarkup(words));
    for (const cell of this.element.querySelectorAll<HTMLElement>("[data-cell]")) {
      this.cells[cell.dataset.cell!] = cell;
    }
    this.checkbox = this.element.querySelector("input")!;
    this.strip = this.element.querySelector<SVGElement>(".scheduler-strip")!;
    this.controls = [...this.element.querySelectorAll<HTMLElement>("button, input")];
  }

  patch(task: Task, context: RowContext): void {
    const { words, now } = context;
    const cells = this.cells;
    const fresh = this.task?.uuid !== task.uuid;
    this.task = task;
    this.position = context.position;
    if (fresh) this.element.dataset.id = task.uuid;
    attribute(this.element, "aria-rowindex", String(context.position + 2));
    attribute(this.element, "aria-selected", String(context.selected));
    attribute(this.element, "data-state", task.state);
    this.checkbox.checked = context.selected;
    attribute(this.checkbox, "aria-label", words.select(task.name));

    text(cells.name!, task.name);
    attribute(cells.name!, "title", task.name);
    const tag = task.tags[0] ?? "";
    toggle(cells.tag!, tag !== "");
    if (tag) {
      text(cells.tagName!, task.tags.length > 1 ? `${tag} +${task.tags.length - 1}` : tag);
      attribute(cells.tag!, "data-hue", String(context.hueOf(tag)));
      attribute(cells.tag!, "title", task.tags.join(", "));
    }

    attribute(cells.badge!, "data-state", task.state);
    setPath(cells.badge!.firstElementChild as SVGElement, STATE_ICONS[task.state]);
    text(cells.state!, words.states[task.state]);
    attribute(cells.badge!, "title", task.halted ? words.haltedBecause(task.halted) : "");
    const schedule = scheduleWords(task, words);
    text(cells.schedule!, schedule);
    const zone = foreignZone(task);
    text(cells.zone!, zone ? placeOf(zone) : "");
    attribute(cells.schedule!.parentElement!, "title", zone ? words.inZone(schedule, zone) : schedule);
    this.patchNext(task, words, now);
    this.patchLast(task, words, now);
    if (this.drawn !== task.strip || fresh) {
      drawStrip(this.strip, task.strip ?? [], stripWords(task, words));
      this.drawn = task.strip;
    }

    const running = task.state === "running";
    attribute(cells.run!, "aria-label", running ? words.stopTask(task.name) : words.runTask(task.name));
    attribute(cells.run!, "title", running ? words.stop : words.run);
    attribute(cells.run!, "data-action", running ? "stop" : "run");
    setPath(cells.run!.firstElementChild as SVGElement, running ? "stop" : "play");
    attribute(cells.edit!, "aria-label", words.editTask(task.name));
    attribute(cells.more!, "aria-label", words.moreFor(task.name));
    attribute(cells.expand!, "aria-label", words.detailsOf(task.name));
    attribute(cells.expand!, "aria-expanded", String(context.expanded));
    this.patchProgress(task);
    this.setActive(context.active);
  }

  /** Roving focus: only the active row, and its controls, can be reached by Tab. */
  setActive(active: boolean): void {
    const index = active ? "0" : "-1";
    if (this.element.getAttribute("tabindex") === index) return;
    this.element.setAttribute("tabindex", index);
    for (const control of this.controls) control.setAttribute("tabindex", index);
  }

  /** Move the focus between the row and its controls, as the left and right arrows do. */
  step(from: HTMLElement, by: 1 | -1): void {
    const stops = [this.element, ...this.controls.filter((control) => control.offsetParent !== null)];
    const at = stops.indexOf(from) + by;
    stops[Math.max(0, Math.min(stops.length - 1, at))]?.focus();
  }

  setDetail(detail: HTMLElement | null): void {
    if (this.detail === detail) return;
    this.detail?.remove();
    this.detail = detail;
    if (detail) this.element.append(detail);
  }

  private patchNext(task: Task, words: Words, now: number): void {
    const { nextAt, nextIn } = this.cells;
    const waiting = task.waiting_for_server;
    if (waiting) {
      text(nextAt!, briefTime(waiting.since, now));
      text(nextIn!, words.waitsFor(waiting.label));
      attribute(nextAt!, "title", words.waitingForServer(waiting.label, fullTime(waiting.since)));
      return;
    }
    if (!task.next_run) {
      text(nextAt!, task.type === "adhoc" ? words.whenCalled : words.noNext);
      text(nextIn!, "");
      attribute(nextAt!, "title", "");
      return;
    }
    text(nextAt!, briefTime(task.next_run, now));
    const due = Date.parse(task.next_run) <= now;
    text(nextIn!, due ? words.relative.due : relativeTime(task.next_run, words.relative, now));
    attribute(nextAt!, "title", zonedTitle(task.next_run, foreignZone(task)));
  }

  private patchLast(task: Task, words: Words, now: number): void {
    const { lastAt, lastMore, duration: took } = this.cells;
    const active = task.active_runs?.[0];
    if (active?.started_at) {
      text(lastAt!, span(Math.max(0, now - Date.parse(active.started_at))));
      text(lastMore!, words.elapsed);
      text(took!, "");
      return;
    }
    const last = task.last_run;
    const at = last?.finished_at ?? last?.started_at ?? last?.fire_time;
    text(lastAt!, at ? relativeTime(at, words.relative, now) : words.neverRan);
    attribute(lastAt!, "title", at ? fullTime(at) : "");
    text(lastMore!, "");
    text(took!, last?.duration === null || last?.duration === undefined ? "" : duration(last.duration));
  }

  private patchProgress(task: Task): void {
    const bar = this.cells.progress!;
    const running = task.state === "running";
    toggle(bar, running);
    if (!running) return;
    const fraction = task.progress ?? task.active_runs?.[0]?.progress ?? null;
    attribute(bar, "data-known", String(fraction !== null));
    attribute(bar, "aria-valuenow", fraction === null ? "" : String(Math.round(fraction * 100)));
    const scale = fraction === null ? "" : `scaleX(${Math.max(0.02, Math.min(1, fraction))})`;
    const fill = bar.firstElementChild as HTMLElement;
    if (fill.style.transform !== scale) fill.style.transform = scale;
  }
}

function zonedTitle(iso: string, zone: string): string {
  const mine = `${longTime(iso)} (${readerZone()})`;
  return zone ? `${mine}\n${longTime(iso, zone)} (${zone})` : mine;
}

function stripWords(task: Task, words: Words): string {
  const bars = task.strip ?? [];
  const by = (test: (state: RunState) => boolean): number => bars.filter(([state]) => test(state)).length;
  return words.stripLabel(
    count(bars.length),
    count(by((state) => state === "succeeded")),
    count(by((state) => BAD_RUN_STATES.has(state))),
  );
}

function rowMarkup(words: Words): string {
  const cell = (name: string, content: string, extra = ""): string =>
    `<div role="gridcell" class="scheduler-cell scheduler-cell-${name}"${extra}>${content}</div>`;
  const action = (name: string, key: "play" | "pencil" | "more", label: string): string =>
    `<button type="button" class="scheduler-icon-button" tabindex="-1" data-cell="${name}" data-action="${name}" title="${escapeMarkup(label)}">${icon(key)}</button>`;
  return `<div class="scheduler-row" role="row" tabindex="-1">
    ${cell("select", '<label class="scheduler-hit"><input type="checkbox" class="scheduler-check" tabindex="-1" data-action="select"></label>')}
    ${cell("expand", `<button type="button" class="scheduler-icon-button scheduler-twist" tabindex="-1" data-cell="expand" data-action="expand">${icon("right")}</button>`)}
    ${cell("name", '<button type="button" class="scheduler-name" tabindex="-1" data-cell="name" data-action="open"></button><span class="scheduler-tag" data-cell="tag"><i class="scheduler-dot"></i><span data-cell="tagName"></span></span>')}
    ${cell("state", `<span class="scheduler-badge" data-cell="badge">${icon("ring")}<span data-cell="state"></span></span>`)}
    ${cell("schedule", '<span data-cell="schedule"></span> <span class="scheduler-soft" data-cell="zone"></span>')}
    ${cell("next", '<span data-cell="nextAt"></span> <span class="scheduler-soft" data-cell="nextIn"></span>')}
    ${cell("strip", STRIP_MARKUP)}
    ${cell("last", '<span data-cell="lastAt"></span> <span class="scheduler-soft" data-cell="lastMore"></span>')}
    ${cell("duration", '<span data-cell="duration"></span>')}
    ${cell("actions", `${action("run", "play", words.run)}${action("edit", "pencil", words.edit)}${action("more", "more", words.more)}<div class="scheduler-progress" role="progressbar" aria-label="${escapeMarkup(words.progress)}" aria-valuemin="0" aria-valuemax="100" data-cell="progress" hidden><i></i></div>`)}
  </div>`;
}

function text(element: HTMLElement, value: string): void {
  const node = element.firstChild;
  if (node?.nodeType === Node.TEXT_NODE) {
    if ((node as Text).data !== value) (node as Text).data = value;
  } else if (value) element.append(value);
}

function attribute(element: Element, name: string, value: string): void {
  const known = element.getAttribute(name);
  if (value === "") {
    if (known !== null) element.removeAttribute(name);
  } else if (known !== value) element.setAttribute(name, value);
}

function toggle(element: HTMLElement, shown: boolean): void {
  if (element.hidden === shown) element.hidden = !shown;
}

function setPath(svg: SVGElement, name: IconName): void {
  if (svg.getAttribute("data-icon") === name) return;
  svg.setAttribute("data-icon", name);
  setIcon(svg, name);
}
