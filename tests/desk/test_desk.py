"""A desk on the embedded sandbox: real sockets, real signatures, the exchange's own ledger as the judge."""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from woodlot.config import Credentials, Environment
from woodlot.desk.desk import Desk
from woodlot.desk.events import Events, KeyTaken
from woodlot.errors import (
    ConfigurationError,
    FilterRefused,
    FloatRefused,
    InsufficientFunds,
    NotFilled,
    NotFound,
    SubscriptionRefused,
    WoodlotError,
)
from woodlot.orders.states import OrderState
from woodlot.rest.async_client import AsyncClient
from woodlot.sandbox.server import Sandbox, SandboxOptions
from woodlot.wire.account import CreateListenKey
from woodlot.wire.asset import GetBalances
from woodlot.wire.trade import GetTransactionHistory, PlaceOrder

BTC, ETH, WOO = "SPOT_BTC_USDT", "SPOT_ETH_USDT", "SPOT_WOO_USDT"


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with asyncio.timeout(60):
        async with Desk.open() as desk:
            yield desk


def sandbox_of(desk: Desk) -> Sandbox:
    assert desk.sandbox is not None
    return desk.sandbox


def ledger_fills(desk: Desk, symbol: str) -> list[int]:
    sandbox = sandbox_of(desk)
    query = GetTransactionHistory(symbol=symbol, limit=1000)
    return [fill.id for fill in sandbox.exchange.transactions(sandbox.account_id, query).rows]


async def test_a_limit_order_rests_and_freezes_what_it_may_cost(desk: Desk) -> None:
    order = await desk.buy(BTC, "0.001", price="30000")
    await order.working()
    assert order.state is OrderState.WORKING
    usdt = (await desk.client.send(GetBalances(token="USDT"))).holding[0]
    assert (usdt.holding, usdt.frozen, usdt.available_balance) == (100_000, 30, 99_970)


async def test_a_market_order_knows_what_it_paid(desk: Desk) -> None:
    order = await (await desk.sell(ETH, "0.05")).filled()
    sandbox = sandbox_of(desk)
    row = sandbox.exchange.order(sandbox.account_id, order_id=order.order_id)
    assert (order.filled_quantity, order.average_price) == (row.executed, row.average_executed_price)
    assert order.fees == {"USDT": row.total_fee}


async def test_an_order_by_amount_spends_no_more_than_the_amount(desk: Desk) -> None:
    order = await (await desk.buy(WOO, amount="100")).settled()
    spent = sum((fill.notional for fill in await first(desk, len(order.known.trade_ids))), Decimal(0))
    assert order.state is OrderState.FILLED
    assert Decimal("99.9") < spent <= 100


async def first(desk: Desk, count: int) -> list:
    executions = desk.executions()
    return [await anext(executions) for _ in range(count)]


async def test_a_cancelled_order_settles_without_fills(desk: Desk) -> None:
    order = await desk.buy(BTC, "0.001", price="30000")
    await desk.cancel(order)
    await order.settled()
    assert (order.state, order.filled_quantity) == (OrderState.CANCELLED, 0)
    with pytest.raises(NotFilled):
        await order.filled()
    with pytest.raises(NotFound):
        await order.cancel()


async def test_an_amended_order_keeps_its_id(desk: Desk) -> None:
    order = await desk.buy(BTC, "0.001", price="30000")
    order_id = order.order_id
    await desk.amend(order, price="31000", quantity="0.002")
    await order.until(lambda known: known.price == 31000)
    assert (order.order_id, order.quantity, order.state) == (order_id, Decimal("0.002"), OrderState.WORKING)


async def test_cancel_all_ends_every_order_of_its_symbol_and_no_other(desk: Desk) -> None:
    doomed = [await desk.buy(BTC, "0.001", price=str(30000 + n)) for n in range(3)]
    spared = await desk.sell(ETH, "0.1", price="5000")
    await desk.cancel_all(BTC)
    for order in doomed:
        await order.settled()
    assert [order.order_id for order in desk.orders()] == [spared.order_id]


async def test_a_refused_order_costs_nothing_and_says_why(desk: Desk) -> None:
    with pytest.raises(FilterRefused):
        await desk.buy(BTC, "0.001", price="30000.001")
    with pytest.raises(InsufficientFunds):
        await desk.sell(BTC, "3", price="90000")
    with pytest.raises(FloatRefused):
        await desk.buy(BTC, 0.001, price="30000")  # pyright: ignore[reportArgumentType] - what is tested
    assert desk.orders() == []
    assert (await desk.client.send(GetBalances(token="USDT"))).holding[0].frozen == 0


async def test_an_order_placed_elsewhere_is_adopted_and_marked(desk: Desk) -> None:
    elsewhere = PlaceOrder.from_parameters(
        {"symbol": BTC, "side": "BUY", "type": "LIMIT", "price": "30000", "quantity": "0.001"}
    )
    async with AsyncClient(desk.environment, desk.credentials) as other:
        placed = await other.send(elsewhere)
        async with asyncio.timeout(20):
            while not [order for order in desk.orders() if order.order_id == placed.order_id]:
                await asyncio.sleep(0.05)
    (adopted,) = desk.orders()
    assert adopted.known.foreign


async def test_a_stolen_key_is_said_aloud_and_costs_no_execution(desk: Desk) -> None:
    events = desk.events()
    async with AsyncClient(desk.environment, desk.credentials) as thief:
        await thief.send(CreateListenKey.for_stream())
        order = await desk.sell(ETH, "0.05")
        async with asyncio.timeout(20):
            await order.filled()
            taken = [event async for event in until_taken(events)]
    assert taken[-1].count == 1
    assert [fill.order_id for fill in await first(desk, len(order.known.trade_ids))][-1] == order.order_id


async def until_taken(events: Events) -> AsyncIterator[KeyTaken]:
    async for event in events:
        if isinstance(event, KeyTaken):
            yield event
            return


async def test_every_execution_comes_once_while_the_stream_is_cut_again_and_again(desk: Desk) -> None:
    shown: Counter[int] = Counter()

    async def read() -> None:
        async for execution in desk.executions():
            shown[execution.trade_id] += 1

    reading = asyncio.create_task(read())
    for number in range(12):
        if number % 4 == 1:
            sandbox_of(desk).cut_streams("private")
        await desk.place(
            PlaceOrder.from_parameters(
                {"symbol": WOO, "side": "BUY" if number % 2 else "SELL", "type": "MARKET", "quantity": "300"}
            )
        )
    ledger = ledger_fills(desk, WOO)
    async with asyncio.timeout(30):
        while len(shown) < len(ledger):
            await asyncio.sleep(0.05)
    reading.cancel()
    assert sorted(shown.elements()) == sorted(ledger)
    assert desk.account.recovered > 0, "some of them were found over REST"


async def test_what_was_executed_before_the_desk_opened_is_not_news() -> None:
    async with await Sandbox.start(SandboxOptions()) as sandbox:
        environment = Environment.at(sandbox.rest_url, sandbox.ws_url)
        credentials = Credentials(sandbox.api_key, sandbox.api_secret)
        async with Desk.open(environment, credentials) as before:
            await (await before.sell(ETH, "0.05")).filled()
        async with Desk.open(environment, credentials) as desk:
            order = await (await desk.sell(ETH, "0.06")).filled()
            assert (await anext(desk.executions())).order_id == order.order_id


async def test_executions_survive_key_after_key() -> None:
    async with Desk.open(sandbox=SandboxOptions(listen_key_ttl_s=3)) as desk:
        quantities: list[Decimal] = []
        reader = desk.executions()
        for number in range(14):
            order = await (await (desk.buy if number % 2 else desk.sell)(WOO, "250")).filled()
            while sum(quantities) < 250 * (number + 1):
                quantities.append((await anext(reader)).quantity)
            assert order.state is OrderState.FILLED
            await asyncio.sleep(0.4)
        assert desk.account.keys_made >= 2
        assert len(ledger_fills(desk, WOO)) == len(quantities)


async def test_a_book_is_the_exchanges_window_and_heals_after_a_cut(desk: Desk) -> None:
    book = await desk.book(WOO)
    assert book is await desk.book(WOO), "one book per symbol and depth"
    changes = book.changes()
    sandbox_of(desk).cut_streams("public")
    states = []
    async with asyncio.timeout(20):
        async for change in changes:
            if not states or states[-1] != change.state:
                states.append(change.state)
            if "STALE" in states and states[-1] == "SYNCED":
                break
    bids, asks = book.levels(50)
    assert len(bids) == len(asks) == 50
    assert bids[0][0] < asks[0][0]
    assert all(isinstance(number, Decimal) for level in bids + asks for number in level)


async def test_an_unknown_symbol_is_refused_by_name(desk: Desk) -> None:
    with pytest.raises(SubscriptionRefused, match="SPOT_NOPE_USDT"):
        await desk.book("SPOT_NOPE_USDT")


async def test_without_credentials_a_desk_is_public_only() -> None:
    async with (
        await Sandbox.start(SandboxOptions()) as sandbox,
        Desk.open(Environment.at(sandbox.rest_url, sandbox.ws_url)) as desk,
    ):
        book = await desk.book(BTC)
        assert book.best_bid is not None
        with pytest.raises(ConfigurationError, match="credentials"):
            await desk.buy(BTC, "0.001", price="30000")


async def test_a_wrong_secret_is_said_when_the_desk_opens() -> None:
    async with await Sandbox.start(SandboxOptions()) as sandbox:
        environment = Environment.at(sandbox.rest_url, sandbox.ws_url)
        with pytest.raises(ConfigurationError):
            await Desk.open(environment, Credentials(sandbox.api_key, "wrong")).__aenter__()


async def test_nothing_is_left_running_when_a_desk_is_left() -> None:
    before = asyncio.all_tasks()
    async with Desk.open() as desk:
        await desk.book(WOO)
        await desk.buy(BTC, "0.001", price="30000")
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_no_secret_and_no_listen_key_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with Desk.open(sandbox=SandboxOptions(listen_key_ttl_s=3)) as desk:
        assert desk.credentials is not None
        await (await desk.sell(ETH, "0.05")).filled()
        sandbox_of(desk).cut_streams()
        await asyncio.sleep(3)
        assert desk.account.keys_made >= 2
        assert desk.credentials.secret not in caplog.text
    # Listen keys and signatures are both 64 characters without a break.
    assert not re.findall(r"\b[A-Za-z0-9]{64}\b", caplog.text)
    assert "key=" not in caplog.text


async def test_a_desk_does_not_take_credentials_for_an_exchange_that_makes_its_own() -> None:
    with pytest.raises(ConfigurationError):
        Desk.open(None, Credentials("k", "s"))


async def test_an_exchange_that_is_not_there_is_said_within_the_timeout() -> None:
    environment = Environment.at("http://127.0.0.1:9", "ws://127.0.0.1:9")
    async with asyncio.timeout(20):
        with pytest.raises(WoodlotError):
            await Desk.open(environment, Credentials("k", "s"), timeout_s=2).__aenter__()
