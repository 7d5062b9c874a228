import type { Args, JupyterFrontEnd } from "@jupyterlab/application";
import type { IFileBrowserFactory } from "@jupyterlab/filebrowser";
import type { INotebookTracker } from "@jupyterlab/notebook";
import type { Faces } from "./faces";
import { clockIcon } from "./icon";
import type { Words } from "./words";

/** Also named in schema.json, by the menus and the toolbar, and in the documentation, for other extensions. */
export const OPEN = "scheduler-ext:open";
const OPEN_PAGE = "scheduler-ext:open-page";
const NEW_TASK = "scheduler-ext:new-task";
const SCHEDULE_NOTEBOOK = "scheduler-ext:schedule-notebook";
const SCHEDULE_FILE = "scheduler-ext:schedule-file";

/** Those that make sense wherever one is. */
export const PALETTE = [OPEN, OPEN_PAGE, NEW_TASK, SCHEDULE_NOTEBOOK];

/** The commands that all menus, buttons and other extensions call. */
export function addCommands(
  { commands }: JupyterFrontEnd,
  faces: Faces,
  tracker: INotebookTracker | null,
  files: IFileBrowserFactory | null,
  words: Words,
): void {
  const named = ({ path }: Args): string | null => (typeof path === "string" && path ? path : null);
  const inFront = (args: Args): string | null => named(args) ?? tracker?.currentWidget?.context.path ?? null;
  const selected = (): string | null => {
    const items = [...(files?.tracker.currentWidget?.selectedItems() ?? [])];
    return items.length === 1 && items[0]?.type === "notebook" ? items[0].path : null;
  };
  const schedule = (path: string | null): unknown => (path === null ? undefined : faces.schedule(path));

  commands.addCommand(OPEN, {
    label: words.open,
    caption: words.openCaption,
    icon: clockIcon,
    execute: () => faces.open(),
    describedBy: describe({}),
  });
  commands.addCommand(OPEN_PAGE, {
    label: words.openPage,
    execute: () => faces.openPage(),
    describedBy: describe({}),
  });
  commands.addCommand(NEW_TASK, {
    label: words.newTask,
    icon: clockIcon,
    execute: () => faces.newTask(),
    describedBy: describe({}),
  });
  commands.addCommand(SCHEDULE_NOTEBOOK, {
    label: words.scheduleNotebook,
    caption: words.scheduleCaption,
    icon: clockIcon,
    isEnabled: (args) => inFront(args) !== null,
    execute: (args) => schedule(inFront(args)),
    describedBy: describe({
      path: { type: "string", description: "The notebook; by default the one in front" },
    }),
  });
  commands.addCommand(SCHEDULE_FILE, {
    label: words.scheduleFile,
    icon: clockIcon,
    isVisible: () => selected() !== null,
    execute: () => schedule(selected()),
    describedBy: describe({}),
  });
  tracker?.currentChanged.connect(() => commands.notifyCommandChanged(SCHEDULE_NOTEBOOK));
}

/** What a command takes, as agents and JupyterLab's own tools read it. */
function describe(properties: object): { args: object } {
  return { args: { type: "object", properties } };
}
