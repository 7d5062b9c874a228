"""A `db_url`: which database, which schedule in it, and how it may be named without giving a password away."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...engine.abc import StoreError

if TYPE_CHECKING:
    from sqlalchemy import URL

SCHEMA = "scheduler_ext"
"""The PostgreSQL schema of a schedule, unless ``?schema=`` names another: one database may hold several."""

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_SECRET = re.compile(r"((?:password|passwd|pwd)\s*=\s*)('[^']*'|\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A parsed `db_url`. `shown` is for logs, status and errors: no user, no password, no options."""

    url: URL
    shown: str
    schema: str = SCHEMA

    @classmethod
    def parse(cls, text: str) -> Address:
        """Raises StoreError, with a message that repeats nothing of the text: it may hold a password."""
        make_url = _sqlalchemy().make_url
        try:
            url = make_url(text.strip())
            kind = url.get_backend_name()
        except Exception:
            raise StoreError("db_url cannot be read; write it as postgresql://user@host/database") from None
        if kind == "sqlite":
            return cls(url, f"sqlite:///{_file(url)}")
        if kind not in ("postgresql", "postgres"):
            raise StoreError("db_url is for postgresql:// or sqlite:///")
        query = dict(url.query)
        schema = query.pop("schema", SCHEMA)
        if not isinstance(schema, str) or not _NAME.fullmatch(schema):
            raise StoreError("the schema in db_url is a name of lower-case letters, digits and _")
        url = url.set(drivername="postgresql+psycopg", query=query)
        host = url.host or _first(query.get("host")) or "localhost"
        port = f":{url.port}" if url.port else ""
        place = "" if schema == SCHEMA else f" (schema {schema})"
        return cls(url, f"postgresql://{host}{port}/{url.database or ''}{place}", schema)

    @property
    def file(self) -> Path | None:
        """The file, if this is SQLite."""
        return _file(self.url) if self.url.get_backend_name() == "sqlite" else None

    def clean(self, text: object) -> str:
        """A driver's message without what is secret, in one line."""
        told = " ".join(str(text).split())
        for secret in (self.url.password, *(_first(value) for value in self.url.query.values())):
            if secret and len(str(secret)) > 2 and "/" not in str(secret):
                told = told.replace(str(secret), "***")
        return _SECRET.sub(r"\1***", told)

    def __repr__(self) -> str:
        return f"Address({self.shown})"


def _file(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise StoreError("db_url of SQLite names a file: sqlite:////folder/schedule.sqlite")
    return Path(url.database).expanduser().absolute()


def _first(value: object) -> str:
    if isinstance(value, tuple):
        return str(value[0]) if value else ""
    return str(value or "")


def _sqlalchemy() -> Any:
    try:
        import sqlalchemy
    except ImportError:
        raise StoreError("db_url needs SQLAlchemy: pip install 'jupyter-scheduler-ext[postgres]'") from None
    return sqlalchemy
