import { icon } from "../components/icons";
import type { Words } from "../words/en";
import { button, esc, iconButton } from "./markup";

/** One sheet for a task with its history and for a run with its log. */
export function inspectorTemplate(w: Words): string {
  const bringBack = button(w.missing.bringBack, {
    click: "inspector.bringBack()",
    extra: 'x-show="!readOnly"',
  });
  return `<dialog class="scheduler-sheet scheduler-sheet-wide" x-effect="sheets.match($el, inspector.open)" @cancel.prevent="inspector.close()" :aria-labelledby="fieldId('inspector-title')">
  <div class="scheduler-sheet-form">
    <header class="scheduler-sheet-head">
      <span x-show="inspector.kind === 'run'">${iconButton(w.runDetail.back, "left", "inspector.back()")}</span>
      <h2 class="scheduler-clip" tabindex="-1" x-ref="inspectorTitle" :id="fieldId('inspector-title')" x-text="inspector.title"></h2>
      <span class="scheduler-badge" :data-state="inspector.state" x-text="inspector.stateWord" x-show="inspector.stateWord"></span>
      <span class="scheduler-spring"></span>
      <span x-show="mode === 'page' && !embedded">${iconButton(w.copyLink, "link", "inspector.copyLink()")}</span>
      ${iconButton(w.close, "close", "inspector.close()")}
    </header>
    <div class="scheduler-sheet-body">
      <progress class="scheduler-run-progress" max="1" aria-label="${esc(w.progress)}" :value="inspector.progress" x-show="inspector.kind === 'run' && inspector.active && inspector.progress !== null"></progress>
      <p class="scheduler-quiet" x-show="inspector.loading">${icon("spinner", "scheduler-spin")}${esc(w.editor.loading)}</p>
      <div class="scheduler-banner" data-level="error" role="alert" x-show="inspector.message">${icon("alert")}<span x-text="inspector.message"></span>${button(w.retry, { click: "inspector.again()" })}</div>
      <div class="scheduler-banner" data-level="warning" role="status" x-show="inspector.lost === 'task' && inspector.kind === 'run'">${icon("info")}<span>${esc(w.missing.ofRun)}</span>${bringBack}</div>
      <section class="scheduler-empty" role="alert" x-show="inspector.lost === inspector.kind">${icon("search")}<h3 x-text="inspector.lostTitle"></h3><p x-text="inspector.lostText"></p>
        <div class="scheduler-row-actions"><span x-show="inspector.lost === 'task'">${bringBack}</span>${button(w.missing.all, { click: "tasks.seeAll()" })}</div></section>
      <div class="scheduler-banner" data-level="warning" x-show="inspector.halted">${icon("alert")}<span><strong>${esc(w.halted)}.</strong> <span x-text="inspector.halted"></span> ${esc(w.haltedHelp)}</span>${button(w.reset, { click: "inspector.resetIt()", extra: 'x-show="!readOnly"' })}</div>
      <div class="scheduler-banner" data-level="warning" x-show="inspector.waiting">${icon("alert")}<span x-text="inspector.waiting"></span></div>
      <dl class="scheduler-facts" x-show="inspector.facts.length > 0 && inspector.lost !== inspector.kind"><template x-for="fact in inspector.facts" :key="fact.name"><div :data-long="fact.value.length > 24"><dt x-text="fact.name"></dt><dd x-text="fact.value" :title="fact.title"></dd></div></template></dl>
      <div x-show="inspector.kind === 'task'">${taskPart(w)}</div>
      <div x-show="inspector.kind === 'run' && inspector.lost !== 'run'" class="scheduler-run">${runPart(w)}</div>
    </div>
    <footer class="scheduler-sheet-foot" x-show="!readOnly && !inspector.message && inspector.lost !== inspector.kind">
      <span x-show="!inspector.lost">${button(w.edit, { click: "inspector.editIt()", icon: "pencil" })}</span>
      <span class="scheduler-spring"></span>
      <span x-show="inspector.kind === 'run' && inspector.hasOutput">${button(w.runDetail.openOutput, { click: "inspector.openOutput()", icon: "external" })}</span>
      <span x-show="!inspector.lost">${button(w.runWith, { click: "inspector.rerun()", icon: "sliders" })}</span>
      <span x-show="inspector.active">${button(w.stop, { click: "inspector.stop()", icon: "stop", kind: "danger" })}</span>
      <span x-show="inspector.kind === 'task' && !inspector.active">${button(w.runNow, { click: "inspector.runIt()", icon: "play", kind: "primary" })}</span>
    </footer>
  </div></dialog>`;
}

function taskPart(w: Words): string {
  const t = w.task;
  return `
  <div class="scheduler-two">
    <section x-show="!inspector.lost"><h3>${esc(t.next)}</h3><ol class="scheduler-fires"><template x-for="fire in inspector.fires" :key="fire.key"><li><span x-text="fire.at"></span><span class="scheduler-soft" x-text="fire.in"></span></li></template></ol><p class="scheduler-soft" x-show="inspector.fires.length === 0">${esc(t.noNext)}</p></section>
    <section x-show="inspector.history.chartTitle"><h3><span x-text="inspector.history.chartTitle"></span><span class="scheduler-spring"></span><span class="scheduler-soft" x-text="inspector.history.medianWords"></span></h3><div x-ref="durations"></div></section>
  </div>
  <section x-show="!inspector.lost || inspector.history.rows.length > 0"><h3>${esc(t.runs)}<span class="scheduler-spring"></span>
    <span class="scheduler-segments" role="group" aria-label="${esc(w.filterStates)}"><button type="button" class="scheduler-segment" :aria-pressed="!inspector.history.onlyBad" @click="inspector.history.setOnlyBad(false)">${esc(t.allRuns)}</button><button type="button" class="scheduler-segment" :aria-pressed="inspector.history.onlyBad" @click="inspector.history.setOnlyBad(true)">${esc(t.badRuns)}</button></span></h3>
    <p class="scheduler-quiet" x-show="inspector.history.loaded && inspector.history.rows.length === 0">${esc(t.noRuns)}</p>
    <div class="scheduler-scroll-x" x-show="inspector.history.rows.length > 0" tabindex="0" role="region" aria-label="${esc(t.runs)}"><table class="scheduler-table scheduler-runs">
      <thead><tr><th scope="col">${esc(w.columns.state)}</th><th scope="col">${esc(t.startedAt)}</th><th scope="col">${esc(t.took)}</th><th scope="col">${esc(t.origin)}</th><th scope="col">${esc(t.result)}</th></tr></thead>
      <tbody><template x-for="run in inspector.history.rows" :key="run.id"><tr @click="openRun(run.id)" class="scheduler-clickable">
        <td><span class="scheduler-badge" :data-state="run.state" x-text="run.stateWord"></span></td>
        <td><button type="button" class="scheduler-link" x-text="run.started" :title="run.startedTitle" @click.stop="openRun(run.id)"></button></td>
        <td class="scheduler-number" x-text="run.took"></td><td class="scheduler-soft" x-text="run.origin"></td><td class="scheduler-soft scheduler-result" x-text="run.result"></td></tr></template></tbody></table></div>
    <p x-show="inspector.history.cursor">${button(t.moreRuns, { click: "inspector.history.load(false)", kind: "ghost" })}</p>
  </section>`;
}

function runPart(w: Words): string {
  const r = w.runDetail;
  return `
  <div class="scheduler-attempts" x-show="inspector.attempts.length > 0"><span class="scheduler-soft">${esc(r.attempts)}</span><template x-for="other in inspector.attempts" :key="other.id"><button type="button" class="scheduler-chip" :aria-pressed="other.current" @click="openRun(other.id)" x-text="other.label"></button></template></div>
  <section x-show="inspector.errorName || inspector.errorMessage" class="scheduler-failure"><h3>${icon("alert")}<span x-text="inspector.errorName"></span></h3><p x-text="inspector.errorMessage"></p>
    <details x-show="inspector.traceback" class="scheduler-fold"><summary>${icon("right")}${esc(r.traceback)}</summary><pre class="scheduler-pre" tabindex="0" x-text="inspector.traceback"></pre></details></section>
  <section x-show="inspector.result"><h3>${esc(r.result)}</h3><pre class="scheduler-pre" tabindex="0" x-text="inspector.result"></pre></section>
  <section x-show="inspector.parameters.length > 0"><h3>${esc(r.parameters)}</h3><dl class="scheduler-facts scheduler-mono"><template x-for="row in inspector.parameters" :key="row.name"><div><dt x-text="row.name"></dt><dd x-text="row.value"></dd></div></template></dl></section>
  <section x-show="inspector.outputLinks.length > 0"><h3>${esc(r.outputs)}</h3><p class="scheduler-outputs"><template x-for="target in inspector.outputLinks" :key="target.href"><a class="scheduler-plain-link" target="_blank" rel="noopener" :href="target.href" x-text="target.label"></a></template></p></section>
  <section class="scheduler-log-part"><h3>${esc(r.log)} <span class="scheduler-soft" x-text="inspector.log.lineWords"></span><span class="scheduler-spring"></span>
    <label class="scheduler-switch"><input type="checkbox" class="scheduler-check" x-model="inspector.log.wrap">${esc(r.wrap)}</label>
    <label class="scheduler-switch" x-show="inspector.active"><input type="checkbox" class="scheduler-check" :checked="inspector.log.following" @change="inspector.log.toggleFollow()">${esc(r.follow)}</label></h3>
    <div class="scheduler-log" x-ref="log" tabindex="0" role="log" aria-label="${esc(r.log)}" :data-wrap="inspector.log.wrap" x-show="!inspector.log.empty"></div>
    <p class="scheduler-quiet" x-show="inspector.log.empty" x-text="inspector.log.empty"></p></section>`;
}
