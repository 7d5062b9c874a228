import type { Bundle } from "@jupyterlab/translation";

export type Words = ReturnType<typeof wordsIn>;

/** Every text of the extension, in the reader's language if a language pack has it. */
export function wordsIn(trans: Bundle) {
  return {
    category: trans.__("Scheduler"),
    title: trans.__("Scheduler"),
    open: trans.__("Scheduler"),
    openCaption: trans.__("Notebooks, code and commands that run on time"),
    openPage: trans.__("Open Scheduler in New Browser Tab"),
    newTask: trans.__("New Scheduled Task…"),
    scheduleNotebook: trans.__("Schedule This Notebook…"),
    scheduleFile: trans.__("Schedule Notebook…"),
    scheduleCaption: trans.__("Schedule this notebook"),
    loading: trans.__("Loading the scheduler…"),
    absentTitle: trans.__("The scheduler is not running on this Jupyter server"),
    absentText: trans.__(
      "Its server extension is missing or disabled. Enable it where this server runs, then restart the server:",
    ),
    absentCommand: "jupyter server extension enable jupyter_scheduler_ext",
    refusedTitle: trans.__("The scheduler does not let you in"),
    brokenTitle: trans.__("The scheduler's page did not load"),
    retry: trans.__("Try Again"),
    foreignTitle: trans.__("This notebook cannot be scheduled"),
    foreign: (drive: string): string =>
      trans.__("It lies on “%1”. The scheduler runs notebooks of this Jupyter server's own folder.", drive),
    unsavedTitle: trans.__("Save the notebook first?"),
    unsavedText: trans.__("It has unsaved changes. Runs read the notebook from disk, without them."),
    saveFirst: trans.__("Save and Schedule"),
    scheduleAnyway: trans.__("Schedule as Saved"),
    closeTitle: trans.__("Close the scheduler?"),
    closeText: trans.__("A task's form holds something that is not saved."),
    close: trans.__("Close Without Saving"),
    cancel: trans.__("Cancel"),
    running: (n: number): string => trans.__("%1 running", n),
    failed: (n: number): string => trans.__("%1 failed", n),
    next: (time: string): string => trans.__("next %1", time),
    quiet: trans.__("nothing due"),
    statusHelp: trans.__("Open the scheduler"),
  };
}
