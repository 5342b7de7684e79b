"""This file is the kill switch of the command line: a mark per profile that stops `buy` and `sell` until it is lifted.

A desk has one of its own, in its journal; this one holds back whoever types.
"""

import json
from pathlib import Path

from woodlot.cli import places
from woodlot.errors import TradingStopped


def stop_trading(profile: str, reason: str) -> None:
    """Remember that nothing new is to be sent."""
    path = _mark(profile)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(json.dumps({"reason": reason}), encoding="utf-8")


def allow_trading(profile: str) -> bool:
    """Forget it; tell whether there was anything to forget."""
    was_stopped = _mark(profile).exists()
    _mark(profile).unlink(missing_ok=True)
    return was_stopped


def stopped_because(profile: str) -> str | None:
    """Return why nothing is to be sent; None where it may. A mark that cannot be read stops as well."""
    path = _mark(profile)
    if not path.exists():
        return None
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["reason"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"of {path}, which cannot be read"


def refuse_if_stopped(profile: str, symbol: str) -> None:
    """Raise TradingStopped while the mark is there."""
    reason = stopped_because(profile)
    if reason is not None:
        problem = f"trading was stopped: {reason}; woodlot kill --lift allows it again"
        raise TradingStopped("kill switch", problem, symbol=symbol)


def _mark(profile: str) -> Path:
    return places.state() / "killed" / f"{profile}.json"
