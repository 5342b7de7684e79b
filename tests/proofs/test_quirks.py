"""A fixed share of the proof of the quirks; the large figure is run by the command it prints."""

import pytest
from proofs.quirk_suite import QuirkSuite
from proofs.quirks import alone, some

from woodlot.sandbox.quirk_list import quirk_list, with_quirks


def test_every_setting_of_every_quirk_is_tried_alone() -> None:
    tried = {setting.partition("=")[0] for setting in alone()}

    assert tried == {quirk.name for quirk in quirk_list()}


@pytest.mark.parametrize("settings", [[], some(1), some(7)], ids=["none", "some", "others"])
def test_a_desk_lives_at_any_exchange_there_may_be(settings: list[str]) -> None:
    suite = QuirkSuite(with_quirks(settings), seed=3)
    suite()

    assert suite.did["executions"] > 5
    assert suite.did["keys replaced"] == 2
