import { Dialog, showDialog, showErrorMessage } from "@jupyterlab/apputils";
import type { Notebooks } from "./notebooks";
import type { Place } from "./place";
import type { Words } from "./words";

const NEW = "#/new/scheduled";

/** Shows the scheduler's page: in a panel where the window has a place for one, else in a tab of the browser. */
export class Faces {
  constructor(
    private readonly page: string,
    /** Null in Notebook 7. */
    private readonly place: Place | null,
    private readonly notebooks: Notebooks,
    private readonly words: Words,
  ) {}

  open(address = ""): void {
    if (this.place) this.place.open(address);
    else this.openPage(address);
  }

  openPage(address = ""): void {
    window.open(`${this.page}/${address}`, "_blank");
  }

  newTask(): void {
    this.open(NEW);
  }

  /**
   * The form of a new task that runs this notebook. In a panel the form itself tells of unsaved changes; a page in
   * another tab of the browser does not know of them.
   */
  async schedule(given: string): Promise<void> {
    const { notebooks, words } = this;
    const found = notebooks.locate(given);
    if ("drive" in found) {
      await showErrorMessage(words.foreignTitle, words.foreign(found.drive));
      return;
    }
    const address = `${NEW}?notebook=${encodeURIComponent(found.path)}`;
    if (this.place || !notebooks.isUnsaved(found.path)) {
      this.open(address);
      return;
    }
    const choice = await this.askToSave();
    if (choice === "cancel") return;
    // A tab opened after the file was saved would be a pop-up to the browser: open it in the click itself.
    const tab = window.open("about:blank", "_blank");
    try {
      if (choice === "save") await notebooks.save(found.path);
      if (tab) tab.location.href = `${this.page}/${address}`;
    } catch (error) {
      tab?.close();
      throw error;
    }
  }

  private async askToSave(): Promise<"save" | "anyway" | "cancel"> {
    const { words } = this;
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
}
