import type { Run, Task } from "../store/model";
import { BAD_RUN_STATES } from "../store/model";
import { clockTime, duration, mediumTime, preciseTime, relativeTime } from "../words/times";
import type { App } from "./app";
import { h } from "./dom";
import { drawDurations } from "./durations";
import { lastLines, styled } from "./log_view";
import { knownFires, nextFires } from "./next_fires";
import { foreignZone, scheduleWords } from "./schedule_words";

const RUNS = 30;
const LINES = 5;
/** Characters of a schedule's words that a column of the list has room for, whatever its width. */
const SHORT = 24;

/** The open row: next fires, durations, and the last lines of the last run. */
export function fillRowDetail(app: App, element: HTMLElement, task: Task): (task: Task) => void {
  const { words } = app;
  const when = h("p", { class: "scheduler-detail-words" });
  const fires = h("ol", { class: "scheduler-fires" });
  const chart = h("div");
  const chartHead = h("strong");
  const median = h("span", { class: "scheduler-soft" });
  const logHead = h("strong");
  const log = h("div", { class: "scheduler-log scheduler-log-tail" });
  const zone = foreignZone(task);
  const openLog = link(words.task.openLog, () => lastRun && app.ui.openRun(lastRun));
  const again = link(words.task.runAgain, () => app.ui.panel("runForm", "show", task.uuid));
  let lastRun: string | null = null;
  let drawnFor = "";

  const part = (className: string, ...children: (Node | string)[]): HTMLElement => {
    const section = h("section", { class: className });
    section.append(...children);
    return section;
  };
  const heading = (...children: Node[]): HTMLElement => {
    const head = h("header");
    head.append(...children);
    return head;
  };
  const chartPart = part("scheduler-detail-chart", heading(chartHead, median), chart);
  element.append(
    part(
      "scheduler-detail-fires",
      heading(h("strong", {}, words.task.next), h("span", { class: "scheduler-soft" }, zone)),
      when,
      fires,
    ),
    chartPart,
    part(
      "scheduler-detail-log",
      heading(
        logHead,
        h("span", { class: "scheduler-spring" }),
        openLog,
        ...(app.options.readOnly ? [] : [again]),
      ),
      log,
    ),
  );

  const showFires = (list: string[]): void => {
    fires.replaceChildren(
      ...list.map((fire) => {
        const item = h("li", {}, mediumTime(fire, zone || undefined));
        item.append(h("span", { class: "scheduler-soft" }, relativeTime(fire, words.relative)));
        return item;
      }),
    );
    if (list.length === 0) fires.append(h("li", { class: "scheduler-soft" }, words.task.noNext));
  };

  const load = async (now: Task): Promise<void> => {
    try {
      const [whole, { runs }] = await Promise.all([
        app.api.task(now.uuid),
        app.api.runs({ task_id: now.uuid, limit: RUNS }),
      ]);
      showFires(await nextFires(app, whole));
      const timed = runs.filter((run) => run.duration !== null).reverse();
      const middle = drawDurations(chart, timed, words);
      median.textContent = middle === null ? "" : words.task.median(duration(middle));
      chartHead.textContent = words.task.durationTitle(timed.length);
      chartPart.hidden = timed.length === 0;
      await showLog(runs);
    } catch {
      // What the row itself knows stays; opening the task says what is wrong.
    }
  };

  const showLog = async (runs: Run[]): Promise<void> => {
    const run = runs.find((candidate) => candidate.started_at !== null);
    lastRun = run?.id ?? null;
    openLog.hidden = lastRun === null;
    if (!run?.started_at) {
      logHead.textContent = words.task.noRuns;
      log.hidden = true;
      return;
    }
    const bad = BAD_RUN_STATES.has(run.state);
    const at = clockTime(run.finished_at ?? run.started_at);
    logHead.textContent = bad ? words.task.lastFailedAt(at) : words.task.lastRunAt(at);
    const page = await app.api.log(run.id, 0);
    const lines = lastLines(page.entries, LINES);
    log.hidden = false;
    log.replaceChildren(
      ...lines.map((line) => {
        const row = h("div", { class: "scheduler-log-line", "data-kind": line.kind });
        row.append(
          h("time", { class: "scheduler-line-time" }, preciseTime(line.at)),
          h("span", { class: "scheduler-line-text" }, ...styled(line.pieces)),
        );
        return row;
      }),
    );
    if (lines.length === 0)
      log.append(h("span", { class: "scheduler-soft" }, run.error?.message ?? words.task.noOutput));
  };

  const showWhen = (now: Task): void => {
    const text = scheduleWords(now, words);
    when.textContent = text;
    when.toggleAttribute("data-long", text.length > SHORT);
  };

  showFires(knownFires(task));
  return (now) => {
    showWhen(now);
    const version = `${now.revision}/${now.next_run}/${now.last_run?.id}/${now.last_run?.state}`;
    if (version === drawnFor) return;
    drawnFor = version;
    void load(now);
  };
}

function link(label: string, act: () => void): HTMLButtonElement {
  return h("button", { type: "button", class: "scheduler-link", onclick: act as EventListener }, label);
}
