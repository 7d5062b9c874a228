"""api/tasks/{uuid}/attachments: files that belong to a task."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import AsyncIterator
from typing import Annotated

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ..engine.errors import Invalid, NotFound
from .base import ApiHandler
from .body import MEGABYTE
from .endpoint import endpoint
from .shapes import Deleted, Shape

LIMIT = 1024 * MEGABYTE
"""What the route takes; how large an attachment may be is configured, and said where it is kept."""


class NewAttachment(Shape):
    """A file by its content in base64, or the path of one below the served root, which is copied.

    Instead of this object the body may be the file itself, with its name in the query and a Content-Type that is not
    JSON: large files are best sent so.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str | None, Field(max_length=1000)] = None
    """What the file is to be called."""
    content: str | None = None
    """The file in base64."""
    path: Annotated[str | None, Field(max_length=1024)] = None
    """A file to copy, from the served root."""

    @model_validator(mode="after")
    def _one_of_both(self) -> NewAttachment:
        if (self.path is None) == (self.content is None) or (self.content is not None and not self.name):
            raise PydanticCustomError("which_file", "give a name and content, or the path of a file")
        return self


class AttachmentQuery(Shape):
    name: str | None = None
    """What the file is to be called, if the body is the file itself."""


class AttachmentShown(Shape):
    name: str
    """What it is called."""
    path: str
    """Where it lies, from the served root."""
    size: int | None
    """Bytes."""
    last_modified: str | None
    """When it was written."""


class AttachmentList(Shape):
    attachments: list[AttachmentShown]
    """One entry a file."""


class AttachmentReply(Shape):
    attachment: AttachmentShown
    """The file as it is kept."""


@endpoint("GET", "api/tasks/{uuid}/attachments", "read", replies={200: AttachmentList})
async def scheduler_attachments_list(request: ApiHandler, uuid: str) -> None:
    """List the files that a task keeps."""
    task = request.scheduler.editor.get(uuid)
    request.reply({"attachments": await request.assembly.attachments.all(task.context)})


@endpoint(
    "POST",
    "api/tasks/{uuid}/attachments",
    "execute",
    query=AttachmentQuery,
    body=NewAttachment,
    takes=("application/octet-stream",),
    replies={201: AttachmentReply},
    limit=LIMIT,
)
async def scheduler_attachment_add(request: ApiHandler, uuid: str) -> None:
    """Give a task a file: its runs are told where it lies. One of the same name is replaced."""
    task = request.scheduler.editor.get(uuid)
    kept, name = request.assembly.attachments, request.query_as(AttachmentQuery).name
    if name is not None:
        made = await kept.add(task.context, task.name, name, request.body_parts())
    else:
        body = request.body_as(NewAttachment)
        if body.path is not None:
            await request.require("read", "contents")
            made = await kept.copy_in(task.context, task.name, body.path)
        else:
            made = await kept.add(task.context, task.name, body.name or "", decoded(body.content or ""))
    if made["name"] not in task.attachments:
        await request.scheduler.update(uuid, {"attachments": [*task.attachments, made["name"]]})
    request.reply({"attachment": made}, 201)


@endpoint("DELETE", "api/tasks/{uuid}/attachments/{name}", "write", replies={200: Deleted})
async def scheduler_attachment_delete(request: ApiHandler, uuid: str, name: str) -> None:
    """Take a file from a task; it is removed unless another task of the context has it too."""
    task = request.scheduler.editor.get(uuid)
    others = [other for other in request.scheduler.tasks.snapshot.tasks.values() if other.context == task.context]
    shared = any(name in other.attachments for other in others if other.uuid != uuid)
    if name in task.attachments:
        rest = [one for one in task.attachments if one != name]
        await request.scheduler.update(uuid, {"attachments": rest})
    elif shared:
        raise NotFound(f"this task has no attachment {name!r}", field="name")
    if not shared and "/" not in name:
        await request.assembly.attachments.remove(task.context, name)
    request.reply({"deleted": name})


async def decoded(content: str) -> AsyncIterator[bytes]:
    """The bytes of a base64 text. Raises Invalid."""
    try:
        yield b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("content must be base64", field="content") from None
