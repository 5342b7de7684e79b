"""This file is a run of many experiments: the one that is furthest behind is next, and what is done is written down."""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from proofs.crew import Crew, Piece
from proofs.experiment import Experiment, Failure, Outcome
from proofs.notebook import Notebook, failed_seeds

_LOOK_EVERY_S = 0.5
# A small share is cut into smaller pieces, so that it does not become a large one.
_PIECES = 20
FOR_EVER = float("inf")


@dataclass(slots=True)
class Plan:
    """What to run. `share` is of the full figures, or FOR_EVER; `base` is the first seed of each experiment.

    `stops` tells to stop at the first failure.
    """

    experiments: Sequence[Experiment]
    share: float = 1.0
    base: int = 0
    workers: int = 2
    minutes: float = FOR_EVER
    stops: bool = False


@dataclass(slots=True)
class Campaign:
    """Carry out a plan. `told` is called with each piece's outcome, `watched` twice a second."""

    plan: Plan
    notebook: Notebook
    told: Callable[[Experiment, Outcome], None] = lambda _, __: None
    watched: Callable[[], None] = lambda: None
    failures: list[tuple[Experiment, Failure]] = field(default_factory=list[tuple[Experiment, Failure]])
    _again: list[Piece] = field(default_factory=list[Piece])

    def run(self) -> bool:
        """Run until all is done, the time is up or the plan says to stop; return whether all of it ran."""
        # Proofs that wait for real time run beside those that need a processor.
        crews = {False: Crew(self.plan.workers), True: Crew(self.plan.workers)}
        until_s = time.monotonic() + self.plan.minutes * 60
        try:
            self._again = self._failed_before()
            while not (self.plan.stops and self.failures) and time.monotonic() < until_s:
                for waits, crew in crews.items():
                    self._employ(crew, waits=waits)
                if all(crew.is_idle for crew in crews.values()):
                    return True
                self._collect(crews)
            return False
        finally:
            for crew in crews.values():
                crew.dismiss()

    def progress(self, experiment: Experiment) -> float:
        share = self.plan.share if self.plan.share != FOR_EVER else 1.0
        return experiment.progress(self.notebook.outcome(experiment), share)

    def _failed_before(self) -> list[Piece]:
        """Return every seed that ever failed: they run before anything new."""
        return [
            Piece(experiment, range(seed, seed + 1), self._scale, place=~seed)
            for experiment in self.plan.experiments
            for seed in failed_seeds(experiment)
            if not self.notebook.is_taken(experiment, ~seed)
        ]

    def _employ(self, crew: Crew, *, waits: bool) -> None:
        while crew.has_room:
            if (known := next((one for one in self._again if one.experiment.waits is waits), None)) is not None:
                self._again.remove(known)
                crew.start(known)
                continue
            under_way = crew.pieces()
            behind = [
                (self._foreseen(experiment, under_way), place, experiment)
                for place, experiment in enumerate(self.plan.experiments)
                if experiment.waits is waits and self._is_wanted(experiment, under_way)
            ]
            if not behind:
                return
            crew.start(self._next_piece(min(behind)[2], under_way))

    def _is_wanted(self, experiment: Experiment, under_way: list[Piece]) -> bool:
        return self.plan.share == FOR_EVER or self._foreseen(experiment, under_way) < 1.0

    def _foreseen(self, experiment: Experiment, under_way: list[Piece]) -> float:
        """Return how far an experiment will be once what is under way is done, by what its seeds came to so far."""
        pieces = sum(piece.experiment is experiment for piece in under_way)
        done = self.notebook.pieces(experiment)
        progress = self.progress(experiment)
        return progress + pieces * (progress / done if done else 1.0)

    def _next_piece(self, experiment: Experiment, under_way: list[Piece]) -> Piece:
        starts = {piece.place for piece in under_way if piece.experiment is experiment}
        for first in itertools.count(self.plan.base, experiment.batch):
            if first not in starts and not self.notebook.is_taken(experiment, first):
                size = max(1, round(experiment.batch * min(1.0, _PIECES * self._scale)))
                return Piece(experiment, range(first, first + size), self._scale, place=first)
        raise AssertionError("seeds do not end")

    @property
    def _scale(self) -> float:
        return min(1.0, self.plan.share)

    def _collect(self, crews: dict[bool, Crew]) -> None:
        for crew in crews.values():
            for piece, outcome in crew.finished(within_s=_LOOK_EVERY_S / len(crews)):
                self.notebook.write(piece.experiment, piece.place, outcome)
                self.failures += [(piece.experiment, failure) for failure in outcome.failures]
                self.told(piece.experiment, outcome)
        self.watched()
