"""This file is what happens to a market: a list of events in a file, played as time passes.

    # A flash crash: within ten seconds a tenth is gone, and most of it comes back.
    at 30s  SPOT_BTC_USDT shift -10% over 10s
    at 60s  SPOT_BTC_USDT shift 8% over 60s

One event per line, `#` begins a comment. What can happen:

    SYMBOL shift PERCENT [over TIME]              the fair price moves; a perpetual's moves away from its index
    SYMBOL one-sided bids|asks|both               the makers quote that side alone
    SYMBOL quiet | busy                           no takers | they are back
    SYMBOL halt | resume                          trading is suspended and the crowd away | both are back
    SYMBOL hide | list                            it is not listed | it is, from now on
    SYMBOL delist                                 users' orders are cancelled and it is not listed any more
    * maintenance on|off                          the exchange says so, and answers no private call

`SYMBOL` may be `*` for all. Scenarios that come with the sandbox are found by their name.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, TypeAlias

from woodlot.errors import ConfigurationError
from woodlot.sandbox.crowd import Pit
from woodlot.sandbox.maker import Maker
from woodlot.sandbox.simulation import STEP_MS, Simulation
from woodlot.sandbox.spans import milliseconds
from woodlot.wire.enums import Side
from woodlot.wire.public import InstrumentStatus

_SIDES: Final = {"bids": frozenset({Side.BUY}), "asks": frozenset({Side.SELL}), "both": frozenset(Side)}
_PERCENT = re.compile(r"(-?\d{1,3}(?:\.\d{1,4})?)%", re.ASCII)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a scenario."""

    at_ms: int
    symbol: str
    word: str
    arguments: tuple[str, ...] = ()

    @classmethod
    def parse(cls, line: str) -> "Event":
        """Raises ConfigurationError that says what is allowed."""
        match line.split():
            case ["at", when, symbol, word, *arguments] if word in _ACTS:
                pattern, _ = _ACTS[word]
                if not re.fullmatch(pattern, " ".join(arguments), re.ASCII):
                    raise ConfigurationError(f"{line!r}: what follows `{word}` is not understood")
                return cls(milliseconds(when), symbol, word, tuple(arguments))
            case ["at", _, _, word, *_]:
                raise ConfigurationError(f"{word!r} is nothing that can happen; there are {', '.join(_ACTS)}")
            case _:
                raise ConfigurationError(f"{line!r}: expected a line like: at 30s SPOT_BTC_USDT shift -10% over 10s")


class Scenario:
    """Events in the order of their times, played as a simulation's clock passes them."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.events = sorted(events, key=lambda event: event.at_ms)
        self._began_s: float | None = None
        self._next = 0
        self._shifts: list[_Shift] = []

    @classmethod
    def parse(cls, text: str) -> "Scenario":
        """Read the lines of a file. Raises ConfigurationError."""
        lines = (line.partition("#")[0].strip() for line in text.splitlines())
        return cls(Event.parse(line) for line in lines if line)

    @classmethod
    def read(cls, name: str) -> "Scenario":
        """Read a file, or the scenario of that name that comes with the sandbox. Raises ConfigurationError."""
        if name in names():
            return cls.parse(text_of(name))
        try:
            return cls.parse(Path(name).read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigurationError(f"{name!r}: neither a file nor one of {', '.join(names())}") from error

    @property
    def is_over(self) -> bool:
        return self._next >= len(self.events) and not self._shifts

    def play(self, simulation: Simulation) -> None:
        """Let happen what is due. Raises ConfigurationError for a symbol that is not there."""
        now_s = simulation.clock.monotonic_s()
        if self._began_s is None:
            self._began_s = now_s
        passed_ms = (now_s - self._began_s) * 1000
        while self._next < len(self.events) and self.events[self._next].at_ms <= passed_ms:
            event = self.events[self._next]
            self._next += 1
            self._happen(simulation, event)
        self._shifts = [shift for shift in self._shifts if shift.go_on(simulation)]

    def _happen(self, simulation: Simulation, event: Event) -> None:
        if event.word == "shift":
            self._shifts += [_Shift.of(event, symbol) for symbol in _symbols(simulation, event)]
            return
        _, act = _ACTS[event.word]
        for symbol in _symbols(simulation, event):
            act(simulation, symbol, event.arguments)


@dataclass(slots=True)
class _Shift:
    """A move of a fair price on its way, one part per step."""

    symbol: str
    share_per_step: float
    steps: int

    @classmethod
    def of(cls, event: Event, symbol: str) -> "_Shift":
        percent, *over = event.arguments
        steps = max(1, milliseconds(over[1]) // STEP_MS) if over else 1
        return cls(symbol, (1 + float(percent[:-1]) / 100) ** (1 / steps) - 1, steps)

    def go_on(self, simulation: Simulation) -> bool:
        simulation.fair[self.symbol].shift(self.share_per_step)
        self.steps -= 1
        return self.steps > 0


def names() -> list[str]:
    """Return the scenarios that come with the sandbox."""
    return sorted(entry.name.removesuffix(".txt") for entry in _folder().iterdir() if entry.name.endswith(".txt"))


def text_of(name: str) -> str:
    """Return the file of a scenario that comes with the sandbox."""
    return (_folder() / f"{name}.txt").read_text(encoding="utf-8")


def _folder() -> Traversable:
    return resources.files("woodlot.sandbox") / "scenario_files"


def _symbols(simulation: Simulation, event: Event) -> list[str]:
    if event.symbol == "*":
        return list(simulation.exchange.instruments)
    if event.symbol not in simulation.exchange.instruments:
        raise ConfigurationError(f"the scenario names {event.symbol}, which is not listed")
    return [event.symbol]


def _shift(simulation: Simulation, symbol: str, arguments: tuple[str, ...]) -> None:
    """Nothing at once: the scenario itself plays it, step by step."""


def _one_sided(simulation: Simulation, symbol: str, arguments: tuple[str, ...]) -> None:
    for maker in _pit_makers(simulation, symbol):
        maker.sides = _SIDES[arguments[0]]


def _pit_makers(simulation: Simulation, symbol: str) -> list[Maker]:
    pit = _pit(simulation, symbol)
    return pit.makers if pit else []


def _quiet(simulation: Simulation, symbol: str, arguments: tuple[str, ...]) -> None:  # noqa: ARG001
    _set_trading(simulation, symbol, trades=False)


def _busy(simulation: Simulation, symbol: str, arguments: tuple[str, ...]) -> None:  # noqa: ARG001
    _set_trading(simulation, symbol, trades=True)


def _halt(simulation: Simulation, symbol: str, arguments: tuple[str, ...]) -> None:  # noqa: ARG001
    simulation.status.statuses[symbol] = InstrumentStatus.SUSPENDED
    if pit := _pit(simulation, symbol):
        pit.close()


def _resume(simulation: Simulation, symbol: str, arguments: tuple[str, ...]) -> None:  # noqa: ARG001
    simulation.status.statuses.pop(symbol, None)
    if pit := _pit(simulation, symbol):
        pit.is_open = True


def _hide(simulation: Simulation, symbol: str, arguments: tuple[str, ...]) -> None:
    _halt(simulation, symbol, arguments)
    simulation.status.hidden.add(symbol)


def _list(simulation: Simulation, symbol: str, arguments: tuple[str, ...]) -> None:
    simulation.status.hidden.discard(symbol)
    _resume(simulation, symbol, arguments)


def _delist(simulation: Simulation, symbol: str, arguments: tuple[str, ...]) -> None:
    for account_id in simulation.users:
        simulation.exchange.cancel_all(account_id, symbol)
    _hide(simulation, symbol, arguments)


def _maintain(simulation: Simulation, symbol: str, arguments: tuple[str, ...]) -> None:  # noqa: ARG001
    simulation.status.in_maintenance = arguments == ("on",)


def _set_trading(simulation: Simulation, symbol: str, *, trades: bool) -> None:
    if pit := _pit(simulation, symbol):
        pit.trades = trades


def _pit(simulation: Simulation, symbol: str) -> Pit | None:
    return simulation.crowd.pits.get(symbol) if simulation.crowd else None


Act: TypeAlias = Callable[[Simulation, str, tuple[str, ...]], None]

# What may follow each word, and what it does; a shift goes on for a while and is played by the scenario itself.
_ACTS: Final[dict[str, tuple[str, Act]]] = {
    "shift": (rf"{_PERCENT.pattern}( over \d+(ms|s|m|h))?", _shift),
    "one-sided": ("bids|asks|both", _one_sided),
    "quiet": ("", _quiet),
    "busy": ("", _busy),
    "halt": ("", _halt),
    "resume": ("", _resume),
    "hide": ("", _hide),
    "list": ("", _list),
    "delist": ("", _delist),
    "maintenance": ("on|off", _maintain),
}
