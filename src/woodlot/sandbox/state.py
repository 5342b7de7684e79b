"""This file is an exchange as a file: saved, loaded and looked at, so that a failing case travels in one piece.

The file is a line that a person can read, and behind it the objects, packed. Loading one from a stranger is safe:
nothing is built but values of our own rooms and a few of the standard library, and nothing is called. It holds no
keys: a sandbox that goes on from it makes new ones. The clock is not in it either; whoever loads it supplies one.
"""

import io
import itertools
import json
import pickle
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType, MethodType
from typing import Any, Final, cast

from woodlot import __version__
from woodlot.clock import Clock
from woodlot.errors import ConfigurationError
from woodlot.sandbox.back_office import BackOffice
from woodlot.sandbox.faults import Faults
from woodlot.sandbox.simulation import Simulation

_MAGIC: Final = "woodlot-state"
_FORMAT: Final = 4
# What a packed state may grow to.
_LARGEST = 512 * 1024 * 1024

_OURS = ("woodlot.sandbox.", "woodlot.wire.")
_THEIRS: Final = frozenset(
    {
        "builtins.dict",
        "builtins.int",
        "builtins.list",
        "builtins.set",
        "builtins.frozenset",
        "collections.Counter",
        "collections.OrderedDict",
        "collections.defaultdict",
        "collections.deque",
        "datetime.datetime",
        "datetime.timezone",
        "datetime.timedelta",
        "decimal.Decimal",
        "itertools.count",
        "msgspec._core.rebuild",
        "msgspec._utils.rebuild",
        "msgspec._core.UNSET",
        "random.Random",
    }
)


@dataclass(frozen=True, slots=True)
class State:
    """Everything that a sandbox goes on from."""

    simulation: Simulation
    office: BackOffice
    account_id: str

    def save(self) -> bytes:
        """Return the file."""
        packed = zlib.compress(snapshot((self.simulation, self.office, self.account_id)), level=1)
        header = {
            "format": _FORMAT,
            "woodlot": __version__,
            "seed": self.simulation.seed,
            "time": datetime.fromtimestamp(self.simulation.clock.now_ms() / 1000, UTC).isoformat(),
            "bytes": len(packed),
        }
        return f"{_MAGIC} {json.dumps(header)}\n".encode() + packed

    @classmethod
    def load(cls, data: bytes, *, clock: Clock, faults: Faults | None = None) -> "State":
        """Read a file back. Raises ConfigurationError where it is not one, or not one of this format."""
        packed = data[data.find(b"\n") + 1 :]
        if len(packed) != header(data)["bytes"]:
            raise ConfigurationError("the state file is cut short")
        try:
            unpacker = zlib.decompressobj()
            restored = restore(unpacker.decompress(packed, _LARGEST), clock=clock, faults=faults)
        except (pickle.UnpicklingError, zlib.error, AttributeError, TypeError, ValueError, KeyError, EOFError) as error:
            raise ConfigurationError(f"the state file cannot be read: {error}") from error
        return cls(*restored)


def header(data: bytes) -> dict[str, Any]:
    """Return the readable line of a state file. Raises ConfigurationError."""
    magic, _, text = data[:2_000].partition(b"\n")[0].decode("utf-8", "replace").partition(" ")
    if magic != _MAGIC:
        raise ConfigurationError("this is no state file of woodlot")
    try:
        fields = dict(json.loads(text))
        made_in, _ = fields["format"], fields["bytes"]
    except (ValueError, TypeError, KeyError):
        raise ConfigurationError("the first line of the state file cannot be read") from None
    if made_in != _FORMAT:
        raise ConfigurationError(f"the state file has format {made_in}, this woodlot reads {_FORMAT}")
    return fields


def describe(simulation: Simulation) -> dict[str, Any]:
    """Return what a person wants to know of an exchange at a glance."""
    exchange = simulation.exchange
    return {
        "seed": simulation.seed,
        "now_ms": simulation.clock.now_ms(),
        "audit": exchange.audit(),
        "markets": {
            symbol: {
                "best_bid": _shown(exchange.best(symbol)[0]),
                "best_ask": _shown(exchange.best(symbol)[1]),
                "last": None if (last := exchange.last(symbol)) is None else str(last),
                "levels": [len(side) for side in exchange.window(symbol, 1_000)],
            }
            for symbol in exchange.instruments
        },
    }


def snapshot(state: Any) -> bytes:
    """Return the objects, packed: cheap enough for each virtual minute."""
    packed = io.BytesIO()
    _Pickler(packed, protocol=5).dump(state)
    return packed.getvalue()


def restore(packed: bytes, *, clock: Clock, faults: Faults | None = None) -> Any:
    """Return the objects again, on another clock."""
    return _Unpickler(packed, clock=clock, faults=faults).load()


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any, /) -> Any:
        reduce = _REDUCERS.get(cast("type[object]", type(obj)))
        if reduce is not None:
            return reduce(obj)
        # Left out: what belongs to whoever runs the exchange.
        return (_Clock, ()) if hasattr(obj, "now_ms") and hasattr(obj, "monotonic_s") else NotImplemented


class _Clock:
    """Stand for the clock."""


class _Faults:
    """Stand for the faults that are switched on."""


class _Bound:
    """Stand for a method of an object: what is called later, not while loading."""

    def __new__(cls, owner: object, name: str) -> Any:
        if not type(owner).__module__.startswith(_OURS):
            raise pickle.UnpicklingError(f"a method of {type(owner).__name__} has no place in a state file")
        return MethodType(vars(type(owner))[name], owner)


class _ReadOnly:
    """Stand for a view of a dict that nobody may change."""

    def __new__(cls, of: dict[Any, Any]) -> Any:
        return MappingProxyType(of)


def _count(counter: "itertools.count[int]") -> Any:
    """Its own way of being pickled is gone from Python 3.14."""
    return itertools.count, (int(repr(counter)[len("count(") : -1]),)


_REDUCERS: Final[dict[type[object], Callable[[Any], Any]]] = {
    itertools.count: _count,
    MethodType: lambda method: (_Bound, (method.__self__, method.__name__)),
    MappingProxyType: lambda view: (_ReadOnly, (dict(view),)),
    Faults: lambda _: (_Faults, ()),
    # The many: nothing of ours to say, and nothing to look for.
    Decimal: lambda _: NotImplemented,
}


class _Unpickler(pickle.Unpickler):
    def __init__(self, packed: bytes, *, clock: Clock, faults: Faults | None) -> None:
        super().__init__(io.BytesIO(packed))
        self._supplied: dict[str, Callable[[], Any]] = {"_Clock": lambda: clock, "_Faults": lambda: faults}

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """Build nothing but values: classes of ours, found where they are defined, and those few of others."""
        if f"{module_name}.{global_name}" in _THEIRS:
            return super().find_class(module_name, global_name)
        if module_name == __name__ and global_name in self._supplied:
            return self._supplied[global_name]
        if module_name.startswith(_OURS) and "." not in global_name:
            found = super().find_class(module_name, global_name)
            if isinstance(found, type) and found.__module__ == module_name:
                return found
        raise pickle.UnpicklingError(f"{module_name}.{global_name} has no place in a state file")


def _shown(level: Any) -> list[str] | None:
    return None if level is None else [str(number) for number in level]
