"""The client, driven as a person in a notebook would, against a real server with real kernels."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from live_server import LiveServer

from jupyter_scheduler_ext.client import (
    AsyncSchedulerClient,
    Conflict,
    Denied,
    Invalid,
    NotFound,
    NotInstalled,
    RunFailed,
    RunList,
    SchedulerClient,
    Stale,
    StillRunning,
    Unreachable,
    find_server,
)

pytestmark = pytest.mark.kernel


@pytest.fixture
def client(live_server: LiveServer) -> Iterator[SchedulerClient]:
    """A client of a server that has no tasks."""
    client = SchedulerClient(live_server.url, live_server.token)
    yield client
    client.bulk("delete", client.tasks())


def write_notebook(path: Path, *cells: str, parameters: str) -> None:
    """A notebook whose first cell is the one with the tag `parameters`."""
    made = [nbformat.v4.new_code_cell(source) for source in (parameters, *cells)]
    made[0].metadata["tags"] = ["parameters"]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)


def test_a_notebook_is_scheduled_run_and_waited_for(live_server: LiveServer, client: SchedulerClient) -> None:
    file = live_server.root / "reports" / "sales.ipynb"
    write_notebook(file, "print('for', region)\nlen(region)", parameters="region = ''")
    task = client.schedule(
        "reports/sales.ipynb", "30 2 * * *", name="Sales", timezone="Europe/Berlin", tags=("finance",)
    )
    assert (task.state, task.schedule, task.timezone, task.tags) == (
        "idle",
        "30 2 * * *",
        "Europe/Berlin",
        ("finance",),
    )
    assert task.next_run is not None
    assert task.next_run > datetime.now(UTC)

    run = task.run({"region": "emea"}).wait(60, check=True)
    assert (run.state, run.result, run.parameters) == ("succeeded", "4", {"region": "emea"})
    assert [entry["text"] for entry in run.log() if entry["kind"] == "stdout"] == ["for emea\n"]
    assert run.output_path is not None
    assert (live_server.root / run.output_path).exists()
    assert task.refresh().last_state == "succeeded"
    assert [one.id for one in task.runs()] == [run.id]


def test_a_failure_tells_what_happened(client: SchedulerClient) -> None:
    run = client.schedule(code="1/0", name="Broken").run().wait(60)
    assert run.state == "failed"
    assert run.error is not None
    assert run.error["name"] == "ZeroDivisionError"
    with pytest.raises(RunFailed, match="'Broken' failed: ZeroDivisionError: division by zero"):
        run.wait(check=True)
    assert "ZeroDivisionError" in repr(run)


def test_waiting_gives_up_while_the_run_goes_on_and_a_run_can_be_cancelled(client: SchedulerClient) -> None:
    task = client.schedule(code="import time; time.sleep(60)", name="Long")
    run = task.run()
    with pytest.raises(TimeoutError, match="still") as gave_up:
        run.wait(0.2)
    assert isinstance(gave_up.value, StillRunning)
    with pytest.raises(Conflict) as refused:
        task.run()
    assert refused.value.status == 409
    assert run.cancel().wait(30).state == "cancelled"


def test_a_log_can_be_followed_to_its_end(client: SchedulerClient) -> None:
    code = "import time\nfor i in range(3): print(i, flush=True); time.sleep(0.2)"
    run = client.schedule(code=code, name="Talks").run()
    said = "".join(entry["text"] for entry in run.log(follow=True) if entry["kind"] == "stdout")
    assert said == "0\n1\n2\n"


def test_a_task_is_edited_disabled_deleted_and_restored(client: SchedulerClient) -> None:
    task = client.schedule(["echo", "hello"], "@hourly", name="Echo")
    other = client.task("Echo")
    task.edit(name="Echo again", schedule="5 * * * *")
    assert (task.name, task.schedule) == ("Echo again", "5 * * * *")
    with pytest.raises(Stale):
        other.edit(name="Mine")
    assert task.disable().state == "disabled"
    assert task.enable().state == "idle"
    task.delete()
    assert len(client.tasks()) == 0
    with pytest.raises(NotFound):
        task.refresh()
    assert task.restore().name == "Echo again"


def test_tasks_are_listed_by_filter_and_page_by_page(client: SchedulerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_scheduler_ext.client.reading.PAGE", 2)
    for name in ("a", "b", "c", "d", "e"):
        client.schedule(code="1", name=name, tags=("odd",) if name in "ace" else ())
    assert [task.name for task in client.tasks()] == ["a", "b", "c", "d", "e"]
    assert [task.name for task in client.tasks(tag="odd", sort="-name")] == ["e", "c", "a"]
    assert [task.name for task in client.tasks(limit=3)] == ["a", "b", "c"]
    results = client.bulk("disable", filters={"tag": "odd"})
    assert [result["ok"] for result in results] == [True] * 3
    assert len(client.tasks(state="disabled")) == 3


def test_an_ad_hoc_task_runs_with_its_token(live_server: LiveServer, client: SchedulerClient) -> None:
    task = client.schedule(code="'called'", name="Hook")
    assert task.token_secret
    stranger = SchedulerClient(live_server.url, "no session needed")
    assert stranger.trigger(task.id, task.token_secret).origin == "token"
    assert client.task("Hook").token_secret is None
    old, new = task.token_secret, task.rotate_token()
    assert new != old
    with pytest.raises(NotFound):
        stranger.trigger(task.id, old)


def test_an_error_names_the_field_and_says_what_is_allowed(client: SchedulerClient) -> None:
    with pytest.raises(Invalid) as refused:
        client.schedule(code="1", when="99 * * * *", name="Never")
    assert refused.value.field == "schedule.minute"
    assert "0-59" in refused.value.message
    assert len(client.tasks()) == 0


@pytest.mark.parametrize(
    ("action", "field", "says"),
    [
        ({"kind": "notebook", "path": "gone.ipynb"}, "action.path", "'gone.ipynb' is not there"),
        ({"kind": "notebook", "path": "../out.ipynb"}, "action.path", "not a path inside the served folder"),
        (
            {"kind": "code", "source": "1", "kernel_name": "fortran77"},
            "action.kernel_name",
            "no kernel named 'fortran77'",
        ),
        ({"kind": "command", "argv": ["true"], "cwd": "gone"}, "action.cwd", "'gone' is not there"),
        ({"kind": "dance"}, "action", "notebook"),
    ],
)
def test_what_cannot_run_is_refused_when_it_is_saved(
    client: SchedulerClient, action: dict[str, object], field: str, says: str
) -> None:
    with pytest.raises(Invalid) as refused:
        client.create({"type": "adhoc", "name": "Cannot run", "action": action})
    assert refused.value.field == field
    assert says in refused.value.message
    assert len(client.tasks()) == 0


def test_a_task_whose_notebook_has_gone_can_still_be_changed_and_its_run_says_so(
    live_server: LiveServer, client: SchedulerClient
) -> None:
    file = live_server.root / "fleeting.ipynb"
    write_notebook(file, "1", parameters="n = 1")
    task = client.schedule("fleeting.ipynb", name="Fleeting")
    file.unlink()
    task.edit(name="Still here")
    run = task.run().wait(30)
    assert run.state == "failed"
    assert "'fleeting.ipynb' is not there" in repr(run)


def test_two_tasks_of_one_name_must_be_told_apart(client: SchedulerClient) -> None:
    first, second = (client.schedule(code="1", name="Twin") for _ in range(2))
    with pytest.raises(NotFound) as refused:
        client.run("Twin")
    assert first.id in refused.value.message
    assert second.id in refused.value.message


def test_definitions_go_out_and_come_in(client: SchedulerClient) -> None:
    client.schedule(code="1", when="@daily", name="Kept")
    exported = client.export()
    client.bulk("delete", client.tasks())
    client.import_tasks(exported, dry_run=True)
    assert len(client.tasks()) == 0
    client.import_tasks(exported)
    assert [task.name for task in client.tasks()] == ["Kept"]


def test_a_preview_says_when_a_rule_fires(client: SchedulerClient) -> None:
    seen = client.preview("0 9 * * 1-5", timezone="Europe/Berlin", count=3)
    assert len(seen["fires"]) == 3
    assert "09:00" in seen["words"]


@pytest.mark.parametrize(
    ("token", "says"),
    [("wrong", "does not know this token"), ("", "If it has a password alone, start it with a token")],
)
def test_who_is_not_known_is_told_what_to_do(live_server: LiveServer, token: str, says: str) -> None:
    client = SchedulerClient(live_server.url, token)
    for call in (client.status, lambda: client.schedule(code="1")):
        with pytest.raises(Denied, match=says):
            call()


def test_no_answer_and_no_scheduler_are_told_apart(live_server: LiveServer) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable):
            SchedulerClient(f"http://127.0.0.1:{unused.getsockname()[1]}/", "t").status()
    with pytest.raises(NotInstalled):
        SchedulerClient(f"{live_server.url}nowhere/", live_server.token).status()


def test_a_server_is_found_from_its_folder(live_server: LiveServer) -> None:
    found = find_server({}, live_server.root, live_server.home / "runtime")
    assert (found.url, found.token, Path(found.root or "")) == (live_server.url, live_server.token, live_server.root)


def test_runs_become_a_table_of_pandas_with_times_in_utc(
    client: SchedulerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pandas is no dependency, not even of the tests: what it is given is what counts."""
    pandas = ModuleType("pandas")
    pandas.DataFrame = list  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    client.schedule(code="6 * 7", name="Answer").run().wait(60, check=True)
    (row,) = client.runs("Answer").to_pandas()
    assert (row["task"], row["state"], row["result"], row["error"]) == ("Answer", "succeeded", "42", None)
    assert row["started_at"].utcoffset() == timedelta(0)
    assert row["finished_at"] >= row["started_at"]


def test_without_pandas_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        RunList().to_pandas()


def test_the_awaiting_client_does_the_same(live_server: LiveServer) -> None:
    async def work() -> None:
        client = AsyncSchedulerClient(live_server.url, live_server.token)
        task = await client.schedule(code="print('hi'); 6 * 7", name="Async")
        run = await (await task.run()).wait(60, check=True)
        assert run.result == "42"
        assert "".join([entry["text"] async for entry in run.log() if entry["kind"] == "stdout"]) == "hi\n"
        assert [one.id for one in await task.runs()] == [run.id]
        assert (await task.edit(tags=["x"])).tags == ("x",)
        assert [one.name for one in await client.tasks(tag="x")] == ["Async"]
        await task.delete()
        assert await client.tasks() == []

    asyncio.run(work())


class Texts(HTMLParser):
    """The words of a piece of HTML, and the elements that it opens."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.append(tag)


def test_tasks_and_runs_show_themselves_and_names_stay_text(client: SchedulerClient) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    task = client.schedule(code=f"raise ValueError({hostile!r})", name=hostile)
    run = task.run().wait(60)
    for html in (
        task.refresh()._repr_html_(),
        run._repr_html_(),
        client.tasks()._repr_html_(),
        client.runs(task)._repr_html_(),
    ):
        seen = Texts(html)
        assert "img" not in seen.elements
        assert hostile in "".join(seen.words)
    assert "failed" in repr(client.runs(task))
    assert "▲ error" in repr(client.tasks())
