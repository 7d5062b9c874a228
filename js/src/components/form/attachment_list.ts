import type { Attachment } from "../../store/model";
import { ApiError } from "../../transport/transport";
import { bytes } from "../../words/times";
import type { App } from "../app";

interface FileRow {
  name: string;
  size: string;
  removeLabel: string;
}

/** A file to give the task: from the reader's machine, or one that lies at a path below the server's root. */
interface Pending {
  name: string;
  file: File | string;
}

/** The files of the task in the form: those it has, those to upload and those to remove when it is saved. */
export class AttachmentList {
  rows: FileRow[] = [];
  pending: Pending[] = [];
  removed: string[] = [];
  /** Something is being dragged over the form. */
  over = false;

  constructor(private readonly app: App) {}

  get dirty(): boolean {
    return this.pending.length > 0 || this.removed.length > 0;
  }

  /** Begin with the names that a task lists; their sizes follow from the server. */
  show(id: string, names: string[]): void {
    this.settle();
    this.rows = names.map((name) => this.row(name, ""));
    if (names.length > 0) void this.loadSizes(id);
  }

  /** Begin with copies of another task's files; what it does not keep itself lies where its name says. */
  copy(names: string[], kept: Attachment[]): void {
    for (const name of names) {
      const found = kept.find((file) => file.name === name);
      this.expect(name, found?.path ?? name, sizeText(found?.size));
    }
  }

  /** Nothing is left to send. */
  settle(): void {
    this.pending = [];
    this.removed = [];
    this.over = false;
  }

  drop(event: DragEvent): void {
    this.over = false;
    this.add(event.dataTransfer?.files);
  }

  choose(event: Event): void {
    const input = event.target as HTMLInputElement;
    this.add(input.files);
    input.value = "";
  }

  remove(name: string): void {
    if (this.pending.some((item) => item.name === name)) {
      this.pending = this.pending.filter((item) => item.name !== name);
    } else this.removed.push(name);
    this.rows = this.rows.filter((row) => row.name !== name);
    this.app.ui.editor.touch("attachments");
  }

  /** Bring the server's files in line. What went well is done; rejects with the first ApiError of what did not. */
  async send(id: string): Promise<void> {
    const { api } = this.app;
    const failures: unknown[] = [];
    const attempt = async (act: Promise<unknown>, done: () => void): Promise<void> => {
      try {
        await act;
        done();
      } catch (error) {
        failures.push(error);
      }
    };
    for (const name of [...this.removed]) {
      await attempt(withoutComplaint(api.detach(id, name)), () => {
        this.removed = this.removed.filter((other) => other !== name);
      });
    }
    for (const { name, file } of [...this.pending]) {
      const sending = typeof file === "string" ? api.attachCopy(id, file) : api.attach(id, name, file);
      await attempt(sending, () => {
        this.pending = this.pending.filter((other) => other.name !== name);
      });
    }
    if (failures.length > 0) throw failures[0];
  }

  private add(files: FileList | null | undefined): void {
    for (const file of files ?? []) this.expect(file.name, file, bytes(file.size));
    this.app.ui.editor.touch("attachments");
  }

  private expect(name: string, file: File | string, size: string): void {
    this.pending = [...this.pending.filter((item) => item.name !== name), { name, file }];
    this.rows = [...this.rows.filter((row) => row.name !== name), this.row(name, size)];
  }

  private async loadSizes(id: string): Promise<void> {
    try {
      const sizes = new Map((await this.app.api.attachments(id)).map(({ name, size }) => [name, size]));
      this.rows = this.rows.map((row) =>
        row.size ? row : this.row(row.name, sizeText(sizes.get(row.name))),
      );
    } catch {
      // The names are known from the task; only the sizes are missing.
    }
  }

  private row(name: string, size: string): FileRow {
    return { name, size, removeLabel: this.app.words.editor.removeFile(name) };
  }
}

/** A file that someone else removed meanwhile is removed. */
async function withoutComplaint(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404 || error.missing) throw error;
  }
}

function sizeText(size: number | null | undefined): string {
  return size === null || size === undefined ? "" : bytes(size);
}
