"""This file is `woodlot order`: what became of one order, and changing it."""

from typing import Annotated

from cyclopts import App, Parameter

from woodlot.cli.confirm import agree
from woodlot.cli.halt import refuse_if_stopped
from woodlot.cli.options import EVERYWHERE, WHOLE, ClientIdOption, DryRunOption, Everywhere, YesOption
from woodlot.cli.order_rows import ORDER, order_row
from woodlot.cli.refusals import Usage
from woodlot.cli.session import Session, run
from woodlot.cli.symbols import instrument_of, pair_of
from woodlot.wire.enums import OrderType
from woodlot.wire.trade import EditOrder, GetOrder, OrderRow, PlaceOrder

app = App(name="order", help="One order: what became of it, and changing it.")
OrderArgument = Annotated[int | None, WHOLE, Parameter(help="The exchange's id.")]


@app.command
def show(
    order_id: OrderArgument = None,
    /,
    *,
    client_id: ClientIdOption = None,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Ask the exchange what it knows of one order; this is how an unknown outcome becomes known.

    Example: woodlot order show 12345
    """
    _one_of(order_id, client_id)

    async def ask(here: Session) -> None:
        row = await here.client.send(GetOrder(order_id=order_id, client_order_id=client_id))
        here.printer.one(ORDER, order_row(row))

    run(ask, everywhere, private=True)


@app.command
def amend(
    order_id: OrderArgument = None,
    /,
    *,
    client_id: ClientIdOption = None,
    limit: Annotated[str | None, Parameter(help="The new price.")] = None,
    quantity: Annotated[str | None, Parameter(help="The new quantity, what is filled already included.")] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Change the price, the quantity or both of an open order; it keeps its id.

    What it becomes is held to the instrument's rules and to your limits, as a new order is.

    Example: woodlot order amend 12345 --limit 29000
    """
    _one_of(order_id, client_id)
    edit = EditOrder(order_id=order_id, client_order_id=client_id, price=limit, quantity=quantity)
    ask = GetOrder(order_id=order_id, client_order_id=client_id)

    async def change(here: Session) -> None:
        from woodlot.cli import verdict
        from woodlot.cli.dry_run import show_judged

        before = await here.client.send(ask)
        instrument = await instrument_of(here.client, before.symbol)
        after = _changed(before, edit)
        if dry_run:
            await show_judged(here, edit, instrument, after)
            return
        refuse_if_stopped(here.profile.name, before.symbol)
        verdict.check_filters(instrument, after)
        await verdict.pass_the_gate(here, edit, before.symbol)
        what = f"change order {before.order_id}: {before.side.lower()} {after.quantity} {pair_of(before.symbol)}"
        agree(here, f"{what} at {after.price}{await verdict.worth(here, instrument, after)}", yes=yes)
        here.leaving.append(f"the change may be at the exchange; see: woodlot order show {before.order_id}")
        await here.client.send(edit)
        here.leaving.clear()
        here.printer.one(ORDER, order_row(await here.client.send(ask)))

    run(change, everywhere, private=True)


def _changed(before: OrderRow, edit: EditOrder) -> PlaceOrder:
    """Return the order as it would be placed anew."""
    return PlaceOrder(
        symbol=before.symbol,
        side=before.side,
        type=OrderType.LIMIT,
        price=before.price if edit.price is None else edit.price,
        quantity=before.quantity if edit.quantity is None else edit.quantity,
    )


def _one_of(order_id: int | None, client_id: int | None) -> None:
    if (order_id is None) == (client_id is None):
        raise Usage("name the order once: ORDER-ID or --client-id", hint="see what is open with: woodlot orders")
