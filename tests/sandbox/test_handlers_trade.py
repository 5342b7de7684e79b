"""Calls about orders and fills that came after the first ones."""

from typing import Any

import pytest
from tests.sandbox.caller import BTC, WOO
from tests.sandbox.office import Office

SELL = {"symbol": BTC, "side": "SELL", "type": "MARKET", "quantity": "0.001"}


@pytest.fixture
def office() -> Office:
    return Office()


def fills(office: Office, query: str = "") -> list[dict[str, Any]]:
    return office.data("GET", f"/v3/trade/transactionHistory{query}")["rows"]


def test_several_orders_are_cancelled_by_their_ids(office: Office) -> None:
    one, two, three = (office.placed(clientOrderId=number) for number in (1, 2, 3))

    reply = office.data("DELETE", f"/v3/trade/orders?orderIds={one},{two}&symbol={BTC}")

    assert reply == {"status": "CANCEL_SENT"}
    assert [row["orderId"] for row in office.data("GET", "/v3/trade/orders?status=INCOMPLETE")["rows"]] == [three]
    assert office.data("DELETE", "/v3/trade/orders?clientOrderIds=3") == {"status": "CANCEL_SENT"}
    assert office.data("GET", "/v3/trade/orders?status=INCOMPLETE")["rows"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", -1005),
        ("?orderIds=", -1005),
        ("?orderIds=1,x", 317165),
        ("?orderIds=1,,2", 317165),
        ("?orderIds=-1", 317165),
        ("?clientOrderIds=1;2", 317166),
        ("?orderIds=" + "9" * 25, 317165),
        ("?orderIds=12345", 317184),
    ],
)
def test_a_list_of_ids_that_makes_no_sense_is_refused(office: Office, query: str, code: int) -> None:
    office.placed()

    assert office.refused("DELETE", f"/v3/trade/orders{query}")[0] == code
    assert len(office.data("GET", "/v3/trade/orders?status=INCOMPLETE")["rows"]) == 1


def test_the_older_form_of_cancelling_several_cancels_a_symbol(office: Office) -> None:
    office.placed()
    other = office.placed(symbol=WOO, price="0.04", quantity="100")

    assert office.data("DELETE", f"/v3/trade/orders?symbol={BTC}") == {"status": "CANCEL_ALL_SENT"}
    assert [row["orderId"] for row in office.data("GET", "/v3/trade/orders?status=INCOMPLETE")["rows"]] == [other]


def test_one_fill_is_found_by_its_trade_id(office: Office) -> None:
    office.data("POST", "/v3/trade/order", SELL)
    office.data("POST", "/v3/trade/order", SELL)
    newest, older = fills(office)[:2]

    assert office.data("GET", f"/v3/trade/transaction?tradeId={older['id']}") == older
    assert older != newest
    assert office.refused("GET", "/v3/trade/transaction?tradeId=1")[0] == 317149
    assert office.refused("GET", "/v3/trade/transaction")[0] == -1005


@pytest.mark.parametrize("order", [{"type": "BID", "side": "BUY"}, {"type": "MARKET", "side": "BUY"}])
def test_an_amount_that_was_given_is_repeated_in_the_answer(office: Office, order: dict[str, str]) -> None:
    answer = office.data("POST", "/v3/trade/order", {"symbol": BTC, "amount": "50", **order})

    assert (answer["type"], answer["amount"]) == (order["type"], 50)


@pytest.mark.parametrize("wrong", [{"side": "buy"}, {"side": ""}, {"side": "LONG"}, {"positionSide": "long"}])
def test_a_misspelled_word_is_never_taken_for_another(office: Office, wrong: dict[str, str]) -> None:
    code, message = office.refused("POST", "/v3/trade/order", SELL | wrong)

    (name,) = wrong
    assert (code, message.startswith(f"{name}: expected one of")) == (-1005, True)


def test_fees_are_basis_points_and_text(office: Office) -> None:
    assert office.data("GET", f"/v3/trade/tradingFee?symbol={BTC}") == {
        "symbol": BTC,
        "takerFee": "10",
        "makerFee": "8",
    }
    assert office.refused("GET", "/v3/trade/tradingFee?symbol=SPOT_NOPE_USDT")[0] == 317155


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v3/trade/cancelAllAfter", {"triggerAfter": 5000}),
        ("/v3/trade/order/cancelAllAfter", {"triggerAfter": 5000}),
        ("/v3/trade/order/cancelAllAfter", b"triggerAfter=5000"),
    ],
)
def test_the_dead_man_switch_cancels_everything_on_either_path(office: Office, path: str, body: Any) -> None:
    office.placed()

    assert office.data("POST", path, body) == {"expectedTriggerTime": office.clock.now_ms() + 5000}
    office.clock.advance(4.9)
    office.exchange.tick()
    assert len(office.data("GET", "/v3/trade/orders?status=INCOMPLETE")["rows"]) == 1
    office.clock.advance(0.1)
    office.exchange.tick()
    assert office.data("GET", "/v3/trade/orders?status=INCOMPLETE")["rows"] == []


@pytest.mark.parametrize("body", [{}, {"triggerAfter": -1}, {"triggerAfter": 900_001}, {"triggerAfter": "soon"}])
def test_a_timer_that_cannot_be_is_refused(office: Office, body: Any) -> None:
    assert office.signed("POST", "/v3/trade/cancelAllAfter", body)[0] == 400


def test_a_form_body_is_for_the_old_path_alone(office: Office) -> None:
    assert office.refused("POST", "/v3/trade/cancelAllAfter", b"triggerAfter=5000")[0] == -1005


def test_orders_hold_a_hundred_rows_a_page_and_five_hundred_at_most(office: Office) -> None:
    assert office.data("GET", "/v3/trade/orders")["meta"] == {"total": 0, "recordsPerPage": 100, "currentPage": 1}
    assert office.data("GET", "/v3/trade/orders?size=500")["meta"]["recordsPerPage"] == 500
    for query in ("size=501", "size=0", "page=0", "size=x"):
        assert office.refused("GET", f"/v3/trade/orders?{query}")[0] == -1005


def test_pages_up_to_a_moment_lose_and_repeat_nothing_while_orders_arrive(office: Office) -> None:
    placed = [office.placed() for _ in range(7)]
    until = office.clock.now_ms()
    seen: list[int] = []
    for page in (1, 2, 3, 4):
        office.clock.advance(0.01)
        office.placed()
        reply = office.data("GET", f"/v3/trade/orders?endTime={until}&size=2&page={page}")
        assert reply["meta"]["total"] == 7
        seen += [row["orderId"] for row in reply["rows"]]

    assert seen == placed[::-1]


def test_fills_are_walked_by_id_while_more_arrive(office: Office) -> None:
    for _ in range(5):
        office.data("POST", "/v3/trade/order", SELL)
    seen = [fills(office, "?fromId=1&limit=1")[0]["id"]]
    while rows := [row for row in fills(office, f"?fromId={seen[-1]}&limit=3") if row["id"] > seen[-1]]:
        if len(seen) < 6:
            office.data("POST", "/v3/trade/order", SELL)
        seen += sorted(row["id"] for row in rows)

    assert seen == sorted(row["id"] for row in fills(office, "?limit=1000"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "LIMIT", "price": "30000", "quantity": "0.001", "amount": "5"},
        {"type": "LIMIT", "price": "30000"},
        {"type": "LIMIT", "price": "30000", "amount": "5"},
        {"type": "LIMIT", "quantity": "1"},
    ],
)
def test_an_unknown_symbol_is_said_before_anything_that_comes_after_it(office: Office, wrong: dict[str, str]) -> None:
    order = {"symbol": "SPOT_NOPE_USDT", "side": "BUY"} | wrong
    assert office.signed("POST", "/v3/trade/order", order)[1]["code"] == 317155


@pytest.mark.parametrize("path", ["/v3/trade/orders", "/v3/trade/transactionHistory"])
def test_a_list_of_an_unknown_symbol_is_refused(office: Office, path: str) -> None:
    assert office.signed("GET", f"{path}?symbol=SPOT_NOPE_USDT")[1]["code"] == 317155
