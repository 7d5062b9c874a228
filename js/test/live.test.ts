import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeTransport } from "../demo/fake_transport";
import { inventTasks, uuidOf } from "../demo/invented";
import type { LogEntry, LogPage } from "../src/store/model";
import type { Api } from "../src/transport/api";
import { CommTransport, type WidgetModel } from "../src/transport/comm";
import { LiveFeed, type LiveState } from "../src/transport/live";
import { Session } from "../src/transport/session";
import type { ApiError, StreamSocket } from "../src/transport/transport";

describe("the live feed", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  async function follow(transport: FakeTransport): Promise<{ session: Session; states: LiveState[] }> {
    const session = new Session(transport);
    const states: LiveState[] = [];
    session.observe({ state: (state) => states.push(state) });
    await session.load();
    await vi.advanceTimersByTimeAsync(10);
    return { session, states };
  }

  const polls = (transport: FakeTransport): number =>
    transport.requests.filter((request) => request.path === "api/poll").length;

  it("takes pushed changes without asking", async () => {
    const transport = new FakeTransport(inventTasks(5));
    const { session } = await follow(transport);
    transport.change(uuidOf(2), { name: "Pushed" });
    expect(session.table.get(uuidOf(2))?.name).toBe("Pushed");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(polls(transport)).toBe(0);
    session.close();
  });

  it("polls every two seconds where there is no push", async () => {
    const transport = new FakeTransport(inventTasks(5), { live: false });
    const { session, states } = await follow(transport);
    transport.change(uuidOf(1), { name: "Polled" });
    await vi.advanceTimersByTimeAsync(2_100);
    expect(session.table.get(uuidOf(1))?.name).toBe("Polled");
    expect(states).toContain("polling");
    const before = polls(transport);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(polls(transport) - before).toBe(5);
    session.close();
  });

  it("resumes without a gap after the server was gone", async () => {
    // Retries then come after 0.8, 2.4 and 5.6 s: none in the very moment in which the invented server comes back.
    vi.spyOn(Math, "random").mockReturnValue(0);
    const transport = new FakeTransport(inventTasks(5));
    const { session, states } = await follow(transport);
    transport.goDown(true);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(states.at(-1)).toBe("offline");
    transport.change(uuidOf(3), { name: "Meanwhile" });
    expect(session.table.get(uuidOf(3))?.name).not.toBe("Meanwhile");
    transport.goDown(false);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(session.table.get(uuidOf(3))?.name).toBe("Meanwhile");
    expect(states.at(-1)).toBe("live");
    session.close();
  });

  it("rests while the tab is hidden, unless somebody wants to be told", async () => {
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(false);
    const transport = new FakeTransport(inventTasks(5));
    const { session } = await follow(transport);
    const hide = (): boolean => document.dispatchEvent(new Event("visibilitychange"));
    hidden.mockReturnValue(true);
    hide();
    transport.change(uuidOf(1), { name: "Unheard" });
    expect(session.table.get(uuidOf(1))?.name).not.toBe("Unheard");
    session.feed.listenWhenHidden(true);
    await vi.advanceTimersByTimeAsync(3_000);
    transport.change(uuidOf(1), { name: "Heard" });
    expect(session.table.get(uuidOf(1))?.name).toBe("Heard");
    session.close();
  });

  it("rests though an answer comes when the tab is hidden already", async () => {
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(false);
    const transport = new FakeTransport(inventTasks(2), { live: false });
    const { session, states } = await follow(transport);
    const hide = (): boolean => document.dispatchEvent(new Event("visibilitychange"));
    const ask = transport.request.bind(transport);
    vi.spyOn(transport, "request").mockImplementation((request) => {
      hidden.mockReturnValue(true);
      hide();
      return ask(request);
    });
    await vi.advanceTimersByTimeAsync(4_000);
    const before = transport.requests.length;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(transport.requests.length).toBe(before);
    expect(states.at(-1)).toBe("paused");
    session.close();
  });

  it("tells each line of a log once, though the stream opens while the log is read", async () => {
    const line: LogEntry = { t: 0, kind: "stdout", text: "one" };
    const socket: StreamSocket = {
      send: vi.fn(),
      close: vi.fn(),
      onopen: null,
      onframe: null,
      onclose: null,
    };
    let answer = (_: LogPage): void => {};
    const api = {
      transport: { openStream: () => socket },
      log: () => new Promise<LogPage>((done) => void (answer = done)),
    } as unknown as Api;
    const feed = new LiveFeed(
      api,
      () => {},
      () => {},
    );
    const told: string[] = [];
    feed.start("1");
    feed.followLog("run", 0, (entries) => told.push(...entries.map((entry) => entry.text ?? "")));
    socket.onopen?.();
    socket.onframe?.({ type: "log", run_id: "run", entries: [line], next: 1 });
    answer({ entries: [line], next: 1, complete: false });
    await vi.advanceTimersByTimeAsync(10);
    expect(told).toEqual(["one"]);
    expect(socket.send).toHaveBeenCalledExactlyOnceWith({ type: "subscribe", run_id: "run", from: 1 });
    feed.stop();
  });

  it("stops asking when it is closed", async () => {
    const transport = new FakeTransport(inventTasks(2), { live: false });
    const { session } = await follow(transport);
    session.close();
    const before = transport.requests.length;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(transport.requests.length).toBe(before);
  });

  it("tries the first load again by itself", async () => {
    const transport = new FakeTransport(inventTasks(2));
    transport.down = true;
    const session = new Session(transport);
    const outcomes: (ApiError | null)[] = [];
    session.observe({ loaded: (error) => outcomes.push(error) });
    await session.load();
    expect(outcomes[0]?.offline).toBe(true);
    transport.down = false;
    await vi.advanceTimersByTimeAsync(3_100);
    expect(session.table.size).toBe(2);
    session.close();
  });
});

describe("the kernel's comm", () => {
  function model(): {
    model: WidgetModel;
    sent: Record<string, unknown>[];
    answer: (message: unknown) => void;
  } {
    const sent: Record<string, unknown>[] = [];
    let listener: (message: never) => void = () => {};
    return {
      sent,
      answer: (message) => listener(message as never),
      model: {
        get: () => undefined,
        set: () => {},
        save_changes: () => {},
        on: (_event, callback) => {
          listener = callback as (message: never) => void;
        },
        off: () => {},
        send: (content) => sent.push(content as Record<string, unknown>),
      },
    };
  }

  it("matches answers to questions, in whatever order they come", async () => {
    const { model: widget, sent, answer } = model();
    const transport = new CommTransport(widget);
    const first = transport.request({ method: "GET", path: "api/tasks" });
    const second = transport.request({ method: "GET", path: "api/status" });
    answer({ id: sent[1]!.id, status: 200, headers: {}, body: "two" });
    answer({ id: "someone else's", status: 200, body: "?" });
    answer({ id: sent[0]!.id, status: 404, headers: {}, body: "one" });
    expect((await second).body).toBe("two");
    expect(await first).toMatchObject({ status: 404, body: "one" });
  });
});

describe("the server's errors", () => {
  it("name the field, and tell a missing route from a missing task", async () => {
    const session = new Session(new FakeTransport(inventTasks(1)));
    await expect(session.api.create({ name: "" })).rejects.toMatchObject({ status: 400, field: "name" });
    const gone = await session.api.task("nope").catch((error: ApiError) => error);
    expect(gone).toMatchObject({ status: 404, missing: false });
    const route = await session.api.rotateToken("x").catch((error: ApiError) => error);
    expect(route).toMatchObject({ status: 404, missing: true });
    session.close();
  });
});
