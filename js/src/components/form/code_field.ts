import type { CodeEditor, createCodeEditor } from "../../editor/code_editor";
import type { App } from "../app";
import { h, inert } from "../dom";

interface CodeHolder {
  form: { kind: string; source: string };
  touch(path: string): void;
}

/**
 * Puts the highlighting editor over the form's plain text area when code is first edited. Where its chunk
 * cannot be loaded (a widget without a server, a strict policy) the text area simply stays.
 */
export class CodeField {
  private editor: CodeEditor | null = null;
  private loading = false;

  constructor(private readonly app: App) {
    inert(this);
  }

  mount(holder: CodeHolder): void {
    if (this.editor) {
      this.editor.set(holder.form.source);
      return;
    }
    if (holder.form.kind !== "code" || this.loading) return;
    this.loading = true;
    void this.load(holder).finally(() => {
      this.loading = false;
    });
  }

  dispose(): void {
    this.editor?.destroy();
    this.editor = null;
  }

  private async load(holder: CodeHolder): Promise<void> {
    let create: typeof createCodeEditor;
    try {
      const chunk = await this.app.importChunk<{ createCodeEditor: typeof createCodeEditor }>(
        "code-editor.js",
      );
      create = chunk.createCodeEditor;
    } catch {
      return;
    }
    const host = this.app.refs.code;
    const area = host?.querySelector("textarea");
    if (!host || !area || this.editor) return;
    const label = this.app.words.editor.source;
    const box = h("div", {
      class: "scheduler-code-editor",
      role: "group",
      "aria-label": label,
      "data-field": "action.source",
      "scheduler-bind:data-invalid": "editor.bad('action.source')",
    });
    // A hidden text area would still be given the whole text at each key: half a megabyte takes 30 ms.
    this.app.replace(area, box);
    this.editor = create(box, {
      text: holder.form.source,
      label,
      onChange: (text) => {
        holder.form.source = text;
        holder.touch("action.source");
      },
    });
  }
}
