"""What people see of a shared schedule: edits, labels, requests to others, and a database that is away."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from ledger.parts import NOW, OWNER, apply_one, claim_of, finish_of, run_of, start_of
from postgres import Postgres

from jupyter_scheduler_ext.engine.abc import Put, StoreError
from jupyter_scheduler_ext.engine.batcher import Batcher
from jupyter_scheduler_ext.engine.clock import SharedClock
from jupyter_scheduler_ext.engine.ledger import Ask, Heartbeat
from jupyter_scheduler_ext.engine.runs import ACTIVE, RunState
from jupyter_scheduler_ext.engine.servers import Server
from jupyter_scheduler_ext.engine.sharing import Sharing
from jupyter_scheduler_ext.stores.sql import patience
from jupyter_scheduler_ext.stores.sql.opening import shared_stores
from jupyter_scheduler_ext.stores.sql.postgres import PostgresDatabase
from jupyter_scheduler_ext.stores.sql.versions import KNOWN, open_database, status, upgrade

from .household import PATIENCE, Household, Member, plan_of, until

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def house(postgres: Postgres, tmp_path: Path) -> Iterator[Household]:
    with Household(postgres.url(), tmp_path / "house", lease=15) as house:
        yield house


def soon(house: Household, milliseconds: int = 2000) -> int:
    return house.ledger.now() + milliseconds


def test_a_task_with_a_label_runs_only_where_the_label_is(house: Household) -> None:
    house.begin("plain")
    at = soon(house, 500)
    house.save([plan_of("tied", [at], at - 500, server_label="gpu"), plan_of("free", [at], at - 500)])
    until(lambda: any(run.task_id == "free" and run.state not in ACTIVE for run in house.runs()), "the free task's run")
    plain = house.members[0]
    until(lambda: "server_label" in plain.banners(), "a banner that no server has the label")
    house.begin("strong", labels="gpu, big")
    run = until(
        lambda: next((run for run in house.runs() if run.task_id == "tied" and run.state not in ACTIVE), None),
        "the tied task's run",
    )
    assert (run.server, run.state, run.fire_time) == ("strong", RunState.SUCCEEDED, at), "caught up by policy"
    until(lambda: "server_label" not in plain.banners(), "the banner gone")
    names = sorted(server["name"] for server in plain.status()["servers"])
    assert names == ["plain", "strong"]


def test_an_edit_is_on_the_agenda_of_every_server_within_a_moment(house: Household) -> None:
    house.begin("one", "two")
    now = house.ledger.now()
    saved = time.monotonic()
    house.save([plan_of("task", [now + 3_600_000], now)])
    for member in house.members:
        until(lambda member=member: member.status()["counts"]["tasks"] == 1, "the task on every server")
    assert time.monotonic() - saved < 60
    assert {member.status()["store"]["revision"] for member in house.members} == {1}


def test_a_dead_servers_waiting_runs_go_on_elsewhere(house: Household) -> None:
    house.lease = 5
    (doomed,) = house.begin("doomed")
    at = soon(house, 500)
    house.save([plan_of(f"task-{number}", [at], at - 500, policy={"overlap": "allow"}) for number in range(60)])
    until(lambda: len(house.starts()) > 0, "the first start")
    doomed.send(signal.SIGKILL)
    before = {run.id: run.state for run in house.ledger.active()}
    waiting = {run_id for run_id, state in before.items() if state is RunState.QUEUED}
    house.begin("heir")
    until(lambda: not house.ledger.active(), "an end of every run")
    ends = {run.id: run for run in house.runs()}
    assert all(ends[run_id].state is RunState.SUCCEEDED and ends[run_id].owner for run_id in waiting)
    lost = [run for run in ends.values() if run.state is RunState.LOST]
    assert {run.id for run in lost} <= set(before) - waiting
    assert all("not known" in run.reason for run in lost)
    told = [run_id for *_, run_id, _ in house.starts()]
    assert len(set(told)) == len(told), "something was started twice"
    assert {*told, *(run.id for run in lost)} == set(ends), "recorded as started and killed before it told so, or told"
    assert len(ends) == 60


def test_a_request_for_a_server_is_carried_out_by_that_server(house: Household) -> None:
    one, two = house.begin("one", "two")
    now = house.ledger.now()
    house.save([plan_of("task", [now + 3_600_000], now)])
    until(lambda: all(member.status()["counts"]["tasks"] == 1 for member in (one, two)), "the task on both")
    owners = {server.name: server.owner for server in house.ledger.servers()}
    for name in ("one", "two", "two"):
        body = {"task_id": "task", "parameters": {}, "key": None, "force": True, "origin": "manual", "to": owners[name]}
        (number,) = house.ledger.apply([Ask(verb="run", body=body, at=house.ledger.now())])
        reply = until(lambda number=number: house.ledger.request(number).reply, "an answer")
        run = house.ledger.run(reply["ok"]["run_id"])
        assert run is not None
        assert run.server == name


def test_while_the_database_is_away_nothing_is_lost_and_servers_say_so(database: Postgres, tmp_path: Path) -> None:
    with Household(database.url(), tmp_path / "house", lease=12) as house:
        one, two = house.begin("one", "two")
        first = soon(house)
        instants = [first + 200 * number for number in range(40)]
        house.save([plan_of(f"task-{number}", instants, first - 2000) for number in range(5)])
        until(lambda: len(house.starts()) > 20, "some starts")
        database.stop(signal.SIGKILL)
        until(lambda: all("database" in member.banners() for member in (one, two)), "a banner on both")
        until(lambda: one.status()["role"] == two.status()["role"] == "standby", "leases that nobody relies on")
        there = len(house.starts())
        time.sleep(1)
        assert len(house.starts()) == there, "something started while the database was away"
        database.start()
        until(lambda: not any("database" in member.banners() for member in (one, two)), "the banners gone")

        def over() -> bool:
            runs = house.runs()
            return len(runs) == 200 and not any(run.state in ACTIVE for run in runs)

        until(over, "an end of every fire")
        assert len(house.starts()) == 200
        assert {run.state for run in house.runs()} == {RunState.SUCCEEDED}, "a server was judged that was only cut off"


def test_a_database_that_is_down_at_the_start_is_waited_for(database: Postgres, tmp_path: Path) -> None:
    url = database.url()
    with Household(url, tmp_path / "house", lease=15) as house:
        now = house.ledger.now()
        house.save([plan_of("task", [now + 1000], now)])
        database.stop(signal.SIGINT)
        member = Member(url, tmp_path / "house", "late", 15)
        house.members.append(member)
        until(lambda: "cannot be reached" in member.log.read_text(), "a line in the log")
        database.start()
        member.ready()
        until(lambda: any(run.state is RunState.SUCCEEDED for run in house.runs()), "the fire made up for")


def test_a_newer_schema_is_read_and_never_written(house: Household, postgres: Postgres) -> None:
    (member,) = house.begin("one")
    at = soon(house, 3_600_000)
    house.save([plan_of("task", [at], at - 3_600_000)])
    until(lambda: member.status()["counts"]["tasks"] == 1, "the task there")
    database = open_database(house.url)
    database.connect()
    with database.transaction() as transaction:
        database.set_version(transaction, KNOWN + 1)
    until(lambda: member.status()["role"] == "standby", "the server standing by")
    until(lambda: "database_version" in member.banners(), "a banner")
    until(lambda: member.status()["store"]["read_only"], "read-only in status")
    told = next(b["message"] for b in member.status()["banners"] if b["code"] == "database_version")
    assert "newer version" in told
    store, ledger = shared_stores(house.url)
    snapshot = store.open()
    ledger.open()
    assert snapshot.read_only
    assert set(snapshot.tasks) == {"task"}
    with pytest.raises(Exception, match="newer version"):
        store.save([Put(snapshot.tasks["task"])])
    assert status(house.url).state == "newer"
    store.close()
    ledger.close()
    with database.transaction() as transaction:
        database.set_version(transaction, KNOWN)
    database.close()
    until(lambda: member.status()["role"] == "sharing", "the server taking part again")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_tables_are_made_by_an_upgrade_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path / 's.sqlite'}" if kind == "sqlite" else request.getfixturevalue("postgres").url()
    assert status(url).state == "new"
    before, after = upgrade(url)
    assert (before.state, after.state) == ("new", "current")
    assert upgrade(url)[0].state == "current"
    assert "as this version needs it" in str(status(url))


def test_a_password_is_nowhere_to_be_read(postgres: Postgres, tmp_path: Path) -> None:
    secret = "hunter2-is-secret"
    url = f"postgresql://scheduler:{secret}@127.0.0.1:1/postgres"
    (tmp_path / "house").mkdir()
    member = Member(url, tmp_path / "house", "one", 5)
    until(lambda: "cannot" in member.log.read_text(), "a line in the log")
    member.process.kill()
    member.close()
    assert secret not in member.log.read_text()
    for bad in (url, f"nonsense://x:{secret}@y", f"postgresql://x:{secret}@[", f"postgresql://x:{secret}@h:port/d"):
        with pytest.raises(Exception) as told:
            status(bad)
        texts = [str(error) + repr(error) for error in chain(told.value)]
        assert not [text for text in texts if secret in text]
        assert secret not in repr(open_database_or_none(bad))


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """What a traceback of it would print."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def open_database_or_none(url: str) -> object:
    try:
        return open_database(url)
    except Exception:
        return None


class Cut:
    """A connection that is lost at COMMIT, after the server heard of it or before."""

    def __init__(self, connection: Any, heard: bool) -> None:
        self._connection = connection
        self._heard = heard

    def execute(self, sql: str, *values: Any) -> Any:
        if sql != "COMMIT":
            return self._connection.execute(sql, *values)
        if self._heard:
            self._connection.execute(sql)
        self._connection.close()
        raise psycopg.OperationalError("the connection was lost")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.mark.parametrize("heard", [True, False])
def test_a_commit_whose_answer_was_lost_is_looked_up(postgres: Postgres, heard: bool) -> None:
    url = postgres.url()
    upgrade(url)
    database = open_database(url)
    assert isinstance(database, PostgresDatabase)
    database.connect()
    database._writer = Cut(database._writer, heard)
    told = True
    try:
        with database.transaction() as transaction:
            transaction.run("INSERT INTO owners (owner, lease_until) VALUES ('me', 1)")
    except StoreError:
        told = False
    assert told == heard
    assert database.query("SELECT owner FROM owners") == ([("me",)] if heard else [])
    with database.transaction() as transaction:
        transaction.run("INSERT INTO owners (owner, lease_until) VALUES ('you', 1)")
    (number,) = database.query("SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)::text")[0]
    assert not database._was_committed(number, 99), "another's transaction, to which a crash gave the same number"
    assert not database._was_committed(str(2**40), 99), "one of which the database knows nothing any more"
    database.close()


@pytest.mark.parametrize("committed", [True, False])
def test_a_claim_whose_connection_is_ended_in_mid_commit_is_looked_up_and_made_once(
    postgres: Postgres, committed: bool
) -> None:
    """PostgreSQL itself holds the commit: after it is done, waiting for a replica, or before, in a deferred trigger."""
    url = postgres.url()
    _, ledger = shared_stores(url)
    ledger.open()
    ledger.apply([Heartbeat(owner=OWNER, lease=600)])
    runs = f"{url.rpartition('schema=')[2]}.runs"
    waiting = "SELECT pid FROM pg_stat_activity WHERE query = 'COMMIT' AND wait_event = %s"
    with psycopg.connect(postgres.url_of_libpq(), autocommit=True) as admin, ThreadPoolExecutor(1) as pool:
        admin.execute(
            f"CREATE FUNCTION {runs}_hold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(900); END'"
        )
        if committed:
            admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            admin.execute("SELECT pg_reload_conf()")
        else:
            admin.execute(
                f"CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON {runs} DEFERRABLE INITIALLY DEFERRED "
                f"FOR EACH ROW EXECUTE FUNCTION {runs}_hold()"
            )
        try:
            claiming = pool.submit(apply_one, ledger, claim_of(run_of(fire=NOW)))
            why = "SyncRep" if committed else "PgSleep"
            (pid,) = until(lambda: admin.execute(waiting, (why,)).fetchone(), "a commit that is held")
            admin.execute("SELECT pg_terminate_backend(%s)", (pid,))
            if committed:
                assert claiming.result(PATIENCE).accepted
            else:
                with pytest.raises(StoreError, match="cannot be reached"):
                    claiming.result(PATIENCE)
        finally:
            admin.execute("ALTER SYSTEM RESET synchronous_standby_names")
            admin.execute("SELECT pg_reload_conf()")
            admin.execute(f"DROP FUNCTION {runs}_hold CASCADE")
    assert apply_one(ledger, claim_of(run_of(fire=NOW))).accepted is not committed, "free again only if it was not made"
    assert len(ledger.active()) == 1
    ledger.close()


def test_a_server_process_that_stands_still_is_given_up_and_another_asked(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGSTOP: no connection is closed, and no limit of the database's own is kept."""
    monkeypatch.setattr(patience, "PATIENCE", 3.0)
    url = postgres.url()
    upgrade(url)
    database = open_database(url)
    assert isinstance(database, PostgresDatabase)
    database.connect()
    count = "INSERT INTO owners (owner, lease_until) VALUES ('me', 1) ON CONFLICT DO NOTHING"
    for connection in (database._reader, database._writer):
        assert connection is not None
        with stopped(connection.info.backend_pid):
            assert database.query("SELECT 1") == [(1,)]
            with database.transaction() as transaction:
                transaction.run(count)
        assert connection.closed

    def stand_still_in_a_transaction() -> None:
        with database.transaction() as transaction, stopped(database._writer.info.backend_pid):
            transaction.run("UPDATE owners SET lease_until = 2")

    with pytest.raises(StoreError, match="no answer within"):
        stand_still_in_a_transaction()
    assert database.query("SELECT lease_until FROM owners") == [(1,)]
    database.close()


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_an_owner_without_a_lease_claims_and_starts_nothing(postgres: Postgres) -> None:
    store, ledger = shared_stores(postgres.url())
    store.open()
    ledger.open()
    run, other = run_of(fire=NOW), run_of("other", NOW)
    assert not apply_one(ledger, claim_of(run)).accepted
    ledger.apply([Heartbeat(owner=OWNER, lease=60)])
    assert apply_one(ledger, claim_of(run)).accepted
    ledger.apply([Heartbeat(owner=OWNER, lease=-1)])
    assert apply_one(ledger, start_of(run)) is False
    assert not apply_one(ledger, claim_of(other)).accepted
    assert ledger.lapsed_owners() == [OWNER]
    ledger.apply([Heartbeat(owner=OWNER, lease=60)])
    assert apply_one(ledger, start_of(run)) is True
    assert ledger.lapsed_owners() == []
    ledger.close()
    store.close()


@pytest.mark.parametrize("judged", [False, True])
async def test_a_start_that_outlived_its_lease_begins_once_unless_others_have_ended_it(
    postgres: Postgres, judged: bool, jp_asyncio_loop: Any
) -> None:
    _, ledger = shared_stores(postgres.url())
    ledger.open()
    run, seen = run_of(fire=NOW), []
    apply_one(ledger, Heartbeat(owner=OWNER, lease=600))
    apply_one(ledger, claim_of(run))
    apply_one(ledger, start_of(run))
    commits = Batcher(ledger.apply)
    board, nobody = SimpleNamespace(saw_runs=seen.extend), SimpleNamespace()
    sharing = Sharing(
        **{"me": Server(OWNER, "one", frozenset(), 4), "board": board, "pipeline": nobody, "ticker": nobody},
        **{"ledger": commits, "source": ledger, "executors": {}, "clock": SharedClock(), "new_id": str},
        **{"perform": nobody, "interval": 0.05, "lease": 600},
    )
    sharing._ticking = asyncio.create_task(asyncio.sleep(3600))
    try:
        beginning = asyncio.create_task(sharing.in_force(run))  # it has not renewed its lease yet
        await asyncio.sleep(0.3)
        assert not beginning.done()
        if judged:
            assert apply_one(ledger, finish_of(run, RunState.LOST)) is not None
        sharing._beat = sharing._clock.monotonic(), sharing._clock.now()
        begun = await asyncio.wait_for(beginning, 60)
        if judged:
            assert begun is None
            return
        assert begun.epoch == run.epoch + 1
        assert [one.id for one in seen] == [run.id]
        assert await sharing.in_force(begun) == begun
        assert apply_one(ledger, finish_of(run, RunState.LOST)) is None, "the verdict comes too late"
    finally:
        sharing._ticking.cancel()
        commits.close()
        ledger.close()


def test_a_fire_that_another_writer_is_at_is_left_alone_and_not_waited_for(postgres: Postgres) -> None:
    url = postgres.url()
    _, ledger = shared_stores(url)
    ledger.open()
    ledger.apply([Heartbeat(owner=OWNER, lease=60)])
    first = run_of(fire=NOW)
    assert apply_one(ledger, claim_of(first)).accepted
    rival = open_database(url)
    rival.connect()
    with rival.transaction() as transaction:
        transaction.rows("SELECT task_id FROM facts FOR UPDATE")
        busy, free = run_of(fire=NOW + 1), run_of("free", NOW + 1)
        answers = ledger.apply([claim_of(busy, after=NOW), claim_of(free)])
        assert [answer.accepted for answer in answers] == [False, True]
        assert answers[0].facts.cursor == NOW
    assert apply_one(ledger, claim_of(busy, after=NOW)).accepted
    rival.close()
    ledger.close()
