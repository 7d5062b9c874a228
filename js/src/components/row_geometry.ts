/** An open row's place in the list, and how much taller than a closed one it is. */
export interface OpenRow {
  position: number;
  extra: number;
}

/** Where rows stand below each other: all of one height but for the open ones. Pixels, from the first row's top. */
export class RowGeometry {
  private readonly open: OpenRow[];

  constructor(
    readonly rowHeight: number,
    open: Iterable<OpenRow> = [],
  ) {
    this.open = [...open].sort((a, b) => a.position - b.position);
  }

  /** The top edge of a row; that of the row after the last is the height of all. */
  top(position: number): number {
    let top = position * this.rowHeight;
    for (const open of this.open) {
      if (open.position >= position) break;
      top += open.extra;
    }
    return top;
  }

  /** The row that covers a height; below the last it goes on counting. */
  positionAt(offset: number): number {
    let position = Math.floor(offset / this.rowHeight);
    let extra = 0;
    for (const open of this.open) {
      const bottom = (open.position + 1) * this.rowHeight + extra;
      if (offset < bottom) break;
      extra += open.extra;
      position = Math.max(open.position, Math.floor((offset - extra) / this.rowHeight));
    }
    return Math.max(0, position);
  }
}
