import type { Task } from "../../store/model";
import { fullTime } from "../../words/times";
import type { App } from "../app";
import type { Editor } from "../editor";

/** The token of the ad-hoc task in the form: what is known of it, a new one, none. */
export class TokenFields {
  words = "";
  there = false;

  constructor(private readonly app: App) {}

  /** Its change counts as a save of the task, but is none of the form's. */
  show(task: Task): void {
    const { token: words } = this.app.words;
    this.editor.revision = task.revision;
    this.there = Boolean(task.token);
    if (task.type !== "adhoc") this.words = "";
    else if (!task.token) this.words = words.none;
    else {
      const used = task.token.last_used ? words.used(fullTime(task.token.last_used)) : words.unused;
      this.words = `${words.last4(task.token.last4)}, ${used}`;
    }
  }

  clear(): void {
    this.words = "";
    this.there = false;
  }

  async rotate(): Promise<void> {
    const { id } = this.editor;
    try {
      const saved = await this.app.api.rotateToken(id);
      if (saved.token_secret)
        this.app.ui.token.show(saved.task ?? this.app.table.get(id), saved.token_secret);
      if (saved.task) this.show(saved.task);
    } catch (error) {
      this.app.fail(this.app.words.token.rotate, error);
    }
  }

  async revoke(): Promise<void> {
    const { id } = this.editor;
    try {
      await this.app.api.revokeToken(id);
      this.show(await this.app.api.task(id));
      this.app.ui.toasts.show(this.app.words.token.revoked);
    } catch (error) {
      this.app.fail(this.app.words.token.revoke, error);
    }
  }

  private get editor(): Editor {
    return this.app.ui.editor;
  }
}
