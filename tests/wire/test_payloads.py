"""Every message of the recorded shape becomes a value, to its last field."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.wire import recordings
from tools.reference import every_request

from woodlot.errors import ExchangeError
from woodlot.wire import events, public
from woodlot.wire.answer import encode_ours
from woodlot.wire.envelope import open_reply
from woodlot.wire.frames import Ack, Pong, Push, Refusal, ServerPing, Unknown, Unreadable, decode_frame
from woodlot.wire.loose import LooseAnswer
from woodlot.wire.request import Request, answer_type
from woodlot.wire.topics import EVENT_OF_WORD


def requests() -> dict[str, type[Request[Any]]]:
    return {str(kind.endpoint): kind for kind in every_request()}


@pytest.mark.parametrize("path", recordings.files("rest"), ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_a_recorded_reply_is_decoded_to_the_last_field(path: Path) -> None:
    content = json.loads(path.read_text())
    name = f"{content['method']} {content['path']}"
    if name == "* *":
        pytest.skip("refusals; they are read further down")
    request = requests()[name]
    for reply in recordings.rest_replies(path):
        answer = open_reply(answer_type(request), http_status=200, body=json.dumps(reply["body"]).encode())
        kept = json.loads(msgspec.json.encode(answer, enc_hook=encode_ours))
        told = reply["body"].get("data") or {
            k: v for k, v in reply["body"].items() if k not in {"success", "timestamp"}
        }
        if isinstance(answer, LooseAnswer):
            kept = kept["data"]
        missing = recordings.lost(recordings.respelled(told), kept)
        assert not missing, f"{name} lost {missing}"


def test_the_newest_candles_have_the_shape_that_the_history_was_recorded_in() -> None:
    assert answer_type(public.GetKline) is answer_type(public.GetKlineHistory)


@pytest.mark.parametrize("path", recordings.files("ws"), ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_a_recorded_frame_is_decoded_to_the_last_field(path: Path) -> None:
    for frame in recordings.frames(path):
        decoded = decode_frame(json.dumps(frame))
        if frame.get("topic", "@").partition("@")[0] not in EVENT_OF_WORD and "topic" in frame:
            assert isinstance(decoded, Unknown), "a topic of a later part is ignored, not refused"
            continue
        assert not isinstance(decoded, Unreadable), f"{frame} was not understood: {decoded}"
        if isinstance(decoded, Push):
            kept = json.loads(msgspec.json.encode(decoded.event))
            missing = recordings.lost(frame["data"], kept)
            assert not missing, f"{frame['topic']} lost {missing}"
        else:
            assert isinstance(decoded, Ack | Refusal | Pong | ServerPing)


@pytest.mark.parametrize(
    "reply",
    [reply for path in recordings.files("rest") if path.stem == "errors" for reply in recordings.rest_replies(path)],
    ids=lambda reply: str(reply["body"].get("message"))[:40],
)
def test_a_recorded_failure_is_an_error_that_keeps_its_facts(reply: dict[str, Any]) -> None:
    body = reply["body"]
    with pytest.raises(ExchangeError) as caught:
        open_reply(public.OrderBook, http_status=reply["http_status"], body=json.dumps(body).encode())
    assert caught.value.message == body["message"]
    assert caught.value.code == (int(body["code"]) if "code" in body else None)
    assert caught.value.http_status == reply["http_status"]


def test_the_three_shapes_of_the_account_keep_which_fields_they_had() -> None:
    modes = [
        msgspec.json.decode(json.dumps(frame["data"]), type=events.AccountState, strict=False)
        for frame in recordings.frames(recordings.PAYLOADS / "ws" / "account.json")
    ]
    assert [mode.account_mode for mode in modes] == ["PURE_SPOT", "MARGIN", "FUTURE"]
    assert modes[0].total_collateral is msgspec.UNSET
