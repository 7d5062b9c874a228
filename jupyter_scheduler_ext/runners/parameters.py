"""Parameters of a run as code, in a cell of their own after the one tagged ``parameters`` (Papermill's convention).

Papermill's translators write the code for Python, R, Julia and a dozen more languages; they are imported when first
needed. Names are checked here, since they become code and may come from whoever may call a task.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..engine.errors import Invalid
from .resolving import is_secret

PARAMETERS = "parameters"
INJECTED = "injected-parameters"
UNSAFE = frozenset({".net-powershell"})
"""Languages whose strings run code that stands in them, and for which Papermill does not escape it."""
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


def check_names(parameters: Mapping[str, Any]) -> None:
    """Raise Invalid for a name that is not a plain identifier."""
    for name in parameters:
        if not NAME.fullmatch(name):
            raise Invalid(
                f"{name!r} cannot be a parameter's name: letters, digits and underscores, not starting with a digit",
                field="parameters",
            )


def load_translators() -> Any:
    """Papermill's translators of values to code; the first call imports them."""
    from papermill import translators

    return translators


@dataclass(frozen=True, slots=True)
class Injection:
    """Code that sets a run's parameters. `shown` goes into a cell, `hidden` sets the secrets and is shown nowhere."""

    shown: str
    hidden: str | None = None


def as_injection(parameters: Mapping[str, Any], language: str, kernel_name: str = "") -> Injection:
    """Assignments in the kernel's language. Raises Invalid if that language is not known or a value has no form in it.

    Imports Papermill on first use: call it off the event loop.
    """
    check_names(parameters)
    translator = _translator(language, kernel_name)
    secrets = {name: value for name, value in parameters.items() if is_secret(value)}
    public = {name: value for name, value in parameters.items() if name not in secrets}
    lines = [_code(translator, public, language), *(translator.comment(f"{name}: a secret") for name in secrets)]
    hidden = _code(translator, secrets, language) if secrets else None
    return Injection("\n".join(line.rstrip("\n") for line in lines), hidden)


def _translator(language: str, kernel_name: str) -> Any:
    papermill = load_translators()
    try:
        if language in UNSAFE:
            raise papermill.PapermillException(language)
        return papermill.papermill_translators.find_translator(
            kernel_name, language if language == "R" else language.lower()
        )
    except papermill.PapermillException:
        message = f"parameters cannot be given to a kernel whose language is {language!r}"
        raise Invalid(message, field="parameters") from None


def _code(translator: Any, parameters: Mapping[str, Any], language: str) -> str:
    papermill = load_translators()
    try:
        if issubclass(translator, papermill.PythonTranslator):
            # Its own codify would run the code through a formatter, if one is installed.
            return str(papermill.Translator.codify.__func__(translator, parameters))
        code = str(translator.codify(parameters))
    except NotImplementedError as error:
        raise Invalid(f"a parameter has no form in {language}: {error}", field="parameters") from None
    return code.replace("$", r"\$") if language.lower() == "julia" else code  # "$" in a Julia string runs what follows


def tags_of(cell: Mapping[str, Any]) -> tuple[str, ...]:
    """The tags of a cell; none if its metadata are not as they should be."""
    tags = cell.get("metadata", {}).get("tags", ())
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list | tuple) else ()


def find_tagged(cells: list[dict[str, Any]], tag: str) -> int | None:
    """The position of the first cell with this tag."""
    return next((position for position, cell in enumerate(cells) if tag in tags_of(cell)), None)


def inject(cells: list[dict[str, Any]], code: str, *, cell_id: str | None = None) -> list[dict[str, Any]]:
    """The cells with one more that holds `code`: in place of an earlier injected one, else after the cell tagged
    ``parameters``, else first."""
    injected: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"tags": [INJECTED]},
        "outputs": [],
        "source": code.rstrip("\n"),
    }
    if cell_id is not None:
        injected["id"] = cell_id
    earlier = find_tagged(cells, INJECTED)
    if earlier is not None:
        return [*cells[:earlier], injected, *cells[earlier + 1 :]]
    declared = find_tagged(cells, PARAMETERS)
    after = 0 if declared is None else declared + 1
    return [*cells[:after], injected, *cells[after:]]
