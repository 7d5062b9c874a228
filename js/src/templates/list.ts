import { icon } from "../components/icons";
import type { Words } from "../words/en";
import { button, esc, iconButton, options } from "./markup";

const SORTABLE = ["name", "state", "schedule", "next", "last", "duration"];

/** The card with toolbar, table, timeline and calendar. */
export function listTemplate(w: Words): string {
  return `
  <section class="scheduler-card scheduler-list" x-ref="list" x-show="ready && tasks.counts.all > 0" aria-label="${esc(w.title)}">
    ${toolbar(w)}${bulkBar(w)}
    <div class="scheduler-scroll" x-ref="scroll">
    <div class="scheduler-grid" role="grid" tabindex="-1" x-ref="grid" x-show="tasks.view === 'list'" aria-label="${esc(w.title)}" aria-multiselectable="true" :aria-rowcount="tasks.shown + 1" :data-columns="look.columnsKey">
      ${head(w)}
      <div class="scheduler-body" role="rowgroup" x-ref="body"></div>
    </div>
    <div class="scheduler-empty" x-show="tasks.view === 'list' && tasks.shown === 0">
      ${icon("search")}<h2>${esc(w.noMatchTitle)}</h2><p>${esc(w.noMatchText)}</p>
      ${button(w.clearFilters, { click: "tasks.clearFilter()" })}
    </div>
    <div class="scheduler-timeline" x-ref="timeline" x-show="tasks.view === 'timeline'"></div>
    <div class="scheduler-month" x-ref="calendar" x-show="tasks.view === 'calendar'"></div>
    </div>
    <footer class="scheduler-foot">
      <span x-text="tasks.shownWords" aria-live="polite"></span>
      <span class="scheduler-live" x-show="mode === 'widget'" :data-state="connection.state" :title="connection.help"><i class="scheduler-live-dot"></i><span x-text="connection.word"></span></span>
      <span class="scheduler-spring"></span>
      <span class="scheduler-hints scheduler-wide" aria-hidden="true" x-show="!readOnly"><kbd>J</kbd><kbd>K</kbd> ${esc(w.hints.move)} <kbd>R</kbd> ${esc(w.hints.run)} <kbd>E</kbd> ${esc(w.hints.edit)}</span>
      <button type="button" class="scheduler-plain-link scheduler-wide" @click="panel('shortcuts', 'show')"><kbd>?</kbd> ${esc(w.hints.all)}</button>
    </footer>
  </section>
  ${states(w)}`;
}

function toolbar(w: Words): string {
  const segment = (state: string, label: string): string =>
    `<button type="button" class="scheduler-segment" :aria-pressed="tasks.filter.state === '${state}'" @click="tasks.setState('${state}')">${esc(label)} <span class="scheduler-soft" x-text="number(tasks.counts.${state || "all"})"></span></button>`;
  return `<div class="scheduler-toolbar" x-show="tasks.selectedCount === 0" role="search">
    <label class="scheduler-search">${icon("search")}<span class="scheduler-hidden">${esc(w.filter)}</span>
      <input type="search" x-ref="search" placeholder="${esc(w.filter)}" x-model="tasks.filter.q" @input="tasks.applyFilter()" @keydown.down.prevent="rows.focus()" @keydown.escape="tasks.leaveSearch($event)" autocomplete="off" spellcheck="false"><kbd aria-hidden="true">/</kbd></label>
    <div class="scheduler-segments scheduler-states" role="group" aria-label="${esc(w.filterStates)}">
      ${segment("", w.all)}${segment("error", w.states.error)}${segment("running", w.states.running)}${segment("idle", w.states.idle)}${segment("disabled", w.states.disabled)}
    </div>
    <label class="scheduler-picker" x-show="mode === 'page'"><span>${esc(w.type)}</span><select x-model="tasks.filter.type" @change="tasks.applyFilter()"><option value="">${esc(w.all)}</option>${options(w.types)}</select>${icon("down")}</label>
    <label class="scheduler-picker" x-show="tasks.tags.length > 0"><span>${esc(w.tag)}</span><select x-model="tasks.filter.tag" @change="tasks.applyFilter()"><option value="">${esc(w.all)}</option>
      <template x-for="tag in tasks.tags" :key="tag"><option :value="tag" :selected="tag === tasks.filter.tag" x-text="tag"></option></template></select>${icon("down")}</label>
    <span class="scheduler-spring"></span>
    <div class="scheduler-segments scheduler-views" role="group" aria-label="${esc(w.viewsLabel)}" x-show="can.timeline">
      ${view("list", "list", w.views.list)}${view("timeline", "gantt", w.views.timeline)}${view("calendar", "calendar", w.views.calendar)}
    </div>
    ${iconButton(w.tableOptions, "columns", "optionsMenu($event)", 'aria-haspopup="menu"')}
    <span x-show="mode === 'widget' && !readOnly">${iconButton(w.newTask, "plus", "newMenu($event)", 'aria-haspopup="menu"')}</span>
  </div>`;
}

function view(name: string, iconName: "list" | "gantt" | "calendar", label: string): string {
  return `<button type="button" class="scheduler-segment" :aria-pressed="tasks.view === '${name}'" aria-label="${esc(label)}" title="${esc(label)}" @click="tasks.setView('${name}')">${icon(iconName)}</button>`;
}

const CHANGES = 'x-show="!readOnly"';

function bulkBar(w: Words): string {
  const { bulk } = w;
  return `<div class="scheduler-toolbar scheduler-bulk" x-show="tasks.selectedCount > 0" role="toolbar" aria-label="${esc(bulk.selected(0).replace(/^\S+\s/, ""))}">
    <strong x-text="tasks.selectedWords" aria-live="polite"></strong>
    ${button(bulk.run, { click: "panel('bulk', 'act', 'run')", icon: "play", kind: "ghost", extra: CHANGES })}
    ${button(bulk.enable, { click: "panel('bulk', 'act', 'enable')", icon: "power", kind: "ghost", extra: CHANGES })}
    ${button(bulk.disable, { click: "panel('bulk', 'act', 'disable')", icon: "pause", kind: "ghost", extra: CHANGES })}
    ${button(bulk.tag, { click: "panel('bulk', 'askTags')", icon: "bookmark", kind: "ghost", extra: CHANGES })}
    ${button(bulk.export, { click: "panel('transfer', 'openExport')", icon: "download", kind: "ghost" })}
    ${button(bulk.remove, { click: "panel('bulk', 'act', 'delete')", icon: "trash", kind: "danger", extra: CHANGES })}
    <span class="scheduler-spring"></span>
    <button type="button" class="scheduler-plain-link" x-show="tasks.selectedCount < tasks.shown" @click="tasks.selectAll()"><span x-text="tasks.selectAllWords"></span> <kbd>Ctrl</kbd><kbd>A</kbd></button>
    ${iconButton(bulk.clear, "close", "tasks.clearSelection()")}
  </div>`;
}

function head(w: Words): string {
  const cell = (name: keyof Words["columns"]): string => {
    const label = w.columns[name];
    if (!SORTABLE.includes(name)) {
      const hidden = name === "actions" || name === "expand";
      return `<div role="columnheader" class="scheduler-cell scheduler-cell-${name}"><span${hidden ? ' class="scheduler-hidden"' : ""}>${esc(label)}</span></div>`;
    }
    return `<div role="columnheader" class="scheduler-cell scheduler-cell-${name}" :aria-sort="tasks.ariaSort('${name}')"><button type="button" class="scheduler-sort" @click="tasks.sortBy('${name}')">${esc(label)}${icon("asc")}</button></div>`;
  };
  return `<div class="scheduler-head" role="rowgroup"><div class="scheduler-head-row" role="row" aria-rowindex="1">
    <div role="columnheader" class="scheduler-cell scheduler-cell-select"><label class="scheduler-hit"><input type="checkbox" class="scheduler-check" x-ref="all" aria-label="${esc(w.selectAll)}" @change="tasks.toggleAll($event)"></label></div>
    ${cell("expand")}${cell("name")}${cell("state")}${cell("schedule")}${cell("next")}${cell("strip")}${cell("last")}${cell("duration")}${cell("actions")}
  </div></div>`;
}

/** Nothing to show yet, nothing at all, or no way to know. */
function states(w: Words): string {
  return `
  <section class="scheduler-card scheduler-empty" x-show="ready && tasks.nothing === 'gone'" role="status">
    ${icon("search")}<h2 x-text="tasks.goneTitle"></h2><p>${esc(w.missing.text)}</p>
    <div class="scheduler-row-actions">
      ${button(w.missing.bringBack, { click: "tasks.bringBack()", extra: 'x-show="!readOnly"' })}
      ${button(w.missing.all, { click: "tasks.seeAll()" })}
    </div>
  </section>
  <section class="scheduler-card scheduler-empty" x-show="ready && tasks.nothing === 'unmatched'" role="status">
    ${icon("search")}<h2>${esc(w.noMatchTitle)}</h2><p>${esc(w.unmatchedText)}</p>
    <div class="scheduler-row-actions" x-show="!readOnly">${button(w.newTask, { click: "panel('editor', 'create', 'scheduled')", icon: "plus" })}</div>
  </section>
  <section class="scheduler-card scheduler-empty scheduler-first" x-show="ready && tasks.nothing === 'none'">
    ${icon("calendar-clock")}<h2>${esc(w.emptyTitle)}</h2><p>${esc(w.emptyText)}</p>
    <div class="scheduler-row-actions" x-show="!readOnly">
      ${button(w.newTask, { click: "panel('editor', 'create', 'scheduled')", icon: "plus", kind: "primary" })}
      ${button(w.importTasks, { click: "panel('transfer', 'openImport')", icon: "upload", extra: 'x-show="can.transfer"' })}
    </div>
    <div class="scheduler-starters" x-show="!readOnly">${w.starters
      .map(
        (starter, at) =>
          `<button type="button" class="scheduler-starter" @click="panel('editor', 'startFrom', ${at})">${icon(starter.icon as "code")}<strong>${esc(starter.title)}</strong><span>${esc(starter.when)}</span></button>`,
      )
      .join("")}</div>
  </section>
  <section class="scheduler-card scheduler-empty" x-show="!ready && !loadError" aria-busy="true">${icon("spinner", "scheduler-spin")}<p>${esc(w.loading)}</p></section>
  <section class="scheduler-card scheduler-empty" x-show="!ready && loadError" role="alert">${icon("alert")}<h2>${esc(w.loadFailed)}</h2><p x-text="loadError"></p>${button(w.retry, { click: "reload()", icon: "refresh" })}</section>`;
}
