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
    <div class="scheduler-tabs" role="tablist" aria-label="${esc(w.tabsLabel)}" @keydown.left.prevent="tabs.step(-1)" @keydown.right.prevent="tabs.step(1)">
      ${TABS.map(
        (tab) =>
          `<button type="button" role="tab" class="scheduler-tab" data-tab="${tab}" :id="tabs.id('${tab}')" :aria-controls="tabs.panelId('${tab}')" :aria-selected="tabs.selected === '${tab}'" :tabindex="tabs.selected === '${tab}' ? 0 : -1" @click="tabs.select('${tab}')">${esc(w.tabs[tab])}</button>`,
      ).join("")}
    </div>
    <span class="scheduler-spring"></span>
    <span class="scheduler-read-only" x-show="readOnly" title="${esc(w.forbidden)}">${icon("eye")}${esc(w.readOnly)}</span>
    <span class="scheduler-live" :data-state="connection.state" :title="connection.help" role="status"><i class="scheduler-live-dot"></i><span x-text="connection.word"></span></span>
    <label class="scheduler-picker scheduler-context" x-show="contexts.list.length > 0"><span>${esc(w.context)}</span>
      <select x-model="tasks.filter.context" @change="tasks.applyFilter()">
        <option value="">${esc(w.allContexts)}</option>
        <template x-for="item in contexts.list" :key="item.id"><option :value="item.id" :selected="item.id === tasks.filter.context" x-text="item.label"></option></template>
      </select>${icon("down")}</label>
  </${top}>
  <${main} class="scheduler-main" x-ref="main" tabindex="-1">
    <template x-for="banner in connection.banners" :key="banner.code"><div class="scheduler-banner" :data-level="banner.level" role="status">${icon("alert")}<span x-text="banner.message"></span></div></template>
    <section class="scheduler-panel" role="tabpanel" :id="tabs.panelId('scheduler')" :aria-labelledby="tabs.id('scheduler')" x-show="tabs.active === 'scheduler'">
      <div class="scheduler-heading" x-show="mode === 'page'">
        <div>
          <h1>${esc(w.title)}</h1>
          <p class="scheduler-summary" x-show="ready && tasks.counts.all === 0">${esc(w.nothingYet)}</p>
          <p class="scheduler-summary" x-show="ready && tasks.counts.all > 0">
            <span x-show="tasks.counts.error > 0"><button type="button" class="scheduler-plain-link" @click="tasks.setState('error')"><b class="scheduler-bad" x-text="number(tasks.counts.error)"></b><span x-text="tasks.attentionWords"></span></button><span x-show="tasks.counts.running > 0">, </span></span><span x-show="tasks.counts.running > 0"><button type="button" class="scheduler-plain-link" @click="tasks.setState('running')"><b x-text="number(tasks.counts.running)"></b>${esc(w.running)}</button></span><span x-show="tasks.counts.running === 0 && tasks.counts.error === 0">${esc(w.allQuiet)}</span><span class="scheduler-wide" x-show="tasks.summary.nextName">. ${esc(w.nextIs)} <button type="button" class="scheduler-plain-link scheduler-strong" x-text="tasks.summary.nextName" @click="openTask(tasks.summary.nextId)"></button> ${esc(w.at)} <span x-text="tasks.summary.nextAt"></span></span>
          </p>
        </div>
        <span class="scheduler-spring"></span>
        <button type="button" class="scheduler-button scheduler-button-ghost scheduler-wide" @click="panel('palette', 'show')">${icon("command")}<span>${esc(w.commands)}</span><kbd>Ctrl</kbd><kbd>K</kbd></button>
        <div class="scheduler-split" x-show="!readOnly">
          ${button(w.newTask, { click: "panel('editor', 'create', 'scheduled')", icon: "plus", kind: "primary" })}
          <button type="button" class="scheduler-button scheduler-button-primary" aria-haspopup="menu" aria-label="${esc(w.newFrom)}" title="${esc(w.newFrom)}" @click="newMenu($event)">${icon("down")}</button>
        </div>
      </div>
      <section class="scheduler-card scheduler-ribbon-card" x-show="mode === 'page' && can.timeline && tasks.counts.all > 0" aria-label="${esc(w.activity)}">
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
    <section class="scheduler-panel" role="tabpanel" :id="tabs.panelId('contexts')" :aria-labelledby="tabs.id('contexts')" x-show="tabs.active === 'contexts'">${contextsTemplate(w)}</section>
    <section class="scheduler-panel" role="tabpanel" :id="tabs.panelId('notifications')" :aria-labelledby="tabs.id('notifications')" x-show="tabs.active === 'notifications'">${notificationsTemplate(w)}</section>
    <section class="scheduler-panel" role="tabpanel" :id="tabs.panelId('status')" :aria-labelledby="tabs.id('status')" x-show="tabs.active === 'status'">${statusTemplate(w)}</section>
    <section class="scheduler-panel" role="tabpanel" :id="tabs.panelId('access')" :aria-labelledby="tabs.id('access')" x-show="tabs.active === 'access'">${accessTemplate(w)}</section>
  </${main}>
  <div class="scheduler-toasts" role="status" aria-live="polite" x-ref="toasts">
    <template x-for="toast in toasts.list" :key="toast.id"><div class="scheduler-toast" :data-level="toast.level"><span x-text="toast.text"></span>
      <button type="button" x-show="toast.action" x-text="toast.action" @click="toasts.act(toast.id)"></button>
      ${iconButton(w.dismiss, "close", "toasts.dismiss(toast.id)")}</div></template>
  </div>`;
}
