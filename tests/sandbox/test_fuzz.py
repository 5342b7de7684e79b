"""A fixed share of what the sandbox is fuzzed with; the large figures are run by the command it prints."""

import pytest
from proofs.fuzz import forge as forge_requests
from proofs.fuzz import fuzz_frames, fuzz_requests
from proofs.fuzzed import fuzzed


@pytest.mark.parametrize("seed", [5])
async def test_whatever_is_sent_nothing_breaks_and_nothing_refused_changes_the_ledger(seed: int) -> None:
    async with fuzzed(seed) as floor:
        requests = await fuzz_requests(floor, count=300, seed=seed)
        frames = await fuzz_frames(floor, count=800, seed=seed)
        forgeries = await forge_requests(floor, count=400, seed=seed)

    assert requests["HTTP 200"] > 80
    assert requests["HTTP 400"] > 80
    assert frames["frames"] == 800
    assert frames["SUBSCRIBE"] > 80
    assert forgeries.total() == 400
    assert len(forgeries) == 17
