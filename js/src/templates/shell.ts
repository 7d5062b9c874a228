import { icon } from "../components/icons";
import { TABS } from "../store/route";
import type { Words } from "../words/en";
import { listTemplate } from "./list";
import { button, esc, iconButton } from "./markup";
import { accessTemplate, contextsTemplate, notificationsTemplate, statusTemplate } from "./panels";

/** Top bar and the three sections of the page. In a widget only the list of the first section is left. */
export function shellTemplate(w: Words, whole: boolean): string {
  // A document has one banner and one main part; where this is not all of it, they are not this view's.
  const [top, main] = whole ? ["header", "main"] : ["div", "div"];
  return `
  <${top} class="scheduler-top" x-show="mode === 'page'">
    <span class="scheduler-brand"><span class="scheduler-mark">${icon("clock")}</span><span class="scheduler-brand-name">${esc(w.product)}</span></span>
    <div class="scheduler-tabs" role="tablist" aria-label="${esc(w.tabsLabel)}" @keydown.left.prevent="stepTab(-1)" @keydown.right.prevent="stepTab(1)">
      ${TABS.map(
        (tab) =>
          `<button type="button" role="tab" class="scheduler-tab" data-tab="${tab}" :id="tabId('${tab}')" :aria-controls="panelId('${tab}')" :aria-selected="tab === '${tab}'" :tabindex="tab === '${tab}' ? 0 : -1" @click="selectTab('${tab}')">${esc(w.tabs[tab])}</button>`,
      ).join("")}
    </div>
    <span class="scheduler-spring"></span>
    <span class="scheduler-read-only" x-show="readOnly" title="${esc(w.forbidden)}">${icon("eye")}${esc(w.readOnly)}</span>
    <span class="scheduler-live" :data-state="live" :title="liveHelp" role="status"><i class="scheduler-live-dot"></i><span x-text="liveWord"></span></span>
    <label class="scheduler-picker scheduler-context" x-show="contexts.list.length > 0"><span>${esc(w.context)}</span>
      <select x-model="filter.context" @change="applyFilter()">
        <option value="">${esc(w.allContexts)}</option>
        <template x-for="item in contexts.list" :key="item.id"><option :value="item.id" :selected="item.id === filter.context" x-text="item.label"></option></template>
      </select>${icon("down")}</label>
  </${top}>
  <${main} class="scheduler-main" x-ref="main" tabindex="-1">
    <template x-for="banner in banners" :key="banner.code"><div class="scheduler-banner" :data-level="banner.level" role="status">${icon("alert")}<span x-text="banner.message"></span></div></template>
    <section class="scheduler-panel" role="tabpanel" :id="panelId('scheduler')" :aria-labelledby="tabId('scheduler')" x-show="activeTab === 'scheduler'">
      <div class="scheduler-heading" x-show="mode === 'page'">
        <div>
          <h1>${esc(w.title)}</h1>
          <p class="scheduler-summary" x-show="ready && counts.all === 0">${esc(w.nothingYet)}</p>
          <p class="scheduler-summary" x-show="ready && counts.all > 0">
            <span x-show="counts.error > 0"><button type="button" class="scheduler-plain-link" @click="setState('error')"><b class="scheduler-bad" x-text="number(counts.error)"></b><span x-text="attentionWords"></span></button><span x-show="counts.running > 0">, </span></span><span x-show="counts.running > 0"><button type="button" class="scheduler-plain-link" @click="setState('running')"><b x-text="number(counts.running)"></b>${esc(w.running)}</button></span><span x-show="counts.running === 0 && counts.error === 0">${esc(w.allQuiet)}</span><span class="scheduler-wide" x-show="summary.nextName">. ${esc(w.nextIs)} <button type="button" class="scheduler-plain-link scheduler-strong" x-text="summary.nextName" @click="openTask(summary.nextId)"></button> ${esc(w.at)} <span x-text="summary.nextAt"></span></span>
          </p>
        </div>
        <span class="scheduler-spring"></span>
        <button type="button" class="scheduler-button scheduler-button-ghost scheduler-wide" @click="panel('palette', 'show')">${icon("command")}<span>${esc(w.commands)}</span><kbd>Ctrl</kbd><kbd>K</kbd></button>
        <div class="scheduler-split" x-show="!readOnly">
          ${button(w.newTask, { click: "panel('editor', 'create', 'scheduled')", icon: "plus", kind: "primary" })}
          <button type="button" class="scheduler-button scheduler-button-primary" aria-haspopup="menu" aria-label="${esc(w.newFrom)}" title="${esc(w.newFrom)}" @click="newMenu($event)">${icon("down")}</button>
        </div>
      </div>
      <section class="scheduler-card scheduler-ribbon-card" x-show="mode === 'page' && can.timeline && counts.all > 0" aria-label="${esc(w.activity)}">
        <div class="scheduler-card-head"><h2>${esc(w.activity)}</h2><span class="scheduler-soft scheduler-wide">${esc(w.activitySpan)}</span><span class="scheduler-spring"></span>
          <span class="scheduler-legend scheduler-wide">${(
            ["succeeded", "failed", "running", "planned"] as const
          )
            .map((key) => `<span><i data-key="${key}"></i>${esc(w.legend[key])}</span>`)
            .join("")}</span></div>
        <div class="scheduler-ribbon" x-ref="ribbon"></div>
      </section>
      ${listTemplate(w)}
    </section>
    <section class="scheduler-panel" role="tabpanel" :id="panelId('contexts')" :aria-labelledby="tabId('contexts')" x-show="activeTab === 'contexts'">${contextsTemplate(w)}</section>
    <section class="scheduler-panel" role="tabpanel" :id="panelId('notifications')" :aria-labelledby="tabId('notifications')" x-show="activeTab === 'notifications'">${notificationsTemplate(w)}</section>
    <section class="scheduler-panel" role="tabpanel" :id="panelId('status')" :aria-labelledby="tabId('status')" x-show="activeTab === 'status'">${statusTemplate(w)}</section>
    <section class="scheduler-panel" role="tabpanel" :id="panelId('access')" :aria-labelledby="tabId('access')" x-show="activeTab === 'access'">${accessTemplate(w)}</section>
  </${main}>
  <div class="scheduler-toasts" role="status" aria-live="polite" x-ref="toasts">
    <template x-for="toast in toasts.list" :key="toast.id"><div class="scheduler-toast" :data-level="toast.level"><span x-text="toast.text"></span>
      <button type="button" x-show="toast.action" x-text="toast.action" @click="toasts.act(toast.id)"></button>
      ${iconButton(w.dismiss, "close", "toasts.dismiss(toast.id)")}</div></template>
  </div>`;
}
