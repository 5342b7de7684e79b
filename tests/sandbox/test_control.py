import json
from typing import Any

import pytest
from tests.sandbox.caller import running

from woodlot.clock import ManualClock
from woodlot.errors import ConfigurationError
from woodlot.sandbox.control import Control
from woodlot.sandbox.faults import Faults
from woodlot.sandbox.gate import Arrived
from woodlot.sandbox.options import SandboxOptions

TOKEN = "0123456789abcdef"


class Door:
    """A side door without an exchange behind it."""

    def __init__(self, *, token: str | None = None) -> None:
        self.faults = Faults(clock=ManualClock())
        self.control = Control(self.faults, inspect=lambda: {"seed": 7}, save=lambda: b"saved", token=token)

    def ask(
        self, method: str, path: str, body: Any = None, *, address: str = "127.0.0.1", **headers: str
    ) -> tuple[int, Any]:
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        reply = self.control.answer(Arrived(method, f"/sandbox/{path}", headers, raw, address))
        return reply.status, json.loads(reply.body)


def test_faults_are_switched_on_inspected_and_switched_off():
    door = Door()

    status, switched = door.ask("POST", "faults", {"fault": "private.cut  every 20s for 5s"})
    assert (status, switched) == (200, {"id": 1, "fault": "private.cut 1006 every 20s for 5s"})
    (listed,) = door.ask("GET", "faults")[1]["faults"]
    assert listed == {"id": 1, "text": "private.cut 1006 every 20s for 5s", "is_on": False, "chances": 0, "strikes": 0}
    assert door.ask("DELETE", "faults?id=1") == (200, {"faults": []})

    door.ask("POST", "faults", {"fault": "public.drop"})
    assert door.ask("DELETE", "faults") == (200, {"faults": []})
    assert not door.faults.any_on


@pytest.mark.parametrize("body", [b"", b"no", b"[]", {"fault": 5}, {"fault": "private.kut"}, {"text": "x"}])
def test_what_is_no_fault_is_refused_in_words(body: Any):
    status, reply = Door().ask("POST", "faults", body)

    assert status == 400
    assert reply["error"]


def test_a_fault_that_is_not_on_cannot_be_switched_off_and_nothing_else_is_there():
    assert Door().ask("DELETE", "faults?id=5")[0] == 400
    assert Door().ask("DELETE", "faults?id=x")[0] == 400
    status, reply = Door().ask("GET", "nope")
    assert status == 404
    assert "GET /sandbox/state/file" in reply["there_is"]


def test_only_loopback_and_no_browser_gets_in_without_a_token():
    assert Door().ask("GET", "state") == (200, {"seed": 7})
    assert Door().ask("GET", "state", address="10.0.0.5")[0] == 403
    assert Door().ask("GET", "state", Origin="http://evil.example")[0] == 403
    assert Door().ask("GET", "state", **{"Sec-Fetch-Site": "cross-site"})[0] == 403


def test_with_a_token_everybody_has_to_show_it():
    door = Door(token=TOKEN)

    assert door.ask("GET", "state")[0] == 403
    assert door.ask("GET", "state", address="10.0.0.5", Authorization=f"Bearer {TOKEN}")[0] == 200
    assert door.ask("GET", "state", Authorization="Bearer nope")[0] == 403


async def test_the_side_door_is_open_while_the_exchange_is_down():
    async with running(limits=None) as caller:
        url = caller.sandbox.rest_url + "/sandbox/faults"
        async with caller.http.post(url, json={"fault": "server.restart"}) as reply:
            assert reply.status == 200
        async with caller.http.delete(url) as reply:
            assert reply.status == 200
        assert (await caller.public("/v3/public/systemInfo"))[0] == 200


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"host": "0.0.0.0"}, "--public"),
        ({"host": "192.168.1.5", "token": TOKEN}, "--public"),
        ({"host": "0.0.0.0", "public": True}, "token"),
        ({"host": "0.0.0.0", "public": True, "token": "short"}, "token"),
        ({"host": "::", "token": TOKEN}, "--public"),
        ({"host": "example.com", "public": True, "token": TOKEN}, "IP address"),
    ],
)
def test_other_machines_are_let_in_by_two_deliberate_words_only(options: dict[str, Any], says: str):
    with pytest.raises(ConfigurationError, match=says):
        SandboxOptions(**options)


def test_a_public_sandbox_never_shows_its_token():
    options = SandboxOptions(host="0.0.0.0", public=True, token=TOKEN)

    assert TOKEN not in repr(options)
