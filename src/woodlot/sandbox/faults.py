"""This file is what goes wrong right now: the faults that are switched on, asked at each place where one may strike.

Chance is seeded and each fault draws its own: with the same seed, the same requests and frames meet the same faults.
Time is the clock's, counted from the moment a fault was switched on.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass

from woodlot.clock import Clock
from woodlot.errors import ConfigurationError
from woodlot.sandbox.fault_grammar import MILLION, Fault
from woodlot.sandbox.spans import Span

MOST_FAULTS = 200


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that has struck, with its value: a word of its kind, or a length of time drawn from its range."""

    fault: Fault
    word: str = ""
    length_ms: int = 0


@dataclass(frozen=True, slots=True)
class FaultState:
    """How a fault that is switched on has fared."""

    id: int
    text: str
    is_on: bool
    chances: int
    strikes: int


class Faults:
    """The faults that are switched on."""

    def __init__(self, *, clock: Clock, seed: int = 0, faults: Iterable[Fault] = ()) -> None:
        self._clock = clock
        self._seed = seed
        self._switched_on = 0
        self._armed: dict[int, _Armed] = {}
        self.any_on = False
        """Whether anything is switched on at all, whatever its schedule says."""
        # Kind -> the faults of that kind. What is asked for at each frame is one look into a dict.
        self._of_kind: dict[str, list[_Armed]] = {}
        for fault in faults:
            self.switch_on(fault)

    def switch_on(self, fault: Fault) -> int:
        """Arm a fault from now on and return the number by which it is switched off. Raises ConfigurationError."""
        if len(self._armed) >= MOST_FAULTS:
            raise ConfigurationError(f"{MOST_FAULTS} faults are on already; switch some off")
        self._switched_on += 1
        number = self._switched_on
        chance = random.Random(f"{self._seed} fault {number}")
        armed = _Armed(fault, began_ms=self._now_ms(), chance=chance)
        self._armed[number] = armed
        self.any_on = True
        self._of_kind.setdefault(fault.kind.name, []).append(armed)
        return number

    def switch_off(self, number: int) -> bool:
        """Disarm a fault; tell whether it was on."""
        armed = self._armed.pop(number, None)
        if armed is None:
            return False
        self._of_kind[armed.fault.kind.name].remove(armed)
        self.any_on = bool(self._armed)
        return True

    def clear(self) -> None:
        self._armed.clear()
        self._of_kind.clear()
        self.any_on = False

    def state(self) -> list[FaultState]:
        """Return what is switched on."""
        now_ms = self._now_ms()
        return [
            FaultState(number, str(armed.fault), armed.is_due(now_ms), armed.chances, armed.strikes)
            for number, armed in self._armed.items()
        ]

    def knows(self, *names: str) -> bool:
        """Tell whether any fault of these kinds is switched on, whatever its schedule says."""
        return any(self._of_kind.get(name) for name in names)

    def strike(self, *names: str, subject: str = "") -> Strike | None:
        """Offer an opportunity to the faults of these kinds and return the first that takes it."""
        if not self._armed:
            return None
        now_ms = self._now_ms()
        for name in names:
            for armed in self._of_kind.get(name, ()):
                if armed.takes(subject, now_ms):
                    return armed.strike()
        return None

    def holds(self, *names: str, subject: str = "") -> Strike | None:
        """Return a lasting fault of these kinds that is there now."""
        if not self._armed:
            return None
        now_ms = self._now_ms()
        for name in names:
            for armed in self._of_kind.get(name, ()):
                if armed.is_due(now_ms) and armed.fault.matches(subject):
                    return armed.strike()
        return None

    def _now_ms(self) -> int:
        return round(self._clock.monotonic_s() * 1000)


class _Armed:
    """One fault at work."""

    def __init__(self, fault: Fault, *, began_ms: int, chance: random.Random) -> None:
        self.fault = fault
        self.chances = 0
        self.strikes = 0
        self._began_ms = began_ms
        self._chance = chance
        # Of a fault that strikes once each time: the last round that it has had.
        self._round = -1

    def is_due(self, now_ms: int) -> bool:
        """Tell whether the schedule lets it strike now."""
        fault = self.fault
        if fault.times is not None and self.strikes >= fault.times:
            return False
        passed = now_ms - self._began_ms - fault.after_ms
        if passed < 0:
            return False
        if fault.every_ms is None:
            return fault.for_ms is None or passed < fault.for_ms
        # The first round begins one interval after the start: "every 20s" does not strike at once.
        number, into = divmod(passed, fault.every_ms)
        if number == 0:
            return False
        return into < fault.for_ms if fault.for_ms is not None else number > self._round

    def takes(self, subject: str, now_ms: int) -> bool:
        """Tell whether it strikes at this opportunity."""
        fault = self.fault
        if not self.is_due(now_ms) or not fault.matches(subject):
            return False
        self.chances += 1
        if self.chances <= fault.skip or (fault.chance < MILLION and self._chance.randrange(MILLION) >= fault.chance):
            return False
        if fault.every_ms is not None:
            self._round = (now_ms - self._began_ms - fault.after_ms) // fault.every_ms
        return True

    def strike(self) -> Strike:
        self.strikes += 1
        match self.fault.value:
            case Span() as span:
                return Strike(self.fault, length_ms=span.draw(self._chance))
            case value:
                return Strike(self.fault, word=value or "")


class SkewedClock:
    """The exchange's clock, which a fault may set ahead or behind; what is measured with it is not touched."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults

    def now_ms(self) -> int:
        if not self._faults.any_on:
            return self._clock.now_ms()
        skew = self._faults.holds("clock.skew")
        return self._clock.now_ms() + (skew.length_ms if skew else 0)

    def monotonic_s(self) -> float:
        return self._clock.monotonic_s()
