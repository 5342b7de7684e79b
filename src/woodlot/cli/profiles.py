"""This file is profiles: a name for where to trade, where the keys come from, and what may go without a question.

Each is a TOML file of its own, written here or by hand; none holds a secret. `sandbox`, `staging` and `live` are there
without a file.
"""

import json
import re
import tomllib
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

from woodlot.cli import places
from woodlot.cli.refusals import NotThere, Usage
from woodlot.config import Environment
from woodlot.errors import ConfigurationError

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}", re.ASCII)
_BUILT_IN = ("sandbox", "staging", "live")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """At most one of `secret_command`, `secret_file`, `age_file` and `keyring` is set; else the keys are variables."""

    name: str
    environment: str = "sandbox"
    rest_url: str | None = None
    ws_url: str | None = None
    secret_command: str | None = None
    secret_file: str | None = None
    age_file: str | None = None
    age_identity: str | None = None
    keyring: bool = False
    limits: str | None = None
    allow_yes: bool = False
    allow_any_key: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise Usage(f"{self.name!r} is no name for a profile", hint="use a-z, 0-9, - and _, at most 32")
        if sum(map(bool, (self.secret_command, self.secret_file, self.age_file, self.keyring))) > 1:
            raise Usage(
                f"profile {self.name} names several places for its keys",
                hint="keep one of secret_command, secret_file, age_file, keyring",
            )
        if self.age_identity and not self.age_file:
            raise Usage(f"profile {self.name} has an age identity and nothing to open with it", hint="add --age-file")
        self.where()

    def where(self) -> Environment:
        """Return the environment. Raises ConfigurationError for a word or an address that is none."""
        if self.rest_url or self.ws_url:
            return Environment.at(self.rest_url or "", self.ws_url or "", name=self.environment)
        match self.environment:
            case "sandbox":
                return Environment.sandbox()
            case "staging":
                return Environment.staging()
            case "live":
                return Environment.live()
            case other:
                raise ConfigurationError(f"{other!r} is no environment; there are {', '.join(_BUILT_IN)}")

    @property
    def keys_from(self) -> str:
        """Where the keys come from, in words that name no secret."""
        if self.secret_command:
            return f"command: {self.secret_command.split()[0]} ..."
        if self.secret_file:
            return f"file: {self.secret_file}"
        if self.age_file:
            return f"age: {self.age_file}"
        if self.keyring:
            return "keyring"
        if self.where().is_embedded:
            return "made by the sandbox"
        return f"variables: WOODLOT_{self.environment.upper()}_API_KEY, ..._SECRET"


def find(name: str | None) -> Profile:
    """Return a profile: by name, else the default one, else the sandbox. Raises NotThere with the nearest names."""
    wanted = name or default_name()
    path = path_of(wanted)
    if path.exists():
        return _read(path)
    if wanted in _BUILT_IN:
        return Profile(name=wanted, environment=wanted)
    near = get_close_matches(wanted, names(), n=1)
    hint = f"did you mean -p {near[0]}?" if near else "see: woodlot profile list"
    raise NotThere(f"there is no profile {wanted!r}", hint=hint)


def names() -> list[str]:
    """Return the names of all profiles."""
    return sorted({*_BUILT_IN, *(path.stem for path in _folder().glob("*.toml"))})


def save(profile: Profile) -> Path:
    """Write a profile's file and return where it is."""
    lines = [
        f"{field.name} = {json.dumps(value)}"
        for field in fields(profile)
        if field.name != "name" and (value := getattr(profile, field.name)) not in (None, False)
    ]
    path = path_of(profile.name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def path_of(name: str) -> Path:
    return _folder() / f"{name}.toml"


def default_name() -> str:
    path = places.settings() / "default"
    return path.read_text(encoding="utf-8").strip() if path.exists() else "sandbox"


def make_default(name: str) -> None:
    """Use a profile wherever none is named."""
    path = places.settings() / "default"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(f"{find(name).name}\n", encoding="utf-8")


def _folder() -> Path:
    return places.settings() / "profiles"


def _read(path: Path) -> Profile:
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    kinds = get_type_hints(Profile)
    for key, value in table.items():
        if key in {"key", "secret", "api_key", "api_secret"}:
            raise ConfigurationError(f"{path}: a secret does not belong here; use secret_command or age_file")
        if key not in kinds or key == "name":
            near = get_close_matches(key, kinds, n=1)
            raise ConfigurationError(f"{path}: there is no setting {key}" + (f"; {near[0]}?" if near else ""))
        if not isinstance(value, kinds[key]):
            raise ConfigurationError(f"{path}: {key} cannot be {value!r}")
    return Profile(name=path.stem, **table)
