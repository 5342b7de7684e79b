"""This file is the exchange's rules for one connection, as numbers: how often to ask, how long to wait."""

from dataclasses import dataclass

from woodlot.wire.frames import MOST_TOPICS_PER_REQUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What one connection keeps to. The defaults are the exchange's; tests shorten them."""

    # "PING every 15 s, treat the link as dead [at] three unanswered pings" (websocket-v3 §3). A socket on which
    # we send nothing is cut after 60 s without a close frame.
    ping_every_s: float = 15.0
    pings_unanswered: int = 3
    pong_wait_s: float = 5.0
    # No acknowledgement was ever seen to take longer than a round trip; ten seconds outlast a bad line.
    ack_wait_s: float = 10.0
    most_asks: int = 3
    # "default: 4 frames per second" (websocket-v3 §2); the tenth of a second more is for jitter on the way.
    commands: int = 4
    commands_per_s: float = 1.1
    topics_per_request: int = MOST_TOPICS_PER_REQUEST
    # "24 h, then the server disconnects"; "plan a rotation at 23 h with jitter per socket" (websocket-v3 §2, §12).
    rotate_after_s: float = 23 * 3600.0
    rotate_jitter: float = 0.1
    # Both sockets are heard for this long, so that what is in flight on the old one still arrives.
    overlap_s: float = 5.0
    settle_wait_s: float = 60.0
