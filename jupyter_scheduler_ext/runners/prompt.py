"""Runs prompts: sent to a language model, the answer streamed to the log and kept in the context's transcript."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from ..contexts.transcript import Transcript
from ..engine.abc import Execution, Launch, Outcome, Runner, Sink
from ..engine.models import AnyTask
from ..engine.runs import RunError, RunState
from . import prompt_messages as messages
from .cells import LONGEST_RESULT
from .completion import Completion, EndpointFailed
from .prompt_action import PromptAction
from .prompt_settings import Endpoint, PromptSettings
from .resolving import built_ins
from .streaming import Refused, Silent, post
from .waiting import wait_until
from .workplace import Workplace

STOPPED = "Interrupted"


def make(place: Workplace) -> PromptRunner:
    """The entry point ``jupyter_scheduler_ext.runners``."""
    return PromptRunner(place, PromptSettings(config=place.config))


class PromptRunner(Runner):
    """Performs `PromptAction`."""

    kind = "prompt"

    def __init__(self, place: Workplace, settings: PromptSettings) -> None:
        self._place = place
        self._settings = settings

    async def check(self, task: AnyTask) -> None:
        assert isinstance(task.action, PromptAction)
        self._settings.check(task.action.endpoint)

    async def start(self, launch: Launch, sink: Sink) -> Execution:
        place, action = self._place, launch.task.action
        assert isinstance(action, PromptAction)
        endpoint = await asyncio.to_thread(self._settings.endpoint, action.endpoint, action.model)
        known = {**built_ins(launch.run, launch.task), **launch.parameters}
        system = messages.filled(action.system, known, "action.system")
        prompt = messages.filled(action.prompt, known, "action.prompt")
        paths = await place.attachments.paths(launch.run.context_id, launch.task.attachments)
        parts = [await messages.attachment(place.contents, path) for path in paths]
        folder = await place.contexts.ensure(launch.run.context_id, launch.task.name)
        document = await place.transcripts.open(folder, *await place.kernels.spec(None))
        said = [
            *([{"role": "system", "content": system}] if system else []),
            *messages.history(document.cells, action.memory),
            messages.question(prompt, parts),
        ]
        document.append([messages.cell(launch.run.id, "user", prompt)])
        body = {**action.options, "model": endpoint.model, "messages": said, "stream": True}
        return PromptExecution(place, launch, sink, endpoint, body, document, self._settings.silence)


class PromptExecution(Execution):
    """A question that is asked, or about to be. To stop it, however hard, is to close the connection."""

    def __init__(
        self,
        place: Workplace,
        launch: Launch,
        sink: Sink,
        endpoint: Endpoint,
        body: dict[str, Any],
        document: Transcript,
        silence: float,
    ) -> None:
        self._place = place
        self._launch = launch
        self._sink = sink
        self._endpoint = endpoint
        self._body = body
        self._document = document
        self._silence = silence
        self._answer = messages.cell(launch.run.id, "assistant", "")
        self._asking = asyncio.get_running_loop().create_task(self._ask(), name=f"prompt {launch.run.id}")
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"run {launch.run.id}")

    async def outcome(self) -> Outcome:
        return await asyncio.shield(self._task)

    async def interrupt(self) -> None:
        self._asking.cancel()

    async def terminate(self) -> None:
        self._asking.cancel()

    async def kill(self) -> None:
        self._asking.cancel()

    async def _run(self) -> Outcome:
        try:
            outcome = await self._asking
        except asyncio.CancelledError:
            outcome = _failed(STOPPED, "the run was stopped before the answer was whole")
        except Refused as error:
            outcome = _failed(f"HTTP{error.status}", self._plain(_reason(error)))
        except Silent as error:
            outcome = _failed("Silent", f"the endpoint fell silent: {error}")
        except EndpointFailed as error:
            outcome = _failed("EndpointFailed", self._plain(str(error)))
        except OSError as error:
            outcome = _failed(type(error).__name__, f"the endpoint could not be reached: {error.strerror or error}")
        if outcome.error is not None:
            self._sink.write("error", f"{outcome.error.name}: {outcome.error.message}")
        if outcome.state is RunState.SUCCEEDED:
            self._answer["metadata"][messages.MARK]["whole"] = True
        self._document.touch(self._answer)
        await self._document.close()
        return outcome

    async def _ask(self) -> Outcome:
        await wait_until(self._place.clock, self._launch.run.due_at or 0)
        self._sink.began()
        self._sink.located(output_path=self._document.path)
        completion = Completion(self._hear)
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        if self._endpoint.api_key:
            headers["Authorization"] = f"Bearer {self._endpoint.api_key}"
        body = await asyncio.to_thread(json.dumps, self._body)
        failure: list[EndpointFailed] = []

        def take(chunk: bytes) -> None:
            try:
                if not failure:
                    completion.take(chunk)
            except EndpointFailed as error:  # raised below: Tornado would log it as an accident
                failure.append(error)
                asyncio.get_running_loop().call_soon(self._asking.cancel)

        try:
            await post(self._endpoint.url, headers, body.encode(), take, self._silence)
        except asyncio.CancelledError:
            if failure:
                raise failure[0] from None
            raise
        if failure:
            raise failure[0]
        completion.close()
        if not completion.text:
            raise EndpointFailed("the endpoint answered nothing")
        if completion.finish == "length":
            self._sink.write("status", "the answer was cut: the model reached its longest answer")
        return Outcome(state=RunState.SUCCEEDED, result=completion.text.strip()[:LONGEST_RESULT])

    def _hear(self, piece: str) -> None:
        self._sink.write("stdout", piece)
        if not self._answer["source"]:
            self._document.append([self._answer])
        self._answer["source"] += piece
        self._document.touch(self._answer)

    def _plain(self, text: str) -> str:
        """What a service says, without the key that it may repeat."""
        key = self._endpoint.api_key
        return text.replace(key, "***") if key else text


def _reason(error: Refused) -> str:
    """A refusal in words: those of the service where it has any."""
    try:
        told = json.loads(error.text)["error"]
        words = str(told["message"] if isinstance(told, dict) else told)
    except (ValueError, KeyError, TypeError):
        words = error.text.strip()[:500]
    return f"the endpoint answered {error.status}{f': {words}' if words else ''}"


def _failed(name: str, message: str) -> Outcome:
    return Outcome(state=RunState.FAILED, reason=message, error=RunError(name=name, message=message))
