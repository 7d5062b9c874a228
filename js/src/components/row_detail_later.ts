import type { Task } from "../store/model";
import type { App } from "./app";
import { h } from "./dom";
import type { RowDetail } from "./row_details";

/** The place of an open row's details, filled as soon as the bundle that draws them is there. */
export function awaitRowDetail(app: App, task: Task): RowDetail {
  const element = h("div", { class: "scheduler-detail", role: "gridcell", "aria-colspan": 10 });
  let latest = task;
  let update: ((task: Task) => void) | null = null;
  void app.importPanels().then(({ fillRowDetail }) => {
    update = fillRowDetail(app, element, task);
    update(latest);
  });
  return {
    element,
    update: (now) => {
      latest = now;
      update?.(now);
    },
  };
}
