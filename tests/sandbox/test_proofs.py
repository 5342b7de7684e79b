"""A fixed share of the sandbox's proofs; the large figures are run by the commands they print."""

import pytest
from proofs.conservation import Floor
from proofs.determinism import tell


@pytest.mark.parametrize("seed", range(6))
def test_every_asset_adds_up_after_every_random_command(seed: int) -> None:
    floor = Floor(seed)

    floor.run()

    assert floor.commander.refused < 250
    assert floor.seen["trades"] > 50
    assert floor.seen["reports of liquidations"] > 0


@pytest.mark.parametrize("seed", [0, 1])
def test_a_market_goes_on_identically_from_its_file_with_people_orders_and_positions_in_it(seed: int) -> None:
    assert tell(seed, is_saved=True) == tell(seed, is_saved=False)


def test_another_seed_tells_another_story() -> None:
    assert tell(0, is_saved=False) != tell(1, is_saved=False)
