/** One of the choices that look like buttons and are radio buttons; `label` is markup. */
export function segment(
  group: string,
  model: string,
  value: string,
  label: string,
  change: string,
  extra = "",
  disabled = "false",
): string {
  return `<label class="scheduler-segment" ${extra}><input type="radio" class="scheduler-hidden" :name="fieldId('${group}')" value="${value}" x-model="${model}" :disabled="${disabled}" @change="${change}">${label}</label>`;
}
