"""This file is how a fault is written, on the command line, in files and over the control endpoint.

    fault  = kind [value] clause*            private.cut every 20s for 5s
    kind   = area "." word                   `woodlot sandbox faults` lists them
    value  = what the kind takes             a length of time, a range of them (0s..60s), or one of its words
    clause = "on" pattern                    endpoints (POST:/v3/trade/*), topics (bbo@*) or symbols; * ? [..] as usual
           | "after" time                    it begins so long after it was switched on
           | "every" time                    it comes again each time; without `for` it strikes once each time
           | "for" time                      it goes on so long, each time
           | "chance" percent                of what it could strike at, so much: 0.5%
           | "skip" count                    the first so many are spared
           | "times" count                   then it is over

Each clause at most once, in any order. What a fault says of itself is the same text with the clauses in this order.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TypedDict, cast

from woodlot.errors import ConfigurationError
from woodlot.sandbox.fault_kinds import KINDS, About, Kind
from woodlot.sandbox.spans import Span, milliseconds, spelled

_COUNT = re.compile(r"\d{1,9}", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,4}))?%", re.ASCII)
MILLION = 1_000_000
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong: what, where, when, how often.

    >>> str(Fault.parse("rest.after lost chance 12.5% on POST:/v3/trade/order"))
    'rest.after lost on POST:/v3/trade/order chance 12.5%'
    """

    kind: Kind
    value: Span | str | None = None
    on: str | None = None
    after_ms: int = 0
    every_ms: int | None = None
    for_ms: int | None = None
    # Of a million. Whole numbers, so that the same text is the same fault on every machine.
    chance: int = MILLION
    skip: int = 0
    times: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Read one fault. Raises ConfigurationError that says what is allowed."""
        if len(text) > _LONGEST:
            raise ConfigurationError(f"a fault is at most {_LONGEST} characters long")
        words = text.split()
        if not words:
            raise ConfigurationError("an empty fault; write for example: private.cut every 20s for 5s")
        kind = _kind(words.pop(0))
        value = words.pop(0) if words and words[0] not in _CLAUSES else None
        try:
            fault = cls(kind=kind, value=_value(kind, value), **_clauses(words))
            _check(fault)
        except ConfigurationError as error:
            raise ConfigurationError(f"{kind.name}: {error}") from None
        return fault

    def matches(self, subject: str) -> bool:
        """Tell whether `subject` is what this fault is narrowed to; an endpoint's path may stand for all methods."""
        if self.on is None:
            return True
        return fnmatchcase(subject, self.on) or fnmatchcase(subject.partition(":")[2], self.on)

    def __str__(self) -> str:
        words = [self.kind.name]
        if self.value is not None:
            words.append(str(self.value))
        for clause, text in (
            ("on", self.on),
            ("after", spelled(self.after_ms) if self.after_ms else None),
            ("every", None if self.every_ms is None else spelled(self.every_ms)),
            ("for", None if self.for_ms is None else spelled(self.for_ms)),
            ("chance", None if self.chance == MILLION else _percent(self.chance)),
            ("skip", str(self.skip) if self.skip else None),
            ("times", None if self.times is None else str(self.times)),
        ):
            if text is not None:
                words += [clause, text]
        return " ".join(words)


def _kind(name: str) -> Kind:
    kind = KINDS.get(name)
    if kind is None:
        near = get_close_matches(name, KINDS, n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(near)}?" if near else "see `woodlot sandbox faults`"
        raise ConfigurationError(f"{name!r} is no kind of fault; {hint}")
    return kind


def _value(kind: Kind, text: str | None) -> Span | str | None:
    if kind.takes_span:
        if text is None:
            raise ConfigurationError("takes a length of time, such as 250ms or 0s..60s")
        return Span.parse(text)
    if not kind.words:
        if text is not None:
            raise ConfigurationError(f"takes no value, {text!r} is none of its clauses: {', '.join(_CLAUSES)}")
        return None
    if text is None and kind.has_default:
        return kind.words[0]
    if text not in kind.words:
        raise ConfigurationError(f"takes one of {', '.join(kind.words)}" + (f", not {text!r}" if text else ""))
    return text


class _Clauses(TypedDict, total=False):
    on: str
    after_ms: int
    every_ms: int
    for_ms: int
    chance: int
    skip: int
    times: int


def _clauses(words: list[str]) -> _Clauses:
    clauses: dict[str, int | str] = {}
    while words:
        word = words.pop(0)
        if word not in _CLAUSES:
            raise ConfigurationError(f"{word!r} is no clause; there are {', '.join(_CLAUSES)}")
        field, read = _CLAUSES[word]
        if field in clauses:
            raise ConfigurationError(f"`{word}` is there twice")
        if not words:
            raise ConfigurationError(f"nothing follows `{word}`")
        clauses[field] = read(words.pop(0))
    return cast("_Clauses", clauses)


def _check(fault: Fault) -> None:
    kind = fault.kind
    if fault.on is not None and kind.about is About.NOTHING:
        raise ConfigurationError("cannot be narrowed with `on`")
    if isinstance(fault.value, Span) and fault.value.low_ms < 0 and kind.name != "clock.skew":
        raise ConfigurationError("takes no negative length of time")
    if kind.lasting and (fault.chance != MILLION or fault.skip or fault.times is not None):
        raise ConfigurationError("lasts; it takes no `chance`, `skip` or `times`")
    if kind.lasting and fault.every_ms is not None and fault.for_ms is None:
        raise ConfigurationError("lasts; `every` needs a `for`")
    if fault.every_ms is not None and fault.for_ms is not None and fault.for_ms >= fault.every_ms:
        raise ConfigurationError("`for` must be shorter than `every`")


def _length(text: str) -> int:
    length = milliseconds(text)
    if length <= 0:
        raise ConfigurationError(f"{text!r}: expected a length above 0")
    return length


def _offset(text: str) -> int:
    length = milliseconds(text)
    if length < 0:
        raise ConfigurationError(f"{text!r}: expected no negative length")
    return length


def _count(text: str) -> int:
    if not _COUNT.fullmatch(text):
        raise ConfigurationError(f"{text!r} is no count")
    return int(text)


def _positive(text: str) -> int:
    count = _count(text)
    if count == 0:
        raise ConfigurationError("`times 0` never strikes")
    return count


def _of_a_million(text: str) -> int:
    match = _PERCENT.fullmatch(text)
    share = int(match[1]) * 10_000 + int((match[2] or "").ljust(4, "0")) if match else 0
    if not 0 < share <= MILLION:
        raise ConfigurationError(f"{text!r} is no chance; write 5% or 0.5%, up to 100%")
    return share


def _percent(share: int) -> str:
    whole, fraction = divmod(share, 10_000)
    return f"{whole}.{fraction:04}".rstrip("0").rstrip(".") + "%"


_CLAUSES = {
    "on": ("on", str),
    "after": ("after_ms", _offset),
    "every": ("every_ms", _length),
    "for": ("for_ms", _length),
    "chance": ("chance", _of_a_million),
    "skip": ("skip", _count),
    "times": ("times", _positive),
}
"""What a clause sets, and how it is read."""
