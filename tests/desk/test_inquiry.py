from collections.abc import Generator, Iterator
from typing import Any

import pytest

from woodlot.clock import ManualClock
from woodlot.desk.bookkeeping import Books
from woodlot.desk.doubts import Doubts
from woodlot.desk.inquiry import Inquiry
from woodlot.desk.journal import Journal
from woodlot.errors import ConnectionFailed, NotFound, RateLimited, Unavailable, UnexpectedReply, WoodlotError
from woodlot.orders.output import Question
from woodlot.wire.request import Request
from woodlot.wire.trade import GetOrders

BROKEN = [
    Unavailable("away", endpoint="GET"),
    UnexpectedReply("cut", endpoint="GET"),
    ConnectionFailed("GET", "reset"),
    RateLimited("too many", endpoint="GET"),
]


class Rest:
    """Answers, or breaks, as its script says; then it answers."""

    def __init__(self, script: Iterator[WoodlotError | None]) -> None:
        self._script = script
        self.asked: list[int | None] = []
        self.slept_s: list[float] = []
        clock = ManualClock()
        self.inquiry = Inquiry(
            Books(Journal()),
            send=self.send,
            doubts=Doubts(absence_is_proof_after_s=None, clock=clock),
            now_ms=clock.now_ms,
            sleep=self.sleep,
        )

    async def send(self, request: Request[Any]) -> int:
        assert isinstance(request, GetOrders)
        self.asked.append(request.page)
        if (error := next(self._script, None)) is not None:
            raise error
        return len(self.asked)

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)


def pages(count: int) -> Generator[Request[Any], Any, tuple[Question, ...]]:
    for page in range(1, count + 1):
        yield GetOrders(page=page)
    return ()


async def test_a_procedure_of_many_pages_ends_though_every_other_answer_is_broken() -> None:
    rest = Rest(error for _ in range(10) for error in (BROKEN[0], None))
    await rest.inquiry.carry_out(pages(10), tries=5)
    assert rest.asked == [page for page in range(1, 11) for _ in range(2)]
    assert len(rest.slept_s) == 10


@pytest.mark.parametrize("error", BROKEN)
async def test_a_page_is_asked_for_so_often_and_no_more(error: WoodlotError) -> None:
    rest = Rest(iter([error] * 9))
    with pytest.raises(type(error)):
        await rest.inquiry.carry_out(pages(1), tries=3)
    assert rest.asked == [1, 1, 1]


async def test_what_does_not_pass_is_not_asked_again() -> None:
    rest = Rest(iter([NotFound("no", endpoint="GET")]))
    with pytest.raises(NotFound):
        await rest.inquiry.carry_out(pages(1), tries=3)
    assert rest.asked == [1]
