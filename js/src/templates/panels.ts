import { icon } from "../components/icons";
import type { Words } from "../words/en";
import { button, esc, iconButton } from "./markup";

export function contextsTemplate(w: Words): string {
  const c = w.contexts;
  return `
  <div class="scheduler-heading"><div><h1>${esc(c.title)}</h1><p class="scheduler-summary">${esc(c.text)}</p></div></div>
  <div class="scheduler-card">
    <p class="scheduler-quiet" x-show="contexts.missing">${esc(c.unavailable)}</p>
    <p class="scheduler-quiet" x-show="!contexts.missing && contexts.loaded && contexts.list.length === 0">${esc(c.empty)}</p>
    <div class="scheduler-scroll-x" x-show="contexts.list.length > 0" tabindex="0" role="region" aria-label="${esc(c.title)}">
    <table class="scheduler-table scheduler-contexts">
      <thead><tr><th scope="col">${esc(c.name)}</th><th scope="col">${esc(c.folder)}</th><th scope="col">${esc(c.tasks)}</th><th scope="col">${esc(c.kernel)}</th><th scope="col">${esc(c.activity)}</th><th scope="col"><span class="scheduler-hidden">${esc(w.columns.actions)}</span></th></tr></thead>
      <tbody><template x-for="item in contexts.list" :key="item.id"><tr>
        <th scope="row" x-text="item.label"></th>
        <td class="scheduler-mono" x-text="item.path"></td>
        <td class="scheduler-number" data-name="${esc(c.tasks)}"><button type="button" class="scheduler-link" x-text="item.tasks" :aria-label="item.showLabel" @click="tasks.showContext(item.id)"></button></td>
        <td><span class="scheduler-badge" :data-state="item.alive ? 'alive' : 'disabled'" x-text="item.kernel"></span></td>
        <td x-text="item.activity"></td>
        <td><div class="scheduler-row-actions" x-show="!readOnly">
          ${button(c.open, { click: "contexts.act(item.id, 'open')", icon: "external" })}
          ${iconButton(c.restart, "refresh", "contexts.act(item.id, 'restart')", ':disabled="!item.alive"')}
          ${iconButton(c.clear, "trash", "contexts.act(item.id, 'clear')")}
        </div></td></tr></template></tbody>
    </table></div>
  </div>`;
}

export function statusTemplate(w: Words): string {
  const s = w.status;
  return `
  <div class="scheduler-heading"><div><h1>${esc(s.title)}</h1><p class="scheduler-summary" x-text="status.roleWords"></p></div><span class="scheduler-spring"></span>${button(s.refresh, { click: "status.load()", icon: "refresh" })}</div>
  <div class="scheduler-card scheduler-status">
    <p class="scheduler-quiet" x-show="status.banners.length === 0">${icon("check")}${esc(s.calm)}</p>
    <template x-for="banner in status.banners" :key="banner.code"><div class="scheduler-banner" :data-level="banner.level">${icon("alert")}<span x-text="banner.message"></span></div></template>
    <template x-for="group in status.groups" :key="group.title"><section><h2 x-text="group.title"></h2><dl class="scheduler-facts"><template x-for="fact in group.facts" :key="fact.name"><div><dt x-text="fact.name"></dt><dd x-text="fact.value"></dd></div></template></dl></section></template>
  </div>`;
}

export function notificationsTemplate(w: Words): string {
  const n = w.notifications;
  return `
  <div class="scheduler-heading"><div><h1>${esc(n.title)}</h1><p class="scheduler-summary">${esc(n.text)}</p></div></div>
  <div class="scheduler-card scheduler-status">
    <section><h2>${esc(n.targetsTitle)}</h2>
      <p class="scheduler-quiet" x-show="notifications.loaded && notifications.targets.length === 0">${esc(n.none)}</p>
      <div class="scheduler-scroll-x" x-show="notifications.targets.length > 0" tabindex="0" role="region" aria-label="${esc(n.targetsTitle)}">
      <table class="scheduler-table"><thead><tr><th scope="col">${esc(n.target)}</th><th scope="col">${esc(n.state)}</th><th scope="col"><span class="scheduler-hidden">${esc(w.columns.actions)}</span></th></tr></thead>
      <tbody><template x-for="target in notifications.targets" :key="target.name"><tr><th scope="row" x-text="target.name"></th>
        <td><span class="scheduler-badge" :data-state="target.state" x-text="target.word"></span> <span class="scheduler-soft" x-text="target.detail"></span></td>
        <td><div class="scheduler-row-actions" x-show="!readOnly">${button(n.test, { click: "notifications.test(target.name)", extra: ':disabled="target.busy"' })}</div></td></tr></template></tbody></table></div></section>
    <section x-show="notifications.loaded"><h2>${esc(n.usualTitle)}</h2><p x-text="notifications.usual"></p></section>
    <section><h2>${esc(n.browserHeading)}</h2>
      <label class="scheduler-switch"><input type="checkbox" class="scheduler-check" :checked="notifications.browserOn" @change="notifications.toggleBrowser($event)">${esc(n.browserSwitch)}</label>
      <p class="scheduler-note" x-text="notifications.browserNote"></p></section>
  </div>`;
}

export function accessTemplate(w: Words): string {
  const a = w.access;
  return `
  <div class="scheduler-heading"><div><h1>${esc(a.title)}</h1><p class="scheduler-summary" x-show="access.name">${esc(a.you)} <b x-text="access.name"></b></p></div></div>
  <div class="scheduler-card scheduler-status">
    <section x-show="access.rights.length > 0"><h2>${esc(a.rightsTitle)}</h2>
      <table class="scheduler-table"><tbody><template x-for="right in access.rights" :key="right.name"><tr><th scope="row" x-text="right.label"></th>
        <td class="scheduler-soft" x-text="right.help"></td><td><span class="scheduler-badge" :data-state="right.allowed ? 'succeeded' : 'disabled'" x-text="right.word"></span></td></tr></template></tbody></table>
      <p class="scheduler-note">${esc(a.source)}</p></section>
    <section x-show="access.owners.length > 0"><h2>${esc(a.ownersTitle)}</h2>
      <table class="scheduler-table"><thead><tr><th scope="col">${esc(a.owner)}</th><th scope="col">${esc(a.tasks)}</th></tr></thead>
      <tbody><template x-for="owner in access.owners" :key="owner.name"><tr><th scope="row"><span x-text="owner.name"></span> <span class="scheduler-soft" x-show="owner.you">(${esc(a.yourself)})</span></th><td class="scheduler-number" x-text="owner.tasks"></td></tr></template></tbody></table></section>
  </div>`;
}
