"""Answers over every task that are kept while somebody asks for them, and told which tasks have changed since."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from .board import Board

FEW = 256
"""So many tasks may always change between two times that an answer is asked for."""

STRETCH = 16
"""Beyond that one in so many may, before it is cheaper to work the answer out anew."""


class Answer:
    """What was worked out once, and is mended by whoever asks for it again."""

    def __init__(self) -> None:
        self.touched: set[str] = set()
        """Tasks that may have changed since it was worked out or mended."""
        self.worth_mending = 0
        """If more are touched before somebody asks again, it is not kept."""


A = TypeVar("A", bound=Answer)


class KeptAnswers(Generic[A]):
    """Answers by question; at most `most` of them, those asked for last. So nobody pays for long for what is not asked
    for again: it goes when others are asked for, or when more has changed than is worth mending."""

    def __init__(self, board: Board, most: int) -> None:
        self._board = board
        self._most = most
        self._answers: OrderedDict[Hashable, A] = OrderedDict()
        board.watch(self._touch)

    def __len__(self) -> int:
        return len(self._answers)

    def of(self, question: Hashable, make: Callable[[], A]) -> A:
        """The answer to a question, as old as it may be; one that `make` begins if there is none."""
        answer = self._answers.get(question)
        if answer is None:
            answer = self._answers[question] = make()
        answer.worth_mending = FEW + len(self._board.tasks) // STRETCH
        self._answers.move_to_end(question)
        if len(self._answers) > self._most:
            self._answers.popitem(last=False)
        return answer

    def _touch(self, task_id: str) -> None:
        for answer in self._answers.values():
            answer.touched.add(task_id)
            if len(answer.touched) > answer.worth_mending:
                kept = ((question, other) for question, other in self._answers.items() if other is not answer)
                self._answers = OrderedDict(kept)
