import { icon } from "../components/icons";
import { NOTIFY_EVENTS } from "../store/notify_form";
import type { Words } from "../words/en";
import { field, fold, line, lines, number, offered, select } from "./field";
import { button, esc } from "./markup";

/** Where the task runs, its files, whom it tells, and what holds when things go wrong. */
export function moreTemplate(w: Words): string {
  return place(w) + attachments(w) + details(w) + notify(w) + policies(w);
}

function place(w: Words): string {
  const p = w.editor.place;
  const contexts = `<option value="">${esc(p.contextOwn)}</option>${offered("contexts.list", "contextId", "item.id", "item.label")}`;
  const executors = `<option value="">${esc(p.executorUsual)}</option>${offered("executors", "executor", "item", "item")}`;
  const label = `${line("serverLabel", "server_label", { placeholder: p.labelPlaceholder, mono: true, extra: `:list="fieldId('labels')" maxlength="64" spellcheck="false"` })}
    <datalist :id="fieldId('labels')"><template x-for="name in editor.choices.labels" :key="name"><option :value="name"></option></template></datalist>`;
  return `<div x-show="contexts.list.length > 0 || editor.form.contextId !== ''">${field(p.context, "context_id", select("contextId", contexts), p.contextHelp)}</div>
    <div x-show="executors.length > 1">${field(p.executor, "executor", select("executor", executors), p.executorHelp)}</div>
    <div x-show="editor.choices.labelled">${field(p.label, "server_label", label, p.labelHelp)}
      <p class="scheduler-warning scheduler-field" role="status" x-show="editor.choices.labelUnknown">${icon("alert")}<span>${esc(p.labelUnknown)}</span></p></div>`;
}

function attachments(w: Words): string {
  const e = w.editor;
  return `<div class="scheduler-field" data-field="attachments" x-show="can.attachments" :data-bad="editor.bad('attachments')"><span class="scheduler-label">${esc(e.attachments)}</span>
    <div class="scheduler-drop" :data-over="editor.files.over" @dragover.prevent="editor.files.over = true" @dragleave="editor.files.over = false" @drop.prevent="editor.files.drop($event)">
      <template x-for="file in editor.files.rows" :key="file.name"><span class="scheduler-file">${icon("clip")}<span x-text="file.name"></span><span class="scheduler-soft" x-text="file.size"></span><button type="button" class="scheduler-icon-button" @click="editor.files.remove(file.name)" :aria-label="file.removeLabel">${icon("close")}</button></span></template>
      <label class="scheduler-button scheduler-button-plain scheduler-file-button"><input type="file" multiple class="scheduler-hidden" @change="editor.files.choose($event)" :aria-invalid="editor.bad('attachments')" :aria-describedby="noteId('attachments')"><span>${esc(e.addFiles)}</span></label>
      <span class="scheduler-soft scheduler-wide">${esc(e.dropFiles)}</span></div>
    <p class="scheduler-note" :id="noteId('attachments')"><span class="scheduler-error" x-show="editor.bad('attachments')" x-text="editor.error('attachments')"></span><span x-show="editor.files.pending.length > 0 && !editor.bad('attachments')">${esc(e.attachAfterSave)}</span></p></div>`;
}

function details(w: Words): string {
  const e = w.editor;
  return fold(
    "details",
    e.details,
    "",
    `${field(e.description, "description", lines("description", "description", 2))}
    ${field(e.tags, "tags", line("tags", "tags", { placeholder: e.tagsPlaceholder }))}`,
  );
}

function notify(w: Words): string {
  const n = w.editor.notify;
  const what = `<option value="usual" x-text="editor.notify.usualEvents"></option><option value="chosen">${esc(n.choose)}</option><option value="nothing">${esc(n.tellNothing)}</option>`;
  const whom = `<option value="usual" x-text="editor.notify.usualTargets"></option><option value="chosen">${esc(n.chooseWhom)}</option>`;
  const events = NOTIFY_EVENTS.map(
    (event) =>
      `<label class="scheduler-switch"><input type="checkbox" class="scheduler-check" value="${event}" x-model="editor.form.notify.on" @change="editor.touch('notify')">${esc(n.events[event])}</label>`,
  ).join("");
  const targets = `<template x-for="target in editor.notify.targets" :key="target.name"><div class="scheduler-target">
      <label class="scheduler-switch"><input type="checkbox" class="scheduler-check" :checked="editor.notify.has(target.name)" @change="editor.notify.toggle(target.name)"><span x-text="target.name"></span></label>
      <span class="scheduler-soft" x-text="target.problem"></span>
      <span x-show="target.known">${button(w.notifications.test, { click: "notifications.test(target.name)", kind: "ghost", extra: ':aria-label="editor.notify.testLabel(target.name)"' })}</span></div></template>`;
  return fold(
    "notify",
    n.title,
    `<span class="scheduler-soft scheduler-clip" x-text="editor.notify.summary"></span>`,
    `<p class="scheduler-field scheduler-soft" x-show="editor.notify.noTargets">${esc(n.none)}</p>
    <div x-show="!editor.notify.noTargets">
    ${field(n.what, "notify.on", select("notify.what", what, '@change="editor.notify.whatChanged()"'))}
    <div class="scheduler-checks" role="group" aria-label="${esc(n.eventsLabel)}" x-show="editor.form.notify.what === 'chosen'">${events}</div>
    <div x-show="editor.form.notify.what !== 'nothing'">
    ${field(n.whom, "notify.to", select("notify.whom", whom, '@change="editor.notify.whomChanged()"'))}
    <div class="scheduler-checks" role="group" aria-label="${esc(n.targetsLabel)}" x-show="editor.form.notify.whom === 'chosen'">${targets}</div>
    <div class="scheduler-pair" x-show="editor.notify.tellsOfLong">
      ${field(n.longMinutes, "notify.long_after", number("notify.longMinutes", "notify.long_after", "editor.notify.usualMinutes"), n.longHelp)}
      ${field(n.longFactor, "notify.long_factor", number("notify.longFactor", "notify.long_factor", "editor.notify.usualFactor"))}</div>
    </div></div>
    <span class="scheduler-label">${esc(n.thisBrowser)}</span>
    <label class="scheduler-switch"><input type="checkbox" class="scheduler-check" :checked="notifications.browserOn" @change="notifications.toggleBrowser($event)">${esc(w.notifications.browserSwitch)}</label>
    <p class="scheduler-note scheduler-field" x-text="notifications.browserNote"></p>`,
  );
}

function policies(w: Words): string {
  const p = w.editor.policy;
  const counted = (label: string, path: string, model: string, help = ""): string =>
    field(label, path, number(`policy.${model}`, path), help);
  const chosen = (label: string, path: string, model: string, values: Record<string, string>): string =>
    field(label, path, select(`policy.${model}`, values, `@change="editor.touch('${path}')"`));
  const moment = (label: string, path: string, model: string): string =>
    field(
      label,
      path,
      `<input type="datetime-local" {id} class="scheduler-input" x-model="editor.form.policy.${model}" @change="editor.touch('${path}')">`,
    );
  return fold(
    "policy",
    p.title,
    `<span class="scheduler-soft scheduler-clip">${esc(p.summary)}</span>`,
    `<div class="scheduler-pair">${chosen(p.catchup, "policy.catchup", "catchup", p.catchupOptions)}${counted(p.catchupHours, "policy.catchup_window", "catchupHours")}</div>
    <div class="scheduler-pair">${chosen(p.overlap, "policy.overlap", "overlap", p.overlapOptions)}${counted(p.timeout, "policy.timeout", "timeoutMinutes", p.timeoutHelp)}</div>
    <div class="scheduler-pair">${counted(p.retries, "policy.retries.max", "retriesMax")}${counted(p.retriesDelay, "policy.retries.delay", "retriesDelay")}</div>
    <div class="scheduler-pair">${chosen(p.onCrash, "policy.on_crash", "onCrash", p.onCrashOptions)}${counted(p.pauseAfter, "policy.pause_after", "pauseAfter", p.pauseAfterHelp)}</div>
    <div class="scheduler-pair">${counted(p.jitter, "policy.jitter", "jitter")}${counted(p.maxRuns, "policy.max_runs", "maxRuns")}</div>
    <div class="scheduler-pair">${moment(p.startAt, "policy.start_at", "startAt")}${moment(p.endAt, "policy.end_at", "endAt")}</div>`,
  );
}
