"""This file is how an algo order gets to the exchange: rules and limits first, then a question, then the request."""

from woodlot.cli import verdict
from woodlot.cli.confirm import agree
from woodlot.cli.dry_run import show_judged
from woodlot.cli.halt import refuse_if_stopped
from woodlot.cli.order_rows import ALGOS, algo_row
from woodlot.cli.session import Session
from woodlot.cli.symbols import instrument_of, pair_of
from woodlot.rest.handle import with_handle
from woodlot.wire.algo import AlgoOrderRow, EditAlgoOrder, GetAlgoOrder, PlaceAlgoOrder
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import PlaceOrder


async def place_algo(here: Session, order: PlaceAlgoOrder, when: str, *, dry_run: bool, yes: bool) -> None:
    """Send an algo order, if it is meant, and show what the exchange made of it."""
    order = with_handle(order)
    what = f"{(order.side or Side.BUY).lower()} {order.quantity} {pair_of(order.symbol)} {when}"
    if not await admitted(here, order, once_triggered(order), what, dry_run=dry_run, yes=yes):
        return
    asking = f"woodlot algo show --client-id {order.client_algo_order_id}"
    here.leaving.append(f"the order may be at the exchange; ask: {asking}")
    ack = await here.client.send(order)
    here.leaving.clear()
    for row in ack.rows:
        here.printer.one(ALGOS, algo_row(await here.client.send(GetAlgoOrder(algo_order_id=row.algo_order_id))))
    here.say("next: woodlot algo list, woodlot algo cancel " + str(ack.rows[-1].algo_order_id))


async def admitted(
    here: Session,
    request: PlaceAlgoOrder | EditAlgoOrder,
    then: PlaceOrder,
    what: str,
    *,
    dry_run: bool,
    yes: bool,
) -> bool:
    """Hold a request, and the order that comes of it, to rules and limits, and see that it is meant.

    A dry run shows what is said of it, and False: nothing is to be sent.
    """
    instrument = await instrument_of(here.client, then.symbol)
    if dry_run:
        await show_judged(here, request, instrument, then)
        return False
    refuse_if_stopped(here.profile.name, then.symbol)
    verdict.check_filters(instrument, then)
    await verdict.pass_the_gate(here, request, then.symbol)
    if not here.is_sandbox:
        agree(here, f"{what}{await verdict.worth(here, instrument, then)}", yes=yes)
    return True


def once_triggered(order: PlaceAlgoOrder | AlgoOrderRow, edit: EditAlgoOrder | None = None) -> PlaceOrder:
    """Return the order that comes of it; a market order is looked at as one at its trigger."""
    price = order.price or order.trigger_price or None
    if edit is not None:
        price = edit.price or (None if order.price else edit.trigger_price) or price
    return PlaceOrder(
        symbol=order.symbol,
        side=order.side or Side.BUY,
        type=OrderType.MARKET if price is None else OrderType.LIMIT,
        price=price,
        quantity=order.quantity if edit is None or edit.quantity is None else edit.quantity,
    )
