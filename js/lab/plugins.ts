import {
  type Args,
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { Dialog, ICommandPalette, showDialog, showErrorMessage, WidgetTracker } from "@jupyterlab/apputils";
import { URLExt } from "@jupyterlab/coreutils";
import { IDocumentManager } from "@jupyterlab/docmanager";
import { IFileBrowserFactory } from "@jupyterlab/filebrowser";
import { ILauncher } from "@jupyterlab/launcher";
import { INotebookTracker } from "@jupyterlab/notebook";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStatusBar } from "@jupyterlab/statusbar";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { clockIcon } from "./icon";
import { Notebooks } from "./notebooks";
import { SchedulerPanel } from "./panel";
import { Place } from "./place";
import { followSettings, PLUGIN } from "./settings";
import { StatusItem } from "./status_item";
import { type Words, wordsIn } from "./words";

/** Also named in schema.json, by the menus and the toolbar. */
const OPEN = "scheduler-ext:open";
const OPEN_PAGE = "scheduler-ext:open-page";
const NEW_TASK = "scheduler-ext:new-task";
const SCHEDULE_NOTEBOOK = "scheduler-ext:schedule-notebook";
const SCHEDULE_FILE = "scheduler-ext:schedule-file";

const NEW = "#/new/scheduled";
const LAUNCHER_RANK = 5;
const STATUS_RANK = 700;
const DOMAIN = "jupyter_scheduler_ext";

/** Shows the page, at what an address of it says. */
type Show = (address?: string) => void;

/** In JupyterLab the page lies in a panel of the window. */
function panelIn(
  app: JupyterFrontEnd,
  notebooks: Notebooks,
  restorer: ILayoutRestorer | null,
  settings: ISettingRegistry | null,
  words: Words,
): Show {
  const tracker = new WidgetTracker<SchedulerPanel>({ namespace: "scheduler-ext" });
  const place = new Place(
    app.shell,
    () => new SchedulerPanel(app.serviceManager.serverSettings, notebooks, words),
    (panel) => void tracker.add(panel),
  );
  void restorer?.restore(tracker, { command: OPEN, name: () => "scheduler" });
  void followSettings(settings, ({ openIn }) => place.choose(openIn));
  return (address) => place.open(address);
}

const main: JupyterFrontEndPlugin = {
  id: PLUGIN,
  description: "The scheduler's page in JupyterLab and Notebook, and the ways to it.",
  autoStart: true,
  optional: [
    ILabShell,
    ILayoutRestorer,
    IDocumentManager,
    INotebookTracker,
    IFileBrowserFactory,
    ISettingRegistry,
    ITranslator,
    ICommandPalette,
    ILauncher,
  ],
  activate(
    app: JupyterFrontEnd,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    documents: IDocumentManager | null,
    tracker: INotebookTracker | null,
    files: IFileBrowserFactory | null,
    settings: ISettingRegistry | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
  ): void {
    const { commands, serviceManager } = app;
    const words = wordsIn((translator ?? nullTranslator).load(DOMAIN));
    const notebooks = new Notebooks(serviceManager.contents, documents, tracker);
    const page = URLExt.join(serviceManager.serverSettings.baseUrl, "scheduler-ext");
    const showPage: Show = (address = "") => {
      window.open(`${page}/${address}`, "_blank");
    };
    const show = labShell ? panelIn(app, notebooks, restorer, settings, words) : showPage;

    /** In a panel the form itself tells of unsaved changes; a page in another browser tab does not know of them. */
    const schedule = async (given: string): Promise<void> => {
      const found = notebooks.locate(given);
      if ("drive" in found) {
        await showErrorMessage(words.foreignTitle, words.foreign(found.drive));
        return;
      }
      const address = `${NEW}?notebook=${encodeURIComponent(found.path)}`;
      if (labShell || !notebooks.isUnsaved(found.path)) {
        show(address);
        return;
      }
      const choice = await askToSave(words);
      if (choice === "cancel") return;
      // A tab opened after the file was saved would be a pop-up to the browser: open it in the click itself.
      const tab = window.open("about:blank", "_blank");
      if (choice === "save") await notebooks.save(found.path);
      if (tab) tab.location.href = `${page}/${address}`;
    };
    const selected = (): string | null => {
      const items = [...(files?.tracker.currentWidget?.selectedItems() ?? [])];
      return items.length === 1 && items[0]?.type === "notebook" ? items[0].path : null;
    };
    const notebook = (args: Args): string | null =>
      typeof args.path === "string" && args.path ? args.path : (tracker?.currentWidget?.context.path ?? null);
    const path = { type: "string", description: "The notebook; by default the one in front" };

    commands.addCommand(OPEN, {
      label: words.open,
      caption: words.openCaption,
      icon: clockIcon,
      execute: () => show(),
      describedBy: { args: { type: "object", properties: {} } },
    });
    commands.addCommand(OPEN_PAGE, { label: words.openPage, execute: () => showPage() });
    commands.addCommand(NEW_TASK, { label: words.newTask, icon: clockIcon, execute: () => show(NEW) });
    commands.addCommand(SCHEDULE_NOTEBOOK, {
      label: words.scheduleNotebook,
      caption: words.scheduleCaption,
      icon: clockIcon,
      isEnabled: (args) => notebook(args) !== null,
      execute: (args) => {
        const chosen = notebook(args);
        return chosen === null ? undefined : schedule(chosen);
      },
      describedBy: { args: { type: "object", properties: { path } } },
    });
    commands.addCommand(SCHEDULE_FILE, {
      label: words.scheduleFile,
      icon: clockIcon,
      isVisible: () => selected() !== null,
      execute: () => {
        const chosen = selected();
        return chosen === null ? undefined : schedule(chosen);
      },
    });
    tracker?.currentChanged.connect(() => commands.notifyCommandChanged(SCHEDULE_NOTEBOOK));
    for (const command of [OPEN, OPEN_PAGE, NEW_TASK, SCHEDULE_NOTEBOOK])
      palette?.addItem({ command, category: words.category });
    launcher?.add({ command: OPEN, category: "Other", rank: LAUNCHER_RANK });
  },
};

async function askToSave(words: Words): Promise<"save" | "anyway" | "cancel"> {
  const anyway = Dialog.okButton({ label: words.scheduleAnyway });
  const save = Dialog.okButton({ label: words.saveFirst });
  const { button } = await showDialog({
    title: words.unsavedTitle,
    body: words.unsavedText,
    buttons: [Dialog.cancelButton({ label: words.cancel }), anyway, save],
  });
  if (!button.accept) return "cancel";
  return button.label === save.label ? "save" : "anyway";
}

const status: JupyterFrontEndPlugin = {
  id: "jupyter-scheduler-ext:status",
  description: "The scheduler in JupyterLab's status bar.",
  autoStart: true,
  optional: [IStatusBar, ISettingRegistry, ITranslator],
  activate(
    app: JupyterFrontEnd,
    statusBar: IStatusBar | null,
    settings: ISettingRegistry | null,
    translator: ITranslator | null,
  ): void {
    if (!statusBar) return;
    const words = wordsIn((translator ?? nullTranslator).load(DOMAIN));
    const item = new StatusItem(app.serviceManager, words, () => void app.commands.execute(OPEN));
    statusBar.registerStatusItem(status.id, {
      item,
      align: "left",
      rank: STATUS_RANK,
      isActive: () => item.active,
      activeStateChanged: item.activeChanged,
    });
    void followSettings(settings, (chosen) => item.configure(chosen));
  },
};

export default [main, status];
