"""This file is one run of a program made of cores: a trader with a flow for its calls and sessions for its news."""

import random
from functools import partial
from typing import Any

from proofs.calls import Calls
from proofs.cores.ear import Ear
from proofs.cores.follower import Follower
from proofs.cores.market import Pit
from proofs.cores.network import REPORTS, Network
from proofs.trader import Trader
from proofs.venue import Venue
from woodlot.book.sync import Synchroniser
from woodlot.config import Credentials
from woodlot.desk.journal import Journal
from woodlot.errors import OutcomeUnknown, WoodlotError
from woodlot.orders.commands import Command
from woodlot.rest.flow import Flow
from woodlot.rest.patience import Patience
from woodlot.rest.server_time import ServerTime
from woodlot.wire.frames import Push
from woodlot.wire.request import Request

_CALL_S = 10.0


class Program(Trader):
    """It follows books, trades, and may die at any moment; the next run goes on with the same journal."""

    # The longest call is given up after 10 s and nothing is under way for longer: so long after it, silence proves.
    absence_is_proof_after_s = 40.0

    book: type[Synchroniser] = Synchroniser

    def __init__(self, network: Network, venue: Venue, pits: dict[str, Pit], journal: Journal) -> None:
        luck, clock = network.luck, network.schedule.clock
        flow = Flow(
            Credentials("the-key", "the-secret"),
            patience=Patience(timeout_s=_CALL_S),
            clock=clock,
            server_time=ServerTime.local(clock),
            chance=random.Random(luck.chance.random()),
        )
        self._calls = Calls(flow, network.schedule, network.carry)
        super().__init__(network.schedule, venue, luck, journal)
        self.follower = Follower(network, self._calls, pits, kind=self.book)
        self._ears = (
            Ear(network, self.follower, [pit.topic for pit in pits.values()], is_private=False),
            Ear(network, PrivateNews(self), [REPORTS], is_private=True),
        )

    def die(self) -> None:
        super().die()
        self.follower.is_alive = False
        for ear in self._ears:
            ear.stop()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing waits to be asked, applied or told."""
        return not (self._mail or self._questions or self._is_looking) and self.books.tracker.unsettled_since_ms is None

    def _carry_out(self, command: Command) -> None:
        self._intend(command)
        self._calls.make(command, partial(self._ended, command))

    def _ended(self, command: Command, result: Any) -> None:
        if not self.is_alive:
            return
        if isinstance(result, WoodlotError):
            self.unknown_outcomes += isinstance(result, OutcomeUnknown)
            self._failed(command, result)
        elif isinstance(result, BaseException):
            raise result
        else:
            self._replied(command, result)

    def _make(self, request: Request[Any], ended: Any) -> None:
        def told(result: Any) -> None:
            if isinstance(result, BaseException) and not isinstance(result, WoodlotError):
                raise result
            if self.is_alive:
                ended(result)

        self._calls.make(request, told)


class PrivateNews:
    """What the private socket says, to the trader it is for."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def connected(self) -> None:
        """Nothing is heard before the topic is accepted."""

    def accepted(self, topic: str) -> None:
        del topic
        # "every connect is a gap" (websocket-v3 §11)
        self._program.connected()

    def pushed(self, push: Push[Any]) -> None:
        self._program.hear(push.event)

    def missed(self, topic: str) -> None:
        del topic
        self._program.connected()

    def disconnected(self) -> None:
        """What is missed is asked for when the next one is up."""
