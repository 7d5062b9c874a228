"""Everything at once: ``python benchmarks [--quick] [--only ROW ...] [--json FILE] [--markdown FILE]``.

This project beside what people would use instead, and beside floors that nobody can beat, in one run on one machine.
Each row is printed when it is measured. The peers are installed from PyPI the first time, into environments of their
own; one that cannot be has rows that say why. On two quiet cores it takes a good quarter of an hour, a `--quick` run,
whose figures mean nothing, some minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # as a folder it is there already, with `-m` it is not

import cells
import engines
import peers
import whole_servers
from figures import NOBODY, Row, Series, line, machine, put, table
from peers import Missing

PARTS: dict[str, Callable[[Path, bool], Iterator[Row]]] = {**engines.PARTS, **whole_servers.PARTS, **cells.PARTS}


def measure(names: list[str], quick: bool, seen: Callable[[Row], None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            print(f"measuring: {name}", file=sys.stderr, flush=True)
            started = time.monotonic()
            home = Path(folder) / name
            home.mkdir()
            try:
                for row in PARTS[name](home, quick):
                    seen(row)
            except Exception as error:  # one part that cannot be measured takes no other with it
                ours = Series("jupyter_scheduler_ext", trouble=f"{type(error).__name__}: {error}"[:300])
                seen(Row(f"`{name}`", ours, NOBODY, "this part was broken off here"))
            print(f"  {name} took {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def versions() -> dict[str, str]:
    """Of the peers that could be installed."""
    found = {}
    for requirements in (peers.JUPYTER_SCHEDULER, peers.PAPERMILL, peers.APSCHEDULER_3, peers.APSCHEDULER_4):
        name = peers.name_of(requirements)
        try:
            number = peers.version(peers.python_with(requirements), name)
            found[f"{name} {number.split('.')[0]}"] = number
        except Missing as error:
            found[" ".join(requirements)] = str(error)
    return found


def report(about: dict[str, Any], rows: list[Row]) -> str:
    """What goes into the documentation."""
    on = about["machine"]
    told = [
        f"Measured {about['date']} in {about['minutes']:.0f} minutes on {on['cores']} cores ({on['processor']}, "
        f"{on['system']}), Python {on['python']}, load {on['load']:.1f} before it began.",
        "Peers: " + ", ".join(f"{name.split()[0]} {number}" for name, number in about["versions"].items()) + ".",
    ]
    return "\n".join(told) + "\n\n" + table(rows) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("``")[0])
    parser.add_argument("--quick", action="store_true", help="see that all of it works, with figures that mean nothing")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="measure these rows only")
    parser.add_argument("--json", type=Path, help="write every measured value to this file")
    parser.add_argument("--markdown", type=Path, help="write the table to this file, or into its place there")
    given = parser.parse_args()
    about: dict[str, Any] = {"date": time.strftime("%Y-%m-%d"), "machine": machine(), "versions": versions()}
    started, rows = time.monotonic(), []
    print(table([]), flush=True)

    def seen(row: Row) -> None:
        rows.append(row)
        about["minutes"] = (time.monotonic() - started) / 60
        print(line(row.cells()), flush=True)
        if given.json:
            given.json.write_text(json.dumps({**about, "rows": [row.to_json() for row in rows]}, indent=1), "utf-8")
        if given.markdown:
            put(given.markdown, report(about, rows))

    measure(given.only, given.quick, seen)


if __name__ == "__main__":
    main()
