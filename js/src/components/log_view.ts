import type { LogEntry } from "../store/model";
import type { Words } from "../words/en";
import { preciseTime } from "../words/times";
import { AnsiReader, overwrite, type Piece } from "./ansi";
import { h } from "./dom";

interface Line {
  number: number;
  at: number;
  kind: LogEntry["kind"];
  raw: string;
  /** Rich output shown instead of text. */
  content: (() => HTMLElement) | null;
}

/** Lines kept in the DOM; earlier ones come back when asked for. */
const SHOWN_LINES = 2_000;
const IMAGE_TYPES = ["image/png", "image/jpeg", "image/gif"];

/**
 * A run's output as lines with numbers and times. Text goes in as text nodes only; HTML output is shown, when
 * asked for, in a frame that can run no script and has no origin.
 */
export class LogView {
  private readonly lines: Line[] = [];
  private readonly body = h("div", { class: "scheduler-log-lines" });
  private readonly earlier: HTMLButtonElement;
  private readonly ansi: Record<string, AnsiReader> = {};
  private from = 0;
  /** Line that the next text of the same stream continues, because no newline ended it. */
  private open: Line | null = null;
  private marked: number | null = null;
  follow = true;

  constructor(
    readonly element: HTMLElement,
    private readonly words: Words,
    private readonly onLine: (line: number) => void,
  ) {
    this.earlier = h("button", { type: "button", class: "scheduler-link", hidden: true });
    this.earlier.addEventListener("click", () => this.showEarlier());
    element.replaceChildren(this.earlier, this.body);
    this.body.addEventListener("click", this.onClick);
  }

  get length(): number {
    return this.lines.length;
  }

  clear(): void {
    this.lines.length = 0;
    this.from = 0;
    this.open = null;
    this.marked = null;
    this.body.replaceChildren();
    this.earlier.hidden = true;
  }

  append(entries: LogEntry[]): void {
    const added: Line[] = [];
    let rewritten: Line | null = null;
    for (const entry of entries) {
      // How far the run is stands above the log.
      if (entry.kind === "progress") continue;
      if (entry.kind === "stdout" || entry.kind === "stderr")
        rewritten = this.addText(entry, added) ?? rewritten;
      else this.addOther(entry, added);
    }
    if (rewritten && !added.includes(rewritten)) this.redraw(rewritten);
    this.draw(added);
  }

  /** Mark a line, as a deep link asks, and bring it into view once it is there. */
  mark(number: number): void {
    this.marked = number;
    this.follow = false;
    if (number <= this.from) {
      this.from = Math.max(0, number - 50);
      this.redrawAll();
    }
    const element = this.elementOf(number);
    element?.classList.add("scheduler-marked");
    element?.scrollIntoView({ block: "center" });
  }

  toEnd(): void {
    this.element.scrollTop = this.element.scrollHeight;
  }

  private addText(entry: LogEntry, added: Line[]): Line | null {
    let continued: Line | null = null;
    const parts = (entry.text ?? "").split("\n");
    parts.forEach((part, at) => {
      const last = at === parts.length - 1;
      if (this.open && this.open.kind === entry.kind && at === 0) {
        this.open.raw = overwrite(this.open.raw + part);
        continued = this.open;
        if (!last) this.open = null;
        return;
      }
      if (last && part === "") {
        this.open = null;
        return;
      }
      const line = this.newLine(entry, part.endsWith("\r") ? part : overwrite(part));
      added.push(line);
      this.open = last ? line : null;
    });
    return continued;
  }

  private addOther(entry: LogEntry, added: Line[]): void {
    this.open = null;
    if (entry.kind === "cell") {
      const label = entry.cell === undefined ? "" : this.words.runDetail.cell(entry.cell + 1);
      const source = (entry.text ?? "").split("\n").find((line) => line.trim()) ?? "";
      added.push(this.newLine(entry, [label, source].filter(Boolean).join("  ")));
      return;
    }
    const rich = entry.data ? this.richContent(entry.data) : null;
    if (rich) {
      added.push(this.newLine(entry, "", rich));
      return;
    }
    const text = entry.text ?? plainOf(entry.data);
    for (const part of text.replace(/\n$/, "").split("\n")) added.push(this.newLine(entry, overwrite(part)));
  }

  private newLine(entry: LogEntry, raw: string, content: Line["content"] = null): Line {
    const line: Line = { number: this.lines.length + 1, at: entry.t, kind: entry.kind, raw, content };
    this.lines.push(line);
    return line;
  }

  private richContent(data: Record<string, unknown>): (() => HTMLElement) | null {
    const image = IMAGE_TYPES.find((type) => typeof data[type] === "string");
    if (image) {
      const source = `data:${image};base64,${String(data[image]).replaceAll(/\s/g, "")}`;
      return () =>
        h("img", {
          src: source,
          alt: plainOf(data) || this.words.runDetail.image,
          class: "scheduler-log-image",
        });
    }
    const html = data["text/html"];
    if (typeof html !== "string") return null;
    return () => {
      const box = h("div", {}, plainOf(data), " ");
      const show = h("button", { type: "button", class: "scheduler-link" }, this.words.runDetail.html);
      show.addEventListener("click", () => {
        const frame = h("iframe", {
          sandbox: "",
          class: "scheduler-log-frame",
          title: this.words.runDetail.html,
        });
        frame.srcdoc = html;
        show.replaceWith(frame);
      });
      box.append(show);
      return box;
    };
  }

  private draw(added: Line[]): void {
    if (added.length === 0) return;
    const nodes = added.filter((line) => line.number > this.from).map((line) => this.render(line));
    this.body.append(...nodes);
    const surplus = this.lines.length - this.from - SHOWN_LINES;
    if (surplus > 0 && this.follow) {
      for (let n = 0; n < surplus; n++) this.body.firstElementChild?.remove();
      this.from += surplus;
    }
    this.showCount();
    if (this.marked !== null && added.some((line) => line.number === this.marked)) this.mark(this.marked);
    if (this.follow) this.toEnd();
  }

  private redraw(line: Line): void {
    this.elementOf(line.number)?.replaceWith(this.render(line));
  }

  private redrawAll(): void {
    this.body.replaceChildren(...this.lines.slice(this.from).map((line) => this.render(line)));
    this.showCount();
  }

  private showEarlier(): void {
    this.follow = false;
    this.from = Math.max(0, this.from - SHOWN_LINES);
    this.redrawAll();
  }

  private showCount(): void {
    this.earlier.hidden = this.from === 0;
    if (this.from > 0) this.earlier.textContent = this.words.runDetail.earlier(this.from);
  }

  private render(line: Line): HTMLElement {
    const number = h("button", {
      type: "button",
      class: "scheduler-line-number",
      "aria-label": this.words.runDetail.lineLink(line.number),
      tabindex: -1,
    });
    number.dataset.line = String(line.number);
    const text = h("span", { class: "scheduler-line-text" });
    if (line.content) text.append(line.content());
    else this.fill(text, line);
    const row = h("div", { class: "scheduler-log-line", "data-kind": line.kind }, number);
    row.append(h("time", { class: "scheduler-line-time" }, preciseTime(line.at)), text);
    row.classList.toggle("scheduler-marked", line.number === this.marked);
    return row;
  }

  private fill(target: HTMLElement, line: Line): void {
    if (!line.raw.includes("\u001b")) {
      target.append(line.raw);
      return;
    }
    const reader = (this.ansi[line.kind] ??= new AnsiReader());
    target.append(...styled(reader.read(line.raw)));
  }

  private elementOf(number: number): HTMLElement | null {
    return (this.body.children[number - this.from - 1] as HTMLElement | undefined) ?? null;
  }

  private readonly onClick = (event: Event): void => {
    const target = (event.target as HTMLElement).closest<HTMLElement>("[data-line]");
    if (!target) return;
    const number = Number(target.dataset.line);
    this.body.querySelector(".scheduler-marked")?.classList.remove("scheduler-marked");
    this.marked = number;
    this.elementOf(number)?.classList.add("scheduler-marked");
    this.onLine(number);
  };
}

/** Text with a terminal's colours, as nodes. */
export function styled(pieces: Piece[]): (Node | string)[] {
  return pieces.map(({ text, styles }) =>
    styles.length === 0
      ? text
      : h("span", { class: styles.map((style) => `scheduler-ansi-${style}`).join(" ") }, text),
  );
}

function plainOf(data: Record<string, unknown> | undefined): string {
  const plain = data?.["text/plain"];
  if (Array.isArray(plain)) return plain.join("");
  return typeof plain === "string" ? plain : "";
}

/** The last few lines of a run's text output, for the open row of the table. */
export function lastLines(
  entries: LogEntry[],
  n: number,
): { at: number; kind: LogEntry["kind"]; pieces: Piece[] }[] {
  const lines: { at: number; kind: LogEntry["kind"]; pieces: Piece[] }[] = [];
  for (const entry of entries) {
    const text = entry.text ?? plainOf(entry.data);
    if (!text || entry.kind === "progress" || entry.kind === "cell") continue;
    for (const part of text.replace(/\n$/, "").split("\n")) {
      const pieces = new AnsiReader().read(overwrite(part));
      if (pieces.some((piece) => piece.text.trim())) lines.push({ at: entry.t, kind: entry.kind, pieces });
    }
  }
  return lines.slice(-n);
}
