"""This file is a table of results: rows, the ratios between them, and whether what must hold does."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks._rounds import Ratio, Row, ratio


@dataclass(frozen=True)
class Claim:
    """What was measured of one thing that must hold, and what to chase beyond it."""

    what: str
    measured: Ratio
    must: float | None = None
    at_least: bool = True
    chase: float | None = None
    unit: str = "×"

    @property
    def verdict(self) -> str:
        if self.must is None:
            return ""
        if not self._reaches(self.must):
            return "**missed**"
        return "held, chase reached" if self.chase is not None and self._reaches(self.chase) else "held"

    @property
    def goal(self) -> str:
        sign = "≥" if self.at_least else "≤"
        bounds = [f"{sign} {bound:g}{self.unit}" for bound in (self.must, self.chase) if bound is not None]
        return " · ".join(bounds)

    @property
    def shown(self) -> str:
        number = self.measured
        spread = f" ({_short(number.least)} to {_short(number.most)})" if number.least != number.most else ""
        return f"{_short(number.value)}{self.unit}{spread}"

    def _reaches(self, bound: float) -> bool:
        return (operator.ge if self.at_least else operator.le)(self.measured.value, bound)


@dataclass(frozen=True)
class Table:
    """One path's results. `method` says what was timed, of whom and over which transport."""

    title: str
    unit: str
    rows: Sequence[Row]
    method: str
    claims: Sequence[Claim] = field(default_factory=list[Claim])


def times_faster(one: Row, other: Row, **bounds: float) -> Claim:
    """Claim that `one` needs so many times less than `other`."""
    return Claim(f"{one.name}, against {other.name}", ratio(other, one), **bounds)


def times_the_cost(one: Row, other: Row, **bounds: float) -> Claim:
    """Claim that `one` needs at most so many times what `other` does."""
    return Claim(f"{one.name}, times {other.name}", ratio(one, other), at_least=False, **bounds)


def amount(what: str, row: Row, *, at_least: bool, unit: str, must: float, chase: float | None = None) -> Claim:
    """Claim something of a row itself, where the goal is not a ratio."""
    measured = Ratio(row.median, row.least, row.most)
    return Claim(what, measured, at_least=at_least, unit=unit, must=must, chase=chase)


def markdown(table: Table) -> str:
    """Write a table as a section of the page."""
    lines = [f"### {table.title}", "", table.method, ""]
    lines += [f"| contender | median, {table.unit} | least | most |", "|---|--:|--:|--:|"]
    lines += [f"| {row.name} | {_short(row.median)} | {_short(row.least)} | {_short(row.most)} |" for row in table.rows]
    if table.claims:
        lines += ["", "| ratio of medians | measured (single rounds) | must · chase | |", "|---|--:|--:|---|"]
        lines += [f"| {claim.what} | {claim.shown} | {claim.goal} | {claim.verdict} |" for claim in table.claims]
    return "\n".join([*lines, ""])


def _short(number: float) -> str:
    """Three digits are what such a figure is worth."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"
