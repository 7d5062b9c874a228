import { describe, expect, it } from "vitest";
import { RowGeometry } from "../src/components/row_geometry";
import { HUES, tagHues } from "../src/store/tag_hues";

describe("where rows stand", () => {
  const geometry = new RowGeometry(40, [
    { position: 5, extra: 100 },
    { position: 2, extra: 160 },
  ]);

  it("moves down what comes after an open row, by what each open row needs", () => {
    expect([0, 2, 3, 5, 6, 10].map((position) => geometry.top(position))).toEqual([
      0, 80, 280, 360, 500, 660,
    ]);
  });

  it("finds the row at a height, also in the details of an open one", () => {
    for (let position = 0; position < 12; position++) {
      expect(geometry.positionAt(geometry.top(position))).toBe(position);
      expect(geometry.positionAt(geometry.top(position + 1) - 1)).toBe(position);
    }
  });
});

describe("the colours of tags", () => {
  it("are all different while there are enough, and shared evenly when there are not", () => {
    const few = ["platform", "research", "lab", "ops", "finance"];
    expect(new Set(tagHues(few).values()).size).toBe(few.length);
    const many = Array.from({ length: HUES * 3 }, (_, at) => `tag ${at}`);
    const counts = new Map<number, number>();
    for (const hue of tagHues(many).values()) counts.set(hue, (counts.get(hue) ?? 0) + 1);
    expect([...counts.values()]).toEqual(new Array(HUES).fill(3));
  });

  it("do not depend on the order in which tags come", () => {
    const tags = ["b", "a", "c", "lab"];
    expect(tagHues(tags)).toEqual(tagHues([...tags].reverse()));
  });
});
