"""This file is the handlers of the first-generation calls that live on (rest-v3 §10, §11)."""

from decimal import Decimal
from typing import Final

from woodlot.sandbox.collateral import collateral_of
from woodlot.sandbox.handlers.venue import Call, Handlers
from woodlot.sandbox.networks import LISTED_MS
from woodlot.sandbox.refusal import refusal
from woodlot.wire.legacy import (
    BuyingPower,
    GetBuyingPower,
    GetOrderTrades,
    GetV1TokenNetworks,
    GetV1Tokens,
    OrderTrade,
    OrderTrades,
    V1Token,
    V1TokenNetwork,
    V1TokenNetworks,
    V1Tokens,
)


def _buying_power(call: Call[GetBuyingPower]) -> BuyingPower:
    instrument = call.exchange.instruments.get(call.request.symbol)
    if instrument is None:
        raise refusal(317155, symbol=call.request.symbol[:60])
    row = {
        "symbol": instrument.symbol,
        "availableBaseQuantity": max(Decimal(0), call.office.bank.free(call.account_id, instrument.base_asset)),
        "availableQuoteQuantity": max(Decimal(0), call.office.bank.free(call.account_id, instrument.quote_asset)),
    }
    return BuyingPower(data=[row])


def _order_trades(call: Call[GetOrderTrades]) -> OrderTrades:
    # What V1 says to an order that is not there is not known; V3's lookup of an order says -1006.
    rows = [
        OrderTrade(
            id=fill.id,
            symbol=fill.symbol,
            order_id=fill.order_id,
            order_tag=fill.order_tag,
            side=fill.side,
            executed_price=fill.executed_price,
            executed_quantity=fill.executed_quantity,
            fee=fill.fee,
            fee_asset=fill.fee_asset,
            is_maker=fill.is_maker,
            executed_timestamp=fill.executed_timestamp,
        )
        for fill in call.exchange.transactions_of(call.account_id, call.request.order_id)
    ]
    return OrderTrades(rows=tuple(rows))


def _v1_tokens(call: Call[GetV1Tokens]) -> V1Tokens:
    rows = [
        V1Token(
            token=way.token,
            fullname=token.fullname,
            network=way.network.name,
            decimals=way.decimals,
            delisted=False,
            balance_token=token.name,
            created_time=f"{LISTED_MS // 1000}",
            updated_time=f"{LISTED_MS // 1000}",
            can_collateral=collateral_of(token.name).rate > 0,
            can_short=collateral_of(token.name).can_borrow,
        )
        for token in call.office.tokens.values()
        for way in token.ways
    ]
    return V1Tokens(rows=tuple(rows))


def _v1_token_networks(call: Call[GetV1TokenNetworks]) -> V1TokenNetworks:
    rows = [
        V1TokenNetwork(
            protocol=way.network.protocol,
            network=way.network.name,
            token=token.name,
            name=f"{token.fullname} ({way.network.protocol})",
            minimum_withdrawal=way.minimum,
            withdrawal_fee=way.fee,
            allow_deposit="1",
            allow_withdraw="1",
        )
        for token in call.office.tokens.values()
        for way in token.ways
    ]
    return V1TokenNetworks(rows=tuple(rows))


HANDLERS: Final[Handlers] = {
    GetBuyingPower: _buying_power,
    GetOrderTrades: _order_trades,
    GetV1Tokens: _v1_tokens,
    GetV1TokenNetworks: _v1_token_networks,
}
