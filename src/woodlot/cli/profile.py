"""This file is `woodlot profile`: adding, listing and choosing profiles, and putting keys where they belong."""

import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from woodlot.cli import keys, places, profiles
from woodlot.cli.age_file import encrypt
from woodlot.cli.options import EVERYWHERE, Everywhere
from woodlot.cli.output import Printer
from woodlot.cli.private_file import write_private
from woodlot.cli.refusals import KeysMissing, NotThere, Usage
from woodlot.desk.limits import Limits

app = App(name="profile", help="Where to trade, as whom, and what may go without a question.")
COLUMNS = ("name", "default", "environment", "rest_url", "keys_from", "limits", "allow_yes", "allow_any_key")
_SHAPE = "the key on the first line, the secret on the second"
NameArgument = Annotated[str, Parameter(help="The profile's name.")]


@app.command
def add(
    name: NameArgument,
    /,
    *,
    environment: Annotated[
        str | None, Parameter(help="sandbox, staging or live; the name itself, if left out.")
    ] = None,
    rest_url: Annotated[str | None, Parameter(help="Another host that speaks the wire.")] = None,
    ws_url: Annotated[str | None, Parameter(help="Its streams.")] = None,
    secret_command: Annotated[str | None, Parameter(help="A command that prints key and secret.")] = None,
    secret_file: Annotated[Path | None, Parameter(help="A file of yours, mode 0600, that holds both.")] = None,
    age_file: Annotated[Path | None, Parameter(help="A file encrypted with age that holds both.")] = None,
    age_identity: Annotated[Path | None, Parameter(help="What opens it, mode 0600; else a passphrase.")] = None,
    keyring: Annotated[bool, Parameter(negative="", help="They are in the system's keyring.")] = False,
    stdin: Annotated[
        bool, Parameter(negative="", help="Read both from stdin, into --age-file, --keyring or --secret-file.")
    ] = False,
    limits: Annotated[Path | None, Parameter(help="A TOML file of limits for every order.")] = None,
    allow_yes: Annotated[bool, Parameter(negative="", help="Let --yes skip questions in live.")] = False,
    allow_any_key: Annotated[bool, Parameter(negative="", help="Let doctor pass a key that may withdraw.")] = False,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Add a profile, or replace one. Keys are never arguments: they would be seen in `ps` and kept by the shell.

    Without a place for the keys they are the environment's own variables, such as WOODLOT_LIVE_API_KEY.

    Example: woodlot profile add live --secret-command "pass show woox/live"
    """
    if secret_command is not None and not secret_command.strip():
        raise Usage("--secret-command: there is no command", hint='as in --secret-command "pass show woox/live"')
    where = environment or (name if name in {"sandbox", "staging", "live"} else None)
    if where is None and rest_url is None:
        raise Usage(f"which environment is {name}?", hint=f"woodlot profile add {name} --environment staging")
    profile = profiles.Profile(
        name=name,
        environment=where or "custom",
        rest_url=rest_url,
        ws_url=ws_url,
        secret_command=secret_command,
        secret_file=_whole(secret_file),
        age_file=_whole(age_file),
        age_identity=_whole(age_identity),
        keyring=keyring,
        limits=_whole(limits),
        allow_yes=allow_yes,
        allow_any_key=allow_any_key,
    )
    if stdin:
        _store(profile)
    elif profile.secret_file is not None or profile.age_file is not None:
        keys.credentials_of(profile)
    if profile.limits is not None:
        Limits.from_file(profile.limits)
    path = profiles.save(profile)
    printer = Printer(everywhere.output, is_quiet=everywhere.quiet)
    printer.one(COLUMNS, _row(profile))
    printer.say(f"written to {path}; check it with: woodlot -p {name} doctor")


@app.command(name="list")
def list_(*, everywhere: Everywhere = EVERYWHERE) -> None:
    """List the profiles. Nothing secret is shown.

    Example: woodlot profile list
    """
    rows = [_row(profiles.find(name)) for name in profiles.names()]
    Printer(everywhere.output, is_quiet=everywhere.quiet).rows(COLUMNS, rows)


@app.command
def show(
    name: Annotated[str | None, Parameter(help="The profile's name.")] = None, /, *, everywhere: Everywhere = EVERYWHERE
) -> None:
    """Show one profile. Nothing secret is shown.

    Example: woodlot profile show live
    """
    Printer(everywhere.output, is_quiet=everywhere.quiet).one(COLUMNS, _row(profiles.find(name or everywhere.profile)))


@app.command
def use(name: NameArgument, /, *, everywhere: Everywhere = EVERYWHERE) -> None:
    """Use a profile wherever none is named.

    Example: woodlot profile use sandbox
    """
    profiles.make_default(name)
    Printer(everywhere.output, is_quiet=everywhere.quiet).say(f"{name} is used from now on where -p is not given")


@app.command
def remove(name: NameArgument, /, *, everywhere: Everywhere = EVERYWHERE) -> None:
    """Forget a profile. Keys in a keyring or a file of yours stay where they are.

    Example: woodlot profile remove live
    """
    if not profiles.path_of(name).exists():
        raise NotThere(f"no profile {name!r} was added", hint="see: woodlot profile list")
    profiles.path_of(name).unlink()
    if profiles.default_name() == name:
        (places.settings() / "default").unlink(missing_ok=True)
    Printer(everywhere.output, is_quiet=everywhere.quiet).say(f"profile {name} is gone")


def _store(profile: profiles.Profile) -> None:
    """Take key and secret from stdin to where the profile says they are."""
    if profile.secret_file is None and profile.age_file is None and not profile.keyring:
        raise Usage("--stdin needs a place for the keys", hint="add --age-file PATH, --keyring or --secret-file PATH")
    if sys.stdin.isatty():
        raise Usage("--stdin reads a pipe or a file, so that no shell keeps the keys", hint=f"{_SHAPE}: ... < FILE")
    credentials = keys.parsed(sys.stdin.read(), "stdin")
    text = f"{credentials.key}\n{credentials.secret}\n"
    if profile.keyring:
        keys.keep_in_keyring(profile.name, credentials)
    elif profile.age_file is not None:
        if profile.age_identity is None:
            raise Usage("--stdin into --age-file needs --age-identity", hint="make one with: age-keygen -o PATH")
        encrypt(text, Path(profile.age_file), Path(profile.age_identity))
    elif profile.secret_file is not None:
        path = Path(profile.secret_file)
        if path.exists() or path.is_symlink():
            raise KeysMissing(f"{path} is there already", hint="remove it, or name another file")
        write_private(path, text)


def _whole(path: Path | None) -> str | None:
    """Return a path that is the same from every folder."""
    return None if path is None else str(path.expanduser().absolute())


def _row(profile: profiles.Profile) -> dict[str, Any]:
    return {
        "name": profile.name,
        "default": profile.name == profiles.default_name(),
        "environment": profile.environment,
        "rest_url": profile.where().rest_url or None,
        "keys_from": profile.keys_from,
        "limits": profile.limits,
        "allow_yes": profile.allow_yes,
        "allow_any_key": profile.allow_any_key,
    }
