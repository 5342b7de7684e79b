"""This file is what a stream may be sent, from a right command to bytes that are no frame."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from proofs.junk import as_json, junk
from proofs.raw_frames import Opcode, framed

_WORDS: Final = ("SUBSCRIBE", "UN_SUBSCRIBE", "PING", "PONG", "LIST_SUBSCRIPTION", "subscribe", "Un_Subscribe", "NOPE")


@dataclass(frozen=True, slots=True)
class FrameCase:
    """Bytes to send. `ends` says that a server may, or must, end the connection for them (RFC 6455)."""

    data: bytes
    ends: bool = False


class FrameCases:
    """An endless supply of cases from one seed; `topics` are those that there are, on either stream."""

    def __init__(self, topics: Sequence[str], chance: Random) -> None:
        self._topics = topics
        self._chance = chance

    def batch(self, count: int) -> list[FrameCase]:
        """Return so many cases; the last of them may end the connection, none before it does."""
        last = self._violation() if self._chance.random() < 0.2 else None
        cases: list[FrameCase] = []
        while len(cases) < count - (last is not None):
            case = self._any()
            if case.ends:
                last = last or case
            else:
                cases.append(case)
        return [*cases, last] if last is not None else cases

    def _any(self) -> FrameCase:
        kind = self._chance.random()
        if kind < 0.70:
            return self._text(self._command())
        if kind < 0.86:
            return self._text(self._almost_a_command())
        return self._unusual()

    def _text(self, text: str) -> FrameCase:
        # Half a surrogate pair becomes bytes that are not UTF-8, which is a violation.
        data = text.encode("utf-8", "surrogatepass")
        return FrameCase(framed(data, chance=self._chance), ends=len(data) > 60_000 or _is_broken(data))

    def _command(self) -> str:
        chance = self._chance
        command: dict[str, Any] = {"id": str(chance.randint(0, 99)), "cmd": chance.choice(_WORDS)}
        if command["cmd"].upper() in {"SUBSCRIBE", "UN_SUBSCRIBE"}:
            command["params"] = [self._topic() for _ in range(chance.choice((1, 1, 2, 3, 10, 11)))]
        elif command["cmd"] == "PING":
            command["ts"] = chance.randint(0, 2**53)
        for name in chance.sample(sorted(command), k=chance.choices((0, 1, 2), (6, 3, 1))[0] % (len(command) + 1)):
            if chance.random() < 0.3:
                del command[name]
            else:
                command[name] = junk(chance)
        return as_json(command, chance)

    def _almost_a_command(self) -> str:
        chance = self._chance
        text = self._command()
        return chance.choice((
            text[: chance.randint(0, len(text))],
            text + text,
            "[" + text + "]",
            text.replace('"', "'"),
            text[:-1] + ',"cmd":"PING"}',
            json.dumps(text),
            as_json(junk(chance), chance),
            '{"event":"subscribe","id":"v1","topic":"SPOT_WOO_USDT@trade"}',
            " " * chance.randint(0, 2_000) + text,
            '{"id":"1","cmd":"SUBSCRIBE","params":' + "[" * 5_000,
            "",
        ))  # fmt: skip

    def _unusual(self) -> FrameCase:
        """Something that is allowed and that few would send."""
        chance = self._chance
        kind = chance.randint(0, 4)
        if kind == 0:
            return FrameCase(framed(chance.randbytes(chance.randint(0, 300)), Opcode.BINARY, chance=chance))
        if kind == 1:
            return FrameCase(framed(chance.randbytes(chance.randint(0, 125)), Opcode.PING, chance=chance))
        if kind == 2:
            return FrameCase(framed(chance.randbytes(chance.randint(0, 125)), Opcode.PONG, chance=chance))
        case = self._command().encode("utf-8", "surrogatepass")
        cut = chance.randint(0, len(case))
        between = framed(b"between", Opcode.PING, chance=chance) if kind == 3 else b""
        first = framed(case[:cut], chance=chance, is_final=False)
        last = framed(case[cut:], Opcode.CONTINUATION, chance=chance)
        return FrameCase(first + between + last, ends=len(case) > 60_000 or _is_broken(case))

    def _violation(self) -> FrameCase:
        chance = self._chance
        text = b'{"cmd":"PING"}'
        return FrameCase(
            chance.choice((
                lambda: framed(text, chance=chance, is_masked=False),
                lambda: framed(text, chance=chance, reserved=chance.randint(1, 7)),
                lambda: framed(text, chance.choice((3, 4, 7, 11, 15)), chance=chance),
                lambda: framed(b"x" * 126, Opcode.PING, chance=chance),
                lambda: framed(b"ping", Opcode.PING, chance=chance, is_final=False),
                lambda: framed(text, Opcode.CONTINUATION, chance=chance),
                lambda: framed(b"a", chance=chance, is_final=False) + framed(b"b", chance=chance),
                lambda: framed(b"x", Opcode.CLOSE, chance=chance),
                lambda: framed(chance.choice((1000, 1005, 1006, 999, 5000)).to_bytes(2), Opcode.CLOSE, chance=chance),
                lambda: framed((1000).to_bytes(2) + b"\xff", Opcode.CLOSE, chance=chance),
                lambda: framed(b"", Opcode.CLOSE, chance=chance),
                lambda: framed(b"\xff\xfe", chance=chance),
                lambda: framed(b"x" * 70_000, chance=chance),
                lambda: framed(text, chance=chance, claims=2**40),
                lambda: framed(text, chance=chance, claims=2**63 + 5),
                lambda: chance.randbytes(chance.randint(2, 300)),
                lambda: b"GET /v3/public HTTP/1.1\r\n\r\n",
            ))(),
            ends=True,
        )  # fmt: skip

    def _topic(self) -> Any:
        chance = self._chance
        if chance.random() < 0.7:
            return chance.choice(self._topics)
        return chance.choice((
            "orderbookupdate@PERP_BTC_USDT@20", "orderbookupdate@PERP_NOPE_USDT@50", "indexprice@PERP_BTC_USDT", "nope",
            "@", "bbo@", "", "bbo@SPOT_BTC_USDT@50", "kline@SPOT_BTC_USDT@1y", "bbo@*", "🐋", junk(chance),
        ))  # fmt: skip


def _is_broken(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return True
    return False
