"""The transcript of a context: one notebook to which every code run adds its cells."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from weakref import WeakValueDictionary

from jupyter_core.utils import ensure_async
from tornado.web import HTTPError

from .documents import Cell, Document
from .folders import TRANSCRIPT

LONGEST = 400
"""Cells a transcript keeps; the oldest go."""


class Transcripts:
    """The transcripts that runs are writing to; runs that overlap in one context share the one document."""

    def __init__(self, contents: Any) -> None:
        self._contents = contents
        self._open: WeakValueDictionary[str, Document] = WeakValueDictionary()
        self._opening = asyncio.Lock()

    async def open(self, folder: str, kernel_name: str, language: str) -> Document:
        """The transcript in this context folder; a new one if there is none, or if it cannot be read: then the old one
        is moved aside under another name."""
        path = f"{folder}/{TRANSCRIPT}"
        async with self._opening:
            document = self._open.get(path)
            if document is None:
                notebook = await self._read(path) or _empty(kernel_name, language)
                document = self._open[path] = Document(self._contents, path, notebook, longest=LONGEST)
            return document

    async def _read(self, path: str) -> dict[str, Any] | None:
        try:
            model = await ensure_async(self._contents.get(path, type="file", format="text"))
        except HTTPError as error:
            if error.status_code == 404:
                return None
            await self._put_aside(path)
            return None
        found = await asyncio.to_thread(_parsed, model["content"])
        if found is None:
            await self._put_aside(path)
        return found

    async def _put_aside(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        stem, _, suffix = name.rpartition(".")
        free = await ensure_async(self._contents.increment_filename(f"{stem}-unreadable.{suffix}", folder))
        await ensure_async(self._contents.rename(path, f"{folder}/{free}"))


def _parsed(text: str) -> dict[str, Any] | None:
    """A notebook to which cells can be added, or None."""
    try:
        found = json.loads(text)
        cells: list[Cell] = found["cells"]
        good = found["nbformat"] == 4 and all(isinstance(cell.get("cell_type"), str) for cell in cells)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    found["nbformat_minor"] = max(found.get("nbformat_minor", 0), 5)
    for number, cell in enumerate(cells):
        cell.setdefault("id", f"cell-{number}")
    return dict(found) if good else None


def _empty(kernel_name: str, language: str) -> dict[str, Any]:
    return {
        "cells": [],
        "metadata": {
            "kernelspec": {"name": kernel_name, "display_name": kernel_name, "language": language},
            "language_info": {"name": language},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
