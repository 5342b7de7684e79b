"""This file is `woodlot algo`: orders that wait for a price."""

from typing import Annotated, Any

from cyclopts import App, Parameter

from woodlot.cli.confirm import agree
from woodlot.cli.halt import refuse_if_stopped
from woodlot.cli.options import EVERYWHERE, Everywhere
from woodlot.cli.orders import SymbolOption, YesOption
from woodlot.cli.session import Session, Shelf, run
from woodlot.cli.symbols import instrument_of
from woodlot.cli.trading import SymbolArgument
from woodlot.rest.handle import with_handle
from woodlot.wire.algo import (
    AlgoOrderRow,
    AlgoOrderType,
    AlgoType,
    CancelAlgoOrder,
    GetAlgoOrder,
    GetAlgoOrders,
    PlaceAlgoOrder,
)
from woodlot.wire.enums import Side, StatusFilter

app = App(name="algo", help="Orders that wait for a price.")
COLUMNS = (
    "time", "symbol", "kind", "side", "quantity", "trigger_price", "price", "status", "triggered", "algo_id",
    "client_algo_id",
)  # fmt: skip
SideArgument = Annotated[Side, Parameter(help="BUY or SELL.")]
QuantityArgument = Annotated[str, Parameter(help="How much, in the base asset.")]


@app.command(name="list")
def list_(*, symbol: SymbolOption = None, everywhere: Everywhere = EVERYWHERE) -> None:
    """List the algo orders that are not over.

    Example: woodlot algo list
    """

    async def show(here: Session) -> None:
        wanted = None if symbol is None else (await instrument_of(here.client, symbol)).symbol
        call = GetAlgoOrders(symbol=wanted, status=StatusFilter.INCOMPLETE, size=100)
        here.printer.rows(COLUMNS, [_row(row) async for row in here.client.pages(call)])

    run(show, everywhere, private=True)


@app.command
def stop(
    symbol: SymbolArgument,
    side: SideArgument,
    quantity: QuantityArgument,
    /,
    *,
    trigger: Annotated[str, Parameter(help="The price at which it is sent.")],
    limit: Annotated[str | None, Parameter(help="Its own price then; a market order without one.")] = None,
    reduce_only: Annotated[bool, Parameter(negative="", help="Never more than closes the position.")] = False,
    yes: YesOption = False,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Place an order that is sent once the market trades at a price.

    Example: woodlot algo stop BTC/USDT SELL 0.01 --trigger 60000
    """

    async def place(here: Session) -> None:
        order = PlaceAlgoOrder(
            symbol=(await instrument_of(here.client, symbol)).symbol,
            algo_type=AlgoType.STOP,
            side=side,
            type=AlgoOrderType.MARKET if limit is None else AlgoOrderType.LIMIT,
            quantity=quantity,
            trigger_price=trigger,
            price=limit,
            reduce_only=reduce_only or None,
        )
        await _place(here, order, f"{side.lower()} {quantity} {symbol} once it trades at {trigger}", yes=yes)

    run(place, everywhere, private=True, shelf=Shelf.LASTING)


@app.command
def trailing(
    symbol: SymbolArgument,
    side: SideArgument,
    quantity: QuantityArgument,
    /,
    *,
    rate: Annotated[str, Parameter(help="How far it trails behind, as a fraction: 0.01 is 1 %.")],
    activate: Annotated[str | None, Parameter(help="The price at which it begins to trail.")] = None,
    yes: YesOption = False,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Place a stop that follows the market at a distance.

    Example: woodlot algo trailing BTC/USDT:USDT SELL 0.01 --rate 0.01
    """

    async def place(here: Session) -> None:
        order = PlaceAlgoOrder(
            symbol=(await instrument_of(here.client, symbol)).symbol,
            algo_type=AlgoType.TRAILING_STOP,
            side=side,
            type=AlgoOrderType.MARKET,
            quantity=quantity,
            callback_rate=rate,
            activated_price=activate,
        )
        await _place(here, order, f"{side.lower()} {quantity} {symbol}, trailing by {rate}", yes=yes)

    run(place, everywhere, private=True, shelf=Shelf.LASTING)


@app.command
def show(
    algo_id: Annotated[int, Parameter(help="The exchange's id.")], /, *, everywhere: Everywhere = EVERYWHERE
) -> None:
    """Ask the exchange what it knows of one algo order.

    Example: woodlot algo show 12345
    """

    async def ask(here: Session) -> None:
        here.printer.one(COLUMNS, _row(await here.client.send(GetAlgoOrder(algo_order_id=algo_id))))

    run(ask, everywhere, private=True)


@app.command
def cancel(
    algo_id: Annotated[int, Parameter(help="The exchange's id.")],
    /,
    *,
    yes: YesOption = False,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Cancel one algo order.

    Example: woodlot algo cancel 12345
    """

    async def end(here: Session) -> None:
        agree(here, f"cancel algo order {algo_id}", yes=yes)
        await here.client.send(CancelAlgoOrder(algo_order_id=algo_id))
        here.printer.one(COLUMNS, _row(await here.client.send(GetAlgoOrder(algo_order_id=algo_id))))

    run(end, everywhere, private=True)


async def _place(here: Session, order: PlaceAlgoOrder, what: str, *, yes: bool) -> None:
    from woodlot.cli import verdict

    refuse_if_stopped(here.profile.name, order.symbol)
    await verdict.pass_the_gate(here, order)
    agree(here, what, yes=yes)
    order = with_handle(order)
    here.leaving.append("the order may be at the exchange; see: woodlot algo list")
    ack = await here.client.send(order)
    here.leaving.clear()
    for row in ack.rows:
        here.printer.one(COLUMNS, _row(await here.client.send(GetAlgoOrder(algo_order_id=row.algo_order_id))))
    here.say("next: woodlot algo list, woodlot algo cancel " + str(ack.rows[-1].algo_order_id))


def _row(row: AlgoOrderRow) -> dict[str, Any]:
    return {
        "time": row.created_time,
        "symbol": row.symbol,
        "kind": str(row.algo_type),
        "side": None if row.side is None else str(row.side),
        "quantity": row.quantity,
        "trigger_price": row.trigger_price,
        "price": row.price,
        "status": str(row.algo_status or row.root_algo_status or ""),
        "triggered": row.is_triggered,
        "algo_id": row.algo_order_id,
        "client_algo_id": row.client_algo_order_id or None,
    }
