import { icon } from "../components/icons";
import type { Words } from "../words/en";
import { button, esc, iconButton, options } from "./markup";

/** A small dialog with title, body and foot. */
export function modal(name: string, title: string, body: string, foot: string, extra = ""): string {
  return `<dialog class="scheduler-modal ${extra}" x-effect="sheets.match($el, ${name}.open)" @cancel.prevent="${name}.close()" :aria-labelledby="fieldId('${name}-title')">
    <header class="scheduler-sheet-head"><h2 :id="fieldId('${name}-title')">${title}</h2><span class="scheduler-spring"></span>${iconButton("✕", "close", `${name}.close()`).replaceAll("✕", "{close}")}</header>
    <div class="scheduler-sheet-body">${body}</div>
    ${foot ? `<footer class="scheduler-sheet-foot">${foot}</footer>` : ""}</dialog>`;
}

export function dialogsTemplate(w: Words): string {
  const parts = [
    runForm(w),
    token(w),
    shortcuts(w),
    bulk(w),
    palette(w),
    backfill(w),
    templates(w),
    transfer(w),
  ];
  return parts.join("").replaceAll("{close}", esc(w.close));
}

function runForm(w: Words): string {
  const r = w.runForm;
  return modal(
    "runForm",
    `${esc(r.title)} <span class="scheduler-soft" x-text="runForm.name"></span>`,
    `<div class="scheduler-banner" data-level="error" role="alert" x-show="runForm.message">${icon("alert")}<span x-text="runForm.message"></span></div>
     <div class="scheduler-parameters"><template x-for="(row, at) in runForm.rows" :key="at"><div class="scheduler-parameter">
      <input type="text" class="scheduler-input scheduler-mono" x-model="row.name" aria-label="${esc(w.editor.parameterName)}" placeholder="${esc(w.editor.parameterName)}" spellcheck="false" autocomplete="off">
      <input type="text" class="scheduler-input scheduler-mono" x-model="row.value" aria-label="${esc(w.editor.parameterValue)}" :id="fieldId('run-value-' + at)" :placeholder="row.hint" spellcheck="false" autocomplete="off" @keydown.enter.prevent="runForm.start()"></div></template></div>
     ${button(w.editor.addParameter, { click: "runForm.add()", icon: "plus", kind: "ghost" })}
     <p class="scheduler-note">${esc(r.help)} ${esc(w.editor.codeParametersHelp)}</p>`,
    `<span class="scheduler-spring"></span>${button(w.cancel, { click: "runForm.close()", kind: "ghost" })}${button(r.start, { click: "runForm.start()", icon: "play", kind: "primary", extra: ':disabled="runForm.busy"' })}`,
  );
}

function token(w: Words): string {
  const t = w.token;
  const copyable = (label: string, value: string): string =>
    `<div class="scheduler-field"><span class="scheduler-label">${esc(label)}</span><div class="scheduler-copy"><code class="scheduler-mono" x-text="${value}"></code>${button(t.copy, { click: `token.copy(${value})`, icon: "copy" })}</div></div>`;
  return modal(
    "token",
    `${esc(t.title)} <span class="scheduler-soft" x-text="token.name"></span>`,
    `<p>${esc(t.text)}</p>${copyable(t.title, "token.secret")}${copyable(t.curl, "token.curl")}`,
    `<span class="scheduler-spring"></span>${button(t.done, { click: "token.close()", kind: "primary" })}`,
  );
}

function shortcuts(w: Words): string {
  const s = w.shortcuts;
  const rows = s.list
    .map(
      ({ keys, label }) =>
        `<div><dt>${keys.map((key) => `<kbd>${esc(key)}</kbd>`).join(" ")}</dt><dd>${esc(label)}</dd></div>`,
    )
    .join("");
  return modal("shortcuts", esc(s.title), `<dl class="scheduler-shortcuts">${rows}</dl>`, "");
}

function bulk(w: Words): string {
  const b = w.bulk;
  return `<dialog class="scheduler-modal" role="alertdialog" x-effect="sheets.match($el, bulk.confirming)" @cancel.prevent="bulk.cancel()" :aria-labelledby="fieldId('confirm-title')">
    <div class="scheduler-sheet-body"><h2 :id="fieldId('confirm-title')" x-text="bulk.title"></h2><p>${esc(b.confirmText)}</p></div>
    <footer class="scheduler-sheet-foot"><span class="scheduler-spring"></span>${button(w.cancel, { click: "bulk.cancel()", kind: "ghost" })}${button(b.remove, { click: "bulk.act('delete')", icon: "trash", kind: "danger" })}</footer></dialog>
  <dialog class="scheduler-modal" x-effect="sheets.match($el, bulk.tagging)" @cancel.prevent="bulk.cancel()" :aria-labelledby="fieldId('tags-title')">
    <form @submit.prevent="bulk.applyTags()"><div class="scheduler-sheet-body"><h2 :id="fieldId('tags-title')">${esc(b.tagPrompt)}</h2>
    <input type="text" class="scheduler-input" x-model="bulk.tags" aria-label="${esc(b.tagPrompt)}" placeholder="${esc(w.editor.tagsPlaceholder)}" autocomplete="off"></div>
    <footer class="scheduler-sheet-foot"><span class="scheduler-spring"></span>${button(w.cancel, { click: "bulk.cancel()", kind: "ghost" })}<button type="submit" class="scheduler-button scheduler-button-primary">${esc(b.apply)}</button></footer></form></dialog>
  <dialog class="scheduler-modal" x-effect="sheets.match($el, bulk.resultsOpen)" @cancel.prevent="bulk.cancel()" :aria-labelledby="fieldId('results-title')">
    <header class="scheduler-sheet-head"><h2 :id="fieldId('results-title')">${esc(b.results)}</h2><span class="scheduler-spring"></span>${iconButton(w.close, "close", "bulk.cancel()")}</header>
    <div class="scheduler-sheet-body"><table class="scheduler-table"><tbody><template x-for="row in bulk.results" :key="row.id"><tr><th scope="row" x-text="row.name"></th><td class="scheduler-error" x-text="row.message"></td></tr></template></tbody></table></div></dialog>`;
}

function backfill(w: Words): string {
  const b = w.backfill;
  const moment = (label: string, model: string): string =>
    `<label class="scheduler-field"><span class="scheduler-label">${esc(label)}</span><input type="datetime-local" class="scheduler-input" x-model="backfill.${model}"></label>`;
  return modal(
    "backfill",
    `${esc(b.title)} <span class="scheduler-soft" x-text="backfill.name"></span>`,
    `<div class="scheduler-pair">${moment(b.from, "from")}${moment(b.to, "to")}</div>
     <div class="scheduler-banner" data-level="error" role="alert" x-show="backfill.message">${icon("alert")}<span x-text="backfill.message"></span></div>
     <p class="scheduler-note">${esc(b.help)}</p>`,
    `<span class="scheduler-spring"></span>${button(w.cancel, { click: "backfill.close()", kind: "ghost" })}${button(b.start, { click: "backfill.start()", icon: "play", kind: "primary", extra: ':disabled="backfill.busy"' })}`,
  );
}

function palette(w: Words): string {
  const p = w.palette;
  return `<dialog class="scheduler-modal scheduler-palette" x-effect="sheets.match($el, palette.open)" @cancel.prevent="palette.close()" aria-label="${esc(p.title)}">
    <label class="scheduler-palette-search">${icon("search")}<span class="scheduler-hidden">${esc(p.placeholder)}</span>
      <input type="text" x-ref="paletteInput" role="combobox" aria-expanded="true" aria-autocomplete="list" :aria-controls="fieldId('palette')" :aria-activedescendant="palette.activeId" placeholder="${esc(p.placeholder)}" x-model="palette.q" @input="palette.search()" @keydown="palette.key($event)" autocomplete="off" spellcheck="false"><kbd aria-hidden="true">Esc</kbd></label>
    <ul class="scheduler-palette-list" role="listbox" :id="fieldId('palette')" aria-label="${esc(p.title)}" tabindex="-1">
      <template x-for="(item, at) in palette.items" :key="item.id"><li role="presentation">
        <div class="scheduler-palette-head" x-show="item.heading" x-text="item.heading" role="presentation"></div>
        <div class="scheduler-palette-item" role="option" :id="item.id" :aria-selected="at === palette.active" @click="palette.choose(at)" @pointermove="palette.active = at">
          <svg class="scheduler-icon" viewBox="0 0 24 24" aria-hidden="true"><path :d="item.path"/></svg><span class="scheduler-clip" x-text="item.label"></span><span class="scheduler-spring"></span><span class="scheduler-soft" x-text="item.note"></span>
          <template x-for="key in item.keys" :key="key"><kbd x-text="key" aria-hidden="true"></kbd></template></div></li></template>
      <li class="scheduler-quiet" role="presentation" x-show="palette.items.length === 0">${esc(p.none)}</li>
    </ul></dialog>`;
}

function templates(w: Words): string {
  const t = w.templates;
  return (
    modal(
      "templates",
      esc(t.title),
      `<ul class="scheduler-cards"><template x-for="item in templates.list" :key="item.id"><li>
        <button type="button" class="scheduler-starter" @click="templates.use(item.id)"><strong x-text="item.name"></strong><span x-text="item.description"></span><em x-show="item.own">${esc(t.own)}</em></button>
        <button type="button" class="scheduler-icon-button" x-show="item.own" :aria-label="item.removeLabel" @click="templates.remove(item.id)">${icon("trash")}</button></li></template></ul>`,
      "",
      "scheduler-modal-wide",
    ) +
    `<dialog class="scheduler-modal" x-effect="sheets.match($el, templates.naming.open)" @cancel.prevent="templates.cancel()" :aria-labelledby="fieldId('naming-title')">
    <form @submit.prevent="templates.accept()"><div class="scheduler-sheet-body"><h2 :id="fieldId('naming-title')" x-text="templates.naming.title"></h2>
    <input type="text" class="scheduler-input" x-model="templates.naming.value" :aria-label="templates.naming.label" :placeholder="templates.naming.label" autocomplete="off"></div>
    <footer class="scheduler-sheet-foot"><span class="scheduler-spring"></span>${button(w.cancel, { click: "templates.cancel()", kind: "ghost" })}<button type="submit" class="scheduler-button scheduler-button-primary">${esc(w.save)}</button></footer></form></dialog>`
  );
}

function transfer(w: Words): string {
  const t = w.transfer;
  const select = (label: string, model: string, inner: string, change = ""): string =>
    `<label class="scheduler-field"><span class="scheduler-label">${esc(label)}</span><span class="scheduler-select"><select x-model="${model}" ${change}>${inner}</select>${icon("down")}</span></label>`;
  return (
    modal(
      "transfer.importing",
      esc(t.importTitle),
      `<div class="scheduler-drop scheduler-import" :data-over="transfer.importing.over" @dragover.prevent="transfer.importing.over = true" @dragleave="transfer.importing.over = false" @drop.prevent="transfer.drop($event)">
        <textarea class="scheduler-input scheduler-mono" rows="9" aria-label="${esc(t.drop)}" placeholder="${esc(t.drop)}" x-model="transfer.importing.text" @input="transfer.changed()" spellcheck="false"></textarea>
        <label class="scheduler-button scheduler-button-plain scheduler-file-button"><input type="file" class="scheduler-hidden" accept=".json,.yaml,.yml" @change="transfer.choose($event)"><span>${esc(t.choose)}</span></label></div>
      ${select(t.conflictLabel, "transfer.importing.conflict", options(t.conflictOptions), '@change="transfer.changed()"')}
      <div class="scheduler-banner" data-level="error" role="alert" x-show="transfer.importing.message">${icon("alert")}<span x-text="transfer.importing.message"></span></div>
      <div class="scheduler-banner" data-level="info" role="status" x-show="transfer.importing.summary">${icon("info")}<span x-text="transfer.importing.summary"></span></div>
      <ul class="scheduler-problems" x-show="transfer.importing.problems.length > 0"><template x-for="(row, at) in transfer.importing.problems" :key="at"><li :data-bad="row.bad" x-text="row.text"></li></template></ul>`,
      `<span class="scheduler-spring"></span>${button(w.cancel, { click: "transfer.importing.close()", kind: "ghost" })}<button type="button" class="scheduler-button scheduler-button-primary" :disabled="transfer.importing.busy || !transfer.importing.text" @click="transfer.send()" x-text="transfer.importing.checked ? '${esc(t.import)}' : '${esc(t.check)}'"></button>`,
      "scheduler-modal-wide",
    ) +
    modal(
      "transfer.exporting",
      esc(t.exportTitle),
      `${select(t.format, "transfer.exporting.format", options({ json: "JSON", yaml: "YAML" }))}
      <label class="scheduler-switch" x-show="tasks.selectedCount > 0"><input type="checkbox" class="scheduler-check" x-model="transfer.exporting.selected"><span x-text="transfer.selectedWords"></span></label>
      <p class="scheduler-note">${esc(t.noSecrets)}</p>`,
      `<span class="scheduler-spring"></span>${button(w.cancel, { click: "transfer.exporting.close()", kind: "ghost" })}${button(t.download, { click: "transfer.download()", icon: "download", kind: "primary" })}`,
    )
  );
}
