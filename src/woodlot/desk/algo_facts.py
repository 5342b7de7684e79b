"""This file is what can be read off an algo order of ours at any moment, in a loop or without one."""

from woodlot.desk.shared_facts import SharedFacts
from woodlot.orders.algo_order import AlgoLeg, AlgoOrder
from woodlot.wire.enums import Side


class AlgoFacts(SharedFacts[AlgoOrder]):
    """The properties of an algo order; they are those of the moment they are read, and two reads may differ."""

    @property
    def algo_order_id(self) -> int | None:
        """The exchange's id of the whole; None until it has given one."""
        return self.known.order_id

    @property
    def client_algo_order_id(self) -> int | None:
        return self.known.client_order_id

    @property
    def algo_type(self) -> str:
        """What was asked for; the exchange reads a STOP back as TAKE_PROFIT or STOP_LOSS (rest-v3 §9.2.5)."""
        return self.known.algo_type

    @property
    def side(self) -> Side | None:
        return self.known.side

    @property
    def is_triggered(self) -> bool:
        return self.known.is_triggered

    @property
    def legs(self) -> tuple[AlgoLeg, ...]:
        """Every leg that is known, the root among them, each with its own state, fills and trigger."""
        return tuple(self.known.legs.values())
