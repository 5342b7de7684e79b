"""This file is `woodlot init`: a first bot to start from."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from woodlot.cli.options import EVERYWHERE, Everywhere
from woodlot.cli.output import Printer
from woodlot.cli.refusals import Usage

BOT = '''"""A first bot: bid just below the market, take what is filled, and stop after a minute."""

import asyncio
from decimal import Decimal

import woodlot

SYMBOL = "SPOT_WOO_USDT"
STEP = Decimal("0.00001")
SIZE = Decimal(200)
ROUNDS = 10


async def main() -> None:
    # Without arguments this is an exchange inside the program. Later: Desk.open(Environment.staging(), credentials).
    async with woodlot.Desk.open() as desk:
        book = await desk.book(SYMBOL)
        for number in range(ROUNDS):
            # A book that is not in sync raises instead of showing a wrong price.
            bid, ask = book.best_bid, book.best_ask
            if bid is None or ask is None:
                continue
            order = await desk.buy(SYMBOL, SIZE, price=max(bid[0], ask[0] - STEP))
            try:
                async with asyncio.timeout(2):
                    await order.filled()
            except TimeoutError:
                await order.cancel()
                await order.settled()
            print(f"round {number + 1}: {order.state.value}, {order.filled_quantity} filled at {order.average_price}")


if __name__ == "__main__":
    asyncio.run(main())
'''


def init(
    path: Annotated[Path, Parameter(help="Where to write it.")] = Path("bot.py"),
    /,
    *,
    force: Annotated[bool, Parameter(negative="", help="Replace a file that is there.")] = False,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Write a short bot that runs against the sandbox as it stands.

    Example: woodlot init bot.py
    """
    if path.exists() and not force:
        raise Usage(f"{path} is there already", hint="choose another name, or add --force")
    path.write_text(BOT, encoding="utf-8")
    Printer(everywhere.output, is_quiet=everywhere.quiet).say(f"written; run it with: python {path}")
