import type { IDocumentManager } from "@jupyterlab/docmanager";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { ServiceManager } from "@jupyterlab/services";
import type { Surroundings } from "../src/components/app";

/** The drive of notebooks that several people edit together; its files are the server's own. */
const SHARED_DRIVE = "RTC";

/** The notebooks that are open, by their path in the served folder: what the page asks of JupyterLab. */
export class Notebooks implements Surroundings {
  private readonly told = new Set<() => void>();

  constructor(
    private readonly contents: ServiceManager["contents"],
    private readonly documents: IDocumentManager | null,
    private readonly tracker: INotebookTracker | null,
  ) {
    const changed = (): void => {
      for (const tell of this.told) tell();
    };
    const follow = ({ context }: NotebookPanel): void => {
      context.model.stateChanged.connect(changed);
    };
    tracker?.forEach(follow);
    tracker?.widgetAdded.connect((_, panel) => follow(panel));
  }

  observe(tell: () => void): () => void {
    this.told.add(tell);
    return () => this.told.delete(tell);
  }

  openFile(path: string): void {
    this.documents?.openOrReveal(path);
  }

  isUnsaved(path: string): boolean {
    return this.find(path)?.context.model.dirty ?? false;
  }

  async save(path: string): Promise<void> {
    await this.find(path)?.context.save();
  }

  /** The path in the served folder, or the drive that holds the file instead. */
  locate(path: string): { path: string } | { drive: string } {
    const drive = this.contents.driveName(path);
    return drive && drive !== SHARED_DRIVE ? { drive } : { path: this.contents.localPath(path) };
  }

  private find(path: string): NotebookPanel | undefined {
    return this.tracker?.find((panel) => {
      const found = this.locate(panel.context.path);
      return "path" in found && found.path === path;
    });
  }
}
