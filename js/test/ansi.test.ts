import { describe, expect, it } from "vitest";
import { AnsiReader, overwrite } from "../src/components/ansi";
import { medianOf } from "../src/components/durations";
import { LogView, lastLines } from "../src/components/log_view";
import { stripPaths } from "../src/components/strip";
import { en } from "../src/words/en";

describe("terminal text", () => {
  it("becomes styled pieces", () => {
    expect(new AnsiReader().read("a\u001b[1;31mred\u001b[0mz")).toEqual([
      { text: "a", styles: [] },
      { text: "red", styles: ["bold", "fg-1"] },
      { text: "z", styles: [] },
    ]);
  });

  it("drops codes that only move a cursor", () => {
    expect(
      new AnsiReader()
        .read("a\u001b[2Kb\u001b]0;title\u0007c")
        .map((piece) => piece.text)
        .join(""),
    ).toBe("abc");
  });

  it("folds 256 colours onto those that both themes can show", () => {
    expect(new AnsiReader().read("\u001b[38;5;196mx")[0]!.styles).toEqual(["fg-1"]);
    expect(new AnsiReader().read("\u001b[38;2;1;2;3mx")[0]!.styles).toEqual([]);
  });

  it("lets a carriage return rewrite the line", () => {
    expect(overwrite("10 %\r100 %")).toBe("100 %");
    expect(overwrite("abcdef\rxy")).toBe("xycdef");
  });
});

describe("the log", () => {
  const make = () => {
    const host = document.createElement("div");
    return { host, log: new LogView(host, en, () => {}) };
  };
  const lines = (host: HTMLElement) =>
    [...host.querySelectorAll(".scheduler-line-text")].map((line) => line.textContent);

  it("joins what came in pieces and splits at line ends", () => {
    const { host, log } = make();
    log.append([{ t: 0, kind: "stdout", text: "one\ntw" }]);
    log.append([{ t: 1, kind: "stdout", text: "o\nthree\n" }]);
    expect(lines(host)).toEqual(["one", "two", "three"]);
  });

  it("shows a progress bar's last state in one line", () => {
    const { host, log } = make();
    log.append([{ t: 0, kind: "stderr", text: " 10 %" }]);
    log.append([{ t: 1, kind: "stderr", text: "\r 90 %" }]);
    log.append([{ t: 2, kind: "stderr", text: "\r100 %\n" }]);
    expect(lines(host)).toEqual(["100 %"]);
  });

  it("writes what looks like markup as text", () => {
    const { host, log } = make();
    log.append([{ t: 0, kind: "stdout", text: "<img src=x onerror=alert(1)>\n" }]);
    expect(host.querySelector("img")).toBeNull();
    expect(lines(host)).toEqual(["<img src=x onerror=alert(1)>"]);
  });

  it("gives the last lines without codes", () => {
    const entries = [
      { t: 0, kind: "stdout" as const, text: "a\nb\n" },
      { t: 1, kind: "progress" as const, fraction: 0.5 },
      { t: 2, kind: "error" as const, text: "\u001b[31mboom\u001b[0m" },
    ];
    expect(lastLines(entries, 2).map(({ pieces }) => pieces.map(({ text }) => text).join(""))).toEqual([
      "b",
      "boom",
    ]);
  });
});

describe("small pictures", () => {
  it("mark a failure below the line and pad what has not run", () => {
    const paths = stripPaths([
      ["succeeded", 4],
      ["failed", 1],
      ["missed", null],
    ]);
    expect(paths.none.match(/M/g)).toHaveLength(17);
    expect(paths.good.match(/M/g)).toHaveLength(1);
    expect(paths.bad.match(/M/g)).toHaveLength(2);
    expect(paths.hollow.match(/M/g)).toHaveLength(1);
  });

  it("know the median", () => {
    expect(medianOf([3, 1, 2])).toBe(2);
    expect(medianOf([4, 1])).toBe(2.5);
    expect(medianOf([])).toBeNull();
  });
});
