"""This file is how a push is spelled: envelope and event, the commonest ones straight from their struct."""

from typing import Any

import msgspec

from woodlot.sandbox.replies import frame
from woodlot.wire.events import BookDelta, Pushed
from woodlot.wire.figures import BookTop

_encoder = msgspec.json.Encoder()


def spelled(topic: str, pushed: Pushed | dict[str, Any], *, ts: int) -> bytes:
    """Return the payload of one push."""
    # The two that are most and longest hold no amounts, only strings that are spelled already.
    if isinstance(pushed, BookDelta | BookTop | dict):
        return _enveloped(topic, _encoder.encode(pushed), ts)
    if isinstance(pushed, tuple):
        # The one topic whose `data` is an array (websocket-v3 §9.2).
        legs = [msgspec.json.decode(frame(topic, leg, ts=ts))["data"] for leg in pushed]
        return _enveloped(topic, _encoder.encode(legs), ts)
    return frame(topic, pushed, ts=ts)


def _enveloped(topic: str, data: bytes, ts: int) -> bytes:
    return b'{"topic":"%b","ts":%d,"data":%b}' % (topic.encode(), ts, data)
