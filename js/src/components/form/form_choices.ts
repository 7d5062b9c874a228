import type { PromptEndpoint } from "../../store/model";
import type { App } from "../app";

/** What this server offers a task: kinds of action, kernels, endpoints for prompts, labels of servers. */
export class FormChoices {
  kernels: { name: string; title: string }[] = [];
  endpoints: PromptEndpoint[] = [];
  labels: string[] = [];
  canPrompt = false;
  /** Several servers share the schedule. */
  shared = false;
  loaded = false;

  constructor(private readonly app: App) {}

  /** Labels of servers mean something here. */
  get labelled(): boolean {
    return this.shared || this.labels.length > 0 || this.app.ui.editor.form.serverLabel !== "";
  }

  /** No server has the label that the form names. */
  get labelUnknown(): boolean {
    const label = this.app.ui.editor.form.serverLabel.trim();
    return this.loaded && label !== "" && !this.labels.includes(label);
  }

  /** Read anew for each form: a server may have come, or its settings have changed. What is missing stays empty. */
  async load(): Promise<void> {
    await Promise.all([this.loadKernels(), this.loadStatus()]);
  }

  private async loadKernels(): Promise<void> {
    if (this.kernels.length > 0) return;
    this.kernels = await this.app.api.kernels().catch(() => []);
  }

  private async loadStatus(): Promise<void> {
    try {
      const { servers = [], actions = [], prompts = [] } = await this.app.api.status();
      this.shared = servers.length > 1;
      this.labels = [...new Set(servers.flatMap(({ labels }) => labels))].sort();
      this.canPrompt = actions.includes("prompt");
      this.endpoints = prompts;
      this.loaded = true;
    } catch {
      // A form can do without: what it sends is checked by the server.
    }
  }
}
