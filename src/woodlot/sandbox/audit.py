"""This file is the auditor: whether money, frozen funds and books agree, told in sentences.

It reads everything and costs accordingly: for tests and simulations after every event, not for every order of a
running sandbox.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from woodlot.sandbox.accounts import Account
from woodlot.sandbox.clearing import isolated_needs
from woodlot.sandbox.house import VALUED_IN, House
from woodlot.sandbox.ledger import Ledger
from woodlot.sandbox.market import Market
from woodlot.sandbox.matching import Level
from woodlot.sandbox.orders import Order
from woodlot.sandbox.positions import Pending, Position
from woodlot.wire.enums import PositionSide


def problems(house: House) -> list[str]:
    """Return what does not add up; nothing when all is well."""
    everybody, by_symbol = list(house.accounts.values()), house.markets
    return [
        *_made_or_lost(house.ledger),
        *(problem for account in everybody for problem in _wrongly_frozen(account, by_symbol)),
        *(problem for account in everybody for problem in _wrong_positions(account, by_symbol)),
        *_wrong_clearing(house, everybody),
        *(problem for market in by_symbol.values() for problem in _wrong_book(market)),
        *_lost_orders(everybody, by_symbol.values()),
    ]


def _made_or_lost(ledger: Ledger) -> Iterator[str]:
    for asset, deposited in ledger.deposited.items():
        if ledger.total(asset) != deposited:
            yield f"{asset}: {deposited} units came in, {ledger.total(asset)} are there"


def _wrongly_frozen(account: Account, markets: Mapping[str, Market]) -> Iterator[str]:
    held: Counter[str] = Counter()
    for order in account.open.values():
        market = markets[order.symbol]
        if not market.is_perpetual:
            asset = market.quote if order.is_buy else market.base
            held[asset] += market.hold(is_buy=order.is_buy, price=order.price, lots=order.lots)
    for position in account.positions.values():
        held[VALUED_IN] += position.frozen_long + position.frozen_short
    for asset, pocket in account.wallet.items():
        if pocket.frozen != held[asset]:
            yield f"{account.name}: {pocket.frozen} units of {asset} are frozen, open orders need {held[asset]}"
        # Who borrows, or has had a position, may owe: losses are taken out of what other assets are worth.
        if not 0 <= pocket.frozen <= pocket.holding and not account.may_borrow and not account.positions:
            yield f"{account.name}: {pocket.frozen} units of {asset} frozen out of {pocket.holding}"


def _wrong_positions(account: Account, markets: Mapping[str, Market]) -> Iterator[str]:
    for position in account.positions.values():
        name, market = f"{account.name}: {position.symbol} {position.side}", markets[position.symbol]
        pending = Pending()
        mine = [o for o in account.open.values() if o.symbol == position.symbol and o.stance.side is position.side]
        for order in mine:
            pending.add(order, lots=order.lots, worth=market.worth)
        if pending != position.pending or {order.id for order in mine} != set(position.orders):
            yield f"{name}: counts {position.pending} as open, orders add up to {pending}"
        if isolated_needs(position) != (position.frozen_long, position.frozen_short):
            yield f"{name}: keeps back {position.frozen_long} and {position.frozen_short}"
        if not position.lots and (position.cost or position.open_cost or position.margin):
            yield f"{name}: flat, and yet of cost {position.cost} and margin {position.margin}"
        if position.excess():
            yield f"{name}: more is to be closed than there is"
        yield from _wrong_side(name, position)


def _wrong_side(name: str, position: Position) -> Iterator[str]:
    if (position.side is PositionSide.LONG and position.lots < 0) or (
        position.side is PositionSide.SHORT and position.lots > 0
    ):
        yield f"{name}: holds {position.lots} lots"
    if position.margin < 0 or (position.margin and not position.is_isolated):
        yield f"{name}: has {position.margin} units of margin of its own"


def _wrong_clearing(house: House, accounts: Iterable[Account]) -> Iterator[str]:
    """Check that longs equal shorts, and that what positions have paid is what the clearing house has."""
    lots: Counter[str] = Counter()
    cost = margin = 0
    for account in accounts:
        for position in account.positions.values():
            lots[position.symbol] += position.lots
            cost += position.cost
            margin += position.margin
    for symbol, sum_of_lots in lots.items():
        if sum_of_lots:
            yield f"{symbol}: longs and shorts differ by {sum_of_lots} lots"
    if house.ledger.clearing[VALUED_IN] + cost:
        yield f"clearing has {house.ledger.clearing[VALUED_IN]} units, positions have paid {cost}"
    if house.ledger.isolated[VALUED_IN] != margin:
        yield f"isolated margin is {house.ledger.isolated[VALUED_IN]} units, positions have {margin}"


def _wrong_book(market: Market) -> Iterator[str]:
    bid, ask = market.book.bids.best, market.book.asks.best
    if bid and ask and bid.price >= ask.price:
        yield f"{market.symbol}: crossed, bid {bid.price} and ask {ask.price} ticks"
    shown = [market.shown(is_bid=is_bid, depth=1, rpi=True) for is_bid in (True, False)]
    if shown[0] and shown[1] and shown[0][0][0] >= shown[1][0][0]:
        yield f"{market.symbol}: crossed with RPI orders, bid {shown[0][0][0]} and ask {shown[1][0][0]} ticks"
    for level in _levels(market):
        if level.lots != sum(order.lots for order in level.orders.values()) or level.lots <= 0:
            yield f"{market.symbol}: {level.lots} lots at {level.price} ticks are not what rests there"
        hidden = sum(level.orders[order_id].lots - shown for order_id, (shown, _) in (level.shown_of or {}).items())
        if level.hidden != hidden:
            yield f"{market.symbol}: {level.hidden} lots hidden at {level.price} ticks are not {hidden}"


def _lost_orders(accounts: Iterable[Account], markets: Iterable[Market]) -> Iterator[str]:
    opened = {order_id for account in accounts for order_id in account.open}
    resting = {order_id for market in markets for level in _levels(market) for order_id in level.orders}
    if opened != resting:
        yield f"open but not in a book: {sorted(opened - resting)}, in a book but not open: {sorted(resting - opened)}"


def _levels(market: Market) -> list[Level[Order]]:
    return [
        level for book in (market.book, market.rpi) for side in (book.bids, book.asks) for level in side.best_first()
    ]
