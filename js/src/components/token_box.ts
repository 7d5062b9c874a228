import type { Task } from "../store/model";
import type { App } from "./app";

/** Shows an ad-hoc task's token, the one time that the server tells it. */
export class TokenBox {
  open = false;
  name = "";
  secret = "";
  curl = "";

  constructor(private readonly app: App) {}

  show(task: Task | null, secret: string): void {
    if (!task) return;
    this.name = task.name;
    this.secret = secret;
    const link =
      this.app.session.transport.link(`api/tasks/${task.uuid}/run`) ?? `…/api/tasks/${task.uuid}/run`;
    this.curl = `curl -X POST -H 'X-Task-Token: ${secret}' '${link}'`;
    this.open = true;
  }

  /** The secret leaves the page with the box. */
  close(): void {
    this.open = false;
    this.secret = "";
    this.curl = "";
  }

  copy(text: string): void {
    void this.app.copyText(text, this.app.words.token.copied);
  }
}
