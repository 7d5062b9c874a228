/** Terminal text to styled pieces: colours and weight by SGR codes, carriage returns as rewrites of a line. */

export interface Piece {
  text: string;
  /** Names such as `bold` or `fg-1`; the stylesheet gives them colours fit for the theme. */
  styles: string[];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what introduces a code
const ESCAPE = /\u001b\[([0-9;:]*)([A-Za-z])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[()][A-Z0-9]/g;

/** Keeps the style from one text to the next, as a terminal does. */
export class AnsiReader {
  private bold = false;
  private dim = false;
  private italic = false;
  private underline = false;
  private colour = "";

  read(text: string): Piece[] {
    const pieces: Piece[] = [];
    let from = 0;
    const push = (part: string): void => {
      if (part) pieces.push({ text: part, styles: this.styles() });
    };
    for (const match of text.matchAll(ESCAPE)) {
      push(text.slice(from, match.index));
      from = match.index + match[0].length;
      if (match[2] === "m") this.apply(match[1] ?? "");
    }
    push(text.slice(from));
    return pieces;
  }

  private styles(): string[] {
    const styles: string[] = [];
    if (this.bold) styles.push("bold");
    if (this.dim) styles.push("dim");
    if (this.italic) styles.push("italic");
    if (this.underline) styles.push("underline");
    if (this.colour) styles.push(this.colour);
    return styles;
  }

  private apply(codes: string): void {
    const list = codes === "" ? [0] : codes.split(/[;:]/).map(Number);
    for (let at = 0; at < list.length; at++) {
      const code = list[at]!;
      if (code === 0) {
        this.bold = this.dim = this.italic = this.underline = false;
        this.colour = "";
      } else if (code === 1) this.bold = true;
      else if (code === 2) this.dim = true;
      else if (code === 3) this.italic = true;
      else if (code === 4) this.underline = true;
      else if (code === 22) this.bold = this.dim = false;
      else if (code === 23) this.italic = false;
      else if (code === 24) this.underline = false;
      else if (code >= 30 && code <= 37) this.colour = `fg-${code - 30}`;
      else if (code >= 90 && code <= 97) this.colour = `fg-${code - 90}`;
      else if (code === 39) this.colour = "";
      else if (code === 38 || code === 48) {
        const palette = list[at + 1] === 5;
        const index = list[at + 2] ?? 0;
        if (code === 38) this.colour = palette ? nearest(index) : "";
        at += palette ? 2 : 4;
      }
    }
  }
}

/** The 256-colour palette folded onto the eight that both themes can show legibly. */
function nearest(index: number): string {
  if (index < 16) return `fg-${index % 8}`;
  if (index >= 232) return "dim";
  const red = Math.floor((index - 16) / 36) > 2 ? 1 : 0;
  const green = Math.floor(((index - 16) % 36) / 6) > 2 ? 2 : 0;
  const blue = (index - 16) % 6 > 2 ? 4 : 0;
  const bits = red + green + blue;
  return bits === 0 || bits === 7 ? "" : `fg-${bits}`;
}

/** A line after its carriage returns: what comes later overwrites what stood there. */
export function overwrite(line: string): string {
  if (!line.includes("\r")) return line;
  let shown = "";
  for (const part of line.split("\r")) {
    // Codes have no width; cutting between them is not worth their bookkeeping, so a rewrite that is
    // at least as long replaces the whole.
    shown = part.length >= shown.length || part.includes("\u001b") ? part : part + shown.slice(part.length);
  }
  return shown;
}
