"""This file is the exchange itself, without sockets: commands come in, answers go out, events wait to be taken.

Everything happens at once and in one thread: when a command returns, its trades are done and its events wait in the
order in which they happened. The time comes from a clock and chance from a seed, so the same commands at the same
times give the same events. A command that raises Refusal has changed nothing.
"""

import random
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from woodlot.clock import Clock
from woodlot.sandbox import valuation
from woodlot.sandbox.accounts import HISTORY_KEPT, PERP_MAKER_FEE_BP, PERP_TAKER_FEE_BP, Account
from woodlot.sandbox.algo_desk import AlgoDesk
from woodlot.sandbox.audit import problems
from woodlot.sandbox.dead_man import DeadManSwitch
from woodlot.sandbox.events import (
    AlgoReported,
    BalancesChanged,
    ExchangeEvent,
    PositionsChanged,
    Reported,
    TradePrinted,
)
from woodlot.sandbox.funding import Funding
from woodlot.sandbox.futures_desk import FuturesDesk
from woodlot.sandbox.futures_prices import FuturesPrices
from woodlot.sandbox.house import FUND_START, VALUED_IN, House
from woodlot.sandbox.instruments import LISTING
from woodlot.sandbox.liquidation import Liquidation
from woodlot.sandbox.margin_desk import MarginDesk
from woodlot.sandbox.money import decimal, units
from woodlot.sandbox.order_desk import OrderDesk
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.refusal import Refusal, refusal
from woodlot.wire.account import AccountInfo
from woodlot.wire.asset import Holding
from woodlot.wire.events import AccountState
from woodlot.wire.public import Instrument
from woodlot.wire.trade import (
    DeadManAck,
    EditOrder,
    GetOrders,
    GetTransactionHistory,
    OrderAck,
    OrderRow,
    OrderRows,
    PlaceOrder,
    TradingFee,
    Transaction,
    TransactionRows,
)

__all__ = [
    "VALUED_IN",
    "AlgoReported",
    "BalancesChanged",
    "Exchange",
    "ExchangeEvent",
    "PositionsChanged",
    "Refusal",
    "Reported",
    "TradePrinted",
]


class Exchange:
    """Spot and perpetuals. Symbols are those of the listing; accounts are opened, never closed.

    Positions have a desk of their own, `futures`; so have orders that wait for a price, `algo`, and loans, `margin`.
    Prices and funding of perpetuals are told at `perpetuals`.
    Each account remembers `history_kept` finished orders and as many fills. `insurance_fund` is what liquidations may
    cost before profits are cut.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        seed: int = 0,
        listing: Sequence[Instrument] = LISTING,
        quirks: Quirks | None = None,
        history_kept: int = HISTORY_KEPT,
        insurance_fund: Decimal = FUND_START,
    ) -> None:
        quirks = quirks or Quirks()
        self.instruments: Mapping[str, Instrument] = MappingProxyType({item.symbol: item for item in listing})
        self._clock = clock
        self._random = random.Random(seed)
        self._history_kept = history_kept
        self._house = House(listing, clock=clock, quirks=quirks, fee_step=units(quirks.fee_step), fund=insurance_fund)
        self._accounts = self._house.accounts
        self._orders = OrderDesk(self._house)
        self._switch = DeadManSwitch()
        self._funding = Funding(self._house)
        self.algo = AlgoDesk(self._house, self._orders)
        self._liquidation = Liquidation(self._house, self._orders, algo=self.algo)
        self.margin = MarginDesk(self._house)
        self.futures = FuturesDesk(self._house)
        self.perpetuals = FuturesPrices(self._house, self._funding)

    def open_account(
        self,
        name: str,
        holdings: Mapping[str, Decimal | str],
        *,
        watched: bool = True,
        taker_fee_bp: Decimal = Decimal(10),
        maker_fee_bp: Decimal = Decimal(8),
        perp_taker_fee_bp: Decimal = PERP_TAKER_FEE_BP,
        perp_maker_fee_bp: Decimal = PERP_MAKER_FEE_BP,
        mode: str = "FUTURES",
        is_retail: bool = False,
    ) -> Account:
        """Open an account with new money. One that is not watched gets no private events and no history.

        The orders of a retail account count as entered by hand: they may trade with RPI orders.
        """
        account = Account(
            str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            name=name,
            wallet=self._house.ledger.open_wallet(),
            watched=watched,
            taker_fee_bp=taker_fee_bp,
            maker_fee_bp=maker_fee_bp,
            perp_taker_fee_bp=perp_taker_fee_bp,
            perp_maker_fee_bp=perp_maker_fee_bp,
            mode=mode,
            is_retail=is_retail,
            history_kept=self._history_kept,
        )
        for asset, amount in holdings.items():
            self._house.ledger.deposit(account.wallet, asset=asset, amount=units(Decimal(amount)))
        self._accounts[account.id] = account
        return account

    def account(self, account_id: str) -> Account:
        """Return an account that was opened, here or before this exchange was saved. Raises Refusal."""
        return self._house.account(account_id)

    def tick(self) -> None:
        """Let time pass: dead-man timers, mark prices, funding, interest, liquidations. The edge calls it each step."""
        now_ms = self._clock.now_ms()
        for account_id in self._switch.due(now_ms):
            self._cancel_everything(self._house.account(account_id), reason="cancelled by the dead-man switch")
        for perpetual in self._house.perpetuals.values():
            perpetual.tick(now_ms)
        self._funding.tick(now_ms)
        self.margin.tick(now_ms)
        self._liquidation.tick(now_ms)
        self._house.settle_down()

    def place(self, account_id: str, order: PlaceOrder) -> OrderAck:
        """Accept an order and run it. Raises Refusal."""
        _, ack = self._orders.accept(account_id, order)
        self._house.settle_down()
        return ack

    def edit(self, account_id: str, edit: EditOrder) -> None:
        """Change an open order's price or total quantity; what that lets it match, it matches. Raises Refusal."""
        self._orders.edit(account_id, edit)
        self._house.settle_down()

    def cancel(
        self,
        account_id: str,
        *,
        order_id: int | None = None,
        client_order_id: int | None = None,
        symbol: str | None = None,
    ) -> None:
        """Cancel one open order. Raises Refusal, also when `symbol` is given and is not the order's."""
        self._orders.cancel(account_id, order_id=order_id, client_order_id=client_order_id, symbol=symbol)
        self._house.settle_down()

    def cancel_several(
        self,
        account_id: str,
        *,
        order_ids: Sequence[int] = (),
        client_order_ids: Sequence[int] = (),
        symbol: str | None = None,
    ) -> int:
        """Cancel those of several orders that are open; return how many. Raises Refusal if none of them is."""
        cancelled = self._orders.cancel_several(
            account_id, order_ids=order_ids, client_order_ids=client_order_ids, symbol=symbol
        )
        self._house.settle_down()
        return cancelled

    def cancel_all(self, account_id: str, symbol: str | None = None) -> int:
        """Cancel this account's open orders, algo orders too, of one symbol if given; return how many."""
        if symbol is not None and symbol not in self._house.markets:
            raise refusal(317155, symbol=symbol[:60])
        account = self._house.account(account_id)
        cancelled = self._cancel_everything(account, symbol=symbol, reason="cancelled by the user with all orders")
        self._house.settle_down()
        return cancelled

    def cancel_all_after(self, account_id: str, trigger_after_ms: int) -> DeadManAck:
        """Cancel everything of an account at that time, unless told otherwise before; 0 never. Raises Refusal."""
        account = self._house.account(account_id)
        return self._switch.arm(account.id, trigger_after_ms, now_ms=self._clock.now_ms())

    def order(
        self,
        account_id: str,
        *,
        order_id: int | None = None,
        client_order_id: int | None = None,
        with_realized_pnl: bool = False,
    ) -> OrderRow:
        """Return one order, open or finished. Raises Refusal."""
        return self._orders.order(
            account_id, order_id=order_id, client_order_id=client_order_id, with_realized_pnl=with_realized_pnl
        )

    def orders(self, account_id: str, query: GetOrders) -> OrderRows:
        """Return one page of an account's orders, newest first. Raises Refusal."""
        return self._orders.orders(account_id, query)

    def transaction(self, account_id: str, trade_id: int) -> Transaction:
        """Return one fill. Raises Refusal."""
        return self._orders.transaction(account_id, trade_id)

    def transactions(self, account_id: str, query: GetTransactionHistory) -> TransactionRows:
        """Return an account's fills, newest first. Raises Refusal."""
        return self._orders.transactions(account_id, query)

    def transactions_of(self, account_id: str, order_id: int) -> tuple[Transaction, ...]:
        """Return the fills of one order, newest first. Raises Refusal."""
        return self._orders.transactions_of(account_id, order_id)

    def trading_fee(self, account_id: str, symbol: str) -> TradingFee:
        """Return what trading a symbol costs an account, in basis points. Raises Refusal."""
        account, market = self._house.account(account_id), self._house.markets.get(symbol)
        if market is None:
            raise refusal(317155, symbol=symbol[:60])
        if market.is_perpetual:
            taker, maker = account.perp_taker_fee_bp, account.perp_maker_fee_bp
        else:
            taker, maker = account.taker_fee_bp, account.maker_fee_bp
        return TradingFee(symbol=symbol, taker_fee=taker, maker_fee=maker)

    def balances(self, account_id: str, token: str | None = None) -> tuple[Holding, ...]:
        """Return what an account holds, of one token if given."""
        account, mark = self._house.account(account_id), self._house.price_of
        return valuation.holdings(account, token=token, mark=mark, now_ms=self._clock.now_ms())

    def account_info(self, account_id: str) -> AccountInfo:
        """Return modes, fees, and values at mid and mark prices."""
        account = self._house.account(account_id)
        return valuation.account_info(account, standing=self._house.risk.standing(account))

    def account_state(self, account_id: str) -> AccountState:
        """Return the same as the `account` topic says it."""
        account = self._house.account(account_id)
        return valuation.account_state(account, standing=self._house.risk.standing(account))

    def window(
        self, symbol: str, depth: int, *, rpi: bool = False
    ) -> tuple[list[tuple[Decimal, Decimal]], list[tuple[Decimal, Decimal]]]:
        """Return the best `depth` levels of bids and of asks, best first, with the decimals of tick and step.

        Only what orders show; with `rpi` what an API taker cannot hit as well.
        """
        market = self._house.market(symbol)
        price, quantity = market.price, market.quantity
        return (
            [(price(ticks), quantity(lots)) for ticks, lots in market.shown(is_bid=True, depth=depth, rpi=rpi)],
            [(price(ticks), quantity(lots)) for ticks, lots in market.shown(is_bid=False, depth=depth, rpi=rpi)],
        )

    def version(self, symbol: str, *, rpi: bool = False) -> int:
        """Return a number that grows with every change of any level, with `rpi` of either book."""
        market = self._house.market(symbol)
        return market.book.version + market.rpi.version if rpi else market.book.version

    def best(
        self, symbol: str, *, rpi: bool = False
    ) -> tuple[tuple[Decimal, Decimal] | None, tuple[Decimal, Decimal] | None]:
        """Return the best bid and the best ask; None for an empty side."""
        bids, asks = self.window(symbol, 1, rpi=rpi)
        return bids[0] if bids else None, asks[0] if asks else None

    def mid(self, symbol: str) -> Decimal | None:
        """Return the exact middle of the touch, None while a side is empty."""
        mid = self._house.market(symbol).mid()
        return None if mid is None else decimal(mid)

    def last(self, symbol: str) -> Decimal | None:
        """Return the price of the last trade, None before the first one."""
        market = self._house.market(symbol)
        return None if market.last is None else market.price(market.last)

    def take_events(self) -> list[ExchangeEvent]:
        """Return what has happened since the last call: of each order NEW, fills, end; balances behind the reports."""
        return self._house.outbox.take()

    def audit(self) -> list[str]:
        """Return what does not add up in ledger, frozen funds, positions and books; nothing when all is well."""
        return problems(self._house)

    def _cancel_everything(self, account: Account, *, reason: str, symbol: str | None = None) -> int:
        algo_orders = self.algo.end_all(account, symbol=symbol, reason=reason)
        return algo_orders + self._orders.cancel_all(account, symbol=symbol, reason=reason)
