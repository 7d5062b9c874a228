import { escapeMarkup } from "../components/dom";
import { type IconName, icon } from "../components/icons";

/** Helpers of the static templates. What goes in are words and names of our own, never data. */

export const esc = escapeMarkup;

export interface ButtonOptions {
  /** Alpine expression run on click. */
  click: string;
  icon?: IconName;
  kind?: "primary" | "plain" | "ghost" | "danger";
  /** Further attributes, as markup. */
  extra?: string;
}

export function button(label: string, options: ButtonOptions): string {
  const { click, icon: name, kind = "plain", extra = "" } = options;
  return `<button type="button" class="scheduler-button scheduler-button-${kind}" @click="${click}" ${extra}>${
    name ? icon(name) : ""
  }<span>${esc(label)}</span></button>`;
}

export function iconButton(label: string, name: IconName, click: string, extra = ""): string {
  return `<button type="button" class="scheduler-icon-button" @click="${click}" aria-label="${esc(label)}" title="${esc(label)}" ${extra}>${icon(name)}</button>`;
}

export function options(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([value, label]) => `<option value="${esc(value)}">${esc(label)}</option>`)
    .join("");
}

const PREFIX = "scheduler-";

/**
 * Renames Alpine's attributes (`x-show`, `@click`, `:class`) to a prefix of our own, so that another Alpine on
 * the page leaves this tree alone. Goes into `<template>` contents as well.
 */
export function prefixDirectives(root: DocumentFragment | Element): void {
  for (const element of root.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      const renamed = directiveName(name);
      if (!renamed) continue;
      element.removeAttribute(name);
      element.setAttribute(renamed, value);
    }
    if (element instanceof HTMLTemplateElement) prefixDirectives(element.content);
  }
}

function directiveName(name: string): string | null {
  if (name.startsWith("x-")) return PREFIX + name.slice(2);
  if (name.startsWith("@")) return `${PREFIX}on:${name.slice(1)}`;
  if (name.startsWith(":")) return `${PREFIX}bind:${name.slice(1)}`;
  return null;
}
