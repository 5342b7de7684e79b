"""This file is values that nobody should send: wrong types, huge, empty, from other scripts, not even text."""

import json
from random import Random
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable


class Raw(str):
    """Text that stands in JSON as it is, quotes or no quotes."""

    __slots__ = ()


_JUNK: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 1.5, 10**18, 2**63 - 1, 2**63, -(2**63), 2**64, 10**30, Raw("1" + "0" * 400),
    Raw("1e999"), Raw("1e-999"), Raw("-0"), Raw("0.1e1"), Raw("NaN"), Raw("Infinity"), Raw("-Infinity"), Raw("01"),
    Raw("0x10"), Raw("1_000"), "", " ", "0", "-1", "1", "1.5", "1e3", "1E-8", "1e999999999", "NaN", "inf", "-0", "+1",
    "0x10", "1_000", "1,5", "٦", "½", "0.000000000000000000001", "99999999999999999999", "9" * 400, "null", "true",
    "BUY", "SELL", "LIMIT", "MARKET", "AC", "LIQUIDATE", "SPOT_BTC_USDT", "PERP_BTC_USDT", "SPOT_NOPE_USDT",
    "spot_btc_usdt", "SPOT_BTC_USDT\n", "SPOT_BTC_USDT\x00", "../../etc/passwd", "' OR 1=1 --", "<script>", "%00",
    "{}", "[]", "é", "日本語", "🐋" * 8, "\u202e", "\ufeff", Raw('"\\ud800"'), Raw('"\\u0000"'), "x" * 65, "x" * 5_000,
    [], Raw("{}"), [[]], [None], ["1"], {"a": 1}, Raw("[" + "{}," * 50 + "{}]"), {"price": "1"},
    Raw("[" * 200 + "]" * 200), Raw("[" * 100_000), Raw('{"a":' * 300 + "1" + "}" * 300), Raw('"unterminated'), Raw(""),
    Raw("undefined"),
)  # fmt: skip


def junk(chance: Random) -> Any:
    """Return one of them, or something made up."""
    if chance.random() < 0.8:
        return chance.choice(_JUNK)
    makers: tuple[Callable[[], Any], ...] = (
        lambda: chance.randint(-(10**12), 10**12),
        lambda: str(chance.randint(-(10**6), 10**6)),
        lambda: f"{chance.uniform(-1, 200_000):.{chance.randint(0, 12)}f}",
        lambda: chance.uniform(-1e9, 1e9),
        lambda: "".join(chr(chance.choice((chance.randint(1, 127), chance.randint(128, 0xD7FF)))) for _ in range(9)),
        lambda: [junk(chance) for _ in range(chance.randint(0, 4))],
        lambda: {str(chance.randint(0, 9)): junk(chance) for _ in range(chance.randint(0, 4))},
    )
    return chance.choice(makers)()


def as_json(value: Any, chance: Random) -> str:
    """Spell a value as JSON, or as what a careless program takes for it."""
    match value:
        case Raw():
            return str(value)
        case dict():
            fields = cast("dict[str, Any]", value)
            parts = [f"{json.dumps(key)}:{as_json(item, chance)}" for key, item in fields.items()]
            return "{" + _parts(parts, chance) + "}"
        case list():
            return "[" + _parts([as_json(item, chance) for item in cast("list[Any]", value)], chance) + "]"
        case _:
            return json.dumps(value, ensure_ascii=chance.random() < 0.5)


def as_text(value: Any) -> str:
    """Spell a value for a query."""
    if isinstance(value, str):
        return str(value)
    return str(value).lower() if isinstance(value, bool) else json.dumps(value) if value is not None else ""


def _parts(parts: list[str], chance: Random) -> str:
    return chance.choice((",", ", ", " ,\n\t")).join(parts)
