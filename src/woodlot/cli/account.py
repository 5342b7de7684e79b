"""This file is what the account holds and may do: `balance`, `positions`, and the noun `account`."""

from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from woodlot.cli.options import EVERYWHERE, Everywhere
from woodlot.cli.refusals import NotThere
from woodlot.cli.session import Session, run
from woodlot.cli.symbols import instrument_of
from woodlot.wire.account import GetAccountInfo, GetCredentials
from woodlot.wire.asset import GetBalances
from woodlot.wire.futures import GetPositions
from woodlot.wire.trade import GetTradingFee

app = App(name="account", help="The account: modes, collateral, fees, keys.")
BALANCE = ("token", "holding", "available", "frozen", "staked", "mark_price", "value")
POSITIONS = (
    "symbol", "side", "holding", "entry_price", "mark_price", "profit", "liquidation_price", "leverage", "margin_mode",
)  # fmt: skip
INFO = (
    "account", "type", "mode", "position_mode", "leverage", "value", "collateral", "free_collateral", "margin_ratio",
    "maker_fee", "taker_fee",
)  # fmt: skip
KEYS = ("name", "key", "permissions", "addresses")
FEES = ("symbol", "maker_fee", "taker_fee")


def balance(
    token: Annotated[str | None, Parameter(help="Only this one.")] = None, /, *, everywhere: Everywhere = EVERYWHERE
) -> None:
    """Show what the account holds.

    Example: woodlot balance USDT
    """

    async def show(here: Session) -> None:
        held = await here.client.send(GetBalances(token=None if token is None else token.upper()))
        if token is not None and not held.holding:
            raise NotThere(f"the account has no {token.upper()}", hint="see what it has with: woodlot balance")
        rows = [row for row in held.holding if token is not None or row.holding or row.frozen]
        here.printer.rows(
            BALANCE,
            (
                {
                    "token": row.token,
                    "holding": row.holding,
                    "available": row.available_balance,
                    "frozen": row.frozen,
                    "staked": row.staked,
                    "mark_price": row.mark_price,
                    "value": None if row.mark_price is None else row.holding * row.mark_price,
                }
                for row in rows
            ),
        )

    run(show, everywhere, private=True)


def positions(
    symbol: Annotated[str | None, Parameter(help="Only this one.")] = None, /, *, everywhere: Everywhere = EVERYWHERE
) -> None:
    """Show the open positions.

    Example: woodlot positions
    """

    async def show(here: Session) -> None:
        wanted = None if symbol is None else (await instrument_of(here.client, symbol)).symbol
        rows = (await here.client.send(GetPositions(symbol=wanted))).positions
        here.printer.rows(POSITIONS, (_position(row) for row in rows if row.holding))
        if not any(row.holding for row in rows):
            here.say("no open positions")

    run(show, everywhere, private=True)


@app.default
def info(*, everywhere: Everywhere = EVERYWHERE) -> None:
    """Show modes, value, collateral and fees. Fees are in basis points: 10 is 0.1 %.

    Example: woodlot account
    """

    async def show(here: Session) -> None:
        row = await here.client.send(GetAccountInfo())
        here.printer.one(
            INFO,
            {
                "account": row.account,
                "type": row.account_type,
                "mode": str(row.account_mode),
                "position_mode": str(row.position_mode),
                "leverage": row.leverage,
                "value": row.total_account_value,
                "collateral": row.total_collateral,
                "free_collateral": row.free_collateral,
                "margin_ratio": row.margin_ratio,
                "maker_fee": row.maker_fee_rate,
                "taker_fee": row.taker_fee_rate,
            },
        )

    run(show, everywhere, private=True)


@app.command
def keys(*, everywhere: Everywhere = EVERYWHERE) -> None:
    """List the account's API keys, shortened, and what they may do.

    Example: woodlot account keys
    """

    async def show(here: Session) -> None:
        rows = (await here.client.send(GetCredentials())).rows
        here.printer.rows(
            KEYS,
            (
                {
                    "name": row.account_name,
                    "key": f"{row.api_key[:4]}...{row.api_key[-2:]}",
                    "permissions": [str(permission) for permission in row.permissions],
                    "addresses": [] if row.allowed_ips is msgspec.UNSET else list(row.allowed_ips),
                }
                for row in rows
            ),
        )

    run(show, everywhere, private=True)


@app.command
def fees(symbol: Annotated[str, Parameter(help="As BTC/USDT.")], /, *, everywhere: Everywhere = EVERYWHERE) -> None:
    """Show what trading a symbol costs, in basis points: 10 is 0.1 %.

    Example: woodlot account fees BTC/USDT
    """

    async def show(here: Session) -> None:
        wanted = (await instrument_of(here.client, symbol)).symbol
        row = await here.client.send(GetTradingFee(symbol=wanted))
        here.printer.one(FEES, {"symbol": row.symbol, "maker_fee": row.maker_fee, "taker_fee": row.taker_fee})

    run(show, everywhere, private=True)


def _position(row: Any) -> dict[str, Any]:
    return {
        "symbol": row.symbol,
        "side": str(row.position_side),
        "holding": row.holding,
        "entry_price": row.average_open_price,
        "mark_price": row.mark_price,
        "profit": (row.mark_price - row.average_open_price) * row.holding,
        "liquidation_price": row.est_liq_price,
        "leverage": row.leverage,
        "margin_mode": row.margin_mode,
    }
