import { icon } from "../components/icons";
import type { Words } from "../words/en";
import { field, line, lines, number, offered, select } from "./field";
import { button, esc } from "./markup";
import { segment } from "./segment";

/** What the task does: the kind, its own fields, and what several kinds have in common. */
export function actionTemplate(w: Words): string {
  const e = w.editor;
  return `<fieldset class="scheduler-field"><legend class="scheduler-label">${esc(e.what)}</legend>
      <div class="scheduler-segments scheduler-choice">${kinds(w)}</div></fieldset>
    <div x-show="editor.form.kind === 'notebook'">${notebook(w)}</div>
    <div x-show="editor.form.kind === 'code'">${code(w)}</div>
    <div x-show="editor.form.kind === 'command'">${command(w)}</div>
    <div x-show="editor.form.kind === 'prompt'">${prompt(w)}</div>
    <p class="scheduler-field scheduler-soft" x-show="editor.form.kind === 'other'" x-text="editor.action.otherWords"></p>
    <div x-show="editor.action.hasParameters">${parameters(w)}</div>
    <div x-show="editor.form.kind === 'notebook' || editor.form.kind === 'code'">${kernel(w)}</div>`;
}

function kinds(w: Words): string {
  const { kinds: words } = w.editor;
  const kind = (value: string, label: string, extra = ""): string =>
    segment("kind", "editor.form.kind", value, label, "editor.action.kindChanged()", extra);
  const canPrompt = `x-show="editor.choices.canPrompt || editor.form.kind === 'prompt'"`;
  return [
    kind("notebook", esc(words.notebook)),
    kind("code", esc(words.code)),
    kind("command", esc(words.command)),
    kind("prompt", esc(words.prompt), canPrompt),
    kind("other", `<span x-text="editor.action.otherKind"></span>`, 'x-show="editor.action.otherKind"'),
  ].join("");
}

function notebook(w: Words): string {
  const a = w.editor.action;
  const picker = `<div class="scheduler-combo"><input type="text" {id} class="scheduler-input" role="combobox" aria-autocomplete="list" :aria-expanded="editor.action.picker.open" :aria-controls="fieldId('notebooks')" :aria-activedescendant="editor.action.picker.activeId" x-model="editor.form.path" placeholder="${esc(a.pathPlaceholder)}" autocomplete="off" spellcheck="false" @focus="editor.action.picker.search(editor.form.path)" @input="editor.action.search()" @keydown="editor.action.pickerKey($event)" @blur="editor.action.picker.close()" @change="editor.action.pathChanged()">
      <ul class="scheduler-options" role="listbox" :id="fieldId('notebooks')" aria-label="${esc(a.path)}" x-show="editor.action.picker.open">
        <template x-for="item in editor.action.picker.list" :key="item.path"><li role="option" :id="item.id" :aria-selected="item.id === editor.action.picker.activeId" @mousedown.prevent="editor.action.pick(item.path)">${icon("notebook")}<span x-text="item.name"></span><span class="scheduler-soft" x-text="item.folder"></span></li></template>
        <li class="scheduler-soft" role="option" aria-disabled="true" aria-selected="false" x-show="editor.action.picker.list.length === 0">${esc(a.noNotebooks)}</li>
      </ul></div>`;
  return `${field(a.path, "action.path", picker, a.pathHelp)}
    <p class="scheduler-warning scheduler-field" role="status" x-show="editor.action.gone">${icon("alert")}<span>${esc(a.pathGone)}</span></p>`;
}

function code(w: Words): string {
  const area = lines("source", "action.source", 6, { mono: true, extra: 'spellcheck="false"' });
  return field(
    w.editor.source,
    "action.source",
    `<div class="scheduler-code" x-ref="code">${area}</div>`,
    w.editor.action.sourceHelp,
  );
}

function command(w: Words): string {
  const a = w.editor.action;
  const typed = (model: string, placeholder: string): string =>
    line(model, `action.${model}`, { placeholder, mono: true, extra: 'spellcheck="false"' });
  const argv = line("command", "action.argv", {
    placeholder: a.commandPlaceholder,
    mono: true,
    extra: 'spellcheck="false"',
  });
  const env = lines("env", "action.env", 1, {
    placeholder: a.envPlaceholder,
    mono: true,
    extra: 'spellcheck="false"',
  });
  return `${field(a.commandLine, "action.argv", argv, a.commandHelp)}
    <div class="scheduler-pair">${field(a.cwd, "action.cwd", typed("cwd", a.cwdPlaceholder))}${field(a.env, "action.env", env)}</div>`;
}

function prompt(w: Words): string {
  const p = w.editor.prompt;
  const endpoints = `<template x-if="editor.action.strayEndpoint"><option :value="editor.form.endpoint" selected x-text="editor.action.strayEndpoint"></option></template>${offered("editor.choices.endpoints", "endpoint", "item.name", "item.name")}`;
  return `<p class="scheduler-warning scheduler-field" role="status" x-show="editor.action.endpointTrouble">${icon("alert")}<span x-text="editor.action.endpointTrouble"></span></p>
    ${field(p.text, "action.prompt", lines("prompt", "action.prompt", 4, { placeholder: p.textPlaceholder }), p.textHelp)}
    ${field(p.system, "action.system", lines("system", "action.system", 2, { placeholder: p.systemPlaceholder }))}
    <div class="scheduler-pair">
      ${field(p.endpoint, "action.endpoint", select("endpoint", endpoints, `@change="editor.touch('action.endpoint')"`))}
      ${field(p.model, "action.model", line("model", "action.model", { mono: true, extra: `:placeholder="editor.action.usualModel || '${esc(p.modelPlaceholder)}'" spellcheck="false"` }))}
    </div><div class="scheduler-pair">
      ${field(p.memory, "action.memory", number("memory", "action.memory"), p.memoryHelp)}
      ${field(p.options, "action.options", line("options", "action.options", { placeholder: p.optionsPlaceholder, mono: true, extra: 'spellcheck="false"' }), p.optionsHelp)}
    </div>`;
}

function parameters(w: Words): string {
  const e = w.editor;
  return `<fieldset class="scheduler-field" data-field="action.parameters" :data-bad="editor.bad('action.parameters')"><legend class="scheduler-label">${esc(e.action.parameters)}</legend>
    <div class="scheduler-parameters"><template x-for="(row, at) in editor.action.rows" :key="at"><div class="scheduler-parameter">
      <input type="text" class="scheduler-input scheduler-mono" x-model="row.name" aria-label="${esc(e.parameterName)}" placeholder="${esc(e.parameterName)}" spellcheck="false" autocomplete="off" :aria-invalid="editor.bad('action.parameters.' + row.name)" :aria-describedby="noteId('action.parameters')" @input="editor.touch('action.parameters')">
      <input type="text" class="scheduler-input scheduler-mono" x-model="row.value" aria-label="${esc(e.parameterValue)}" :placeholder="row.hint" spellcheck="false" autocomplete="off" :aria-invalid="editor.bad('action.parameters.' + row.name)" :aria-describedby="noteId('action.parameters')" @input="editor.touch('action.parameters')">
      <button type="button" class="scheduler-icon-button" @click="editor.action.removeParameter(at)" :aria-label="editor.action.removeParameterLabel(row)">${icon("close")}</button></div></template></div>
    ${button(e.addParameter, { click: "editor.action.addParameter()", icon: "plus", kind: "ghost" })}
    <p class="scheduler-note" :id="noteId('action.parameters')"><span class="scheduler-error" x-show="editor.bad('action.parameters')" x-text="editor.error('action.parameters')"></span><span x-show="editor.action.rows.length > 0" x-text="editor.action.parametersHelp"></span></p></fieldset>`;
}

function kernel(w: Words): string {
  const a = w.editor.action;
  const usual = `<option value="" x-text="editor.action.usualKernel"></option>`;
  const specs = offered("editor.choices.kernels", "kernelName", "item.name", "item.title");
  return `<div class="scheduler-pair">
    ${field(a.kernel, "action.kernel_name", select("kernelName", usual + specs))}
    <label class="scheduler-switch"><input type="checkbox" class="scheduler-check" x-model="editor.form.keepKernel">${esc(a.keepKernel)}</label></div>`;
}
