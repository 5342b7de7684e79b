"""This file is the exchange's words: closed where we speak, open where we listen."""

from enum import StrEnum


class OpenWord(StrEnum):
    """A word that the exchange may extend: one that is not known yet is kept as it came.

    >>> OrderStatus("HALTED")
    <OrderStatus.UNKNOWN: 'HALTED'>
    """

    @classmethod
    def _missing_(cls, value: object) -> "OpenWord | None":
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_ = "UNKNOWN"
        word._value_ = value
        return word

    @property
    def is_known(self) -> bool:
        return self._name_ != "UNKNOWN"


class Side(OpenWord):
    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """The kinds of order that can be sent (rest-v3 §7.1)."""

    # An enumeration's own goes by the name, in Python; the exchange looks one up many times for each order.
    __hash__ = str.__hash__

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    IOC = "IOC"
    FOK = "FOK"
    POST_ONLY = "POST_ONLY"
    ASK = "ASK"
    BID = "BID"
    RPI = "RPI"


class OrderTypeWord(OpenWord):
    """The kinds of order that replies and reports speak of; some are never sent by users."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    IOC = "IOC"
    FOK = "FOK"
    POST_ONLY = "POST_ONLY"
    ASK = "ASK"
    BID = "BID"
    RPI = "RPI"
    AC = "AC"
    LIQUIDATE = "LIQUIDATE"


class OrderStatus(OpenWord):
    """Where an order stands (rest-v3 §7.4)."""

    NEW = "NEW"
    PARTIAL_FILLED = "PARTIAL_FILLED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    REPLACED = "REPLACED"

    @property
    def is_final(self) -> bool:
        return self in _FINAL


_FINAL = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED})


class StatusFilter(StrEnum):
    """What a list of orders can be narrowed to; the last two are bundles (rest-v3 §7.4)."""

    NEW = "NEW"
    PARTIAL_FILLED = "PARTIAL_FILLED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    INCOMPLETE = "INCOMPLETE"
    COMPLETED = "COMPLETED"


class PositionSide(OpenWord):
    BOTH = "BOTH"
    LONG = "LONG"
    SHORT = "SHORT"


class MarginMode(StrEnum):
    CROSS = "CROSS"
    ISOLATED = "ISOLATED"


class KlineType(StrEnum):
    """Candle lengths of the REST endpoints (rest-v3 §8.9); the stream spells the long ones differently."""

    MINUTE_1 = "1m"
    MINUTE_3 = "3m"
    MINUTE_5 = "5m"
    MINUTE_15 = "15m"
    MINUTE_30 = "30m"
    HOUR_1 = "1h"
    HOUR_2 = "2h"
    HOUR_4 = "4h"
    HOUR_6 = "6h"
    HOUR_12 = "12h"
    DAY_1 = "1d"
    WEEK_1 = "1w"
    MONTH_1 = "1mon"
    YEAR_1 = "1y"
