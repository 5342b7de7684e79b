"""This file is `woodlot chaos`: something goes wrong in the sandbox while orders fill, and it shows how that heals."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from woodlot.cli.options import EVERYWHERE, Everywhere
from woodlot.cli.refusals import Usage
from woodlot.cli.session import Session, Shelf, run
from woodlot.errors import ConfigurationError
from woodlot.wire.trade import GetTransactionHistory

if TYPE_CHECKING:
    from woodlot.desk.desk import Desk
    from woodlot.desk.live_book import LiveBook
    from woodlot.sandbox.fault_grammar import Fault

COLUMNS = ("fault", "strikes", "outage_s", "book_outage_s", "fills", "recovered", "lost", "twice", "unknown")
_SYMBOL = "SPOT_WOO_USDT"
_ORDER_EVERY_S = 0.25
_LOOK_EVERY_S = 0.02
_QUIET_BEFORE_S = 0.5
_LONGEST_S = 120.0
# So long after the fault has passed everything has to be well again.
_HEALS_WITHIN_S = 30.0
_STRIKES_FOR_S = 5.0


@dataclass(slots=True)
class _Seen:
    """What happened while it was watched."""

    fills: Counter[int] = field(default_factory=Counter[int])
    outage_s: float = 0.0
    book_outage_s: float = 0.0
    sent: int = 0
    unknown: int = 0


def chaos(
    fault: Annotated[str, Parameter(help="As in 'private cut 5s'; woodlot sandbox faults lists all.")],
    /,
    *,
    shared: Annotated[bool, Parameter(negative="", help="In the sandbox that runs in the background.")] = False,
    everywhere: Everywhere = EVERYWHERE,
) -> int:
    """Let something go wrong in the sandbox while orders fill, and show how it heals.

    Every fill is compared with the exchange's own list: none may be lost, none come twice. With --shared nothing is
    traded: it goes wrong in the sandbox in the background, for a screen or a bot to meet.

    Example: woodlot chaos "private cut 5s"
    """

    async def watch(here: Session) -> int:
        if not here.is_sandbox or here.credentials is None:
            raise Usage("things go wrong on purpose in the sandbox only", hint="leave out -p")
        wanted = _parsed(fault)
        return await (_let_go_wrong(here, wanted) if shared else _watch(here, wanted))

    return run(watch, everywhere, private=True, shelf=Shelf.ANY if shared else Shelf.OWN)


def written(fault: str) -> str:
    """Return a fault as the sandbox wants it written; a bare length means for how long.

    >>> written("private cut 5s")
    'private.cut for 5s'
    """
    words = fault.split()
    if len(words) > 1 and "." not in words[0]:
        words[:2] = [f"{words[0]}.{words[1]}"]
    if len(words) == 2 and words[0].endswith((".cut", ".refuse", ".half-open", ".silent", ".restart")):
        words.insert(1, "for")
    return " ".join(words)


def _parsed(fault: str) -> "Fault":
    from woodlot.sandbox.fault_grammar import Fault

    try:
        wanted = Fault.parse(written(fault))
    except ConfigurationError as error:
        raise Usage(str(error), hint="see: woodlot sandbox faults") from None
    if _length_s(wanted) > _LONGEST_S:
        raise Usage(f"that goes on for {_length_s(wanted):g} s", hint=f"keep it below {_LONGEST_S:g} s")
    return wanted


def _length_s(fault: "Fault") -> float:
    return (fault.after_ms + (fault.for_ms or 0)) / 1000 or _STRIKES_FOR_S


async def _let_go_wrong(here: Session, wanted: "Fault") -> int:
    number = await _switch_on(here, str(wanted))
    here.say(f"{wanted} is on, for {_length_s(wanted):g} s")
    try:
        await asyncio.sleep(_length_s(wanted))
    finally:
        strikes = await _switch_off(here, number)
    here.printer.one(("fault", "strikes"), {"fault": str(wanted), "strikes": strikes})
    return 0


async def _watch(here: Session, wanted: "Fault") -> int:
    from woodlot.desk.desk import Desk

    began_ms = time.time_ns() // 1_000_000
    seen = _Seen()
    async with Desk.open(here.environment, here.credentials, timeout_s=here.timeout_s) as desk:
        book = await desk.book(_SYMBOL)
        work = [asyncio.create_task(job) for job in (_trade(desk, seen), _read(desk, seen), _look(desk, book, seen))]
        try:
            await asyncio.sleep(_QUIET_BEFORE_S)
            number = await _switch_on(here, str(wanted))
            here.say(f"{wanted} is on")
            await asyncio.sleep(_length_s(wanted))
            strikes = await _switch_off(here, number)
            here.say("it is over; waiting until everything is well again")
            await _until_well(desk, book)
        finally:
            for task in work[:1]:
                task.cancel()
        theirs = await _their_fills(desk, began_ms, seen)
        for task in work[1:]:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        lost, twice = len(theirs - seen.fills.keys()), sum(count - 1 for count in seen.fills.values())
        row: dict[str, Any] = {
            "fault": str(wanted),
            "strikes": strikes,
            "outage_s": round(seen.outage_s, 1),
            "book_outage_s": round(seen.book_outage_s, 1),
            "fills": len(seen.fills),
            "recovered": desk.account.recovered,
            "lost": lost,
            "twice": twice,
            "unknown": seen.unknown,
        }
    here.printer.one(COLUMNS, row)
    if not strikes:
        here.say("it found nothing to strike at; woodlot sandbox faults says what each kind is about")
    return 1 if lost or twice else 0


async def _trade(desk: "Desk", seen: _Seen) -> None:
    from woodlot.errors import WoodlotError

    while True:
        verb = desk.buy if seen.sent % 2 == 0 else desk.sell
        seen.sent += 1
        try:
            await verb(_SYMBOL, "200")
        except WoodlotError:
            seen.unknown += 1
        await asyncio.sleep(_ORDER_EVERY_S)


async def _read(desk: "Desk", seen: _Seen) -> None:
    async for fill in desk.executions():
        seen.fills[fill.trade_id] += 1


async def _look(desk: "Desk", book: "LiveBook", seen: _Seen) -> None:
    before_s = time.monotonic()
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        now_s = time.monotonic()
        seen.outage_s += 0.0 if desk.account.is_live else now_s - before_s
        seen.book_outage_s += 0.0 if book.is_readable else now_s - before_s
        before_s = now_s


async def _until_well(desk: "Desk", book: "LiveBook") -> None:
    async with asyncio.timeout(_HEALS_WITHIN_S):
        while not (desk.account.is_live and book.is_readable):  # noqa: ASYNC110 - two things at once, told by two streams
            await asyncio.sleep(_LOOK_EVERY_S)


async def _their_fills(desk: "Desk", began_ms: int, seen: _Seen) -> set[int]:
    """Return the ids of the fills that the exchange lists, once the desk has had time to learn of them."""
    call = GetTransactionHistory(start_time=began_ms, limit=500)
    theirs: set[int] = set()
    for _ in range(50):
        theirs = {row.id async for row in desk.client.pages(call)}
        if theirs <= seen.fills.keys():
            break
        await asyncio.sleep(0.2)
    return theirs


async def _switch_on(here: Session, fault: str) -> int:
    reply = await _control(here, "POST", "faults", {"fault": fault})
    return int(reply["id"])


async def _switch_off(here: Session, number: int) -> int:
    """Switch a fault off and return how often it struck."""
    states = (await _control(here, "GET", "faults", None))["faults"]
    await _control(here, "DELETE", f"faults?id={number}", None)
    return next((int(state["strikes"]) for state in states if state["id"] == number), 0)


async def _control(here: Session, method: str, path: str, fields: Any) -> Any:
    import aiohttp

    url = f"{here.environment.rest_url}/sandbox/{path}"
    body = None if fields is None else json.dumps(fields)
    async with aiohttp.ClientSession() as http, http.request(method, url, data=body) as reply:
        answer = await reply.json(content_type=None)
    if reply.status != 200:
        raise ConfigurationError(str(answer.get("error", answer)))
    return answer
