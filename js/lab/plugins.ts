import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { ICommandPalette, WidgetTracker } from "@jupyterlab/apputils";
import { URLExt } from "@jupyterlab/coreutils";
import { IDocumentManager } from "@jupyterlab/docmanager";
import { IFileBrowserFactory } from "@jupyterlab/filebrowser";
import { ILauncher } from "@jupyterlab/launcher";
import { INotebookTracker } from "@jupyterlab/notebook";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStatusBar } from "@jupyterlab/statusbar";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { addCommands, OPEN, PALETTE } from "./commands";
import { Faces } from "./faces";
import { Notebooks } from "./notebooks";
import { SchedulerPanel } from "./panel";
import { Place } from "./place";
import { followSettings, PLUGIN } from "./settings";
import { StatusItem } from "./status_item";
import { type Words, wordsIn } from "./words";

const LAUNCHER_RANK = 5;
const STATUS_RANK = 700;
const DOMAIN = "jupyter_scheduler_ext";

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
    const { contents, serverSettings } = app.serviceManager;
    const words = wordsIn((translator ?? nullTranslator).load(DOMAIN));
    const notebooks = new Notebooks(contents, documents, tracker);
    const place = labShell && placeIn(app, notebooks, restorer, settings, words);
    const faces = new Faces(URLExt.join(serverSettings.baseUrl, "scheduler-ext"), place, notebooks, words);
    addCommands(app, faces, tracker, files, words);
    for (const command of PALETTE) palette?.addItem({ command, category: words.category });
    launcher?.add({ command: OPEN, category: "Other", rank: LAUNCHER_RANK });
  },
};

/** Where the page lies in JupyterLab's window; it comes back when the window is opened again. */
function placeIn(
  app: JupyterFrontEnd,
  notebooks: Notebooks,
  restorer: ILayoutRestorer | null,
  settings: ISettingRegistry | null,
  words: Words,
): Place {
  const tracker = new WidgetTracker<SchedulerPanel>({ namespace: "scheduler-ext" });
  const place = new Place(
    app.shell,
    () => new SchedulerPanel(app.serviceManager.serverSettings, notebooks, words),
    (panel) => void tracker.add(panel),
  );
  void restorer?.restore(tracker, { command: OPEN, name: () => "scheduler" });
  void followSettings(settings, ({ openIn }) => place.choose(openIn));
  return place;
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
