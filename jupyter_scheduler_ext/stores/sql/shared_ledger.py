"""The ledger in a database that several servers share: who is here, and whose lease has run out."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...engine import abc
from ...engine.instants import Instant
from ...engine.runs import Facts, Run
from ...engine.servers import Server
from ..database import Database
from ..ledger_rows import facts_from, run_from
from ..sql_ledger import SqlLedger
from .rereading import Reread
from .versions import check_version, settle_schema


class SharedLedger(SqlLedger, abc.SharedLedger):
    """The same ledger; claims, starts and adoptions of an owner without a valid lease are refused."""

    def __init__(self, database: Database, *, leased: bool = True) -> None:
        super().__init__(database, leased=leased)
        self._facts_read = Reread(facts_from)
        self._active_read = Reread(run_from)

    def open(self) -> None:
        # Nothing is set aside, as the embedded history is when it is damaged: definitions lie in here as well.
        with self._database.opening():
            self._enter()

    def _settle_schema(self) -> None:
        settle_schema(self._database)

    @property
    def name(self) -> str:
        """The database, without anything secret."""
        return self._database.name

    def facts(self) -> dict[str, Facts]:
        return self._facts_read(self._fact_rows())

    def active(self) -> list[Run]:
        return list(self._active_read(self._active_rows()).values())

    def now(self) -> Instant:
        """The database's clock."""
        return self._database.now()

    @property
    def read_only(self) -> str | None:
        """Why nothing can be written, if so."""
        return self._database.read_only

    def check_version(self) -> None:
        """Somebody may have upgraded the database meanwhile."""
        check_version(self._database)

    def join(self, server: Server) -> None:
        """Tell the others what this server is. Raises StoreError."""
        with self._database.transaction() as transaction:
            transaction.run(
                "INSERT INTO servers (owner, name, labels, slots, joined_at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (owner) DO UPDATE SET name = excluded.name, labels = excluded.labels, "
                "slots = excluded.slots",
                (server.owner, server.name, json.dumps(sorted(server.labels)), server.slots, transaction.now),
            )
            transaction.run(
                "DELETE FROM servers WHERE owner NOT IN (SELECT owner FROM owners WHERE lease_until > ?) "
                "AND joined_at < ?",
                (transaction.now - 86_400_000, transaction.now - 86_400_000),
            )

    def servers(self) -> list[Server]:
        """Those whose lease has not run out, in one and the same order everywhere."""
        rows = self._database.query(
            "SELECT servers.owner, name, labels, slots FROM servers JOIN owners ON owners.owner = servers.owner "
            "WHERE lease_until >= ? ORDER BY servers.owner",
            (self._database.now(),),
        )
        return [Server(owner, name, frozenset(_labels(labels)), slots) for owner, name, labels, slots in rows]


def _labels(text: str) -> Sequence[str]:
    found: Sequence[str] = json.loads(text)
    return found
