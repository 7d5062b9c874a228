import type { App } from "../app";
import { debounce } from "../dom";

interface Choice {
  id: string;
  path: string;
  name: string;
  folder: string;
}

const SHOWN = 50;

/** The list under the form's notebook field: what the served folder has that fits what is typed. */
export class NotebookPicker {
  open = false;
  list: Choice[] = [];
  activeId = "";
  private q = "";
  private readonly searchSoon = debounce(120, (picker: NotebookPicker) => void picker.load());

  constructor(private readonly app: App) {}

  search(q: string): void {
    this.q = q;
    this.searchSoon(this);
  }

  close(): void {
    this.open = false;
  }

  /** Arrow keys, Enter and Escape. Returns the path chosen by this key, if any. */
  key(event: KeyboardEvent): string | null {
    const { list } = this;
    const at = list.findIndex((item) => item.id === this.activeId);
    let chosen: string | null = null;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : list.length - 1;
      this.open = list.length > 0;
      this.activeId = list[(Math.max(at, event.key === "ArrowDown" ? -1 : 0) + step) % list.length]?.id ?? "";
    } else if (event.key === "Enter" && this.open && list[at]) chosen = list[at].path;
    else if (event.key === "Escape" && this.open) this.open = false;
    else return null;
    event.preventDefault();
    event.stopPropagation();
    return chosen;
  }

  private async load(): Promise<void> {
    const { q } = this;
    try {
      const found = await this.app.api.notebooks(q);
      if (q !== this.q) return;
      this.list = found.slice(0, SHOWN).map(({ path, name }, at) => ({
        id: this.app.ui.fieldId(`notebook-${at}`),
        path,
        name,
        folder: path.slice(0, Math.max(0, path.length - name.length - 1)),
      }));
      this.activeId = "";
      const typing = document.activeElement?.getAttribute("role") === "combobox";
      this.open = typing && !found.some((notebook) => notebook.path === q);
    } catch {
      this.open = false;
    }
  }
}
