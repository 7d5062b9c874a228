"""WebSocket api/stream: deltas pushed, logs followed."""

from __future__ import annotations

import asyncio
import json

import pytest

from jupyter_scheduler_ext.handlers import feed, stream

from .conftest import noop_task


class Socket:
    def __init__(self, connection):
        self._connection = connection

    async def frame(self, kind, timeout=5):
        """The next frame of a kind; others are passed over."""
        async with asyncio.timeout(timeout):
            while True:
                text = await self._connection.read_message()
                assert text is not None, "the server closed the stream"
                frame = json.loads(text)
                if frame["type"] == kind:
                    return frame

    async def until(self, found, timeout=5):
        """Deltas until `found` is true of one; gives that one."""
        async with asyncio.timeout(timeout):
            while not found(delta := await self.frame("delta", timeout)):
                pass
            return delta

    async def say(self, **frame):
        await self._connection.write_message(json.dumps(frame))

    def close(self):
        self._connection.close()


@pytest.fixture
def connect(jp_ws_fetch, extension):
    sockets = []

    async def open_stream(since=None):
        params = {} if since is None else {"since": since}
        sockets.append(Socket(await jp_ws_fetch("scheduler-ext", "api", "stream", params=params)))
        return sockets[-1]

    yield open_stream
    for socket in sockets:
        socket.close()


async def test_a_change_comes_by_itself(connect, make):
    socket = await connect()
    hello = await socket.frame("delta")
    assert (hello["tasks"], hello["reset"]) == ([], False)
    task = await make(noop_task("a"))
    delta = await socket.until(lambda delta: delta["tasks"])
    assert [one["uuid"] for one in delta["tasks"]] == [task["uuid"]]
    assert delta["tasks"][0]["name"] == "a"


async def test_it_goes_on_where_a_list_or_poll_ended(connect, call, make):
    await make(noop_task("seen"))
    revision = (await call("GET", "poll")).body["revision"]
    await make(noop_task("missed"))
    socket = await connect(revision)
    delta = await socket.frame("delta")
    assert [one["name"] for one in delta["tasks"]] == ["missed"]


async def test_everything_or_start_over(connect, make):
    await make(noop_task("a"))
    everything = await (await connect("0")).frame("delta")
    assert ([one["name"] for one in everything["tasks"]], everything["reset"]) == (["a"], False)
    assert (await (await connect("another.life")).frame("delta"))["reset"] is True


async def test_a_run_is_followed_to_its_end(connect, call, make):
    task = await make(noop_task(action={"says": "hello"}))
    socket = await connect()
    run = (await call("POST", f"tasks/{task['uuid']}/run")).body["run"]
    await socket.until(lambda delta: any(one["state"] == "succeeded" for one in delta["runs"]))
    await socket.say(type="subscribe", run_id=run["id"], **{"from": 0})
    entries, complete = [], False
    while not complete:
        frame = await socket.frame("log")
        assert frame["run_id"] == run["id"]
        entries += frame["entries"]
        complete = frame["complete"]
    assert "hello" in str(entries)


async def test_a_log_that_grows_is_pushed_once_and_from_where_one_was(connect, extension):
    scheduler = await extension.engine()
    socket = await connect()
    made = (await scheduler.create(noop_task(action={"seconds": 60}), "ana"))[0]
    run = await scheduler.run(made.uuid)
    writer = scheduler.logs.open(run.id)
    await socket.say(type="subscribe", run_id=run.id, **{"from": 0})
    seen = []
    for number in range(3):
        writer.write("stdout", f"line {number}\n")
        seen += (await socket.frame("log"))["entries"]
    assert "".join(entry["text"] for entry in seen) == "line 0\nline 1\nline 2\n"
    await socket.say(type="unsubscribe", run_id=run.id)
    await scheduler.cancel(run.id)


async def test_a_storm_of_changes_is_a_few_frames(connect, extension):
    scheduler = await extension.engine()
    socket = await connect()
    await socket.frame("delta")
    for number in range(1000):
        scheduler.changes.mark("deleted", f"task-{number}")
        if number % 100 == 0:
            await asyncio.sleep(0.001)
    seen, frames = set(), 0
    while len(seen) < 1000:
        delta = await socket.frame("delta")
        seen |= set(delta["deleted"])
        frames += 1
    assert frames <= 5


async def test_all_sockets_at_one_revision_share_one_text(connect, extension, monkeypatch):
    made = []
    compose = feed.compose

    async def counted(scheduler, since):
        made.append(since)
        return await compose(scheduler, since)

    scheduler = await extension.engine()
    sockets = [await connect() for _ in range(20)]
    for socket in sockets:
        await socket.frame("delta")
    monkeypatch.setattr(feed, "compose", counted)
    scheduler.changes.mark("deleted", "gone")
    for socket in sockets:
        assert (await socket.frame("delta"))["deleted"] == ["gone"]
    assert len(made) == 1


async def test_a_slow_reader_has_one_frame_under_way_and_then_all_it_missed(extension):
    class Slow:
        revision, greeted = "0", True

        def __init__(self):
            self.follows = {}
            self.frames = []
            self.may_go = asyncio.Event()

        async def send(self, frame):
            self.frames.append(json.loads(frame))
            await self.may_go.wait()
            return True

    scheduler = await extension.engine()
    pushing = await extension.feed()
    slow = Slow()
    slow.revision = scheduler.changes.revision
    pushing.join(slow)
    scheduler.changes.mark("deleted", "first")
    while not slow.frames:
        await asyncio.sleep(0.01)
    for number in range(100):
        scheduler.changes.mark("deleted", f"later-{number}")
        await asyncio.sleep(0.002)
    assert len(slow.frames) == 1
    slow.may_go.set()
    while len(slow.frames) < 2:
        await asyncio.sleep(0.01)
    assert len(slow.frames[1]["deleted"]) == 100
    pushing.leave(slow)


NONSENSE = [
    "nonsense",
    "[]",
    "{}",
    '{"type": "subscribe"}',
    '{"type": "subscribe", "run_id": 7}',
    '{"type": "subscribe", "run_id": "no-such", "from": 0}',
    '{"type": "subscribe", "run_id": "../../etc/passwd", "from": 0}',
    '{"type": "subscribe", "run_id": "a", "from": -1}',
    '{"type": "subscribe", "run_id": "a", "from": "0"}',
    '{"type": "unsubscribe", "run_id": "never"}',
    '{"type": "sing", "run_id": "a"}',
    "[" * 3000,
]


async def test_what_makes_no_sense_is_passed_over(connect, make, caplog):
    socket = await connect()
    for said in NONSENSE:
        await socket._connection.write_message(said)
        task = await make()
        await socket.until(lambda delta, uuid=task["uuid"]: any(one["uuid"] == uuid for one in delta["tasks"]))
    assert "failed" not in caplog.text


async def test_a_long_message_ends_the_stream(connect):
    socket = await connect()
    await socket.frame("delta")
    await socket._connection.write_message("x" * (stream.LONGEST_MESSAGE + 1))
    assert await socket._connection.read_message() is None


async def test_a_socket_that_went_is_forgotten(connect, extension):
    socket = await connect()
    await socket.frame("delta")
    pushing = await extension.feed()
    assert len(pushing._readers) == 1
    socket.close()
    async with asyncio.timeout(5):
        while pushing._readers:
            await asyncio.sleep(0.01)


async def test_a_silent_stream_is_pinged(connect, monkeypatch):
    monkeypatch.setattr(feed, "PING_EVERY", 0.05)
    socket = await connect()
    assert await socket.frame("ping")
