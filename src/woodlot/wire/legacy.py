"""This file is the first-generation calls that nothing replaces (rest-v3 §10, §11): one of early V3, three of V1.

V1 speaks in snake case, puts its rows at the top of the reply and signs sorted parameters without method or path.
"""

from decimal import Decimal
from typing import ClassVar

import msgspec

from woodlot.wire.answer import Answer
from woodlot.wire.loose import LooseAnswer
from woodlot.wire.moment import Time
from woodlot.wire.request import Endpoint, Request, get
from woodlot.wire.trade import TransactionSide


class BuyingPowerRow(Answer):
    """What can be bought, and what can be sold, of one symbol."""

    symbol: str
    available_base_quantity: Decimal
    available_quote_quantity: Decimal


class BuyingPower(LooseAnswer):
    """A list right under `data`, without a name; no reply was recorded (rest-v3 §10)."""

    @property
    def rows(self) -> tuple[BuyingPowerRow, ...]:
        """The list, typed. Raises msgspec.ValidationError where it is not what the old reference says."""
        return msgspec.convert(self.data, tuple[BuyingPowerRow, ...], strict=False)


class GetBuyingPower(Request[BuyingPower]):
    """Ask how much of a symbol can be traded, first generation: rest-v3 §10. Nothing newer says it."""

    endpoint: ClassVar[Endpoint] = get("/v3/buypower", signed=True)

    symbol: str


class OrderTrade(Answer, rename=None):
    """One fill of an order, as V1 tells it; some replies leave out the id."""

    id: int | None = None
    symbol: str
    order_id: int
    order_tag: str = "default"
    side: TransactionSide
    executed_price: Decimal
    executed_quantity: Decimal
    fee: Decimal
    fee_asset: str
    is_maker: int
    executed_timestamp: Time


class OrderTrades(Answer):
    rows: tuple[OrderTrade, ...]


class GetOrderTrades(Request[OrderTrades]):
    """List the fills of one order, first generation (V1): rest-v3 §11. V3 cannot filter its fills by order."""

    endpoint: ClassVar[Endpoint] = get("/v1/order/{orderId}/trades", signed=True)

    order_id: int


class V1Token(Answer, rename=None):
    """One token on one network, as in `ETH_USDT`; its times are whole seconds as text."""

    token: str
    fullname: str
    network: str
    decimals: int
    delisted: bool
    balance_token: str
    created_time: str
    updated_time: str
    can_collateral: bool
    can_short: bool


class V1Tokens(Answer):
    rows: tuple[V1Token, ...]


class GetV1Tokens(Request[V1Tokens]):
    """List tokens, first generation (V1): rest-v3 §8.3, §11. The only form of this list that was recorded."""

    endpoint: ClassVar[Endpoint] = get("/v1/public/token")


class V1TokenNetwork(Answer, rename=None):
    """How one token moves over one network; the two permissions are "1" or "0"."""

    protocol: str
    network: str
    token: str
    name: str
    minimum_withdrawal: Decimal
    withdrawal_fee: Decimal
    allow_deposit: str
    allow_withdraw: str


class V1TokenNetworks(Answer):
    rows: tuple[V1TokenNetwork, ...]


class GetV1TokenNetworks(Request[V1TokenNetworks]):
    """List networks and their fees, first generation (V1): rest-v3 §8.4, §11. The only form that was recorded."""

    endpoint: ClassVar[Endpoint] = get("/v1/public/token_network")
