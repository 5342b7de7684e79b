"""This file is the limits a gate holds every order to: from code, or from a TOML file."""

import ipaddress
import tomllib
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit

from woodlot.config import Environment
from woodlot.errors import ConfigurationError
from woodlot.wire.amount import exact


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an order may be. A control that is None, or False, is off; notional counts the quote asset.

    `max_exposure` bounds what may be built up on one side of a symbol: of a perpetual the position, on spot what was
    bought or sold on balance since the desk opened; in notional, open orders of that side included. `price_distance`
    is a share of the touch: 0.05 is five percent. `most_children` bounds the orders of one symbol, side and tag
    within `children_within_s`: a loop that goes on placing what it has placed already.
    """

    max_notional: Decimal | None = None
    max_quantity: Decimal | None = None
    price_distance: Decimal | None = None
    max_open_orders: int | None = None
    max_exposure: Decimal | None = None
    orders_per_second: int | None = None
    duplicate_within_s: float | None = None
    needs_book: bool = False
    most_children: int | None = None
    children_within_s: float = 60.0
    symbols: frozenset[str] | None = None
    environments: frozenset[str] | None = None

    @classmethod
    def off(cls) -> "Limits":
        """No limit at all: the default on the sandbox, embedded or on this machine."""
        return cls()

    @classmethod
    def tight(cls) -> "Limits":
        """Enough to try things out with little money: the default everywhere else."""
        return cls(
            max_notional=Decimal(100),
            price_distance=Decimal("0.1"),
            max_open_orders=20,
            max_exposure=Decimal(500),
            orders_per_second=5,
            duplicate_within_s=1.0,
            needs_book=True,
            most_children=20,
        )

    @classmethod
    def default(cls, environment: Environment) -> "Limits":
        return cls.off() if is_sandbox(environment) else cls.tight()

    @classmethod
    def from_file(cls, path: Path | str) -> "Limits":
        """Read a TOML file whose keys are the fields; what it leaves out is off. Numbers of money are strings.

        Raises ConfigurationError for a key that is not a field, or a value that is not of its kind.
        """
        try:
            table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"the limits in {path} cannot be read: {error}") from error
        kinds = get_type_hints(cls)
        if unknown := table.keys() - {field.name for field in fields(cls)}:
            raise ConfigurationError(f"{path}: there is no limit {', '.join(sorted(unknown))}")
        return cls(**{name: _value(value, kinds[name], f"{path}: {name}") for name, value in table.items()})

    @property
    def needs_a_price(self) -> bool:
        """Whether an order cannot be judged without its book."""
        return self.needs_book or self.price_distance is not None


def is_sandbox(environment: Environment) -> bool:
    """Whether no real money can be behind it: the embedded exchange, or one on this machine."""
    if environment.is_embedded:
        return True
    host = urlsplit(environment.rest_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _value(value: Any, kind: Any, where: str) -> Any:
    match value:
        case bool() if kind is bool:
            return value
        case bool():
            pass
        case str() | int() if kind == Decimal | None:
            return exact(value, where)
        case int() if kind == int | None:
            return value
        case int() | float() if kind in (float, float | None):
            return float(value)
        case [*names] if kind == frozenset[str] | None and all(isinstance(name, str) for name in names):
            return frozenset(names)
        case _:
            pass
    raise ConfigurationError(f"{where} cannot be {value!r}; write amounts as strings, like '100'")
