"""This file is the questions that wait for REST: each once, and one that fails is put again soon.

The tracker repeats what stays unanswered, ever later; executions that wait for a missing one cannot wait that long.
"""

from collections import deque
from collections.abc import Iterable

from woodlot.orders.output import Question

RETRY_S = 1.0
_ATTEMPTS = 5


class Questions:
    """A queue without duplicates."""

    def __init__(self) -> None:
        self._waiting: deque[Question] = deque()
        self._failures: dict[Question, int] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, questions: Iterable[Question]) -> None:
        for question in questions:
            if question not in self._waiting:
                self._waiting.append(question)

    def take(self) -> Question:
        """Return the question that waits longest."""
        return self._waiting.popleft()

    def answered(self, question: Question) -> None:
        self._failures.pop(question, None)

    def failed(self, question: Question) -> bool:
        """Put a question again at the end; after some attempts leave it to the tracker, and say False."""
        count = self._failures.pop(question, 0) + 1
        if count >= _ATTEMPTS:
            return False
        self._failures[question] = count
        self.add((question,))
        return True
