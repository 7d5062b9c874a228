import type { TaskForm } from "../../store/task_form";
import type { App } from "../app";
import type { Editor } from "../editor";
import type { AttachmentList } from "./attachment_list";

/** A form that was left unsaved: all that it takes to bring it back. */
export interface Draft extends Pick<AttachmentList, "rows" | "pending" | "removed"> {
  id: string;
  newId: string;
  revision: number;
  subtitle: string;
  form: TaskForm;
  start: TaskForm;
}

export function draftOf(editor: Editor, app: App): Draft {
  const { id, newId, revision, subtitle, form, start, files } = editor;
  return {
    ...{ id, newId, revision, subtitle },
    form: app.plain(form),
    start: app.plain(start),
    rows: [...files.rows],
    pending: [...files.pending],
    removed: [...files.removed],
  };
}
