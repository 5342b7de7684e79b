"""This file is `woodlot algo`: orders that wait for a price."""

from typing import Annotated

from cyclopts import App, Parameter

from woodlot.cli.algo_entry import admitted, once_triggered, place_algo
from woodlot.cli.confirm import agree
from woodlot.cli.options import (
    EVERYWHERE,
    WHOLE,
    ClientIdOption,
    DryRunOption,
    Everywhere,
    SymbolOption,
    YesOption,
)
from woodlot.cli.order_rows import ALGOS, algo_row
from woodlot.cli.refusals import Usage
from woodlot.cli.session import Session, Shelf, run
from woodlot.cli.symbols import instrument_of
from woodlot.cli.trading import SymbolArgument
from woodlot.wire.algo import (
    AlgoOrderType,
    AlgoType,
    CancelAlgoOrder,
    EditAlgoOrder,
    GetAlgoOrder,
    GetAlgoOrders,
    PlaceAlgoOrder,
)
from woodlot.wire.enums import Side, StatusFilter

app = App(name="algo", help="Orders that wait for a price.")
SideArgument = Annotated[Side, Parameter(help="BUY or SELL.")]
QuantityArgument = Annotated[str, Parameter(help="How much, in the base asset.")]
AlgoArgument = Annotated[int | None, WHOLE, Parameter(help="The exchange's id.")]


@app.command(name="list")
def list_(*, symbol: SymbolOption = None, everywhere: Everywhere = EVERYWHERE) -> None:
    """List the algo orders that are not over.

    Example: woodlot algo list
    """

    async def show(here: Session) -> None:
        wanted = None if symbol is None else (await instrument_of(here.client, symbol)).symbol
        call = GetAlgoOrders(symbol=wanted, status=StatusFilter.INCOMPLETE, size=100)
        here.printer.rows(ALGOS, [algo_row(row) async for row in here.client.pages(call)])

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
    client_id: ClientIdOption = None,
    dry_run: DryRunOption = False,
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
            client_algo_order_id=client_id,
            reduce_only=reduce_only or None,
        )
        then = "" if limit is None else f", then at {limit}"
        await place_algo(here, order, f"once it trades at {trigger}{then}", dry_run=dry_run, yes=yes)

    run(place, everywhere, private=True, shelf=Shelf.ANY if dry_run else Shelf.LASTING)


@app.command
def trailing(
    symbol: SymbolArgument,
    side: SideArgument,
    quantity: QuantityArgument,
    /,
    *,
    rate: Annotated[str, Parameter(help="How far it trails behind, as a fraction: 0.01 is 1 %.")],
    activate: Annotated[str | None, Parameter(help="The price at which it begins to trail.")] = None,
    reduce_only: Annotated[bool, Parameter(negative="", help="Never more than closes the position.")] = False,
    client_id: ClientIdOption = None,
    dry_run: DryRunOption = False,
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
            client_algo_order_id=client_id,
            reduce_only=reduce_only or None,
        )
        await place_algo(here, order, f"trailing by {rate}", dry_run=dry_run, yes=yes)

    run(place, everywhere, private=True, shelf=Shelf.ANY if dry_run else Shelf.LASTING)


@app.command
def show(
    algo_id: AlgoArgument = None, /, *, client_id: ClientIdOption = None, everywhere: Everywhere = EVERYWHERE
) -> None:
    """Ask the exchange what it knows of one algo order; this is how an unknown outcome becomes known.

    Example: woodlot algo show 12345
    """
    ask = _asking(algo_id, client_id)

    async def show_it(here: Session) -> None:
        here.printer.one(ALGOS, algo_row(await here.client.send(ask)))

    run(show_it, everywhere, private=True)


@app.command
def amend(
    algo_id: AlgoArgument = None,
    /,
    *,
    client_id: ClientIdOption = None,
    trigger: Annotated[str | None, Parameter(help="The new price at which it is sent.")] = None,
    limit: Annotated[str | None, Parameter(help="Its own new price then.")] = None,
    quantity: Annotated[str | None, Parameter(help="The new quantity.")] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Change an algo order that has not been triggered; it keeps its id.

    Example: woodlot algo amend 12345 --trigger 59000
    """
    ask = _asking(algo_id, client_id)
    if trigger is None and limit is None and quantity is None:
        raise Usage("say what to change", hint="give --trigger, --limit or --quantity")
    edit = EditAlgoOrder(
        algo_order_id=algo_id, client_algo_order_id=client_id, trigger_price=trigger, price=limit, quantity=quantity
    )

    async def change(here: Session) -> None:
        before = await here.client.send(ask)
        new = {"trigger": trigger, "limit": limit, "quantity": quantity}
        what = ", ".join(f"{name} {value}" for name, value in new.items() if value is not None)
        after = once_triggered(before, edit)
        if await admitted(
            here, edit, after, f"change algo order {before.algo_order_id}: {what}", dry_run=dry_run, yes=yes
        ):
            here.leaving.append(f"the change may be at the exchange; see: woodlot algo show {before.algo_order_id}")
            await here.client.send(edit)
            here.leaving.clear()
            here.printer.one(ALGOS, algo_row(await here.client.send(ask)))

    run(change, everywhere, private=True)


@app.command
def cancel(
    algo_id: AlgoArgument = None,
    /,
    *,
    client_id: ClientIdOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Cancel one algo order; `woodlot cancel --all` cancels these too.

    Example: woodlot algo cancel 12345
    """
    ask = _asking(algo_id, client_id)
    call = CancelAlgoOrder(algo_order_id=algo_id, client_algo_order_id=client_id)

    async def end(here: Session) -> None:
        if dry_run:
            from woodlot.cli.dry_run import REQUEST, request_row

            here.printer.one(REQUEST, request_row(here, call))
            return
        agree(here, f"cancel algo order {algo_id if client_id is None else client_id}", yes=yes)
        await here.client.send(call)
        here.printer.one(ALGOS, algo_row(await here.client.send(ask)))

    run(end, everywhere, private=True)


def _asking(algo_id: int | None, client_id: int | None) -> GetAlgoOrder:
    if (algo_id is None) == (client_id is None):
        raise Usage("name the order once: ALGO-ID or --client-id", hint="see what is open with: woodlot algo list")
    return GetAlgoOrder(algo_order_id=algo_id, client_algo_order_id=client_id)
