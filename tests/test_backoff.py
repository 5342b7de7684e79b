import random

from hypothesis import given
from hypothesis import strategies as st

from woodlot.backoff import Backoff


@given(st.integers(min_value=0, max_value=10_000), st.integers())
def test_a_pause_is_never_longer_than_the_ceiling_nor_than_its_doubling_allows(attempt: int, seed: int) -> None:
    pause_s = Backoff(first_s=0.5, ceiling_s=30).pause_s(attempt, random.Random(seed))
    assert 0 <= pause_s <= min(30, 0.5 * 2 ** min(attempt, 60))


def test_callers_that_failed_together_come_back_apart() -> None:
    pauses = {Backoff().pause_s(5, random.Random(seed)) for seed in range(100)}
    assert len(pauses) == 100


def test_the_same_seed_pauses_the_same() -> None:
    assert Backoff().pause_s(3, random.Random(1)) == Backoff().pause_s(3, random.Random(1))
