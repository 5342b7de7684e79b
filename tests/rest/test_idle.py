import socket
import time

import pytest

from woodlot.rest.idle import OLDEST_IDLE_S, Watch


def test_a_connection_with_nothing_to_say_may_be_used_until_it_is_old() -> None:
    here, there = socket.socketpair()
    with here, there:
        watch = Watch(here)
        assert watch.is_usable(idle_since_s=time.monotonic())
        assert not watch.is_usable(idle_since_s=time.monotonic() - OLDEST_IDLE_S - 1)


@pytest.mark.parametrize("end", [lambda sock: sock.close(), lambda sock: sock.send(b"unasked")])
def test_a_connection_that_was_closed_or_speaks_unasked_may_not(end: object) -> None:
    here, there = socket.socketpair()
    with here, there:
        watch = Watch(here)
        end(there)  # type: ignore[operator]
        assert not watch.is_usable(idle_since_s=time.monotonic())
