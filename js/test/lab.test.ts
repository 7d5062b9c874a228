import { describe, expect, it } from "vitest";
import { borrow, chooseVersion, lent } from "../lab/share_scope";
import { partsOf } from "../lab/status_words";
import { wordsIn } from "../lab/words";

const fill = (text: string, ...values: unknown[]): string =>
  values.reduce<string>((filled, value, at) => filled.replace(`%${at + 1}`, String(value)), text);
const words = wordsIn({ __: fill });
const NOON = Date.parse("2026-03-04T12:00:00Z");

describe("a package that JupyterLab shares in several versions", () => {
  it("is taken in the newest one", () => {
    expect(chooseVersion({ "4.2.5": {}, "4.10.0": {}, "4.9.1": {} })).toBe("4.10.0");
    expect(chooseVersion({ "4.3.0": {}, "4.3.0-beta.1": {} })).toBe("4.3.0");
    expect(chooseVersion({ "4.3.0-beta.1": {}, "4.2.9": {} })).toBe("4.3.0-beta.1");
  });

  it("is taken in the one that others have loaded, however old: two copies would not know each other", () => {
    expect(chooseVersion({ "4.2.5": { loaded: 1 }, "4.10.0": {} })).toBe("4.2.5");
  });

  it("is lent once it is borrowed, and missed by name", async () => {
    const shared = { get: async () => () => "the module" };
    await borrow({ "@lumino/widgets": { "2.8.0": shared } }, ["@lumino/widgets"]);
    expect(lent("@lumino/widgets")).toBe("the module");
    await expect(borrow({}, ["@jupyterlab/launcher"])).rejects.toThrow("@jupyterlab/launcher");
  });
});

describe("the status bar", () => {
  const say = (running: number, error: number, next_run: string | null): string[] =>
    partsOf({ counts: { tasks: 9, running, error }, next_run, you: { may: [] } }, words, NOON).map(
      ({ text }) => text,
    );

  it("says what runs, what failed and what comes next", () => {
    const [running, failed, next] = say(2, 1, "2026-03-04T13:30:00Z");
    expect([running, failed]).toEqual(["2 running", "1 failed"]);
    expect(next).toMatch(/^next \d\d:30$/);
  });

  it("leaves out what there is none of, but is never empty", () => {
    expect(say(0, 0, null)).toEqual(["nothing due"]);
    expect(say(1, 0, null)).toEqual(["1 running"]);
  });
});
