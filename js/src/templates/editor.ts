import { icon } from "../components/icons";
import type { Words } from "../words/en";
import { actionTemplate } from "./editor_action";
import { moreTemplate } from "./editor_more";
import { scheduleTemplate } from "./editor_schedule";
import { field, line } from "./field";
import { button, esc, iconButton } from "./markup";
import { segment } from "./segment";

/** The form of a task as a whole; its parts are in `editor_*`. */
export function editorTemplate(w: Words): string {
  const e = w.editor;
  return `<dialog class="scheduler-sheet" x-effect="sheets.match($el, editor.open)" @cancel.prevent="editor.close()" :aria-labelledby="fieldId('editor-title')">
  <form class="scheduler-sheet-form" novalidate @submit.prevent="editor.save(false)" @keydown="editor.onKey($event)" x-ref="editorForm">
    <header class="scheduler-sheet-head"><h2 :id="fieldId('editor-title')" x-text="editor.title"></h2><span class="scheduler-soft scheduler-clip" x-text="editor.subtitle"></span><span class="scheduler-spring"></span>${iconButton(e.close, "close", "editor.close()")}</header>
    <div class="scheduler-sheet-body" x-ref="editorBody">
      <p class="scheduler-quiet" x-show="editor.loading">${icon("spinner", "scheduler-spin")}${esc(e.loading)}</p>
      ${banners(w)}
      ${conflict(w)}
      <div x-show="!editor.loading">
      ${field(e.name, "name", line("name", "name", { placeholder: e.namePlaceholder, extra: 'maxlength="200"' }))}
      <fieldset class="scheduler-field"><legend class="scheduler-label">${esc(e.when)}</legend>
        <div class="scheduler-segments scheduler-choice">${whenChoices(w)}</div></fieldset>
      ${scheduleTemplate(w)}
      ${actionTemplate(w)}
      ${moreTemplate(w)}
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

function whenChoices(w: Words): string {
  const e = w.editor;
  return Object.entries({ scheduled: e.whenScheduled, planned: e.whenPlanned, adhoc: e.whenAdhoc })
    .map(([value, label]) =>
      segment("type", "editor.form.type", value, esc(label), "editor.typeChanged()", "", "editor.id !== ''"),
    )
    .join("");
}

function banners(w: Words): string {
  const e = w.editor;
  return `<div class="scheduler-banner" data-level="error" role="alert" x-show="editor.message">${icon("alert")}<span x-text="editor.message"></span></div>
      <div class="scheduler-banner" role="status" x-show="editor.left">${icon("info")}<span x-text="editor.leftWords"></span>${button(e.bringBack, { click: "editor.bringBack()" })}${iconButton(w.dismiss, "close", "editor.dropLeft()")}</div>
      <div class="scheduler-banner" data-level="warning" role="status" x-show="editor.action.unsaved">${icon("alert")}<span>${esc(e.action.unsaved)}</span>${button(e.action.saveNotebook, { click: "editor.action.saveNotebook()" })}</div>`;
}

function conflict(w: Words): string {
  const c = w.editor.conflict;
  return `<div class="scheduler-conflict" role="alert" x-show="editor.refusals.conflict.length > 0">
    <strong>${esc(c.title)}</strong><p>${esc(c.text)}</p>
    <table class="scheduler-table"><thead><tr><th scope="col">${esc(c.field)}</th><th scope="col">${esc(c.mine)}</th><th scope="col">${esc(c.theirs)}</th></tr></thead>
    <tbody><template x-for="row in editor.refusals.conflict" :key="row.path"><tr><th scope="row" x-text="row.label" :title="row.path"></th><td><span class="scheduler-mono" x-show="row.changed" x-text="row.mine"></span><span class="scheduler-soft" x-show="!row.changed">${esc(c.notMine)}</span></td><td class="scheduler-mono" x-text="row.theirs"></td></tr></template></tbody></table>
    <div class="scheduler-row-actions">${button(c.take, { click: "editor.refusals.takeTheirs()" })}${button(c.keep, { click: "editor.refusals.keepMine()", kind: "primary" })}</div></div>`;
}
