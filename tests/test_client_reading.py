"""What the client that blocks and the one that awaits have in common: how they page and follow, and every method."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from jupyter_scheduler_ext.client import AsyncRun, AsyncSchedulerClient, AsyncTask, NotFound, Run, SchedulerClient, Task
from jupyter_scheduler_ext.client.connection import Call
from jupyter_scheduler_ext.client.naming import id_of
from jupyter_scheduler_ext.client.reading import PAGE, LogReader, Pages
from jupyter_scheduler_ext.client.records import RunRecord
from jupyter_scheduler_ext.client.waiting import Waiting


def shape(method: Any) -> list[tuple[str, Any, Any]]:
    """The parameters of a method: names, kinds and defaults."""
    return [(one.name, one.kind, one.default) for one in inspect.signature(method).parameters.values()]


@pytest.mark.parametrize(
    ("blocking", "awaiting"), [(SchedulerClient, AsyncSchedulerClient), (Task, AsyncTask), (Run, AsyncRun)]
)
def test_whatever_can_be_called_can_be_awaited_with_the_same_arguments(blocking: type, awaiting: type) -> None:
    methods = {name: item for name, item in vars(blocking).items() if inspect.isfunction(item) and name[0] != "_"}
    assert methods.keys() == {
        name for name, item in vars(awaiting).items() if inspect.isfunction(item) and name[0] != "_"
    }
    for name, method in methods.items():
        assert shape(method) == shape(getattr(awaiting, name)), name


def page(start: int, count: int, following: str | None) -> dict[str, Any]:
    return {"tasks": [{"uuid": str(number)} for number in range(start, start + count)], "next_cursor": following}


def asked(limit: int, cursor: str | None) -> Call:
    return Call("GET", "api/tasks", {"limit": limit, "cursor": cursor})


def test_pages_are_asked_for_until_there_are_no_more_or_enough() -> None:
    pages = Pages(asked, "tasks")
    assert pages.call == asked(PAGE, None)
    pages.take(page(0, PAGE, "next"))
    assert pages.call == asked(PAGE, "next")
    pages.take(page(PAGE, 5, None))
    assert pages.call is None
    assert len(pages.found) == PAGE + 5

    few = Pages(asked, "tasks", 3)
    assert few.call == asked(3, None)
    few.take(page(0, 2, "next"))
    assert few.call == asked(1, "next")
    few.take(page(2, 1, "more"))
    assert few.call is None
    assert Pages(asked, "tasks", 0).call is None


def log(entries: int, following: int, complete: bool = False) -> dict[str, Any]:
    return {"entries": [{"kind": "stdout"}] * entries, "next": following, "complete": complete}


def test_a_log_is_read_to_where_it_stands_or_followed_to_its_end() -> None:
    once = LogReader("run")
    assert len(once.take(log(2, 20))) == 2
    assert (once.over, once.pause, once.call.query) == (False, 0, {"from": 20})
    once.take(log(0, 20))
    assert once.over

    following = LogReader("run", follow=True)
    following.take(log(0, 0))
    first = following.pause
    following.take(log(0, 0))
    assert following.pause > first > 0
    following.take(log(1, 10))
    assert (following.over, following.pause) == (False, 0)
    following.take(log(0, 10))
    assert following.pause == first, "impatient again, after something came"
    following.take(log(0, 10, complete=True))
    assert (following.over, following.pause) == (True, 0)


def test_waiting_ends_with_the_run_or_with_its_time() -> None:
    run = RunRecord({"id": "run", "state": "running", "task_name": "Slow"})
    waiting = Waiting(run, progress=False)
    assert waiting.pause()
    run.data["state"] = "succeeded"
    assert waiting.pause() is None
    run.data["state"] = "queued"
    with pytest.raises(TimeoutError, match="still queued after 0 s"):
        Waiting(run, 0, progress=False).pause()


def test_a_name_stands_for_one_task_and_what_is_no_name_may_be_an_id() -> None:
    tasks = [{"uuid": "a", "name": "Report"}, {"uuid": "b", "name": "Twin"}, {"uuid": "c", "name": "Twin"}]
    assert id_of("Report", tasks) == "a"
    assert id_of("my-own-id", tasks) == "my-own-id"
    with pytest.raises(NotFound, match="2 tasks are named 'Twin'; name one by its id: b, c"):
        id_of("Twin", tasks)
    with pytest.raises(NotFound, match="no task with the id or name 'No such task'"):
        id_of("No such task", tasks)
