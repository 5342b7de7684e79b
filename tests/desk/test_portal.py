import pytest

from woodlot.desk.portal import Portal
from woodlot.errors import OutcomeUnknown


async def asked(unknown: OutcomeUnknown, timeout_s: float) -> tuple[str, float]:
    return unknown.endpoint, timeout_s


async def lost() -> None:
    error = OutcomeUnknown("DELETE /v3/trade/order", "no reply in time")
    error.resolver = asked
    raise error


def test_an_outcome_that_is_unknown_can_be_asked_for_without_a_loop() -> None:
    portal = Portal()
    with pytest.raises(OutcomeUnknown) as raised:
        portal.run(lost())
    assert raised.value.resolve(timeout_s=5.0) == ("DELETE /v3/trade/order", 5.0)
    portal.close()
