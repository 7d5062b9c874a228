"""From a task to the messages of a chat: the system prompt, what was said before, the prompt and its attachments."""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_core.utils import ensure_async

from ..contexts.documents import Cell
from ..engine.errors import Invalid
from .resolving import is_secret

NAMED = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
MARK = "scheduler"
"""The member of a cell's metadata that makes it part of a conversation: ``{"role", "run"}``."""
LONGEST_TEXT = 200_000
"""Characters of an attachment that is sent as text."""
LARGEST_IMAGE = 10 * 1024 * 1024
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

Message = dict[str, Any]


def filled(text: str, known: Mapping[str, Any], field: str) -> str:
    """The text with its ``{{ name }}`` filled in. Raises Invalid for a name that is not known, and for a secret."""

    def value(name: str) -> str:
        if name not in known:
            raise Invalid(f"there is no {{{{ {name} }}}}; there are: {', '.join(known)}", field=field)
        if is_secret(known[name]):
            raise Invalid(f"{name} is a secret, which is not sent in a prompt", field=field)
        return str(known[name])

    return NAMED.sub(lambda found: value(found[1]), text)


def history(cells: Sequence[Cell], exchanges: int) -> list[Message]:
    """The last exchanges of a transcript that were answered whole, oldest first."""
    said: list[Message] = []
    asked: str | None = None
    for cell in cells:
        role = (cell.get("metadata", {}).get(MARK) or {}).get("role")
        text = _source(cell)
        if role == "user":
            asked = text
        elif role == "assistant" and asked is not None and cell["metadata"][MARK].get("whole"):
            said += [{"role": "user", "content": asked}, {"role": "assistant", "content": text}]
            asked = None
    return said[-2 * exchanges :] if exchanges else []


def cell(run_id: str, role: str, text: str) -> Cell:
    """What was said, as a cell of the transcript; an answer counts once its mark says that it is ``whole``."""
    metadata = {MARK: {"role": role, "run": run_id}}
    return {"id": f"{run_id[:40]}-{role}", "cell_type": "markdown", "metadata": metadata, "source": text}


def question(text: str, attachments: Sequence[Message]) -> Message:
    """The user's message: plain text where there is nothing else."""
    return {"role": "user", "content": [{"type": "text", "text": text}, *attachments] if attachments else text}


async def attachment(contents: Any, path: str) -> Message:
    """A file as a part of a message: a picture, or text. Raises Invalid for what is neither, or too large."""
    name = path.rpartition("/")[2]
    model = await ensure_async(contents.get(path, type="file", format="base64"))
    data = base64.b64decode(model["content"])
    kind = mimetypes.guess_type(name)[0]
    if kind in PICTURES:
        if len(data) > LARGEST_IMAGE:
            raise Invalid(f"the picture {name!r} is larger than {LARGEST_IMAGE:,} bytes", field="attachments")
        address = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
        return {"type": "image_url", "image_url": {"url": address}}
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid(f"{name!r} is neither text nor a picture: it cannot be sent", field="attachments") from None
    if len(text) > LONGEST_TEXT:
        raise Invalid(f"{name!r} has more than {LONGEST_TEXT:,} characters", field="attachments")
    return {"type": "text", "text": f"Attachment {name}:\n\n{text}"}


def _source(cell: Cell) -> str:
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)
