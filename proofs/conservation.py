"""This file is the proof that money is neither made nor lost: `python -m proofs.conservation --commands 1000000`.

Each seed is an exchange of its own with six accounts and 500 random commands: spot, margin, perpetuals, algo orders,
crashes and liquidations. After every command the auditor adds everything up to the last digit: assets, frozen funds,
positions, the clearing house, the books. The first sentence it has to say ends the run with the command to repeat it.
"""

import argparse
import random
import sys
import time
from collections import Counter
from decimal import Decimal

from msgspec.structs import replace

from proofs.commander import PERP, START, Commander
from woodlot.clock import ManualClock
from woodlot.sandbox.events import BalancesChanged, ExchangeEvent, PositionsChanged, Reported, TradePrinted
from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.instruments import LISTING, PERPETUALS
from woodlot.wire.enums import MarginMode, OrderTypeWord
from woodlot.wire.futures import PositionModeChoice, SetLeverage

COMMANDS_PER_SEED = 500
_TELL_EVERY_S = 30.0


class Broken(AssertionError):
    """Something does not add up."""


class Floor:
    """One exchange and the commands of one seed. `seen` counts what they led to."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(f"{seed} conservation")
        self.clock = ManualClock()
        # Without caps and floors prices may jump as far as a crash needs.
        free = [replace(item, bid_cap_ratio=None, ask_floor_ratio=None) for item in PERPETUALS]
        # Every other fund cannot pay for long: positions are closed against the most profitable ones instead.
        fund = Decimal(1_000 if seed % 2 else 1_000_000)
        self.exchange = Exchange(clock=self.clock, seed=seed, listing=(*LISTING, *free), insurance_fund=fund)
        opened = self.exchange.open_account
        accounts = [
            opened("ann", {"USDT": "3000", "BTC": "0.02"}),
            opened("bob", {"USDT": "6000", "BTC": "0.01"}, taker_fee_bp=Decimal("2.5"), maker_fee_bp=Decimal(0)),
            opened("hedger", {"USDT": "6000", "WOO": "20000"}, is_retail=True),
            opened("meg", {"USDT": "40000"}, mode="MARGIN"),
            opened("sam", {"USDT": "20000", "BTC": "0.3"}, mode="PURE_SPOT"),
            opened("crowd", {"USDT": "20000000", "BTC": "2000"}, watched=False),
        ]
        for account in accounts:
            change = SetLeverage(symbol=PERP, margin_mode=MarginMode.CROSS, leverage=50)
            self.exchange.futures.set_leverage(account.id, change)
        self.exchange.futures.set_position_mode(accounts[2].id, PositionModeChoice.HEDGE_MODE)
        self.exchange.perpetuals.set_index(PERP, Decimal(START))
        self.seen: Counter[str] = Counter()
        self.commander = Commander(self.exchange, clock=self.clock, accounts=accounts, chance=chance)

    def run(self, commands: int = COMMANDS_PER_SEED) -> None:
        """Command and audit. Raises Broken."""
        self.exchange.take_events()
        for number in range(commands):
            was_refused = self.commander.command()
            events = self.exchange.take_events()
            if was_refused and events:
                raise Broken(f"command {number} was refused and has done something: {events[0]}")
            if problems := self.exchange.audit():
                raise Broken(f"after command {number}: {problems[0]}")
            for event in events:
                self.seen[_kind(event)] += 1


def _kind(event: ExchangeEvent) -> str:
    match event:
        case TradePrinted():
            return "trades"
        case Reported() if event.report.type is OrderTypeWord.LIQUIDATE:
            return "reports of liquidations"
        case Reported():
            return "reports of orders"
        case BalancesChanged():
            return "pushes of balances"
        case PositionsChanged():
            return "pushes of positions"
        case _:
            return "reports of algo orders"


def main() -> int:
    options = _options()
    told, seen, refused, began_s = Counter[str](), Counter[str](), 0, time.perf_counter()
    spoken_s, seeds = began_s, -(-options.commands // COMMANDS_PER_SEED)
    for seed in range(options.first, options.first + seeds):
        floor = Floor(seed)
        try:
            floor.run()
        except Exception as error:
            kind = "" if isinstance(error, Broken) else f"{type(error).__name__}: "
            print(f"seed {seed}: {kind}{error}")
            print(f"again: python -m proofs.conservation --first {seed} --commands {COMMANDS_PER_SEED}")
            if not isinstance(error, Broken):
                raise
            return 1
        told += floor.commander.told
        seen += floor.seen
        refused += floor.commander.refused
        is_last = seed == options.first + seeds - 1
        if is_last or time.perf_counter() - spoken_s > _TELL_EVERY_S:
            spoken_s = time.perf_counter()
            print(
                f"{told.total():,} commands on {seed - options.first + 1} exchanges in {spoken_s - began_s:.0f} s: "
                f"{refused:,} refused, {seen['trades']:,} trades, {seen['reports of liquidations']:,} reports of "
                f"liquidations, as many audits, 0 problems",
                flush=True,
            )
    for counts in (told, seen):
        print(", ".join(f"{count:,} {name}" for name, count in counts.most_common()))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m proofs.conservation", description=__doc__)
    parser.add_argument("--commands", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed, to go on where an earlier run ended")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
