"""This file is health on the screen: each connection with its age, the book's repairs, and how fast calls may go."""

import time
from collections.abc import Iterable

from rich.text import Text

from woodlot.book.transition import Transition
from woodlot.desk.live_book import LiveBook
from woodlot.tui.drawing import DOUBT, FAINT, UP, fitted, gauge, head, length, sparkline
from woodlot.tui.watch import Line, Watch

_SPARK_WIDTH = 16
_GAUGES_SHOWN = 5
# After each of these the book is built anew.
_WITHDRAWALS = (
    Transition.GAP,
    Transition.BROKEN_BUFFER,
    Transition.CONFLICT,
    Transition.BACKWARDS,
    Transition.CROSSED,
    Transition.TOO_DEEP,
    Transition.DISCONNECTED,
    Transition.DIFFERED,
    Transition.SILENT,
)


def draw_health(watch: Watch, width: int, height: int) -> list[Text]:
    """Draw the connections first: what is wrong there explains everything below."""
    trip = f"{'round trip':<{_SPARK_WIDTH + 9}}"
    rows = [
        head(f"{'connection':<10} {'state':<12} {'age of 24h':<10} {trip} {'msg/s':>6} gaps"),
        *(_connection(line) for line in watch.lines.values()),
        _private(watch),
        Text(""),
        *_book(watch.book),
        Text(""),
        *_pace(watch, width),
        Text(""),
        head("News"),
        *(Text(line) for line in watch.news),
    ]
    return fitted(rows, height)


def _connection(line: Line) -> Text:
    is_well = line.state in {"LIVE", "OPEN"}
    trip = f"{line.trips_ms[-1]:>6.1f} ms" if line.trips_ms else f"{'':>9}"
    return Text.assemble(
        f"{line.name:<10} ",
        (f"{line.state:<12} ", "" if is_well else DOUBT),
        f"{'' if line.open_s is None else length(line.open_s):<10} ",
        (f"{sparkline(list(line.trips_ms), _SPARK_WIDTH):<{_SPARK_WIDTH}}", UP),
        f"{trip} {line.rate.per_second:>6.1f} {line.gaps:>4}",
    )


def _private(watch: Watch) -> Text:
    """Say what is particular to the private stream: its key, and what was fetched after it last came back."""
    if watch.setting.credentials is None:
        return Text("private    no key", style=FAINT)
    account = watch.desk.account
    ends_in_s = account.stream.key_ends_in_s
    key = "no key" if ends_in_s is None else f"key ends in {length(ends_in_s)}"
    told = f"{'':<10} {key}, {account.keys_made} made; last backfill {watch.backfill or 'none'}"
    return Text(told, style="" if account.is_live else DOUBT)


def _book(book: LiveBook) -> Iterable[Text]:
    lost = {transition: book.counts[transition] for transition in _WITHDRAWALS if book.counts[transition]}
    yield head(f"The book: {book.state.value} for {length(book.age_s)}, {book.reason}")
    yield Text(f"{sum(lost.values())} resyncs" + "".join(f", {count} x {why.value}" for why, count in lost.items()))


def _pace(watch: Watch, width: int) -> Iterable[Text]:
    pacer = watch.desk.client.pacer
    so_far = pacer.counters
    yield head("Pace")
    yield Text(
        f"{so_far.calls} calls, {so_far.waits} had to wait, {so_far.waited_s:.1f} s; {so_far.slowed} slowed by 429"
    )
    for one in pacer.gauges(now_s=time.monotonic())[:_GAUGES_SHOWN]:
        waiting = f", {one.waiting} wait" if one.waiting else ""
        name = f"{one.endpoint} {one.symbol}".strip()
        yield gauge(name, one.taken / one.slots, f"{one.taken} of {one.slots}{waiting}", width)
