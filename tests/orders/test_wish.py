from decimal import Decimal

import pytest
from tests.orders.messages import START_MS, report

from woodlot.orders.evidence import Evidence
from woodlot.orders.wish import Wish, WishStage


@pytest.mark.parametrize(
    ("price", "quantity", "is_met"),
    [("0.25", None, True), (None, "100", True), ("0.25", "100.0", True), ("0.3", "100", False), ("0.25", "80", False)],
)
def test_an_amend_is_met_by_the_terms_it_asked_for(price: str | None, quantity: str | None, is_met: bool) -> None:
    wish = Wish(
        asked_ms=START_MS,
        price=None if price is None else Decimal(price),
        quantity=None if quantity is None else Decimal(quantity),
    )
    assert wish.is_met_by(Evidence.from_report(report("REPLACED"))) is is_met


def test_a_wish_that_was_sent_on_runs_out_long_before_one_whose_answer_was_lost() -> None:
    seen_ms = START_MS + 60_000
    assert Wish(asked_ms=START_MS, stage=WishStage.SENT).has_run_out(seen_ms)
    assert not Wish(asked_ms=START_MS, stage=WishStage.LOST).has_run_out(seen_ms)
