import type { Task, Template } from "../store/model";
import { ApiError } from "../transport/transport";
import type { App } from "./app";

interface TemplateRow {
  id: string;
  name: string;
  description: string;
  own: boolean;
  removeLabel: string;
}

/** Tasks to start from: the built-in ones and the user's own. Also asks for the name of a saved view. */
export class Templates {
  open = false;
  list: TemplateRow[] = [];
  /** The small dialog that asks for one name. */
  naming = { open: false, title: "", label: "", value: "" };
  private readonly kept: { templates: Template[]; accept: (name: string) => void } = {
    templates: [],
    accept: () => {},
  };

  constructor(private readonly app: App) {
    Object.defineProperty(this.kept, "__v_skip", { value: true });
  }

  async show(): Promise<void> {
    try {
      await this.load();
      this.open = true;
    } catch (error) {
      if (error instanceof ApiError && error.missing) this.app.ui.can.templates = false;
      else this.app.fail(this.app.words.templates.title, error);
    }
  }

  close(): void {
    this.open = false;
  }

  use(id: string): void {
    this.open = false;
    const template = this.kept.templates.find((candidate) => candidate.id === id);
    if (template)
      this.app.ui.editor.create(template.task.type ?? "scheduled", { ...template.task, uuid: undefined });
  }

  async remove(id: string): Promise<void> {
    try {
      await this.app.api.removeTemplate(id);
      await this.load();
    } catch (error) {
      this.app.fail(this.app.words.remove, error);
    }
  }

  askSave(task: Task): void {
    const { templates: words } = this.app.words;
    this.ask(words.saveTitle, words.saveName, task.name, (name) => void this.save(task.uuid, name));
  }

  askView(): void {
    const { words } = this.app;
    this.ask(words.saveView, words.saveViewName, "", (name) => this.app.ui.tasks.saveView(name));
  }

  accept(): void {
    const name = this.naming.value.trim();
    if (!name) return;
    this.naming.open = false;
    this.kept.accept(name);
  }

  cancel(): void {
    this.naming.open = false;
  }

  private ask(title: string, label: string, value: string, accept: (name: string) => void): void {
    this.kept.accept = accept;
    this.naming = { open: true, title, label, value };
  }

  private async load(): Promise<void> {
    this.kept.templates = await this.app.api.templates();
    this.list = this.kept.templates.map(({ id, name, description, builtin }) => ({
      id,
      name,
      description,
      own: !builtin,
      removeLabel: this.app.words.templates.remove(name),
    }));
  }

  private async save(taskId: string, name: string): Promise<void> {
    const { words } = this.app;
    try {
      const { type, description, tags, action, policy, notify, executor, server_label, schedule } =
        await this.app.api.task(taskId);
      const where = { ...(executor ? { executor } : {}), ...(server_label ? { server_label } : {}) };
      await this.app.api.saveTemplate({
        name,
        description: description ?? "",
        task: {
          ...{ type, tags, action, policy, ...where },
          ...(notify ? { notify } : {}),
          ...(schedule ? { schedule } : {}),
        },
      });
      this.app.ui.toasts.show(words.templates.saved(name));
    } catch (error) {
      if (error instanceof ApiError && error.missing) this.app.ui.can.templates = false;
      this.app.fail(words.templates.saveTitle, error);
    }
  }
}
