"""This file is how it is told what an account holds, is worth and can still risk."""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from woodlot.sandbox.accounts import Account
from woodlot.sandbox.money import ONE, decimal
from woodlot.sandbox.risk import Standing
from woodlot.wire.account import AccountInfo, AccountMode
from woodlot.wire.asset import Holding
from woodlot.wire.events import AccountState
from woodlot.wire.moment import Time

_ZERO = Decimal(0)
# As recorded without positions: "`marginRatio` is "10" (1000 %)" (rest-v3 §9.3).
_MARGIN_RATIO = Decimal(10)
_MAINTENANCE_RATIO = Decimal("0.03")
# Values are recorded with eight decimals.
_VALUE_STEP = ONE // 10**8


def account_info(account: Account, *, standing: Standing) -> AccountInfo:
    """Return the account as `GET /v3/account/info` shows it."""
    ratios = _ratios(standing)
    value = _value(standing.value)
    return AccountInfo(
        application_id=account.id,
        account=account.name,
        alias=account.name,
        otpauth=True,
        account_mode=AccountMode(account.mode),
        position_mode=account.settings.position_mode,
        leverage=_leverage(account),
        maker_fee_rate=account.maker_fee_bp,
        taker_fee_rate=account.taker_fee_bp,
        margin_ratio=ratios.margin,
        open_margin_ratio=ratios.open_margin,
        initial_margin_ratio=ratios.initial,
        maintenance_margin_ratio=ratios.maintenance,
        total_collateral=_value(standing.collateral),
        free_collateral=_value(standing.free),
        total_account_value=value,
        total_trading_value=value,
        total_vault_value=_ZERO,
        total_staking_value=_ZERO,
        total_launchpad_value=_ZERO,
        total_earn_value=_ZERO,
    )


def account_state(account: Account, *, standing: Standing) -> AccountState:
    """Return the account as its topic pushes it, with the fields of its mode (websocket-v3 §9.5)."""
    value = _value(standing.value)
    if account.mode == AccountMode.PURE_SPOT:
        return AccountState(account_mode=account.mode, total_account_value=value)
    ratios = _ratios(standing)
    state = AccountState(
        account_mode=account.mode,
        margin_ratio=ratios.margin,
        open_margin_ratio=ratios.open_margin,
        initial_margin_ratio=ratios.initial,
        maintenance_margin_ratio=ratios.maintenance,
        total_collateral=_value(standing.collateral),
        free_collateral=_value(standing.free),
        total_account_value=value,
    )
    if account.mode == AccountMode.MARGIN:
        return replace(state, leverage=_leverage(account))
    return replace(
        state,
        account_mode=AccountMode.FUTURE.value,
        margin_mode=account.settings.margin_mode.value,
        position_mode=account.settings.position_mode.value,
    )


def holdings(account: Account, *, token: str | None, mark: Callable[[str], int], now_ms: int) -> tuple[Holding, ...]:
    """Return what an account holds, by token: `holding` is all of it, `availableBalance` what is free."""
    stamp = Time.at(now_ms)
    return tuple(
        Holding(
            token=asset,
            holding=decimal(pocket.holding + account.leaving.get(asset, 0)),
            frozen=decimal(pocket.frozen + account.leaving.get(asset, 0)),
            staked=_ZERO,
            unbonding=_ZERO,
            vault=_ZERO,
            interest=decimal(account.interest.get(asset, 0)),
            earn=_ZERO,
            pending_short_qty=_ZERO,
            pending_long_qty=_ZERO,
            available_balance=decimal(pocket.available),
            average_open_price=_ZERO,
            mark_price=decimal(mark(asset)),
            pnl_24h=_ZERO,
            fee_24h=_ZERO,
            timestamp=stamp,
        )
        for asset, pocket in sorted(account.wallet.items())
        if token is None or asset == token
    )


class _Ratios(NamedTuple):
    margin: Decimal
    open_margin: Decimal
    initial: Decimal
    maintenance: Decimal


def _ratios(standing: Standing) -> _Ratios:
    """Return collateral and margins as shares of the notional: as recorded where there is none, and never more."""
    notional = standing.notional
    if not notional:
        return _Ratios(_MARGIN_RATIO, _MARGIN_RATIO, _MARGIN_RATIO, _MAINTENANCE_RATIO)
    return _Ratios(
        min(_MARGIN_RATIO, _value(standing.collateral * ONE // notional)),
        min(_MARGIN_RATIO, _value((standing.free + standing.initial) * ONE // notional)),
        _value(standing.initial * ONE // notional),
        _value(standing.maintenance * ONE // notional),
    )


def _leverage(account: Account) -> int:
    """Return what MARGIN mode has chosen; "0" is recorded in futures mode."""
    return account.settings.spot_leverage if account.may_borrow else 0


def _value(amount: int) -> Decimal:
    return decimal(amount - amount % _VALUE_STEP)
