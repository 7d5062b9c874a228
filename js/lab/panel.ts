import { Dialog, showDialog } from "@jupyterlab/apputils";
import type { ServerSettings } from "@jupyterlab/services";
import { Widget } from "@lumino/widgets";
import type { Surroundings } from "../src/components/app";
import type { Embedded } from "../src/scheduler";
import { clockIcon } from "./icon";
import { askStatus, loadFace } from "./server";
import type { Words } from "./words";

export const PANEL_ID = "jupyter-scheduler-ext";

/** The scheduler's page in a tab or a sidebar of JupyterLab. Nothing is loaded before it is first seen. */
export class SchedulerPanel extends Widget {
  private page: Embedded | null = null;
  private wanted = "";
  private loading = false;

  constructor(
    private readonly server: ServerSettings,
    private readonly surroundings: Surroundings,
    private readonly words: Words,
  ) {
    super();
    this.id = PANEL_ID;
    this.addClass("scheduler-ext-panel");
    this.title.label = words.title;
    this.title.caption = words.openCaption;
    this.title.icon = clockIcon;
    this.node.tabIndex = -1;
    this.node.setAttribute("aria-label", words.title);
  }

  get unsaved(): boolean {
    return this.page?.unsaved ?? false;
  }

  /** Show what an address of the page says, as soon as the page is there. */
  visit(address: string): void {
    if (this.page) this.page.show(address);
    else this.wanted = address;
  }

  override dispose(): void {
    this.page?.dispose();
    this.page = null;
    super.dispose();
  }

  protected override onActivateRequest(): void {
    if (this.page) this.page.focus();
    else this.node.focus();
  }

  protected override onAfterAttach(): void {
    if (this.isVisible) void this.load();
  }

  protected override onAfterShow(): void {
    void this.load();
  }

  protected override onCloseRequest(message: unknown): void {
    void this.mayClose().then((may) => {
      if (!may) return;
      super.onCloseRequest(message);
      this.dispose();
    });
  }

  private async mayClose(): Promise<boolean> {
    if (!this.unsaved) return true;
    const { closeTitle: title, closeText: body, cancel, close } = this.words;
    const buttons = [Dialog.cancelButton({ label: cancel }), Dialog.warnButton({ label: close })];
    return (await showDialog({ title, body, buttons })).button.accept;
  }

  private async load(): Promise<void> {
    if (this.page || this.loading) return;
    this.loading = true;
    const { words } = this;
    this.say(words.loading);
    try {
      const answer = await askStatus(this.server);
      if (this.isDisposed) return;
      if ("problem" in answer && answer.problem === "absent") {
        this.say(words.absentTitle, words.absentText, words.absentCommand);
      } else if ("problem" in answer && answer.problem === "refused") {
        this.say(words.refusedTitle, answer.message);
      } else await this.build("status" in answer && !answer.status.you.may.includes("execute"));
    } catch (error) {
      if (!this.isDisposed)
        this.say(words.brokenTitle, error instanceof Error ? error.message : String(error));
    } finally {
      this.loading = false;
    }
  }

  private async build(readOnly: boolean): Promise<void> {
    const { mountEmbedded } = await loadFace(this.server);
    if (this.isDisposed) return;
    const host = document.createElement("div");
    this.node.replaceChildren(host);
    this.page = mountEmbedded(host, this.surroundings, { readOnly });
    if (this.wanted) this.page.show(this.wanted);
    else if (this.node.contains(document.activeElement)) this.page.focus();
    this.wanted = "";
  }

  /** In place of the page: what is the matter, what to type, and a button to try again. */
  private say(title: string, text = "", command = ""): void {
    const box = document.createElement("div");
    box.className = "scheduler-ext-notice";
    box.setAttribute("role", "status");
    const add = (tag: "h2" | "p" | "pre", words: string): void => {
      if (words) box.appendChild(document.createElement(tag)).textContent = words;
    };
    add(text ? "h2" : "p", title);
    add("p", text);
    add("pre", command);
    if (text) {
      const retry = box.appendChild(document.createElement("button"));
      retry.type = "button";
      retry.className = "jp-mod-styled jp-mod-accept";
      retry.textContent = this.words.retry;
      retry.onclick = () => void this.load();
    }
    this.node.replaceChildren(box);
  }
}
