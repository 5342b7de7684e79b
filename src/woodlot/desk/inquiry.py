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
from woodlot.errors import ConnectionFailed, RateLimited, Unavailable, UnexpectedReply, WoodlotError
from woodlot.orders.output import AskAlgo, Question
from woodlot.stream.budget import Sleep
from woodlot.wire.request import Request

log = logging.getLogger(__name__)

_PASSING = (ConnectionFailed, RateLimited, Unavailable, UnexpectedReply)


class Inquiry:
    """Ask REST on behalf of the books. A question that waits already is not put twice."""

    def __init__(
        self,
        books: Books,
        *,
        send: Callable[[Request[Any]], Awaitable[Any]],
        doubts: Doubts,
        now_ms: Now,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._books = books
        self.send = send
        self._doubts = doubts
        self._now_ms = now_ms
        self._sleep = sleep
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
                await self._sleep(RETRY_S)
        else:
            self._questions.answered(question)

    def _procedure(self, question: Question) -> Asking:
        if isinstance(question, AskAlgo):
            return answer_algo(self._books, question, now_ms=self._now_ms, doubts=self._doubts)
        return answer(self._books, question, now_ms=self._now_ms, doubts=self._doubts)

    async def carry_out(self, asking: Asking, *, tries: int = 1) -> None:
        """Send what a procedure asks for until it ends; what it leaves open joins the queue.

        A question that fails for a reason that passes is put so often: a procedure of many pages that began anew with
        every broken one might never end.
        """
        try:
            request = next(asking)
            while True:
                try:
                    reply = await self._answered(request, tries=tries)
                except WoodlotError as error:
                    request = asking.throw(error)
                else:
                    request = asking.send(reply)
        except StopIteration as end:
            self.ask(end.value)
        finally:
            asking.close()

    async def _answered(self, request: Request[Any], *, tries: int) -> Any:
        for _ in range(tries - 1):
            try:
                return await self.send(request)
            except _PASSING as error:
                log.info("%s is asked again: %s", request.endpoint, error)
                await self._sleep(RETRY_S)
        return await self.send(request)
