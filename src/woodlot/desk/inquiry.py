"""This file is how what the books ask gets its answer from REST: procedures carried out, questions in a queue."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from woodlot.desk.algo_recovery import answer_algo
from woodlot.desk.bookkeeping import Books
from woodlot.desk.doubts import Doubts
from woodlot.desk.questions import RETRY_S, Questions
from woodlot.desk.recovery import Asking, Now, answer
from woodlot.errors import WoodlotError
from woodlot.orders.output import AskAlgo, Question
from woodlot.wire.request import Request

log = logging.getLogger(__name__)


class Inquiry:
    """Ask REST on behalf of the books. A question that waits already is not put twice."""

    def __init__(
        self, books: Books, *, send: Callable[[Request[Any]], Awaitable[Any]], doubts: Doubts, now_ms: Now
    ) -> None:
        self._books = books
        self.send = send
        self._doubts = doubts
        self._now_ms = now_ms
        self._questions = Questions()
        self._turned = asyncio.Event()

    def ask(self, questions: Iterable[Question]) -> None:
        """Put questions at the end of the queue."""
        self._questions.add(questions)
        if self._questions:
            self._turned.set()

    async def answer_all(self) -> None:
        """Answer one question after another, for ever."""
        while True:
            self._turned.clear()
            while self._questions:
                await self._answer(self._questions.take())
            await self._turned.wait()

    async def _answer(self, question: Question) -> None:
        try:
            await self.carry_out(self._procedure(question))
        except WoodlotError as error:
            log.warning("the question about order %s stays open (%s); it is asked again", question.order_id, error)
            if self._questions.failed(question):
                await asyncio.sleep(RETRY_S)
        else:
            self._questions.answered(question)

    def _procedure(self, question: Question) -> Asking:
        if isinstance(question, AskAlgo):
            return answer_algo(self._books, question, now_ms=self._now_ms, doubts=self._doubts)
        return answer(self._books, question, now_ms=self._now_ms, doubts=self._doubts)

    async def carry_out(self, asking: Asking) -> None:
        """Send what a procedure asks for until it ends; what it leaves open joins the queue."""
        try:
            request = next(asking)
            while True:
                try:
                    reply = await self.send(request)
                except WoodlotError as error:
                    request = asking.throw(error)
                else:
                    request = asking.send(reply)
        except StopIteration as end:
            self.ask(end.value)
        finally:
            asking.close()
