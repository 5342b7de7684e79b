"""This file is how single replies are spelled where they differ from their neighbours: the recorded oddities."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from woodlot.wire.account import AccountInfo, ReferralSummary, SubAccounts, SymbolConfig, TokenConfig
from woodlot.wire.answer import Answer
from woodlot.wire.asset import PastTransfers, WalletMoves
from woodlot.wire.convert import ConvertAssets, ConvertTrade, ConvertTrades
from woodlot.wire.futures import FundingFees
from woodlot.wire.legacy import OrderTrades, V1TokenNetworks, V1Tokens
from woodlot.wire.trade import TradingFee

_META: Final = {"recordsPerPage": "records_per_page", "currentPage": "current_page"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """How one reply is written. By default: amounts as text, times as integer milliseconds, everything under `data`.

    `has_numbers` None leaves it to the endpoint; `numbers` are numbers anyway, `texts` are integers written as text.
    """

    has_numbers: bool | None = None
    numbers: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    has_seconds: bool = False
    is_beside: bool = False
    has_timestamp: bool = True
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])

    def is_number(self, name: str) -> bool:
        return bool(self.has_numbers) or name in self.numbers


@functools.cache
def spelling_of(answer: type[Answer], *, numbers: bool) -> Spelling:
    """Return how an answer is spelled; `numbers` is what its endpoint does where nothing else is recorded."""
    spelling = _SPELLINGS.get(answer, _PLAIN)
    return replace(spelling, has_numbers=numbers) if spelling.has_numbers is None else spelling


_PLAIN: Final = Spelling()

_SPELLINGS: Final[Mapping[type[Answer], Spelling]] = {
    # "`makerFeeRate`, `takerFeeRate` int" among strings (rest-v3 §9.3).
    AccountInfo: Spelling(numbers=frozenset({"makerFeeRate", "takerFeeRate"})),
    TokenConfig: Spelling(numbers=frozenset({"marginMaxPosition"})),
    SymbolConfig: Spelling(numbers=frozenset({"maxPosition"})),
    # "amounts in … tradingFee …: strings" (§3.3), alone among the trade endpoints.
    TradingFee: Spelling(has_numbers=False),
    SubAccounts: Spelling(has_seconds=True),
    ReferralSummary: Spelling(has_seconds=True),
    # "One recorded live reply has snake_case meta" (§3.4).
    WalletMoves: Spelling(has_seconds=True, renamed=_META),
    PastTransfers: Spelling(has_seconds=True),
    # "puts `rows` at top level, no `data`" (§3.1); `tick` is a number there (§9.7).
    ConvertAssets: Spelling(has_numbers=True, has_seconds=True, is_beside=True, has_timestamp=False),
    ConvertTrade: Spelling(has_numbers=True),
    ConvertTrades: Spelling(has_numbers=True),
    # "`fundingRate` **number**" (§9.5.2).
    FundingFees: Spelling(numbers=frozenset({"fundingRate"})),
    V1Tokens: Spelling(is_beside=True, has_timestamp=False, texts=frozenset({"decimals"})),
    V1TokenNetworks: Spelling(is_beside=True, has_timestamp=False),
    OrderTrades: Spelling(has_numbers=True, has_seconds=True, is_beside=True, has_timestamp=False),
}
