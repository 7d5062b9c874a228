/** What the server said of the form's fields, by the path at which it names them. */
export class FieldErrors {
  errors: Record<string, string> = {};

  /** The complaint about a field or about something inside it. */
  error(path: string): string {
    for (const [at, message] of Object.entries(this.errors)) {
      if (at === path || at.startsWith(`${path}.`)) return message;
    }
    return "";
  }

  bad(path: string): boolean {
    return this.error(path) !== "";
  }

  /** The reader is at work on this field: what was said of it may no longer hold. */
  touch(path: string): void {
    for (const at of Object.keys(this.errors)) {
      if (at === path || at.startsWith(`${path}.`)) delete this.errors[at];
    }
  }
}
