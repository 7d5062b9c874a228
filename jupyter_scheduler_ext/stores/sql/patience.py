"""Connections to PostgreSQL that give up waiting for an answer.

The server's own time limits are kept by the very process that may stand still, and a network that swallows packets, or
a stopped process whose machine goes on acknowledging them, closes nothing. So the client has the last word. It comes
after the limits of the server, which leave the connection usable, and well before a lease has run out.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from functools import cache
from typing import Any

from ...engine.abc import StoreError
from .address import Address

PATIENCE = 28.0
"""Seconds that one exchange with the database may take: more than anybody waits for a lock."""
_CONNECT = {
    "connect_timeout": 5,
    "application_name": "jupyter-scheduler-ext",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "prepare_threshold": 2,
}


def engine_for(address: Address) -> Any:
    """A SQLAlchemy engine whose connections are patient, but not endlessly. Raises StoreError without the driver."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    try:
        engine = create_engine(address.url, poolclass=NullPool, connect_args=dict(_CONNECT), hide_parameters=True)
    except ImportError:
        raise StoreError("db_url needs psycopg: pip install 'jupyter-scheduler-ext[postgres]'") from None

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
        return _patient_connection().connect(*arguments, **options)

    return engine


@cache
def _patient_connection() -> Any:
    import psycopg

    class PatientConnection(psycopg.Connection[Any]):
        def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
            return super().wait(self._patiently(gen), *args, **options)

        def _patiently(self, gen: Any) -> Generator[Any, Any, Any]:
            """Steps of an exchange, each answered with what the socket is ready for; nothing, about every 0.1 s."""
            until = time.monotonic() + PATIENCE
            try:
                step = next(gen)
                while True:
                    ready = yield step
                    if not ready and time.monotonic() > until:
                        self.pgconn.finish()
                        raise psycopg.OperationalError(f"no answer within {PATIENCE:g} s")
                    step = gen.send(ready)
            except StopIteration as end:
                return end.value

    return PatientConnection
