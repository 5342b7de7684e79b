import asyncio
import random

import pytest
from tests.stream.virtual import VirtualTime

from woodlot.errors import RateLimited
from woodlot.stream.budget import LISTEN_KEYS, Budget
from woodlot.stream.keyring import PROVEN_S, THEFT, KeyRing
from woodlot.wire.account import ListenKey
from woodlot.wire.answer import Time

DAY_S = 86_400.0


class Keys:
    """The exchange's key endpoint; its clock is an hour wrong."""

    def __init__(self, *, life_s: float = DAY_S) -> None:
        self.life_s = life_s
        self.made = 0
        self.failures: list[Exception] = []

    async def __call__(self) -> ListenKey:
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop()
        self.made += 1
        now_ms = 1_700_000_000_000
        return ListenKey(
            auth_key=f"key{self.made}", expired_time=Time.at(now_ms + round(self.life_s * 1000)), timestamp=now_ms
        )


def ring(keys: Keys, time: VirtualTime) -> KeyRing:
    async def sleep(seconds: float) -> None:
        time.clock.advance(seconds)

    budget = Budget(LISTEN_KEYS, clock=time.clock, sleep=sleep)
    return KeyRing(keys, budget=budget, clock=time.clock, chance=random.Random(1))


async def test_a_key_is_reused_until_its_end_is_near() -> None:
    keys, time = Keys(), VirtualTime()
    held = ring(keys, time)
    first = await held.key()
    time.clock.advance(DAY_S - 3600.0)
    assert await held.key() is first
    time.clock.advance(3000.0)

    assert (await held.key()).auth_key == "key2"


@pytest.mark.parametrize(
    ("life_s", "at_least_s", "at_most_s"), [(DAY_S, 83_700.0, 84_600.0), (70.0, 43.0, 53.0), (4.0, 2.4, 3.1)]
)
async def test_the_margin_is_half_an_hour_or_a_part_of_a_short_life(
    life_s: float, at_least_s: float, at_most_s: float
) -> None:
    held = ring(Keys(life_s=life_s), VirtualTime())
    await held.key()

    assert at_least_s <= held.renew_in_s <= at_most_s


async def test_many_askers_get_one_key() -> None:
    keys = Keys()
    held = ring(keys, VirtualTime())

    assert len({key.auth_key for key in await asyncio.gather(*(held.key() for _ in range(20)))}) == 1
    assert keys.made == 1


async def test_at_most_five_keys_are_made_in_ten_seconds() -> None:
    keys, time = Keys(), VirtualTime()
    held, made_s = ring(keys, time), list[float]()
    for _ in range(23):
        held.discard(await held.key())
        made_s.append(time.clock.monotonic_s())

    assert all(later - earlier >= 9.999 for earlier, later in zip(made_s, made_s[5:], strict=False))


async def test_keys_that_die_young_are_replaced_ever_more_slowly() -> None:
    held = ring(Keys(), VirtualTime())
    assert held.pause_s == 0.0
    for _ in range(20):
        held.discard(await held.key())

    pauses_s = [held.pause_s for _ in range(50)]
    assert THEFT.ceiling_s / 2 <= min(pauses_s) < max(pauses_s) <= THEFT.ceiling_s


async def test_a_key_that_worked_for_long_ends_the_suspicion() -> None:
    time = VirtualTime()
    held = ring(Keys(), time)
    for _ in range(5):
        held.discard(await held.key())
    last = await held.key()
    time.clock.advance(PROVEN_S)
    held.discard(last)

    assert held.pause_s == 0.0


async def test_discarding_an_old_key_leaves_the_new_one_alone() -> None:
    held = ring(Keys(), VirtualTime())
    old = await held.key()
    new = await held.renewed()
    held.discard(old)

    assert await held.key() is new


async def test_a_failed_renewal_leaves_the_key_in_use() -> None:
    keys = Keys()
    held = ring(keys, VirtualTime())
    key = await held.key()
    keys.failures = [RateLimited("wait", code=-1003)]
    with pytest.raises(RateLimited):
        await held.renewed()

    assert await held.key() is key


async def test_the_end_of_a_key_is_counted_from_what_the_exchange_said() -> None:
    time = VirtualTime()
    held = ring(Keys(life_s=3600.0), time)
    assert held.ends_in_s is None
    key = await held.key()
    time.clock.advance(600.0)
    assert held.ends_in_s == pytest.approx(3000.0)
    held.discard(key)
    assert held.ends_in_s is None
