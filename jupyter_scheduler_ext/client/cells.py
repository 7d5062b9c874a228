"""Which names the code of a cell makes, and which it needs from others: read from the code, never by running it."""

from __future__ import annotations

import builtins
import symtable
from collections.abc import Iterable, Iterator, Sequence

KNOWN = frozenset(dir(builtins)) | {"get_ipython", "display", "__name__", "__file__"}


def names_made(source: str) -> set[str]:
    """What the code binds at its top level: assignments, imports, functions, classes. Nothing if it is no Python."""
    table = _table(source)
    if table is None:
        return set()
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()} | {
        symbol.get_name() for symbol in table.get_symbols() if symbol.is_namespace()
    }


def names_needed(source: str) -> set[str]:
    """What the code uses, anywhere in it, and neither makes nor finds in Python itself."""
    table = _table(source)
    if table is None:
        return set()
    return {name for inner in _tables(table) for name in _globals_of(inner)} - names_made(source) - KNOWN


def makers_of(names: Iterable[str], cells: Sequence[str]) -> dict[str, int]:
    """For each name the last of the cells, by its place, that makes it; names that none makes are left out."""
    wanted, found = set(names), {}
    for at in reversed(range(len(cells))):
        for name in wanted & names_made(cells[at]):
            found[name] = at
        wanted -= found.keys()
    return found


def _globals_of(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module"):
            yield symbol.get_name()


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for inner in table.get_children():
        yield from _tables(inner)


def _table(source: str) -> symtable.SymbolTable | None:
    try:
        return symtable.symtable(source, "cell", "exec")
    except (SyntaxError, ValueError):
        return None
