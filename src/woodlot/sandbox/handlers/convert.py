"""This file is the handlers of rest-v3 §9.7: swapping one token for another at a quoted price."""

from decimal import Decimal
from typing import Final

from woodlot.sandbox.convert import Outcome
from woodlot.sandbox.convert import Quote as Offer
from woodlot.sandbox.handlers.account import MOST_PER_PAGE, PER_PAGE
from woodlot.sandbox.handlers.venue import Call, Handlers
from woodlot.sandbox.networks import LISTED_MS
from woodlot.sandbox.queries import bounds_ms, page_of
from woodlot.wire.convert import (
    AcceptQuote,
    Conversion,
    ConvertAsset,
    ConvertAssets,
    ConvertExchangeInfo,
    ConvertTrade,
    ConvertTrades,
    GetConvertAssetInfo,
    GetConvertExchangeInfo,
    GetConvertTrade,
    GetConvertTrades,
    GetQuote,
    Quote,
)
from woodlot.wire.moment import Time


def _exchange_info(call: Call[GetConvertExchangeInfo]) -> ConvertExchangeInfo:
    # Known by name only: the pairs, in the words of the quote (rest-v3 §9.7).
    names = list(call.office.tokens)
    rows = [{"sellToken": sold, "buyToken": bought} for sold in names for bought in names if sold != bought]
    return ConvertExchangeInfo(data={"rows": rows})


def _asset_info(call: Call[GetConvertAssetInfo]) -> ConvertAssets:
    listed = Time.at(LISTED_MS)
    rows = [
        ConvertAsset(token=token.name, tick=token.tick, created_time=listed, updated_time=listed)
        for token in call.office.tokens.values()
    ]
    return ConvertAssets(rows=tuple(rows))


def _quote(call: Call[GetQuote]) -> Quote:
    request = call.request
    offer = call.office.converter.quote(
        call.account_id,
        sell_token=request.sell_token,
        buy_token=request.buy_token,
        sell_quantity=Decimal(request.sell_quantity),
        now_ms=call.now_ms,
    )
    return Quote(
        quote_id=offer.id,
        sell_token=offer.sell_token,
        sell_quantity=offer.sell_quantity,
        buy_token=offer.buy_token,
        buy_quantity=offer.buy_quantity,
        buy_price=offer.buy_price,
        expire_timestamp=Time.at(offer.expires_ms),
        message="",
    )


def _accept(call: Call[AcceptQuote]) -> Conversion:
    offer = call.office.converter.accept(call.account_id, call.request.quote_id, now_ms=call.now_ms)
    return Conversion(quote_id=offer.id, rft_accepted=offer.outcome or Outcome.FAILED)


def _trade(call: Call[GetConvertTrade]) -> ConvertTrade:
    return _row(call.office.converter.traded(call.account_id, call.request.quote_id))


def _trades(call: Call[GetConvertTrades]) -> ConvertTrades:
    request = call.request
    start_ms, end_ms = bounds_ms(request.start_time, request.end_time)
    offers = [
        offer for offer in call.office.converter.accepted(call.account_id) if start_ms <= offer.accepted_ms <= end_ms
    ]
    shown, meta = page_of(offers, page=None, size=request.size, default=PER_PAGE, most=MOST_PER_PAGE)
    return ConvertTrades(count=meta.total, trade_vos=tuple(_row(offer) for offer in shown))


def _row(offer: Offer) -> ConvertTrade:
    return ConvertTrade(
        quote_id=offer.id,
        buy_asset=offer.buy_token,
        sell_asset=offer.sell_token,
        buy_amount=offer.buy_quantity,
        sell_amount=offer.sell_quantity,
        trade_status=offer.outcome or Outcome.PROCESSING,
        # The page shows it empty; its neighbours have seconds with a fraction.
        created_time=f"{offer.accepted_ms // 1000}.{offer.accepted_ms % 1000:03}",
    )


HANDLERS: Final[Handlers] = {
    GetConvertExchangeInfo: _exchange_info,
    GetConvertAssetInfo: _asset_info,
    GetQuote: _quote,
    AcceptQuote: _accept,
    GetConvertTrade: _trade,
    GetConvertTrades: _trades,
}
