import type { Permission } from "../store/model";
import { count } from "../words/times";
import type { App } from "./app";

const PERMISSIONS: Permission[] = ["read", "write", "execute"];

/** The access tab: who the server takes the reader for, what it lets them do, and whose the tasks are. */
export class AccessPanel {
  name = "";
  rights: { name: Permission; label: string; help: string; allowed: boolean; word: string }[] = [];
  owners: { name: string; tasks: string; you: boolean }[] = [];

  constructor(private readonly app: App) {}

  async load(): Promise<void> {
    const { access: words } = this.app.words;
    try {
      const { you } = await this.app.api.status();
      this.owners = this.app.table.owners().map(([owner, tasks]) => ({
        name: owner || words.nobody,
        tasks: count(tasks),
        you: owner !== "" && owner === you?.name,
      }));
      if (!you) return;
      this.name = you.display_name;
      this.rights = PERMISSIONS.map((name) => {
        const allowed = you.may.includes(name);
        return { name, ...words.rights[name], allowed, word: allowed ? words.allowed : words.refused };
      });
    } catch (error) {
      this.app.fail(words.title, error);
    }
  }
}
