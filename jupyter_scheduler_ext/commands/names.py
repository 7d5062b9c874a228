"""The names of all commands, in the order of the help. Imports nothing: the way to the server asks here as well."""

from __future__ import annotations

SECTIONS = {
    "See": ("list", "show", "runs", "log", "status"),
    "Make and change": ("create", "edit", "enable", "disable", "reset", "delete", "restore"),
    "Run": ("run", "cancel"),
    "Move": ("export", "import", "migrate"),
    "Keep": ("serve", "doctor", "db", "completion"),
}
COMPLETION = "_JUPYTER_SCHEDULER_EXT_COMPLETE"
"""The variable by which a shell asks for completions."""
NAMES = frozenset(name for names in SECTIONS.values() for name in names)
