"""The messages of a kernel, played by a script: what a real kernel does too rarely to be tested with one."""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from queue import Empty

import pytest

from jupyter_scheduler_ext.contexts import conversation as conversation_module
from jupyter_scheduler_ext.contexts.conversation import Conversation, KernelDied


class Script:
    """A client that hears what it is told to; `None` is silence for as long as one waits."""

    def __init__(self, shell=(), iopub=()):
        self.shell, self.iopub = deque(shell), deque(iopub)
        self.greetings = 0

    def start_channels(self, **channels):
        pass

    def stop_channels(self):
        pass

    def kernel_info(self):
        self.greetings += 1

    def execute(self, code, **options):
        return "ours"

    async def get_shell_msg(self, timeout):
        return await self._next(self.shell)

    async def get_iopub_msg(self, timeout):
        return await self._next(self.iopub)

    async def _next(self, messages):
        message = messages.popleft() if messages else None
        if message is None:
            await asyncio.sleep(0)
            raise Empty
        return message


def message(kind, parent="ours", **content):
    return {"msg_type": kind, "parent_header": {"msg_id": parent}, "content": content}


INFO = message("kernel_info_reply", "greeting")
WELCOME = message("iopub_welcome", "")
IDLE = message("status", execution_state="idle")
REPLY = message("execute_reply", status="ok", execution_count=1)


async def opened(script, alive=True):
    async def is_alive():
        return alive

    talk = Conversation(script, is_alive)
    await talk.open(5)
    return talk


async def test_a_kernel_is_ready_when_it_answered_and_was_heard(jp_asyncio_loop):
    script = Script([INFO], [WELCOME])
    await opened(script)
    assert script.greetings == 1


async def test_an_output_channel_that_is_not_connected_yet_is_asked_for_again(jp_asyncio_loop):
    script = Script([None, INFO], [None, None, IDLE])
    await opened(script)
    assert script.greetings == 3


async def test_a_kernel_that_dies_while_it_starts_is_not_waited_for(jp_asyncio_loop):
    with pytest.raises(KernelDied):
        await opened(Script(), alive=False)


async def test_output_of_others_is_not_ours_but_their_updates_of_our_displays_are(jp_asyncio_loop):
    heard = []
    script = Script(
        [INFO, message("execute_reply", "theirs", status="error"), REPLY],
        [
            WELCOME,
            message("stream", "theirs", text="no"),
            message("status", "theirs", execution_state="idle"),
            message("update_display_data", "theirs"),
            message("stream", text="yes"),
            IDLE,
        ],
    )
    talk = await opened(script)
    reply = await talk.follow(talk.send("x"), lambda kind, content: heard.append((kind, content.get("text"))))
    assert reply.status == "ok"
    assert heard == [("update_display_data", None), ("stream", "yes")]


async def test_a_reply_is_told_before_the_output_has_ended(jp_asyncio_loop):
    told = []
    script = Script([INFO, REPLY], [WELCOME, None, message("stream", text="late"), IDLE])
    talk = await opened(script)
    await talk.follow(
        talk.send("x"), lambda kind, content: told.append(content["text"]), lambda reply: told.append(reply.status)
    )
    assert told == ["ok", "late"]


async def test_a_lost_end_of_output_does_not_hang_the_run(jp_asyncio_loop, monkeypatch):
    monkeypatch.setattr(conversation_module, "IOPUB_GRACE", 1.0)
    talk = await opened(Script([INFO, REPLY], [WELCOME]))
    assert (await asyncio.wait_for(talk.follow(talk.send("x")), 50)).execution_count == 1


async def test_a_kernel_that_dies_in_a_cell_is_noticed_after_the_first_silence(jp_asyncio_loop):
    alive = True

    async def is_alive():
        return alive

    talk = Conversation(Script([INFO], [WELCOME]), is_alive)
    await talk.open(5)
    alive = False
    with pytest.raises(KernelDied):
        await asyncio.wait_for(talk.follow(talk.send("x")), 50)


async def test_a_conversation_that_is_closed_ends_whoever_follows_it(jp_asyncio_loop):
    talk = await opened(Script([INFO], [WELCOME]))
    following = asyncio.ensure_future(talk.follow(talk.send("x")))
    await asyncio.sleep(0.01)
    talk.close()
    with pytest.raises(KernelDied, match="shut down"):
        await asyncio.wait_for(following, 50)


class Sockets(Script):
    """Whoever waits for a message when it is closed is cancelled, as with real sockets."""

    def __init__(self, *messages):
        super().__init__(*messages)
        self.waiting = []

    async def _next(self, messages):
        if not messages:
            self.waiting.append(asyncio.get_running_loop().create_future())
            await self.waiting[-1]
        return messages.popleft()

    def stop_channels(self):
        for future in self.waiting:
            future.cancel()


async def test_nothing_is_left_of_a_conversation_that_was_closed_under_somebody(jp_asyncio_loop):
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))
    talk = await opened(Sockets([INFO], [WELCOME]))
    following = asyncio.ensure_future(talk.follow(talk.send("x")))
    await asyncio.sleep(0.01)
    talk.close()
    assert isinstance((await asyncio.gather(following, return_exceptions=True))[0], KernelDied)
    del following
    await asyncio.sleep(0.01)
    gc.collect()
    assert complaints == []


async def test_a_flood_leaves_the_event_loop_to_others(jp_asyncio_loop):
    flood = [message("stream", text=str(n)) for n in range(2000)]
    talk = await opened(Script([INFO, REPLY], [WELCOME, *flood, IDLE]))
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.ensure_future(others())
    await talk.follow(talk.send("x"))
    other.cancel()
    assert turns >= 2000 / conversation_module.YIELD_EVERY
