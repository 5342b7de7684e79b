from decimal import Decimal

from tests.sandbox.floor import Floor

from woodlot.sandbox.events import BalancesChanged, ExchangeEvent, Reported


def story() -> tuple[Floor, list[ExchangeEvent]]:
    floor = Floor("ann", "bob")
    order_id = floor.limit("ann", "SELL", "0.3", "87000")
    floor.edit("ann", order_id, price="87010", quantity="0.2")
    floor.limit("bob", "BUY", "0.1", "87010")
    return floor, floor.exchange.take_events()


def test_an_event_tells_what_was_when_it_happened_whenever_it_is_read() -> None:
    floor, events = story()
    floor.exchange.cancel_all(floor.id("ann"))

    told = [e.report for e in events if isinstance(e, Reported) and e.account_id == floor.id("ann")]
    changes = [e.balances for e in events if isinstance(e, BalancesChanged) and e.account_id == floor.id("ann")]

    assert [str(report.status) for report in told] == ["NEW", "REPLACED", "PARTIAL_FILLED"]
    assert [report.quantity for report in told] == [Decimal(size) for size in ("0.3", "0.2", "0.2")]
    assert [report.price for report in told] == [Decimal(87000), Decimal(87010), Decimal(87010)]
    assert [report.total_executed_quantity for report in told] == [0, 0, Decimal("0.1")]
    assert [balance.frozen for balances in changes for balance in balances if balance.token == "BTC"] == [
        Decimal(size) for size in ("0.3", "0.2", "0.1")
    ]


def test_the_same_events_are_equal_and_look_the_same() -> None:
    (_, mine), (_, yours) = story(), story()

    assert mine == yours
    assert [hash(event) for event in mine] == [hash(event) for event in yours]
    assert repr(mine) == repr(yours)
    assert "0x" not in repr(mine)
    assert mine[0] != mine[1]


def test_an_event_can_be_taken_apart() -> None:
    _, events = story()

    match events[0]:
        case Reported(account_id, report):
            assert (account_id, report) == (events[0].account_id, events[0].report)  # type: ignore[union-attr]
        case other:
            raise AssertionError(other)
