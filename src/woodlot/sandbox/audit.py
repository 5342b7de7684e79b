"""This file is the auditor: whether money, frozen funds and books agree, told in sentences.

It reads everything and costs accordingly: for tests and simulations after every event, not for every order of a
running sandbox.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from woodlot.sandbox.accounts import Account
from woodlot.sandbox.ledger import Ledger
from woodlot.sandbox.market import Market


def problems(*, ledger: Ledger, accounts: Iterable[Account], markets: Iterable[Market]) -> list[str]:
    """Return what does not add up; nothing when all is well."""
    everybody, by_symbol = list(accounts), {market.symbol: market for market in markets}
    return [
        *_made_or_lost(ledger),
        *(problem for account in everybody for problem in _wrongly_frozen(account, by_symbol)),
        *(problem for market in by_symbol.values() for problem in _wrong_book(market)),
        *_lost_orders(everybody, by_symbol.values()),
    ]


def _made_or_lost(ledger: Ledger) -> Iterator[str]:
    for asset, deposited in ledger.deposited.items():
        if ledger.total(asset) != deposited:
            yield f"{asset}: {deposited} units came in, {ledger.total(asset)} are there"


def _wrongly_frozen(account: Account, markets: dict[str, Market]) -> Iterator[str]:
    held: Counter[str] = Counter()
    for order in account.open.values():
        market = markets[order.symbol]
        asset = market.quote if order.is_buy else market.base
        held[asset] += market.hold(is_buy=order.is_buy, price=order.price, lots=order.lots)
    for asset, pocket in account.wallet.items():
        if pocket.frozen != held[asset]:
            yield f"{account.name}: {pocket.frozen} units of {asset} are frozen, open orders need {held[asset]}"
        if not 0 <= pocket.frozen <= pocket.holding:
            yield f"{account.name}: {pocket.frozen} units of {asset} frozen out of {pocket.holding}"


def _wrong_book(market: Market) -> Iterator[str]:
    bid, ask = market.book.bids.best, market.book.asks.best
    if bid and ask and bid.price >= ask.price:
        yield f"{market.symbol}: crossed, bid {bid.price} and ask {ask.price} ticks"
    for level in (*market.book.bids.best_first(), *market.book.asks.best_first()):
        if level.lots != sum(order.lots for order in level.orders.values()) or level.lots <= 0:
            yield f"{market.symbol}: {level.lots} lots at {level.price} ticks are not what rests there"


def _lost_orders(accounts: Iterable[Account], markets: Iterable[Market]) -> Iterator[str]:
    opened = {order_id for account in accounts for order_id in account.open}
    resting = {
        order_id
        for market in markets
        for level in (*market.book.bids.best_first(), *market.book.asks.best_first())
        for order_id in level.orders
    }
    if opened != resting:
        yield f"open but not in a book: {sorted(opened - resting)}, in a book but not open: {sorted(resting - opened)}"
