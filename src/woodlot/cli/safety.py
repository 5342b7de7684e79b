"""This file is what keeps losses small: the verbs `kill` and `deadman`, and the noun `risk`."""

import asyncio
from dataclasses import fields
from typing import Annotated, Any

from cyclopts import Parameter

from woodlot.cli import halt
from woodlot.cli.confirm import agree_by_name
from woodlot.cli.moments import length_s
from woodlot.cli.options import EVERYWHERE, ConfirmOption, Everywhere
from woodlot.cli.order_rows import ORDERS, order_row
from woodlot.cli.output import Printer
from woodlot.cli.profiles import find
from woodlot.cli.refusals import Usage
from woodlot.cli.session import Session, run
from woodlot.wire.trade import LONGEST_DEAD_MAN_MS, CancelAllAfter, OrderRow

LIMITS = ("control", "limit")
DEADMAN = ("fires_at", "after_s")
# Two signs of life may be lost before it fires.
_SIGNS_PER_SPAN = 3
_SHORTEST_S = 5.0


def kill(
    *,
    lift: Annotated[bool, Parameter(negative="", help="Allow buying and selling again.")] = False,
    reason: Annotated[str, Parameter(help="What the refusals will say.")] = "stopped by hand",
    confirm: ConfirmOption = None,
    everywhere: Everywhere = EVERYWHERE,
) -> int:
    """Cancel every order, see that it is so, and refuse new ones from this command line until it is lifted.

    Example: woodlot kill --reason "going home"
    """
    if lift:
        name = find(everywhere.profile).name
        was_stopped = halt.allow_trading(name)
        told = "may be typed again" if was_stopped else "was not stopped"
        Printer(everywhere.output, is_quiet=everywhere.quiet).say(f"trading with profile {name} {told}")
        return 0

    async def stop(here: Session) -> int:
        from woodlot.clock import SystemClock
        from woodlot.desk.sweep import cancel_everything

        agree_by_name(here, "cancel every order and stop trading", confirm=confirm)
        # Written down first: whatever happens to this command, nothing new goes out by the next.
        halt.stop_trading(here.profile.name, reason)
        here.leaving.append("trading is stopped; some orders may still be open, see: woodlot orders")
        left = await cancel_everything(
            here.client.send, under_way=lambda: 0, clock=SystemClock(), timeout_s=here.timeout_s
        )
        here.printer.rows(ORDERS, [order_row(row) for row in left if isinstance(row, OrderRow)])
        here.say(f"trading is stopped, {len(left)} orders are left open; woodlot kill --lift allows it again")
        return 1 if left else 0

    return run(stop, everywhere, private=True)


def deadman(
    after: Annotated[str, Parameter(help="How long without a sign of life, as 30s or 5m; or off.")],
    /,
    *,
    once: Annotated[bool, Parameter(negative="", help="Set it and end, instead of keeping it off.")] = False,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Have the exchange cancel everything once this command has been silent for so long.

    It gives a sign of life until Ctrl-C; then the exchange waits the rest of the time and cancels.

    Example: woodlot deadman 30s --once
    """
    after_s = 0.0 if after == "off" else length_s(after, "AFTER")
    if after != "off" and not _SHORTEST_S <= after_s <= LONGEST_DEAD_MAN_MS / 1000:
        raise Usage(f"AFTER: expected 5s to 15m, got {after}", hint="or off: woodlot deadman off")

    async def hold(here: Session) -> None:
        here.printer.one(DEADMAN, await _sign(here, after_s))
        if once or not after_s:
            return
        here.leaving.append(f"the exchange cancels every order within {after_s:g} s; woodlot deadman off prevents it")
        here.say("giving signs of life; Ctrl-C ends them")
        while True:
            await asyncio.sleep(after_s / _SIGNS_PER_SPAN)
            await _sign(here, after_s)

    run(hold, everywhere, private=True)


def risk(*, everywhere: Everywhere = EVERYWHERE) -> None:
    """Show the limits that every order of this profile is held to before it is sent.

    They are those of its environment, or of the TOML file that the profile names as `limits`.

    Example: woodlot risk
    """

    async def show(here: Session) -> None:
        from woodlot.cli.verdict import limits_of

        limits = limits_of(here)
        rows: list[dict[str, Any]] = [
            {"control": field.name, "limit": _limit(getattr(limits, field.name))} for field in fields(limits)
        ]
        reason = halt.stopped_because(here.profile.name)
        rows.insert(0, {"control": "kill_switch", "limit": "off" if reason is None else reason})
        here.printer.rows(LIMITS, rows)

    run(show, everywhere)


async def _sign(here: Session, after_s: float) -> dict[str, Any]:
    ack = await here.client.send(CancelAllAfter(trigger_after=round(after_s * 1000)))
    return {"fires_at": ack.expected_trigger_time if after_s else None, "after_s": after_s}


def _limit(value: Any) -> Any:
    if value is None or value is False:
        return "off"
    return sorted(value) if isinstance(value, frozenset) else value  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - a set of names
