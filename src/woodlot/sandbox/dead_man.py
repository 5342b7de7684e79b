"""This file is the dead man's switch: accounts whose orders end unless they say otherwise in time (rest-v3 §9.1.8)."""

from woodlot.sandbox.refusal import refusal
from woodlot.wire.moment import Time
from woodlot.wire.trade import LONGEST_DEAD_MAN_MS, DeadManAck


class DeadManSwitch:
    """One timer for each account. "A repeat call replaces the timer"; 0 switches it off."""

    def __init__(self) -> None:
        self._deadlines: dict[str, int] = {}

    def arm(self, account_id: str, trigger_after_ms: int, *, now_ms: int) -> DeadManAck:
        """Set the timer. Raises Refusal for a time out of range."""
        if not 0 <= trigger_after_ms <= LONGEST_DEAD_MAN_MS:
            raise refusal(317176, most=LONGEST_DEAD_MAN_MS)
        if not trigger_after_ms:
            self._deadlines.pop(account_id, None)
            return DeadManAck(expected_trigger_time=Time.at(0), timestamp=now_ms)
        self._deadlines[account_id] = now_ms + trigger_after_ms
        return DeadManAck(expected_trigger_time=Time.at(now_ms + trigger_after_ms), timestamp=now_ms)

    def due(self, now_ms: int) -> list[str]:
        """Return the accounts whose time has come, once."""
        due = [account_id for account_id, deadline in self._deadlines.items() if deadline <= now_ms]
        for account_id in due:
            del self._deadlines[account_id]
        return due
