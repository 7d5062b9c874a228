import { icon } from "../components/icons";
import { FIELD_NAMES } from "../store/cron";
import type { Words } from "../words/en";
import { monthNames, weekdayNames } from "../words/times";
import { button, esc, options } from "./markup";

const MINUTE_STEPS = [1, 2, 5, 10, 15, 20, 30];
const HOUR_STEPS = [1, 2, 3, 4, 6, 8, 12];
/** Monday first, as the fields' ranges read. */
const WEEK = [1, 2, 3, 4, 5, 6, 0];

/** When the task runs: the cron builder, the planned dates, or what "on demand" means. */
export function scheduleTemplate(w: Words): string {
  const e = w.editor.schedule;
  return `
  <div class="scheduler-builder" x-show="editor.form.type !== 'adhoc'" :data-bad="editor.bad('schedule') || editor.bad('plan')">
    <div x-show="editor.form.type === 'scheduled'">${builder(w)}</div>
    <div class="scheduler-builder-top" x-show="editor.form.type === 'planned'">${dates(w)}</div>
    <div class="scheduler-builder-bottom" x-show="editor.form.type === 'scheduled' || editor.form.dates.length > 0 || editor.bad('plan')">
      <label class="scheduler-expression" x-show="editor.form.type === 'scheduled'"><span class="scheduler-soft">${esc(e.expression)}</span><input type="text" class="scheduler-mono" data-field="schedule" x-model="editor.cron.text" @input="editor.cron.fromText()" spellcheck="false" autocomplete="off" title="${esc(e.expressionHelp)}" :aria-invalid="editor.errors.schedule ? true : false" :aria-describedby="noteId('schedule')"></label>
      <p class="scheduler-note" :id="noteId('schedule')"><span class="scheduler-error" x-show="editor.bad('schedule')" x-text="editor.error('schedule')"></span><span class="scheduler-error" x-show="editor.bad('plan')" x-text="editor.error('plan')"></span></p>
      ${preview(w)}
    </div>
  </div>
  <div class="scheduler-builder" x-show="editor.form.type === 'adhoc'"><div class="scheduler-builder-top"><p>${icon("key")} ${esc(w.editor.adhocHelp)}</p>
    <div class="scheduler-sentence" x-show="editor.token.words"><span class="scheduler-soft" x-text="editor.token.words"></span>${button(w.token.rotate, { click: "editor.token.rotate()", icon: "key", extra: `title="${esc(w.token.rotateHelp)}"` })}<span x-show="editor.token.there">${button(w.token.revoke, { click: "editor.token.revoke()", kind: "danger" })}</span></div></div></div>`;
}

function builder(w: Words): string {
  const e = w.editor.schedule;
  return `<div class="scheduler-builder-top">
      <div class="scheduler-presets" role="group" aria-label="${esc(e.presets)}">${e.presetList
        .map(
          ({ label, text }) =>
            `<button type="button" class="scheduler-chip" :aria-pressed="editor.cron.text === '${text}'" @click="editor.cron.preset('${text}')">${esc(label)}</button>`,
        )
        .join("")}</div>
      ${sentence(w)}
      <div class="scheduler-days" role="group" aria-label="${esc(e.weekdaysLabel)}" x-show="editor.cron.hasWeekdays">${weekdayButtons()}</div>
      <div class="scheduler-days scheduler-month-days" role="group" aria-label="${esc(e.monthDaysLabel)}" x-show="editor.cron.hasMonthDays">${monthDayButtons(w)}</div>
    </div>
    <div class="scheduler-cron-fields">${FIELD_NAMES.map(
      (name) =>
        `<label class="scheduler-cron-field" :data-bad="editor.bad('schedule.${name}')"><span>${esc(e.fieldNames[name])}</span><input type="text" class="scheduler-mono" data-field="schedule.${name}" x-model="editor.form.fields.${name}" @input="editor.cron.fromFields('schedule.${name}')" spellcheck="false" autocomplete="off" :aria-invalid="editor.bad('schedule.${name}')" :aria-describedby="noteId('schedule')"></label>`,
    ).join("")}</div>`;
}

function dates(w: Words): string {
  const e = w.editor.schedule;
  return `<p class="scheduler-soft" x-show="editor.form.dates.length === 0">${esc(e.noDates)}</p>
      <template x-for="(date, at) in editor.form.dates" :key="at"><div class="scheduler-date">
        <input type="datetime-local" class="scheduler-input" x-model="date.wall" :data-field="editor.dates.path(at)" @change="editor.dates.changed()" :aria-label="editor.dates.label(at)" :aria-invalid="editor.bad(editor.dates.path(at))" :aria-describedby="noteId('schedule')">
        <span class="scheduler-soft" x-show="date.timezone" x-text="date.timezone"></span>
        <label class="scheduler-switch" x-show="editor.dates.ambiguous(date)"><input type="checkbox" class="scheduler-check" :checked="date.fold === 1" @change="editor.dates.setFold(date, $event)">${esc(e.second)}</label>
        <button type="button" class="scheduler-icon-button" @click="editor.dates.remove(at)" aria-label="${esc(e.removeDate)}">${icon("close")}</button></div></template>
      <div class="scheduler-sentence">${button(e.addDate, { click: "editor.dates.add()", icon: "plus" })}<span class="scheduler-part"><span>${esc(e.inZone)}</span>${zoneInput(w)}</span></div>`;
}

function sentence(w: Words): string {
  const e = w.editor.schedule;
  const choose = (label: string, model: string, inner: string, extra = ""): string =>
    `<span class="scheduler-select" ${extra}><select aria-label="${esc(label)}" x-model="editor.cron.sentence.${model}" @change="editor.cron.fromSentence()">${inner}</select>${icon("down")}</span>`;
  const hours = Array.from({ length: 24 }, (_, hour) => [
    String(hour),
    `${String(hour).padStart(2, "0")}:00`,
  ]);
  const steps = (values: number[]): string => options(Object.fromEntries(values.map((n) => [n, String(n)])));
  return `<div class="scheduler-sentence">
    <span>${esc(e.every)}</span>
    <span class="scheduler-part" x-show="editor.cron.sentence.unit === 'minute'">${choose(e.stepLabel, "step", steps(MINUTE_STEPS)).replace("x-model=", "x-model.number=")}</span>
    <span class="scheduler-part" x-show="editor.cron.sentence.unit === 'hour'">${choose(e.stepLabel, "step", steps(HOUR_STEPS)).replace("x-model=", "x-model.number=")}</span>
    <span class="scheduler-select"><select aria-label="${esc(e.unitLabel)}" x-model="editor.cron.sentence.unit" @change="editor.cron.unitChanged()">${options(e.units)}</select>${icon("down")}</span>
    <span class="scheduler-part" x-show="editor.cron.sentence.unit === 'year'"><span>${esc(e.ofMonth)}</span>${choose(e.monthLabel, "month", options(Object.fromEntries(monthNames().map((name, at) => [at + 1, name])))).replace("x-model=", "x-model.number=")}</span>
    <span class="scheduler-part" x-show="editor.cron.sentence.unit === 'hour'"><span>${esc(e.atMinute)}</span><input type="number" min="0" max="59" class="scheduler-input scheduler-tiny" aria-label="${esc(e.atMinute)}" x-model.number="editor.cron.sentence.minute" @input="editor.cron.fromSentence()"></span>
    <span class="scheduler-part" x-show="editor.cron.hasTime"><span>${esc(e.atTime)}</span><input type="text" inputmode="numeric" class="scheduler-input scheduler-time" aria-label="${esc(e.timeLabel)}" placeholder="HH:MM" :value="editor.cron.sentence.time" @input="editor.cron.timeTyped($event)" @change="editor.cron.timeTyped($event)" autocomplete="off"></span>
    <span class="scheduler-part" x-show="editor.cron.hasHours"><span class="scheduler-select"><select aria-label="${esc(e.dayPart)}" x-model="editor.cron.dayPart" @change="editor.cron.dayPartChanged()"><option value="all">${esc(e.allDay)}</option><option value="some">${esc(e.between)}</option></select>${icon("down")}</span>
      <span class="scheduler-part" x-show="editor.cron.dayPart === 'some'">
        <span class="scheduler-select"><select aria-label="${esc(e.fromHour)}" x-model.number="editor.cron.hoursFrom" @change="editor.cron.dayPartChanged()">${options(Object.fromEntries(hours))}</select>${icon("down")}</span>
        <span>${esc(e.and)}</span>
        <span class="scheduler-select"><select aria-label="${esc(e.toHour)}" x-model.number="editor.cron.hoursTo" @change="editor.cron.dayPartChanged()">${options(Object.fromEntries(hours))}</select>${icon("down")}</span></span></span>
    <span class="scheduler-part"><span>${esc(e.inZone)}</span>${zoneInput(w)}</span>
  </div>`;
}

function zoneInput(w: Words): string {
  return `<input type="text" class="scheduler-input scheduler-zone" aria-label="${esc(w.editor.zoneLabel)}" data-field="schedule.timezone" :list="fieldId('zones')" x-model="editor.form.timezone" @change="editor.cron.zoneChanged()" :aria-invalid="editor.bad('schedule.timezone')" spellcheck="false" autocomplete="off">`;
}

function weekdayButtons(): string {
  const narrow = weekdayNames("narrow");
  const long = weekdayNames("long");
  return WEEK.map(
    (day) =>
      `<button type="button" class="scheduler-day" aria-label="${esc(long[day]!)}" :aria-pressed="editor.cron.onWeekday(${day})" @click="editor.cron.toggleWeekday(${day})">${esc(narrow[day]!)}</button>`,
  ).join("");
}

function monthDayButtons(w: Words): string {
  return [...Array.from({ length: 31 }, (_, at) => String(at + 1)), "L"]
    .map(
      (day) =>
        `<button type="button" class="scheduler-day" :aria-pressed="editor.cron.onMonthDay('${day}')" @click="editor.cron.toggleMonthDay('${day}')">${day === "L" ? esc(w.editor.schedule.lastDay) : day}</button>`,
    )
    .join("");
}

function preview(w: Words): string {
  const e = w.editor.schedule;
  return `<div class="scheduler-preview" aria-live="polite" :data-old="editor.preview.old">
    <div class="scheduler-preview-fires">
      <strong x-text="editor.preview.shown.words"></strong>
      <ol><template x-for="fire in editor.preview.shown.fires" :key="fire.key"><li><span x-text="fire.at" :title="fire.title"></span><span class="scheduler-soft" x-text="fire.in"></span></li></template></ol>
      <p class="scheduler-soft" x-show="editor.preview.shown.ready && editor.preview.shown.fires.length === 0">${esc(e.noFires)}</p>
      <template x-for="warning in editor.preview.shown.warnings" :key="warning.message"><p class="scheduler-warning">${icon("alert")}<span x-text="warning.message"></span></p></template>
      <p class="scheduler-warning scheduler-hint" x-show="editor.preview.collision">${icon("info")}<span x-text="editor.preview.collision"></span></p>
    </div>
    <div class="scheduler-mini" x-show="editor.preview.shown.ready" role="img" :aria-label="editor.preview.calendarLabel">
      <template x-for="(name, at) in editor.preview.weekHead" :key="at"><span class="scheduler-mini-head" x-text="name"></span></template>
      <template x-for="day in editor.preview.shown.days" :key="day.key"><span class="scheduler-mini-day" :data-on="day.on" :data-today="day.today" :title="day.title" x-text="day.label"></span></template>
    </div></div>`;
}
