"""This file is `woodlot doctor`: what is well, what is not, and the remedy for each."""

import asyncio
import contextlib
import platform
import sqlite3
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

import msgspec

from woodlot import __version__, swift
from woodlot.cli import halt
from woodlot.cli.exits import Exit, failure_of
from woodlot.cli.keys import credentials_of
from woodlot.cli.options import EVERYWHERE, Everywhere
from woodlot.cli.session import Session, run
from woodlot.cli.verdict import limits_of
from woodlot.desk.limits import Limits
from woodlot.errors import WoodlotError
from woodlot.rest.async_client import AsyncClient
from woodlot.wire.account import Credential, GetCredentials, Permission
from woodlot.wire.public import GetSystemInfo

COLUMNS = ("check", "status", "finding", "remedy")
_WARN_OFF_MS = 1000


class Finding(NamedTuple):
    """One line of the report. `exit` is what the whole ends with if this is the worst."""

    check: str
    status: str
    finding: str
    remedy: str = ""
    exit: Exit = Exit.OK


def doctor(*, everywhere: Everywhere = EVERYWHERE) -> int:
    """Look at everything that trading depends on: both ends, clock, key, limits, journal; each with its remedy.

    Ends with 0 if nothing fails; warnings are no failure.

    Example: woodlot doctor
    """

    async def look(here: Session) -> int:
        findings = [_versions()]
        for check in _CHECKS:
            try:
                findings.append(await check(here))
            except (WoodlotError, TimeoutError, OSError) as error:
                failure = failure_of(error)
                name = check.__name__.strip("_").replace("_", " ")
                online = f"is this machine online, and {here.environment.rest_url} the right address?"
                remedy = online if failure.exit is Exit.NETWORK else failure.hint
                findings.append(Finding(name, "fail", failure.message, remedy, failure.exit))
        here.printer.rows(COLUMNS, (finding._asdict() for finding in findings))
        return next((finding.exit or Exit.ERROR for finding in findings if finding.status == "fail"), Exit.OK)

    return run(look, everywhere)


def _versions() -> Finding:
    told = [f"woodlot {__version__}", f"python {platform.python_version()}"]
    for name in ("aiohttp", "msgspec"):
        try:
            told.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            return Finding(
                "versions", "fail", f"{name} is missing", "pip install --force-reinstall woodlot", Exit.ERROR
            )
    told.append(f"books in {'C' if swift.IS_COMPILED else 'plain Python'}")
    return Finding("versions", "ok", ", ".join(told))


async def _rest(here: Session) -> Finding:
    began_s = time.monotonic()
    info = await here.client.send(GetSystemInfo())
    took = f"{here.environment.rest_url} answers in {(time.monotonic() - began_s) * 1000:.0f} ms"
    if info.status:
        return Finding("rest", "warn", f"{took}; maintenance: {info.msg}", "wait until it is over")
    return Finding("rest", "ok", took)


def surely_off_ms(theirs_ms: int, *, before_ms: int, after_ms: int) -> int:
    """Return how far a clock is ahead of one that was asked in between, or behind it with a minus, at the least.

    >>> [surely_off_ms(theirs_ms, before_ms=4_000, after_ms=8_000) for theirs_ms in (3_000, 4_500, 9_000)]
    [1000, 0, -1000]
    """
    return max(before_ms - theirs_ms, 0) + min(after_ms - theirs_ms, 0)


async def _clock(here: Session) -> Finding:
    before_ms = time.time_ns() // 1_000_000
    info = await here.client.send(GetSystemInfo())
    after_ms = time.time_ns() // 1_000_000
    off_ms = (before_ms + after_ms) // 2 - info.timestamp
    told = f"{abs(off_ms)} ms {'ahead of' if off_ms >= 0 else 'behind'} the exchange"
    if abs(surely_off_ms(info.timestamp, before_ms=before_ms, after_ms=after_ms)) > _WARN_OFF_MS:
        # No failure however far it is: calls are signed by the exchange's clock, not by this one.
        told += "; woodlot signs by the exchange's clock, other programs are refused from 5 min on"
        return Finding("clock", "warn", told, "set this machine's clock: timedatectl set-ntp true")
    return Finding("clock", "ok", told)


async def _stream(here: Session) -> Finding:
    from woodlot.desk.desk import Desk

    began_s = time.monotonic()
    async with (
        asyncio.timeout(here.timeout_s),
        Desk.open(here.environment, timeout_s=here.timeout_s) as desk,
        desk.bbo("SPOT_BTC_USDT") as touches,
    ):
        await touches.ready()
    return Finding(
        "stream", "ok", f"{here.environment.ws_url} acknowledges in {(time.monotonic() - began_s) * 1000:.0f} ms"
    )


async def _key(here: Session) -> Finding:
    credentials = here.credentials or credentials_of(here.profile)
    async with AsyncClient(here.environment, credentials, timeout_s=here.timeout_s) as client:
        rows = (await client.send(GetCredentials())).rows
    mine = next((row for row in rows if row.api_key == credentials.key), rows[0] if len(rows) == 1 else None)
    if mine is None:
        return Finding("key", "warn", "it works, but is not listed", "compare with the keys on the exchange's page")
    told = f"may {', '.join(str(permission).lower() for permission in mine.permissions)}"
    problems = _risks(mine)
    if not problems or here.is_sandbox:
        return Finding("key", "ok", told)
    is_refused = here.environment.name == "live" and not here.profile.allow_any_key
    remedy = "make a key without withdrawal and with an IP list, or set allow_any_key = true in the profile"
    return Finding(
        "key",
        "fail" if is_refused else "warn",
        f"{told}; {' and '.join(problems)}",
        remedy,
        Exit.AUTHENTICATION if is_refused else Exit.OK,
    )


async def _limits(here: Session) -> Finding:
    reason = halt.stopped_because(here.profile.name)
    if reason is not None:
        return Finding("limits", "warn", f"trading is stopped: {reason}", "woodlot kill --lift")
    limits = limits_of(here)
    if limits == Limits.off() and not here.is_sandbox:
        return Finding("limits", "warn", "no limit is set", "name a file of limits in the profile; see: woodlot risk")
    return Finding("limits", "ok", "off, as usual in the sandbox" if here.is_sandbox else "see: woodlot risk")


async def _journal(here: Session) -> Finding:
    from woodlot.desk.opening import default_journal

    path = default_journal(here.environment, here.credentials or credentials_of(here.profile))
    if isinstance(path, str):
        return Finding("journal", "ok", "in memory, as usual in the sandbox")
    if not path.exists():
        return Finding("journal", "ok", f"none yet; a desk makes {path}")
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as journal:
            (answer,) = journal.execute("PRAGMA quick_check").fetchone()
    except sqlite3.Error as error:
        answer = str(error)
    if answer != "ok":
        remedy = f"mv {path} {path}.broken; a desk then starts anew and asks the exchange"
        return Finding("journal", "fail", f"{path}: {answer}", remedy, Exit.ERROR)
    return Finding("journal", "ok", f"{path} is whole")


def _risks(key: Credential) -> list[str]:
    problems: list[str] = []
    if Permission.WITHDRAWAL in key.permissions:
        problems.append("it can withdraw")
    if key.allowed_ips is msgspec.UNSET or not key.allowed_ips:
        problems.append("it works from any address")
    return problems


_CHECKS: tuple[Callable[[Session], Awaitable[Finding]], ...] = (_rest, _clock, _stream, _key, _limits, _journal)
