import { afterEach, describe, expect, it } from "vitest";
import type { WidgetModel } from "../src/transport/comm";
import { showWidget } from "../src/widget";

/** A widget whose messages come to `sent` and are answered by nobody. */
function silentModel(traits: Record<string, unknown>, sent: unknown[]): WidgetModel {
  return {
    get: (name) => traits[name],
    set: () => {},
    save_changes: () => {},
    on: () => {},
    off: () => {},
    send: (content) => void sent.push(content),
  };
}

describe("a widget on a page that a notebook was made into", () => {
  afterEach(() => {
    document.head.replaceChildren();
  });

  it("shows nothing and asks nobody: the words beside it are all there is", async () => {
    const state = document.createElement("script");
    state.type = "application/vnd.jupyter.widget-state+json";
    document.head.append(state);
    const host = document.createElement("div");
    const sent: unknown[] = [];
    const takeDown = await showWidget(host, silentModel({ transport: "comm" }, sent), { gone: false });
    expect(host.childElementCount).toBe(0);
    expect(sent).toEqual([]);
    takeDown();
  });
});
