import pytest
from proofs.ablations.removing import SAFEGUARDS
from proofs.ablations.safeguard import Safeguard

# Those that take no time; all of them run with the proofs.
QUICK = ("prevTs check", "buffer before the snapshot", "zombie detection", "reply-based pacing", "gate")


def test_every_safeguard_has_a_name_of_its_own() -> None:
    assert len({safeguard.name for safeguard in SAFEGUARDS}) == len(SAFEGUARDS) == 17


@pytest.mark.parametrize("safeguard", [one for one in SAFEGUARDS if one.name in QUICK], ids=lambda one: one.name)
def test_a_safeguard_is_missed_and_with_it_all_is_well(safeguard: Safeguard) -> None:
    assert any(safeguard.look(seed, True) for seed in range(5))
    assert all(safeguard.look(seed, False) is None for seed in range(5))
