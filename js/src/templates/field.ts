import { icon } from "../components/icons";
import { esc, options } from "./markup";

/** The form's controls as markup. */

/**
 * A labelled control with the server's answer to it below. `path` is the field as the server names it; `id` sets
 * apart two controls of one field.
 */
export function field(label: string, path: string, control: string, help = "", id = path): string {
  const attributes = `:id="fieldId('${id}')" :aria-invalid="editor.bad('${path}')" :aria-describedby="noteId('${id}')"`;
  return `<div class="scheduler-field" :data-bad="editor.bad('${path}')">
    <label class="scheduler-label" :for="fieldId('${id}')">${esc(label)}</label>
    ${control.replace("{id}", attributes)}
    <p class="scheduler-note" :id="noteId('${id}')"><span class="scheduler-error" x-show="editor.bad('${path}')" x-text="editor.error('${path}')"></span>${help ? `<span x-show="!editor.bad('${path}')">${esc(help)}</span>` : ""}</p>
  </div>`;
}

interface TextOptions {
  placeholder?: string;
  /** Further classes and attributes, as markup. */
  mono?: boolean;
  extra?: string;
}

/** A line of text, bound to a member of the form; what was said of `path` is forgotten while it is typed. */
export function line(
  model: string,
  path: string,
  { placeholder = "", mono, extra = "" }: TextOptions = {},
): string {
  return `<input type="text" {id} class="scheduler-input${mono ? " scheduler-mono" : ""}" x-model="editor.form.${model}" placeholder="${esc(placeholder)}" autocomplete="off" @input="editor.touch('${path}')" ${extra}>`;
}

/** Several lines of text. */
export function lines(
  model: string,
  path: string,
  rows: number,
  { placeholder = "", mono, extra = "" }: TextOptions = {},
): string {
  return `<textarea {id} class="scheduler-input${mono ? " scheduler-mono" : ""}" rows="${rows}" x-model="editor.form.${model}" placeholder="${esc(placeholder)}" @input="editor.touch('${path}')" ${extra}></textarea>`;
}

export function number(model: string, path: string, placeholder = '""'): string {
  return `<input type="text" inputmode="decimal" {id} class="scheduler-input scheduler-short" x-model="editor.form.${model}" :placeholder="${esc(placeholder)}" autocomplete="off" @input="editor.touch('${path}')">`;
}

/** One of some values; `inner` are the options as markup, or the words of each value. */
export function select(model: string, inner: string | Record<string, string>, extra = ""): string {
  const choices = typeof inner === "string" ? inner : options(inner);
  return `<span class="scheduler-select"><select {id} x-model="editor.form.${model}" ${extra}>${choices}</select>${icon("down")}</span>`;
}

/** Options that the server offers: `list` holds objects, of which `value` and `label` are members. */
export function offered(list: string, model: string, value: string, label: string): string {
  return `<template x-for="item in ${list}" :key="${value}"><option :value="${value}" :selected="${value} === editor.form.${model}" x-text="${label}"></option></template>`;
}

/** A part that is folded away; `part` is its name among the editor's folds, `soft` what its head says besides. */
export function fold(part: string, title: string, soft: string, inner: string): string {
  return `<details class="scheduler-fold" :open="editor.unfold.${part}" @toggle="editor.folded('${part}', $event)"><summary>${icon("right")}<span>${esc(title)}</span>${soft}</summary>
    ${inner}
  </details>`;
}
