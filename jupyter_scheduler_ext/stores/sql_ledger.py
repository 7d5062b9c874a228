"""The ledger in a SQL database: ``history.sqlite`` in the storage folder.

Ops about tasks and runs are carried out on a `Page` in memory and written in bulk; the few others speak SQL for
themselves. Whatever `apply` is given is one transaction: one commit, one fsync.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from ..engine.abc import Clock, Ledger, Notice
from ..engine.instants import Instant
from ..engine.ledger import Answer, Ask, Bucket, Bury, Heartbeat, Op, Prune, Request, RunFilter, Unburied, Unbury
from ..engine.runs import ACTIVE, Facts, Run
from .database import Contended, Damaged, Database, Row, SqliteDatabase, Transaction
from .ledger_page import Page, PageOp
from .ledger_pruning import prune
from .ledger_rows import FACT_COLUMNS, RUN_COLUMNS, facts_from, run_from
from .schema import migrate

_ACTIVE = "state IN ('queued', 'running')"
_ATTEMPTS = 4
"""How often a batch is tried that other writers are in the way of."""


def sqlite_ledger(folder: Path, clock: Clock) -> SqlLedger:
    """The ledger of a storage folder."""
    return SqlLedger(SqliteDatabase(folder / "history.sqlite", clock))


class SqlLedger(Ledger):
    """Runs, cursors, counters and requests in a `Database`. `notices` says what went wrong at opening."""

    def __init__(self, database: Database, *, leased: bool = False) -> None:
        """`leased`: several servers share the ledger, and one whose lease has run out may claim and start nothing."""
        self._database = database
        self._leased = leased
        self.notices: list[Notice] = []

    def open(self) -> None:
        with self._database.opening():
            try:
                self._enter()
            except Damaged as damage:
                moved = self._database.set_aside()
                self._enter()
                self._tell(
                    "error",
                    "history_lost",
                    f"The history was damaged and has been set aside as {moved} ({damage}). A new one was begun: past "
                    "runs, counters and pauses are not known any more, and schedules go on from now.",
                )

    def _enter(self) -> None:
        self._database.connect()
        if self._database.found_empty:
            self._tell(
                "warning",
                "history_empty",
                "The history was an empty file: the first start was cut short, or its content has been lost. "
                "Schedules go on from now.",
            )
        self._settle_schema()
        self._database.query("SELECT COUNT(*), SUM(records) FROM facts")
        self._database.query(f"SELECT COUNT(*) FROM runs WHERE {_ACTIVE}")

    def _settle_schema(self) -> None:
        migrate(self._database)

    def _tell(self, level: str, code: str, message: str) -> None:
        self.notices.append(Notice(level, code, message))

    def apply(self, ops: Sequence[Op]) -> list[Any]:
        for _ in range(_ATTEMPTS - 1):
            with contextlib.suppress(Contended):
                return self._apply(ops)
        return self._apply(ops)

    def _apply(self, ops: Sequence[Op]) -> list[Any]:
        answers: list[Any] = []
        with self._database.transaction() as transaction:
            transaction.quiet = all(isinstance(op, Heartbeat) for op in ops)
            for alone, group in groupby(ops, key=lambda op: type(op) in self._errands):
                if alone:
                    answers += [_attempt(self._errands[type(op)], self, transaction, op) for op in group]
                else:
                    together = cast("list[PageOp]", list(group))
                    page = Page.read(transaction, together, leased=self._leased)
                    answers += [_attempt(page.perform, op) for op in together]
                    page.write(transaction)
        return answers

    def facts(self) -> dict[str, Facts]:
        return {row[0]: facts_from(row) for row in self._fact_rows()}

    def _fact_rows(self) -> list[Row]:
        return self._database.query(f"SELECT {FACT_COLUMNS} FROM facts WHERE buried_at IS NULL")

    def active(self) -> list[Run]:
        return [run_from(row) for row in self._active_rows()]

    def _active_rows(self) -> list[Row]:
        return self._database.query(f"SELECT {RUN_COLUMNS} FROM runs WHERE {_ACTIVE} ORDER BY queued_at, id")

    def kernel_processes(self, owner: str) -> dict[str, str]:
        rows = self._database.query(
            f"SELECT id, kernel_process FROM runs WHERE {_ACTIVE} AND owner = ? AND kernel_process IS NOT NULL",
            (owner,),
        )
        return dict(cast("list[tuple[str, str]]", rows))

    def lapsed_owners(self) -> list[str]:
        rows = self._database.query(
            f"SELECT DISTINCT owner FROM runs WHERE {_ACTIVE} AND owner IS NOT NULL "
            "AND owner NOT IN (SELECT owner FROM owners WHERE lease_until >= ?) ORDER BY owner",
            (self._database.now(),),
        )
        return [row[0] for row in rows]

    def buried(self, before: Instant | None = None) -> list[str]:
        sql = "SELECT definition FROM facts WHERE buried_at IS NOT NULL AND definition IS NOT NULL"
        if before is None:
            return [row[0] for row in self._database.query(sql)]
        return [row[0] for row in self._database.query(f"{sql} AND buried_at < ?", (before,))]

    def run(self, run_id: str) -> Run | None:
        found = self._runs("WHERE id = ?", (run_id,))
        return found[0] if found else None

    def runs(self, which: RunFilter) -> list[Run]:
        conditions: list[str] = []
        values: list[Any] = []

        def only(condition: str, *operands: Any) -> None:
            conditions.append(condition)
            values.extend(operands)

        if which.ids:
            only(f"id IN ({', '.join('?' * len(which.ids))})", *which.ids)
        if which.task_id is not None:
            only("task_id = ?", which.task_id)
        if which.context_id is not None:
            shared = "SELECT id FROM runs WHERE context_id = ? AND context_id <> task_id"
            only(f"(task_id = ? AND context_id = task_id OR id IN ({shared}))", which.context_id, which.context_id)
        if which.key is not None:
            only("key = ?", which.key)
        if which.since is not None:
            only("queued_at >= ?", which.since)
        if which.until is not None:
            only("queued_at < ?", which.until)
        if which.before is not None:
            only("(queued_at, id) < (?, ?)", *which.before)
        if which.states:
            states = sorted(state.value for state in which.states)
            only(f"state IN ({', '.join('?' * len(states))})", *states)
            if which.states <= ACTIVE:
                only(f"id IN (SELECT id FROM runs WHERE {_ACTIVE})")
        where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
        return self._runs(f"{where}ORDER BY queued_at DESC, id DESC LIMIT ?", (*values, which.limit))

    def _runs(self, clauses: str, values: Sequence[Any] = ()) -> list[Run]:
        return [run_from(row) for row in self._database.query(f"SELECT {RUN_COLUMNS} FROM runs {clauses}", values)]

    def buckets(self, start: Instant, end: Instant, width: int, task_id: str | None = None) -> list[Bucket]:
        of_task = "" if task_id is None else "AND task_id = ? "
        rows = self._database.query(
            "SELECT (happened_at - ?) / ? AS bucket, state, COUNT(*) FROM runs "
            f"WHERE happened_at >= ? AND happened_at < ? {of_task}"
            "GROUP BY bucket, state ORDER BY bucket",
            (start, width, start, end, *([] if task_id is None else [task_id])),
        )
        return [
            Bucket(start + number * width, {state: count for _, state, count in group})
            for number, group in groupby(rows, key=lambda row: row[0])
        ]

    def requests(self) -> list[Request]:
        rows = self._database.query(f"SELECT {_REQUEST_COLUMNS} FROM requests WHERE reply IS NULL ORDER BY id")
        return [_request(row) for row in rows]

    def request(self, request_id: int) -> Request | None:
        rows = self._database.query(f"SELECT {_REQUEST_COLUMNS} FROM requests WHERE id = ?", (request_id,))
        return _request(rows[0]) if rows else None

    def changed(self) -> bool:
        return self._database.changed()

    def close(self) -> None:
        self._database.close()

    def _heartbeat(self, transaction: Transaction, op: Heartbeat) -> list[str]:
        transaction.run(
            "INSERT INTO owners (owner, lease_until) VALUES (?, ?) "
            "ON CONFLICT (owner) DO UPDATE SET lease_until = excluded.lease_until",
            (op.owner, self._database.now() + int(op.lease * 1000)),
        )
        mine = f"SELECT id FROM runs WHERE {_ACTIVE} AND owner = ? ORDER BY queued_at, id"
        return [row[0] for row in transaction.rows(mine, (op.owner,))]

    def _bury(self, transaction: Transaction, op: Bury) -> None:
        transaction.run(
            "INSERT INTO facts (task_id, failures, run_count, strip, records, buried_at, definition) "
            "VALUES (?, 0, 0, '[]', 0, ?, ?) ON CONFLICT (task_id) DO UPDATE SET "
            "buried_at = excluded.buried_at, definition = excluded.definition",
            (op.task_id, op.at, op.definition),
        )
        transaction.run(
            "UPDATE runs SET state = 'cancelled', finished_at = ?, reason = 'the task was deleted before this began' "
            f"WHERE {_ACTIVE} AND state = 'queued' AND task_id = ?",
            (op.at, op.task_id),
        )

    def _unbury(self, transaction: Transaction, op: Unbury) -> Unburied | None:
        transaction.run("UPDATE facts SET buried_at = NULL WHERE task_id = ?", (op.task_id,))
        rows = transaction.rows(f"SELECT {FACT_COLUMNS}, definition FROM facts WHERE task_id = ?", (op.task_id,))
        definition = cast("str | None", rows[0][-1]) if rows else None
        return None if definition is None else Unburied(definition, facts_from(rows[0]))

    def _ask(self, transaction: Transaction, op: Ask) -> int:
        body = json.dumps(op.body)
        newest = transaction.rows(f"SELECT id FROM requests ORDER BY id DESC LIMIT 1{transaction.lock}")
        # Ids grow with time, so that none is used again after its row was pruned.
        request_id = max(op.at, newest[0][0] + 1) if newest else op.at
        transaction.run(
            "INSERT INTO requests (id, verb, body, asked_at) VALUES (?, ?, ?, ?)", (request_id, op.verb, body, op.at)
        )
        return request_id

    def _answer(self, transaction: Transaction, op: Answer) -> None:
        reply = json.dumps(op.reply)
        transaction.run("UPDATE requests SET reply = ? WHERE id = ? AND reply IS NULL", (reply, op.request_id))

    def _prune(self, transaction: Transaction, op: Prune) -> list[tuple[str, str, str | None]]:
        return prune(transaction, op)

    _errands: dict[type, Callable[..., Any]] = {
        Heartbeat: _heartbeat,
        Bury: _bury,
        Unbury: _unbury,
        Ask: _ask,
        Answer: _answer,
        Prune: _prune,
    }


_REQUEST_COLUMNS = "id, verb, body, asked_at, reply"


def _request(row: Row) -> Request:
    reply = None if row[4] is None else json.loads(row[4])
    return Request(id=row[0], verb=row[1], body=json.loads(row[2]), asked_at=row[3], reply=reply)


def _attempt(fn: Callable[..., Any], *arguments: Any) -> Any:
    """The answer, or the exception of an op that cannot be carried out: it has changed nothing, the others stand."""
    try:
        return fn(*arguments)
    except (TypeError, ValueError) as error:
        return error
