"""woodlot: trade on the WOO X exchange, or on one of your own.

Everything a program needs is here: `woodlot.Desk`, `woodlot.Client`, `woodlot.AsyncClient`, the requests they send, and
the errors they raise. Nothing is imported before it is used, so that starting up stays quick.
"""

import importlib
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from woodlot.config import Credentials as Credentials
    from woodlot.config import Environment as Environment
    from woodlot.desk.desk import Desk as Desk
    from woodlot.desk.events import GapClosed as GapClosed
    from woodlot.desk.events import GapOpened as GapOpened
    from woodlot.desk.facade import open_desk as open_desk
    from woodlot.desk.limits import Limits as Limits
    from woodlot.errors import ArgumentError as ArgumentError
    from woodlot.errors import BookNotInSync as BookNotInSync
    from woodlot.errors import ConfigurationError as ConfigurationError
    from woodlot.errors import ConnectionFailed as ConnectionFailed
    from woodlot.errors import DeskClosed as DeskClosed
    from woodlot.errors import ExchangeError as ExchangeError
    from woodlot.errors import ExecutionsForgotten as ExecutionsForgotten
    from woodlot.errors import FloatRefused as FloatRefused
    from woodlot.errors import GateRefused as GateRefused
    from woodlot.errors import InUse as InUse
    from woodlot.errors import JournalFailed as JournalFailed
    from woodlot.errors import NotFilled as NotFilled
    from woodlot.errors import OutcomeUnknown as OutcomeUnknown
    from woodlot.errors import RateLimited as RateLimited
    from woodlot.errors import Rejected as Rejected
    from woodlot.errors import SubscriptionRefused as SubscriptionRefused
    from woodlot.errors import TradingStopped as TradingStopped
    from woodlot.errors import Unauthorized as Unauthorized
    from woodlot.errors import Unavailable as Unavailable
    from woodlot.errors import WoodlotError as WoodlotError
    from woodlot.rest.async_client import AsyncClient as AsyncClient
    from woodlot.rest.client import Client as Client
    from woodlot.rest.pacing import Pacer as Pacer
    from woodlot.rest.patience import Patience as Patience
    from woodlot.stream.continuity import Interrupted as Interrupted
    from woodlot.stream.continuity import Resumed as Resumed
    from woodlot.stream.continuity import Skipped as Skipped
    from woodlot.wire.account import CreateListenKey as CreateListenKey
    from woodlot.wire.account import GetAccountInfo as GetAccountInfo
    from woodlot.wire.asset import GetBalances as GetBalances
    from woodlot.wire.enums import KlineType as KlineType
    from woodlot.wire.enums import OrderStatus as OrderStatus
    from woodlot.wire.enums import OrderType as OrderType
    from woodlot.wire.enums import Side as Side
    from woodlot.wire.filters import Rounding as Rounding
    from woodlot.wire.public import GetInstruments as GetInstruments
    from woodlot.wire.public import GetKline as GetKline
    from woodlot.wire.public import GetKlineHistory as GetKlineHistory
    from woodlot.wire.public import GetMarketTrades as GetMarketTrades
    from woodlot.wire.public import GetOrderBook as GetOrderBook
    from woodlot.wire.public import GetSystemInfo as GetSystemInfo
    from woodlot.wire.trade import CancelAllAfter as CancelAllAfter
    from woodlot.wire.trade import CancelAllOrders as CancelAllOrders
    from woodlot.wire.trade import CancelOrder as CancelOrder
    from woodlot.wire.trade import CancelOrders as CancelOrders
    from woodlot.wire.trade import EditOrder as EditOrder
    from woodlot.wire.trade import GetOrder as GetOrder
    from woodlot.wire.trade import GetOrders as GetOrders
    from woodlot.wire.trade import GetTradingFee as GetTradingFee
    from woodlot.wire.trade import GetTransaction as GetTransaction
    from woodlot.wire.trade import GetTransactionHistory as GetTransactionHistory
    from woodlot.wire.trade import PlaceOrder as PlaceOrder

__version__ = "0.1.0"

# Programs decide what is shown; without this, warnings of ours would go to their stderr.
logging.getLogger("woodlot").addHandler(logging.NullHandler())

# Where each public name lives; the block above tells the same to type checkers, and a test compares the two.
_HOMES = {
    "config": ["Credentials", "Environment"],
    "desk.desk": ["Desk"],
    "desk.events": ["GapClosed", "GapOpened"],
    "desk.facade": ["open_desk"],
    "desk.limits": ["Limits"],
    "errors": [
        "ArgumentError",
        "BookNotInSync",
        "ConfigurationError",
        "ConnectionFailed",
        "DeskClosed",
        "ExchangeError",
        "ExecutionsForgotten",
        "FloatRefused",
        "GateRefused",
        "InUse",
        "JournalFailed",
        "NotFilled",
        "OutcomeUnknown",
        "RateLimited",
        "Rejected",
        "SubscriptionRefused",
        "TradingStopped",
        "Unauthorized",
        "Unavailable",
        "WoodlotError",
    ],
    "rest.async_client": ["AsyncClient"],
    "rest.client": ["Client"],
    "rest.pacing": ["Pacer"],
    "rest.patience": ["Patience"],
    "stream.continuity": ["Interrupted", "Resumed", "Skipped"],
    "wire.account": ["CreateListenKey", "GetAccountInfo"],
    "wire.asset": ["GetBalances"],
    "wire.enums": ["KlineType", "OrderStatus", "OrderType", "Side"],
    "wire.filters": ["Rounding"],
    "wire.public": [
        "GetInstruments",
        "GetKline",
        "GetKlineHistory",
        "GetMarketTrades",
        "GetOrderBook",
        "GetSystemInfo",
    ],
    "wire.trade": [
        "CancelAllAfter",
        "CancelAllOrders",
        "CancelOrder",
        "CancelOrders",
        "EditOrder",
        "GetOrder",
        "GetOrders",
        "GetTradingFee",
        "GetTransaction",
        "GetTransactionHistory",
        "PlaceOrder",
    ],
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_ROOMS = frozenset({"book", "cli", "config", "desk", "errors", "orders", "rest", "sandbox", "stream", "tui", "wire"})

__all__ = ["__version__", *_HOME_OF]  # noqa: PLE0604  # pyright: ignore[reportUnsupportedDunderAll] - strings all


def __getattr__(name: str) -> object:
    if name in _HOME_OF:
        value = getattr(importlib.import_module(f"woodlot.{_HOME_OF[name]}"), name)
        globals()[name] = value
        return value
    if name in _ROOMS:
        return importlib.import_module(f"woodlot.{name}")
    raise AttributeError(f"module 'woodlot' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_ROOMS})
