import pytest
from tests.orders.messages import place

from woodlot.errors import (
    ArgumentError,
    ConnectionFailed,
    FilterRefused,
    InsufficientFunds,
    OutcomeUnknown,
    RateLimited,
    Unauthorized,
    Unavailable,
    UnexpectedReply,
    WoodlotError,
)
from woodlot.orders.commands import Command, failure, ids
from woodlot.orders.states import News
from woodlot.wire.trade import CancelAllOrders, CancelOrder, CancelOrders, EditOrder

COMMANDS: dict[str, Command] = {
    "place": place(),
    "amend": EditOrder(order_id=1, price="1"),
    "cancel": CancelOrder(order_id=1),
    "cancel all": CancelAllOrders(),
}
NOTHING_HAPPENED = [
    ConnectionFailed("POST", "refused"),
    RateLimited("slow down"),
    Unauthorized("who"),
    ArgumentError("price", "no"),
]
UNPROVEN = [OutcomeUnknown("POST", "cut"), Unavailable("internal error"), UnexpectedReply("<html>"), WoodlotError("?")]


@pytest.mark.parametrize("error", UNPROVEN, ids=repr)
def test_what_proves_nothing_may_have_happened(error: WoodlotError) -> None:
    assert [failure(command, error) for command in COMMANDS.values()] == [
        News.LOST,
        News.AMEND_LOST,
        News.CANCEL_LOST,
        News.CANCEL_LOST,
    ]


@pytest.mark.parametrize("error", NOTHING_HAPPENED, ids=repr)
def test_what_never_reached_the_book_was_not_sent(error: WoodlotError) -> None:
    assert [failure(command, error) for command in COMMANDS.values()] == [
        News.NOT_SENT,
        News.AMEND_DENIED,
        News.CANCEL_DENIED,
        News.CANCEL_DENIED,
    ]


def test_a_refusal_is_a_refusal() -> None:
    error = InsufficientFunds("no")
    assert failure(COMMANDS["place"], error) is News.REFUSED
    assert failure(COMMANDS["amend"], error) is News.AMEND_DENIED


def test_the_code_decides_what_an_error_proves() -> None:
    assert failure(COMMANDS["place"], Unavailable("internal error", code=-1000)) is News.LOST
    assert failure(COMMANDS["place"], FilterRefused("too small", code=-1103)) is News.REFUSED


def test_a_list_of_ids_is_read_as_it_is_written() -> None:
    assert ids(CancelOrders.by_id([5, 71_000_001]).order_ids) == (5, 71_000_001)
    assert ids(None) == ()
