"""This file is what an account is worth, in USDT at mid prices, and how that is told."""

from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from woodlot.sandbox.accounts import Account
from woodlot.sandbox.money import ONE, decimal, times
from woodlot.wire.account import AccountInfo, AccountMode, PositionMode
from woodlot.wire.asset import Holding
from woodlot.wire.enums import MarginMode
from woodlot.wire.events import AccountState
from woodlot.wire.moment import Time

_ZERO = Decimal(0)
# As recorded without positions: "`marginRatio` is "10" (1000 %)" (rest-v3 §9.3).
_MARGIN_RATIO = Decimal(10)
_MAINTENANCE_RATIO = Decimal("0.03")
# As recorded, in futures mode.
_LEVERAGE = 0
# Values are recorded with eight decimals.
_VALUE_STEP = ONE // 10**8


def account_info(account: Account, *, mark: Callable[[str], int]) -> AccountInfo:
    """Return the account as `GET /v3/account/info` shows it. There is no margin yet: collateral is what is held."""
    total, free = _worth(account, mark=mark)
    return AccountInfo(
        application_id=account.id,
        account=account.name,
        alias=account.name,
        otpauth=True,
        account_mode=AccountMode(account.mode),
        position_mode=PositionMode.ONE_WAY,
        leverage=_LEVERAGE,
        maker_fee_rate=account.maker_fee_bp,
        taker_fee_rate=account.taker_fee_bp,
        margin_ratio=_MARGIN_RATIO,
        open_margin_ratio=_MARGIN_RATIO,
        initial_margin_ratio=_MARGIN_RATIO,
        maintenance_margin_ratio=_MAINTENANCE_RATIO,
        total_collateral=total,
        free_collateral=free,
        total_account_value=total,
        total_trading_value=total,
        total_vault_value=_ZERO,
        total_staking_value=_ZERO,
        total_launchpad_value=_ZERO,
        total_earn_value=_ZERO,
    )


def account_state(account: Account, *, mark: Callable[[str], int]) -> AccountState:
    """Return the account as its topic pushes it, with the fields of its mode (websocket-v3 §9.5)."""
    total, free = _worth(account, mark=mark)
    if account.mode == AccountMode.PURE_SPOT:
        return AccountState(account_mode=account.mode, total_account_value=total)
    state = AccountState(
        account_mode=account.mode,
        margin_ratio=_MARGIN_RATIO,
        open_margin_ratio=_MARGIN_RATIO,
        initial_margin_ratio=_MARGIN_RATIO,
        maintenance_margin_ratio=_MAINTENANCE_RATIO,
        total_collateral=total,
        free_collateral=free,
        total_account_value=total,
    )
    if account.mode == AccountMode.MARGIN:
        return replace(state, leverage=_LEVERAGE)
    return replace(
        state,
        account_mode=AccountMode.FUTURE.value,
        margin_mode=MarginMode.CROSS.value,
        position_mode=PositionMode.ONE_WAY.value,
    )


def holdings(account: Account, *, token: str | None, mark: Callable[[str], int], now_ms: int) -> tuple[Holding, ...]:
    """Return what an account holds, by token: `holding` is all of it, `availableBalance` what is free."""
    stamp = Time.at(now_ms)
    return tuple(
        Holding(
            token=asset,
            holding=decimal(pocket.holding),
            frozen=decimal(pocket.frozen),
            staked=_ZERO,
            unbonding=_ZERO,
            vault=_ZERO,
            interest=_ZERO,
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


def _worth(account: Account, *, mark: Callable[[str], int]) -> tuple[Decimal, Decimal]:
    """Return the value of all that is held and of what is free."""
    pockets = [(pocket, mark(asset)) for asset, pocket in account.wallet.items()]
    total = sum(times(pocket.holding, price) for pocket, price in pockets)
    free = sum(times(pocket.available, price) for pocket, price in pockets)
    return _value(total), _value(free)


def _value(amount: int) -> Decimal:
    return decimal(amount - amount % _VALUE_STEP)
