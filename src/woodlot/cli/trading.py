"""This file is `woodlot buy` and `woodlot sell`: one order, from intent to resting or filled, with times.

They use REST alone. A private stream would need a listen key, and a new one ends the stream of whatever bot or desk
is at work on the same account.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from woodlot.cli import halt
from woodlot.cli.confirm import agree
from woodlot.cli.options import EVERYWHERE, WHOLE, DryRunOption, Everywhere, YesOption
from woodlot.cli.order_rows import ORDER, order_row
from woodlot.cli.refusals import Usage
from woodlot.cli.session import Session, Shelf, run
from woodlot.cli.symbols import instrument_of, pair_of
from woodlot.errors import NotFound
from woodlot.rest.handle import with_handle
from woodlot.wire.enums import OrderType, PositionSide, Side
from woodlot.wire.trade import GetOrder, OrderRow, PlaceOrder

# The first look is at once; GetOrder may be asked five times a second.
_PAUSES_S = (0.0, 0.05, 0.2, 0.3, 0.5, 1.0, 1.0, 1.0)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an order can be told besides its size."""

    limit: Annotated[str | None, Parameter(help="Its price; a market order without one.")] = None
    amount: Annotated[str | None, Parameter(help="Its size in the quote asset, of a market order.")] = None
    post_only: Annotated[bool, Parameter(negative="", help="Only ever rest.")] = False
    ioc: Annotated[bool, Parameter(negative="", help="Fill what can be filled at once, cancel the rest.")] = False
    fok: Annotated[bool, Parameter(negative="", help="Fill all of it at once or nothing.")] = False
    reduce_only: Annotated[bool, Parameter(negative="", help="Never more than closes the position.")] = False
    position_side: Annotated[PositionSide | None, Parameter(help="In hedge mode.")] = None
    tag: Annotated[str | None, Parameter(help="A word of your own, shown with the order.")] = None
    client_id: Annotated[int | None, WHOLE, Parameter(help="Your own id; made up where none is given.")] = None
    dry_run: DryRunOption = False
    yes: YesOption = False

    @property
    def type(self) -> OrderType:
        """Raises Usage for words that exclude each other, or lack a price."""
        kinds = {OrderType.POST_ONLY: self.post_only, OrderType.IOC: self.ioc, OrderType.FOK: self.fok}
        wanted = [kind for kind, is_wanted in kinds.items() if is_wanted]
        if len(wanted) > 1:
            raise Usage("--post-only, --ioc and --fok exclude each other", hint="keep one of them")
        if wanted and self.limit is None:
            raise Usage(f"a {wanted[0]} order needs a price", hint="add --limit PRICE")
        return wanted[0] if wanted else OrderType.MARKET if self.limit is None else OrderType.LIMIT


NO_OPTIONS = Options()
SymbolArgument = Annotated[str, Parameter(help="As BTC/USDT, BTC/USDT:USDT or SPOT_BTC_USDT.")]
SizeArgument = Annotated[str | None, Parameter(help="How much, in the base asset; or give --amount.")]


def buy(
    symbol: SymbolArgument,
    quantity: SizeArgument = None,
    /,
    *,
    options: Options = NO_OPTIONS,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Buy: at a price with --limit, else at the market.

    Example: woodlot buy BTC/USDT 0.001 --limit 30000
    """
    _trade(Side.BUY, symbol, quantity, options, everywhere)


def sell(
    symbol: SymbolArgument,
    quantity: SizeArgument = None,
    /,
    *,
    options: Options = NO_OPTIONS,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Sell: at a price with --limit, else at the market.

    Example: woodlot sell ETH/USDT 0.05
    """
    _trade(Side.SELL, symbol, quantity, options, everywhere)


def _trade(side: Side, symbol: str, quantity: str | None, options: Options, everywhere: Everywhere) -> None:
    if (quantity is None) == (options.amount is None):
        raise Usage("give the size once: QUANTITY or --amount", hint=f"woodlot {side.lower()} {symbol} 0.001")
    kind = options.type

    async def place(here: Session) -> None:
        from woodlot.cli import verdict
        from woodlot.cli.dry_run import show_judged

        instrument = await instrument_of(here.client, symbol)
        order = with_handle(
            PlaceOrder(
                symbol=instrument.symbol,
                side=side,
                type=kind,
                price=options.limit,
                quantity=quantity,
                amount=options.amount,
                client_order_id=options.client_id,
                order_tag=options.tag,
                position_side=options.position_side,
                reduce_only=options.reduce_only or None,
            )
        )
        if options.dry_run:
            await show_judged(here, order, instrument, order)
            return
        halt.refuse_if_stopped(here.profile.name, order.symbol)
        verdict.check_filters(instrument, order)
        await verdict.pass_the_gate(here, order, order.symbol)
        if not here.is_sandbox:
            agree(here, f"{in_words(order)}{await verdict.worth(here, instrument, order)}", yes=options.yes)
        await _place(here, order)

    run(place, everywhere, private=True, shelf=Shelf.ANY if options.dry_run else Shelf.LASTING)


def in_words(order: PlaceOrder) -> str:
    """Return what an order wants, for a person to check."""
    size = f"{order.amount} of the quote asset" if order.quantity is None else f"{order.quantity}"
    price = "at the market" if order.price is None else f"at {order.price}"
    return f"{order.side.lower()} {size} {pair_of(order.symbol)} {price} ({order.type})"


async def _place(here: Session, order: PlaceOrder) -> None:
    asking = f"woodlot order show --client-id {order.client_order_id}"
    began_s = time.monotonic()
    here.say(f"{0.0:8.1f} ms  intent        {in_words(order)}, client order id {order.client_order_id}")
    here.leaving.append(f"the order may be at the exchange; ask: {asking}")
    ack = await here.client.send(order)
    here.leaving[:] = [f"order {ack.order_id} may be open; see: woodlot order show {ack.order_id}"]
    here.say(f"{_ms(began_s):8.1f} ms  acknowledged  order {ack.order_id}")
    row = await _followed(here, ack.order_id)
    if row is None:
        here.say(f"the exchange does not show it yet; ask: {asking}")
        return
    here.say(f"{_ms(began_s):8.1f} ms  {_state(row):<12}  {_filled(row)}")
    here.leaving.clear()
    here.printer.one(ORDER, order_row(row))
    here.say(f"next: {_next(row)}")


async def _followed(here: Session, order_id: int) -> OrderRow | None:
    """Ask until the order rests or is over; a market order is given time to fill."""
    row: OrderRow | None = None
    for pause_s in _PAUSES_S:
        await asyncio.sleep(pause_s)
        try:
            row = await here.client.send(GetOrder(order_id=order_id))
        except NotFound:
            continue
        if row.status.is_final or row.type.value in {"LIMIT", "POST_ONLY"}:
            break
    return row


def _state(row: OrderRow) -> str:
    return "resting" if str(row.status) == "NEW" else str(row.status).replace("_", " ").lower()


def _filled(row: OrderRow) -> str:
    # An order by its worth has no quantity to have filled so much of.
    return f"{row.executed} filled" if row.quantity is None else f"{row.executed} of {row.quantity} filled"


def _next(row: OrderRow) -> str:
    if row.status.is_final:
        return "woodlot fills, woodlot balance"
    return f"woodlot orders, woodlot cancel {row.order_id}"


def _ms(since_s: float) -> float:
    return (time.monotonic() - since_s) * 1000
