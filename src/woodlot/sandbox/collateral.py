"""This file is how each token counts as collateral and how far it can be borrowed (rest-v3 §9.3, tokenConfig)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from woodlot.sandbox.ledger import RATE_ONE
from woodlot.sandbox.money import ONE, decimal
from woodlot.wire.account import TokenSettings

MOST_SPOT_LEVERAGE: Final = 10
"""rest-v3 §9.6: "values 1 to 5 (help centre: up to 10)"."""


@dataclass(frozen=True, slots=True)
class Collateral:
    """One token's terms; rates are in the ledger's unit of 10⁻⁸."""

    token: str
    rate: int = RATE_ONE
    hourly_interest: int = 0
    most_borrowed: int = 0

    @property
    def can_borrow(self) -> bool:
        return self.most_borrowed > 0

    @property
    def settings(self) -> TokenSettings:
        return TokenSettings(
            token=self.token,
            collateral_ratio=decimal(self.rate * (ONE // RATE_ONE)),
            margin_factor=Decimal(0),
            collateral=self.rate > 0,
            can_collateral=self.rate > 0,
            can_short=self.can_borrow,
            margin_max_leverage=MOST_SPOT_LEVERAGE,
            margin_max_position=Decimal(self.most_borrowed),
        )


# Nothing of this is recorded; the figures are of the right order. 500 an hour is about 4.4 % a year.
COLLATERAL: Final = {
    terms.token: terms
    for terms in (
        Collateral("USDT", hourly_interest=500, most_borrowed=10_000_000),
        Collateral("BTC", hourly_interest=100, most_borrowed=100),
        Collateral("ETH", hourly_interest=200, most_borrowed=2_000),
        Collateral("WOO", rate=RATE_ONE * 85 // 100, hourly_interest=1_500, most_borrowed=5_000_000),
    )
}


def collateral_of(token: str) -> Collateral:
    """Return the terms of a token; one without terms is no collateral and cannot be borrowed."""
    return COLLATERAL.get(token) or Collateral(token, rate=0)
