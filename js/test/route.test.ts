import { describe, expect, it } from "vitest";
import { formatRoute, parseRoute } from "../src/store/route";

describe("an address", () => {
  it.each([
    "",
    "#/contexts",
    "#/status",
    "#/timeline",
    "#/calendar",
    "#/task/4f",
    "#/task/4f/edit",
    "#/run/4f",
    "#/run/4f/L120",
    "#/new/adhoc",
    "#/new/scheduled?notebook=reports%2Fnightly+run.ipynb",
    "#/task/4f?view=timeline",
    "#/?q=daily+report&state=error&tag=finance&sort=-next",
    "#/run/4f/L3?q=x",
  ])("%s is read and written the same", (hash) => {
    expect(formatRoute(parseRoute(hash))).toBe(hash);
  });

  it("ignores what it does not know", () => {
    const route = parseRoute("#/nowhere/7?state=odd&sort=colour&type=x");
    expect(route).toMatchObject({ tab: "scheduler", view: "list", sheet: null });
    expect(route.filter.state).toBe("");
    expect(route.sort.key).toBe("attention");
  });

  it("keeps ids that need escaping", () => {
    expect(parseRoute(formatRoute(parseRoute("#/task/a%2Fb"))).sheet).toMatchObject({ id: "a/b" });
  });
});
