import { formOf, patchOf, type TaskForm, taskOf } from "../../store/task_form";
import type { Api, SavedTask } from "../../transport/api";
import { ApiError } from "../../transport/transport";
import { readerZone } from "../../words/times";

interface Sent {
  /** Of the task that is changed; empty for one that is made. */
  id: string;
  /** That a new task is to have, so that sent again after a lost reply it is not made twice; may be empty. */
  newId: string;
  /** That the changes were made to. */
  revision: number;
  start: TaskForm;
  form: TaskForm;
}

/** Make the task, or send what was changed of it. Rejects with an ApiError. */
export async function sendForm(api: Api, { id, newId, revision, start, form }: Sent): Promise<SavedTask> {
  if (id) return change(api, id, start, form, revision);
  try {
    return await api.create({ ...taskOf(form), ...(newId ? { uuid: newId } : {}) });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409 && error.field === "uuid")) throw error;
    // It was made by an attempt whose reply was lost: what was changed since is put on top.
    const made = await api.task(newId);
    return change(api, newId, formOf(made, readerZone()), form, made.revision);
  }
}

async function change(
  api: Api,
  id: string,
  from: TaskForm,
  to: TaskForm,
  revision: number,
): Promise<SavedTask> {
  const patch = patchOf(from, to);
  if (Object.keys(patch).length === 0) return { task: await api.task(id) };
  return api.update(id, patch, revision);
}

/** An id for a new task; empty where the page's address is not trusted with making one. */
export function newTaskId(): string {
  return crypto.randomUUID?.() ?? "";
}
