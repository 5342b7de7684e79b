"""This file is rest-v3 §9.7: swapping one token for another at a quoted price."""

from decimal import Decimal
from typing import Any, ClassVar

from woodlot.wire.amount import Number
from woodlot.wire.answer import Answer
from woodlot.wire.loose import LooseAnswer
from woodlot.wire.moment import Moment, Time
from woodlot.wire.request import Endpoint, Request, get, post


class ConvertExchangeInfo(LooseAnswer):
    """Nothing is known of its shape."""


class GetConvertExchangeInfo(Request[ConvertExchangeInfo]):
    """Ask what can be converted into what: rest-v3 §9.7, known by name only."""

    endpoint: ClassVar[Endpoint] = get("/v3/convert/exchangeInfo", signed=True)


class ConvertAsset(Answer):
    token: str
    tick: Decimal
    created_time: Time
    updated_time: Time


class ConvertAssets(Answer):
    """The rows stand at the top of this reply, not under `data` (rest-v3 §3.1)."""

    rows: tuple[ConvertAsset, ...]


class GetConvertAssetInfo(Request[ConvertAssets]):
    """List what can be converted: rest-v3 §9.7."""

    endpoint: ClassVar[Endpoint] = get("/v3/convert/assetInfo", signed=True)


class Quote(Answer):
    """A price that holds until `expire_timestamp`."""

    quote_id: int
    counter_party_id: str = ""
    sell_token: str
    sell_quantity: Decimal
    buy_token: str
    buy_quantity: Decimal
    buy_price: Decimal
    expire_timestamp: Time
    # The page shows a number here; what it means is not said.
    message: Any = None


class GetQuote(Request[Quote]):
    """Ask for a quote: rest-v3 §9.7, 10 per minute."""

    endpoint: ClassVar[Endpoint] = get("/v3/convert/rfq", signed=True)

    sell_token: str
    buy_token: str
    sell_quantity: Number


class Conversion(Answer):
    """What became of an accepted quote: `rft_accepted` 1 success, 2 processing, 3 failed."""

    quote_id: int
    counter_party_id: str = ""
    rft_accepted: int


class AcceptQuote(Request[Conversion]):
    """Accept a quote: rest-v3 §9.7, 10 per minute."""

    endpoint: ClassVar[Endpoint] = post("/v3/convert/rft")

    quote_id: int


class ConvertTrade(Answer):
    """One conversion. `created_time` is text whose form is not known; the page shows it empty."""

    quote_id: int
    buy_asset: str
    sell_asset: str
    buy_amount: Decimal
    sell_amount: Decimal
    trade_status: int
    created_time: str = ""


class GetConvertTrade(Request[ConvertTrade]):
    """Ask for one conversion: rest-v3 §9.7."""

    endpoint: ClassVar[Endpoint] = get("/v3/convert/trade", signed=True)

    quote_id: int


class ConvertTrades(Answer):
    count: int
    trade_vos: tuple[ConvertTrade, ...]


class GetConvertTrades(Request[ConvertTrades]):
    """List conversions: rest-v3 §9.7."""

    endpoint: ClassVar[Endpoint] = get("/v3/convert/trades", signed=True)

    start_time: Moment | None = None
    end_time: Moment | None = None
    size: int | None = None
