import { icon } from "../components/icons";
import type { Words } from "../words/en";
import { scheduleTemplate } from "./editor_schedule";
import { button, esc, iconButton, options } from "./markup";

/**
 * A labelled control with the server's answer to it below. `path` is the field as the server names it; `id` sets
 * apart two controls of one field.
 */
export function field(label: string, path: string, control: string, help = "", id = path): string {
  const attributes = `:id="fieldId('${id}')" :aria-invalid="editor.bad('${path}')" :aria-describedby="noteId('${id}')"`;
  return `<div class="scheduler-field" :data-bad="editor.bad('${path}')">
    <label class="scheduler-label" :for="fieldId('${id}')">${esc(label)}</label>
    ${control.replace("{id}", attributes)}
    <p class="scheduler-note" :id="noteId('${id}')"><span class="scheduler-error" x-show="editor.bad('${path}')" x-text="editor.error('${path}')"></span>${help ? `<span x-show="!editor.bad('${path}')">${esc(help)}</span>` : ""}</p>
  </div>`;
}

export function editorTemplate(w: Words): string {
  const e = w.editor;
  return `<dialog class="scheduler-sheet" x-effect="syncDialog($el, editor.open)" @cancel.prevent="editor.close()" :aria-labelledby="fieldId('editor-title')">
  <form class="scheduler-sheet-form" novalidate @submit.prevent="editor.save(false)" @keydown="editor.onKey($event)" x-ref="editorForm">
    <header class="scheduler-sheet-head"><h2 :id="fieldId('editor-title')" x-text="editor.title"></h2><span class="scheduler-soft scheduler-clip" x-text="editor.subtitle"></span><span class="scheduler-spring"></span>${iconButton(e.close, "close", "editor.close()")}</header>
    <div class="scheduler-sheet-body" x-ref="editorBody">
      <p class="scheduler-quiet" x-show="editor.loading">${icon("spinner", "scheduler-spin")}${esc(e.loading)}</p>
      <div class="scheduler-banner" data-level="error" role="alert" x-show="editor.message">${icon("alert")}<span x-text="editor.message"></span></div>
      <div class="scheduler-banner" data-level="warning" role="status" x-show="editor.notebookUnsaved">${icon("alert")}<span>${esc(e.notebookUnsaved)}</span>${button(e.saveNotebook, { click: "editor.saveNotebook()" })}</div>
      ${conflict(w)}
      <div x-show="!editor.loading">
      ${field(e.name, "name", `<input type="text" {id} class="scheduler-input" x-model="editor.form.name" placeholder="${esc(e.namePlaceholder)}" autocomplete="off" maxlength="200" @input="editor.touch('name')">`)}
      <fieldset class="scheduler-field"><legend class="scheduler-label">${esc(e.when)}</legend>
        <div class="scheduler-segments scheduler-choice">${choice("editor.form.type", "type", { scheduled: e.whenScheduled, planned: e.whenPlanned, adhoc: e.whenAdhoc }, "editor.typeChanged()", "editor.id !== ''")}</div></fieldset>
      ${scheduleTemplate(w)}
      <fieldset class="scheduler-field"><legend class="scheduler-label">${esc(e.what)}</legend>
        <div class="scheduler-segments scheduler-choice">${choice("editor.form.kind", "kind", { notebook: e.notebook, code: e.code, command: e.command }, "editor.kindChanged()")}</div></fieldset>
      ${notebook(w)}${code(w)}${command(w)}
      ${context(w)}${executor(w)}${attachments(w)}${details(w)}${policies(w)}
      </div>
    </div>
    <footer class="scheduler-sheet-foot">
      <span x-show="editor.id">${button(w.remove, { click: "editor.remove()", kind: "danger" })}</span>
      <label class="scheduler-switch" x-show="!editor.id"><input type="checkbox" class="scheduler-check" x-model="editor.form.enabled">${esc(e.enabled)}</label>
      <span class="scheduler-spring"></span>
      ${button(e.cancel, { click: "editor.close()", kind: "ghost" })}
      <button type="button" class="scheduler-button scheduler-button-plain scheduler-sheet-second" :disabled="editor.busy" @click="editor.save(true)" x-text="editor.id ? '${esc(e.saveAndRun)}' : '${esc(e.createAndRun)}'"></button>
      <button type="submit" class="scheduler-button scheduler-button-primary" :disabled="editor.busy" x-text="editor.id ? '${esc(e.save)}' : '${esc(e.create)}'"></button>
    </footer>
  </form></dialog>`;
}

function choice(
  model: string,
  name: string,
  values: Record<string, string>,
  change: string,
  disabled = "false",
): string {
  return Object.entries(values)
    .map(
      ([value, label]) =>
        `<label class="scheduler-segment"><input type="radio" class="scheduler-hidden" :name="fieldId('${name}')" value="${value}" x-model="${model}" :disabled="${disabled}" @change="${change}">${esc(label)}</label>`,
    )
    .join("");
}

function notebook(w: Words): string {
  const e = w.editor;
  return `<div x-show="editor.form.kind === 'notebook'">
    ${field(
      e.path,
      "action.path",
      `<div class="scheduler-combo"><input type="text" {id} class="scheduler-input" role="combobox" aria-autocomplete="list" :aria-expanded="editor.picker.open" :aria-controls="fieldId('notebooks')" :aria-activedescendant="editor.picker.activeId" x-model="editor.form.path" placeholder="${esc(e.pathPlaceholder)}" autocomplete="off" spellcheck="false" @focus="editor.picker.search(editor.form.path)" @input="editor.pickerSearch()" @keydown="editor.pickerKey($event)" @blur="editor.picker.close()" @change="editor.pathChanged()">
      <ul class="scheduler-options" role="listbox" :id="fieldId('notebooks')" aria-label="${esc(e.path)}" x-show="editor.picker.open">
        <template x-for="item in editor.picker.list" :key="item.path"><li role="option" :id="item.id" :aria-selected="item.id === editor.picker.activeId" @mousedown.prevent="editor.pick(item.path)">${icon("notebook")}<span x-text="item.name"></span><span class="scheduler-soft" x-text="item.folder"></span></li></template>
        <li class="scheduler-soft" role="option" aria-disabled="true" aria-selected="false" x-show="editor.picker.list.length === 0">${esc(e.noNotebooks)}</li>
      </ul></div>`,
      e.pathHelp,
    )}
    ${parameters(w, e.parametersHelp)}${kernel(w, "notebook", e.kernelDefault)}
  </div>`;
}

function code(w: Words): string {
  const e = w.editor;
  return `<div x-show="editor.form.kind === 'code'">
    ${field(e.source, "action.source", `<div class="scheduler-code" x-ref="code"><textarea {id} class="scheduler-input scheduler-mono" rows="6" spellcheck="false" x-model="editor.form.source" @input="editor.touch('action.source')"></textarea></div>`, e.sourceHelp)}
    ${parameters(w, e.codeParametersHelp)}${kernel(w, "code", e.kernelDefaultCode)}
  </div>`;
}

function command(w: Words): string {
  const e = w.editor;
  return `<div x-show="editor.form.kind === 'command'">
    ${field(e.commandLine, "action.argv", `<input type="text" {id} class="scheduler-input scheduler-mono" x-model="editor.form.command" placeholder="${esc(e.commandPlaceholder)}" spellcheck="false" autocomplete="off" @input="editor.touch('action.argv')">`, e.commandHelp)}
    <div class="scheduler-pair">
    ${field(e.cwd, "action.cwd", `<input type="text" {id} class="scheduler-input scheduler-mono" x-model="editor.form.cwd" placeholder="${esc(e.cwdPlaceholder)}" spellcheck="false" autocomplete="off">`)}
    ${field(e.env, "action.env", `<textarea {id} class="scheduler-input scheduler-mono" rows="1" x-model="editor.form.env" placeholder="${esc(e.envPlaceholder)}" spellcheck="false"></textarea>`)}
    </div></div>`;
}

function parameters(w: Words, help: string): string {
  const e = w.editor;
  return `<fieldset class="scheduler-field" :data-bad="editor.bad('action.parameters')"><legend class="scheduler-label">${esc(e.parameters)}</legend>
    <div class="scheduler-parameters"><template x-for="(row, at) in editor.form.parameters" :key="at"><div class="scheduler-parameter">
      <input type="text" class="scheduler-input scheduler-mono" x-model="row.name" aria-label="${esc(e.parameterName)}" placeholder="${esc(e.parameterName)}" spellcheck="false" autocomplete="off">
      <input type="text" class="scheduler-input scheduler-mono" x-model="row.value" aria-label="${esc(e.parameterValue)}" :placeholder="row.hint" spellcheck="false" autocomplete="off">
      <button type="button" class="scheduler-icon-button" @click="editor.removeParameter(at)" :aria-label="editor.removeParameterLabel(row)">${icon("close")}</button></div></template></div>
    ${button(e.addParameter, { click: "editor.addParameter()", icon: "plus", kind: "ghost" })}
    <p class="scheduler-note"><span class="scheduler-error" x-show="editor.bad('action.parameters')" x-text="editor.error('action.parameters')"></span><span x-show="editor.form.parameters.length > 0">${esc(help)}</span></p></fieldset>`;
}

function kernel(w: Words, kind: string, automatic: string): string {
  const e = w.editor;
  return `<div class="scheduler-pair">
    ${field(e.kernel, "action.kernel_name", `<span class="scheduler-select"><select {id} x-model="editor.form.kernelName"><option value="">${esc(automatic)}</option><template x-for="spec in editor.kernels" :key="spec.name"><option :value="spec.name" :selected="spec.name === editor.form.kernelName" x-text="spec.title"></option></template></select>${icon("down")}</span>`, "", `action.kernel_name.${kind}`)}
    <label class="scheduler-switch"><input type="checkbox" class="scheduler-check" x-model="editor.form.keepKernel">${esc(e.keepKernel)}</label></div>`;
}

function executor(w: Words): string {
  const e = w.editor;
  return `<div x-show="executors.length > 1">${field(e.executorLabel, "executor", `<span class="scheduler-select"><select {id} x-model="editor.form.executor"><option value="">${esc(e.executorUsual)}</option><template x-for="name in executors" :key="name"><option :value="name" :selected="name === editor.form.executor" x-text="name"></option></template></select>${icon("down")}</span>`, e.executorHelp)}</div>`;
}

function context(w: Words): string {
  const e = w.editor;
  return `<div x-show="contexts.list.length > 0 || editor.form.contextId">${field(e.contextLabel, "context_id", `<span class="scheduler-select"><select {id} x-model="editor.form.contextId"><option value="">${esc(e.contextOwn)}</option><template x-for="item in contexts.list" :key="item.id"><option :value="item.id" :selected="item.id === editor.form.contextId" x-text="item.label"></option></template></select>${icon("down")}</span>`, e.contextHelp)}</div>`;
}

function attachments(w: Words): string {
  const e = w.editor;
  return `<div class="scheduler-field" x-show="can.attachments" :data-bad="editor.bad('attachments')"><span class="scheduler-label">${esc(e.attachments)}</span>
    <div class="scheduler-drop" :data-over="editor.files.over" @dragover.prevent="editor.files.over = true" @dragleave="editor.files.over = false" @drop.prevent="editor.files.drop($event)">
      <template x-for="file in editor.files.rows" :key="file.name"><span class="scheduler-file">${icon("clip")}<span x-text="file.name"></span><span class="scheduler-soft" x-text="file.size"></span><button type="button" class="scheduler-icon-button" @click="editor.files.remove(file.name)" :aria-label="file.removeLabel">${icon("close")}</button></span></template>
      <label class="scheduler-button scheduler-button-plain scheduler-file-button"><input type="file" multiple class="scheduler-hidden" @change="editor.files.choose($event)"><span>${esc(e.addFiles)}</span></label>
      <span class="scheduler-soft scheduler-wide">${esc(e.dropFiles)}</span></div>
    <p class="scheduler-note"><span class="scheduler-error" x-show="editor.bad('attachments')" x-text="editor.error('attachments')"></span><span x-show="editor.files.pending.length > 0">${esc(e.attachAfterSave)}</span></p></div>`;
}

function details(w: Words): string {
  const e = w.editor;
  return `<details class="scheduler-fold" :open="editor.unfold.details"><summary>${icon("right")}${esc(e.details)}</summary>
    ${field(e.description, "description", `<textarea {id} class="scheduler-input" rows="2" x-model="editor.form.description"></textarea>`)}
    ${field(e.tags, "tags", `<input type="text" {id} class="scheduler-input" x-model="editor.form.tags" placeholder="${esc(e.tagsPlaceholder)}" autocomplete="off">`)}
  </details>`;
}

function policies(w: Words): string {
  const e = w.editor;
  const number = (label: string, path: string, model: string, help = ""): string =>
    field(
      label,
      path,
      `<input type="text" inputmode="decimal" {id} class="scheduler-input scheduler-short" x-model="editor.form.policy.${model}" autocomplete="off">`,
      help,
    );
  const select = (label: string, path: string, model: string, values: Record<string, string>): string =>
    field(
      label,
      path,
      `<span class="scheduler-select"><select {id} x-model="editor.form.policy.${model}">${options(values)}</select>${icon("down")}</span>`,
    );
  return `<details class="scheduler-fold" :open="editor.unfold.policy"><summary>${icon("right")}${esc(e.policies)} <span class="scheduler-soft">${esc(e.policySummary)}</span></summary>
    <div class="scheduler-pair">${select(e.catchup, "policy.catchup", "catchup", e.catchupOptions)}${number(e.catchupHours, "policy.catchup_window", "catchupHours")}</div>
    <div class="scheduler-pair">${select(e.overlap, "policy.overlap", "overlap", e.overlapOptions)}${number(e.timeout, "policy.timeout", "timeoutMinutes", e.timeoutHelp)}</div>
    <div class="scheduler-pair">${number(e.retries, "policy.retries.max", "retriesMax")}${number(e.retriesDelay, "policy.retries.delay", "retriesDelay")}</div>
    <div class="scheduler-pair">${select(e.onCrash, "policy.on_crash", "onCrash", e.onCrashOptions)}${number(e.pauseAfter, "policy.pause_after", "pauseAfter", e.pauseAfterHelp)}</div>
    <div class="scheduler-pair">${number(e.jitter, "policy.jitter", "jitter")}${number(e.maxRuns, "policy.max_runs", "maxRuns")}</div>
    <div class="scheduler-pair">${field(e.startAt, "policy.start_at", '<input type="datetime-local" {id} class="scheduler-input" x-model="editor.form.policy.startAt">')}${field(e.endAt, "policy.end_at", '<input type="datetime-local" {id} class="scheduler-input" x-model="editor.form.policy.endAt">')}</div>
  </details>`;
}

function conflict(w: Words): string {
  const e = w.editor;
  return `<div class="scheduler-conflict" role="alert" x-show="editor.conflict.length > 0">
    <strong>${esc(e.conflictTitle)}</strong><p>${esc(e.conflictText)}</p>
    <table class="scheduler-table"><thead><tr><th scope="col">${esc(e.conflictField)}</th><th scope="col">${esc(e.conflictMine)}</th><th scope="col">${esc(e.conflictTheirs)}</th></tr></thead>
    <tbody><template x-for="row in editor.conflict" :key="row.path"><tr><th scope="row" x-text="row.path"></th><td class="scheduler-mono" x-text="row.mine"></td><td class="scheduler-mono" x-text="row.theirs"></td></tr></template></tbody></table>
    <div class="scheduler-row-actions">${button(e.conflictTake, { click: "editor.takeTheirs()" })}${button(e.conflictKeep, { click: "editor.keepMine()", kind: "primary" })}</div></div>`;
}
