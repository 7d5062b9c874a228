/** Numbers as a form's fields hold them. */

/** A number as typed; what is not one goes to the server as it is, whose answer then names the field. */
export function number(text: string, factor = 1): number | string {
  const value = Number(text);
  return text.trim() === "" || Number.isNaN(value) ? text : Math.round(value * factor * 1000) / 1000;
}

export function numberText(value: number): string {
  return String(Math.round(value * 10_000) / 10_000);
}
