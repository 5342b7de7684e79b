import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec
import pytest
from benchmarks._reports import Reports
from tests.desk.fills import fill
from tests.orders.messages import CLIENT_ORDER_ID, ORDER_ID, START_MS, ack, fill_report, place, report, row

from woodlot.desk.bookkeeping import Books
from woodlot.desk.claim import Claim
from woodlot.desk.journal import Journal, Position
from woodlot.errors import ConfigurationError, InUse, JournalFailed, OutcomeUnknown
from woodlot.orders.order import TrackedOrder
from woodlot.orders.output import AskOrder, Output
from woodlot.orders.states import OrderState
from woodlot.orders.tracker import Tracker
from woodlot.wire.frames import Push, decode_frame


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def opened(path: Path) -> Books:
    books = Books(Journal(path))
    books.open(START_MS)
    return books


def restarted(books: Books) -> Books:
    books.journal.close()
    return opened(Path(books.journal.path))


def only(books: Books) -> TrackedOrder:
    (order,) = books.tracker.orders()
    return order


def fill_up(journal: Journal) -> None:
    """Let the file grow no more, as on a full disk; what room is left in it takes a few orders."""
    pages = journal.connection.execute("PRAGMA page_count").fetchone()[0]
    journal.connection.execute(f"PRAGMA max_page_count = {pages}")


def intend(books: Books, count: int) -> None:
    for number in range(count):
        books.keep(books.tracker.intent(place(client_order_id=number + 1), at_ms=START_MS))


def test_after_a_write_that_fails_nothing_more_is_written(path: Path) -> None:
    books = opened(path)
    fill_up(books.journal)
    with pytest.raises(JournalFailed, match="full"):
        intend(books, 1_000)
    books.journal.connection.execute("PRAGMA max_page_count = 1000000")
    written = len(books.journal.orders())
    for write in (lambda: books.journal.state("name", 1), lambda: books.journal.hand_out("bot", Position(0, 0))):
        with pytest.raises(JournalFailed, match="full"):
            write()
    with pytest.raises(JournalFailed, match="full"):
        intend(books, 1)
    assert len(books.journal.orders()) == written


def test_an_order_comes_back_as_it_was_with_its_history_and_fees(path: Path) -> None:
    books = opened(path)
    tracker = books.tracker
    books.keep(tracker.intent(place(), at_ms=START_MS))
    books.keep(tracker.reply(place(), ack(), at_ms=START_MS + 1))
    books.keep(tracker.report(report("NEW"), at_ms=START_MS + 2))
    books.keep(tracker.report(fill_report(1, "40", "40", at=3), at_ms=START_MS + 3))
    before = only(books)
    after = only(restarted(books))
    assert after == before
    assert (after.filled_quantity, after.fees) == (40, {"WOO": Decimal("0.01")})


def test_an_intent_without_an_answer_is_unknown_after_a_restart_and_is_asked_for(path: Path) -> None:
    books = opened(path)
    books.keep(books.tracker.intent(place(), at_ms=START_MS))
    books.journal.close()
    after = Books(Journal(path))
    questions = after.open(START_MS + 9)
    assert only(after).state is OrderState.UNKNOWN
    assert [type(question) for question in questions] == [AskOrder]
    after.keep(after.tracker.poll(row("NEW"), at_ms=START_MS + 10))
    assert (only(after).state, only(after).order_id) == (OrderState.WORKING, ORDER_ID)


def test_an_unknown_order_is_asked_for_again_after_a_restart(path: Path) -> None:
    books = opened(path)
    books.keep(books.tracker.intent(place(), at_ms=START_MS))
    books.keep(books.tracker.failed(place(), OutcomeUnknown("POST", "cut"), at_ms=START_MS))
    books.journal.close()
    after = Books(Journal(path))
    assert [type(question) for question in after.open(START_MS + 9)] == [AskOrder]


def test_a_stranger_that_turns_out_to_be_ours_is_one_order_in_the_journal_too(path: Path) -> None:
    books = opened(path)
    books.keep(books.tracker.intent(place(), at_ms=START_MS))
    nameless = report("NEW", client_order_id=0)
    books.keep(books.tracker.report(nameless, at_ms=START_MS + 1))
    books.keep(books.tracker.reply(place(), ack(), at_ms=START_MS + 2))
    after = only(restarted(books))
    assert (after.order_id, after.client_order_id, after.foreign) == (ORDER_ID, CLIENT_ORDER_ID, False)


def test_a_client_order_id_that_is_used_again_is_two_orders(path: Path) -> None:
    books = opened(path)
    for order_id in (ORDER_ID, ORDER_ID + 1):
        books.keep(books.tracker.intent(place(), at_ms=START_MS))
        books.keep(books.tracker.reply(place(), ack(order_id=order_id), at_ms=START_MS))
        books.keep(books.tracker.report(report("CANCELLED", order_id=order_id), at_ms=START_MS))
    after = restarted(books)
    assert sorted(order.order_id or 0 for order in after.tracker.orders()) == [ORDER_ID, ORDER_ID + 1]


def test_a_fill_stands_once_whoever_says_it(path: Path) -> None:
    journal = Journal(path)
    assert [numbered.number for numbered in journal.note([], [fill(5), fill(6)])] == [1, 2]
    assert journal.note([], [fill(6)]) == []
    assert [numbered.number for numbered in journal.note([], [fill(6, symbol="SPOT_BTC_USDT")])] == [3]


def test_a_fill_that_was_told_is_not_told_again_after_a_restart(path: Path) -> None:
    books = opened(path)
    first = fill_report(1, "40", "40", at=3)
    books.keep(books.tracker.report(first, at_ms=START_MS + 3))
    after = restarted(books)
    after.keep(after.tracker.report(first, at_ms=START_MS + 9))
    assert len(after.executions) == 0


def test_a_journal_that_is_damaged_inside_is_named(path: Path) -> None:
    books = opened(path)
    intend(books, 3)
    books.journal.connection.execute("UPDATE orders SET body = substr(body, 1, 40)")
    books.journal.close()
    with pytest.raises(JournalFailed, match=f"{path}.*cannot be used"):
        opened(path)


def test_nothing_is_told_that_is_not_written_down(path: Path) -> None:
    told: list[TrackedOrder] = []
    books = Books(Journal(path), told=told.append)
    books.open(START_MS)
    books.journal.connection.execute("PRAGMA query_only = 1")
    with pytest.raises(JournalFailed, match="readonly"):
        books.keep(books.tracker.intent(place(), at_ms=START_MS))
    assert told == []


def test_what_was_executed_before_the_journal_began_is_not_news(path: Path) -> None:
    books = opened(path)
    books.keep(books.tracker.report(fill_report(1, "40", "40", at=-1), at_ms=START_MS))
    books.keep(books.tracker.report(fill_report(2, "40", "80", at=0), at_ms=START_MS))
    assert [books.executions.next_after(0)] == [books.journal.fill_after(0)]
    assert books.journal.last_fill == 1


def test_the_cursor_moves_with_what_rest_was_asked_for_and_stays_before_what_is_kept_back(path: Path) -> None:
    books = opened(path)
    assert books.cursor_ms == START_MS
    books.verified(START_MS + 60_000)
    assert books.cursor_ms == START_MS + 55_000
    books.keep(books.tracker.intent(place(), at_ms=START_MS))
    books.keep(books.tracker.reply(place(), ack(), at_ms=START_MS))
    books.keep(books.tracker.report(fill_report(2, "40", "80", at=5), at_ms=START_MS + 60_000))
    assert books.cursor_ms == START_MS + 5
    assert restarted(books).cursor_ms == START_MS + 55_000


def test_a_position_is_kept_for_each_consumer(path: Path) -> None:
    journal = Journal(path)
    journal.hand_out("bot", Position(3, 4))
    assert (journal.consumer("bot"), journal.consumer("new")) == (Position(3, 4), Position(0, 0))


def test_a_journal_has_one_writer_and_says_who_it_is(path: Path) -> None:
    journal = Journal(path)
    with pytest.raises(InUse, match="process"):
        Journal(path)
    journal.close()
    Journal(path).close()


def test_the_lock_ends_with_the_process_that_held_it(path: Path) -> None:
    program = f"import os; from woodlot.desk.journal import Journal; Journal({str(path)!r}); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    Journal(path).close()


def test_a_claim_names_its_holder_and_nothing_else(tmp_path: Path) -> None:
    with Claim(tmp_path / "key-1.lock", "the key") as claim:
        assert claim.path.read_text().startswith("process ")
        with pytest.raises(InUse, match="the key is in use by process"):
            Claim(tmp_path / "key-1.lock", "the key")
    Claim(tmp_path / "key-1.lock", "the key").release()


def test_a_place_where_no_file_can_be_is_said_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be claimed"):
        Journal(tmp_path / "file" / "journal")


@pytest.mark.parametrize(
    ("statement", "problem"),
    [("PRAGMA user_version = 99", "newer woodlot"), ("CREATE TABLE theirs (a)", "not a journal")],
)
def test_a_file_that_is_not_a_journal_of_ours_is_refused(path: Path, statement: str, problem: str) -> None:
    with sqlite3.connect(path) as other:
        other.execute(statement)
    other.close()
    with pytest.raises(ConfigurationError, match=problem):
        Journal(path)


def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(path: Path) -> None:
    path.write_bytes(b"my thesis" * 1000)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        Journal(path)
    assert path.read_bytes() == b"my thesis" * 1000


@pytest.mark.parametrize(("power_safe", "level"), [(False, 1), (True, 2)])
def test_commits_outlive_the_process_and_with_power_safe_the_power(path: Path, power_safe: bool, level: int) -> None:
    journal = Journal(path, power_safe=power_safe)
    assert journal.connection.execute("PRAGMA synchronous").fetchone() == (level,)
    assert journal.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_intent_is_one_row_and_one_step_from_the_start(path: Path) -> None:
    books = opened(path)
    statements: list[str] = []
    books.journal.connection.set_trace_callback(statements.append)
    books.keep(books.tracker.intent(place(), at_ms=START_MS))
    verbs = [statement.split()[0] for statement in statements]
    assert verbs == ["BEGIN", "INSERT", "INSERT", "COMMIT"]


def test_a_journal_of_another_page_size_goes_on_with_its_own(path: Path) -> None:
    with closing(sqlite3.connect(path)) as older:
        older.executescript("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; VACUUM;")
    books = opened(path)
    books.keep(books.tracker.intent(place(), at_ms=START_MS))
    assert books.journal.connection.execute("PRAGMA page_size").fetchone() == (4096,)
    assert list(restarted(books).tracker.orders())


def test_an_operator_can_read_it_with_the_sqlite_shell(path: Path) -> None:
    books = opened(path)
    books.keep(books.tracker.intent(place(), at_ms=START_MS))
    rows: list[tuple[Any, ...]] = books.journal.connection.execute("SELECT body FROM orders").fetchall()
    assert msgspec.json.decode(rows[0][0])["symbol"] == "SPOT_WOO_USDT"


@pytest.mark.parametrize("at_once", [2, 3, 7, 100])
def test_what_is_written_together_is_what_is_written_one_by_one(tmp_path: Path, at_once: int) -> None:
    singly, together = opened(tmp_path / "singly"), opened(tmp_path / "together")
    outputs: list[Output] = []
    for step, each in enumerate(a_busy_account()):
        singly.keep(each(singly.tracker))
        outputs += each(together.tracker)
        if step % at_once == 0:
            together.keep(outputs)
            outputs = []
    together.keep(outputs)

    assert table(together, "fills") == table(singly, "fills")
    assert list(restarted(together).tracker.orders()) == list(restarted(singly).tracker.orders())


def a_busy_account() -> list[Callable[[Tracker], Iterable[Output]]]:
    """Two orders of ours, the second under the client order id of the first, and strangers' beside them."""
    heard = [
        push.event for payload in Reports(now_ms=START_MS).next(60) if isinstance(push := decode_frame(payload), Push)
    ]
    ours: list[Callable[[Tracker], Iterable[Output]]] = [
        lambda tracker: tracker.intent(place(), at_ms=START_MS),
        lambda tracker: tracker.reply(place(), ack(), at_ms=START_MS + 1),
        lambda tracker: tracker.report(fill_report(1, "40", "40", at=3), at_ms=START_MS + 3),
        lambda tracker: tracker.report(report("CANCELLED", total="40", at=4), at_ms=START_MS + 4),
        lambda tracker: tracker.intent(place(), at_ms=START_MS + 5),
        lambda tracker: tracker.report(report("NEW", order_id=ORDER_ID + 1, at=6), at_ms=START_MS + 6),
    ]
    others: list[Callable[[Tracker], Iterable[Output]]] = [
        lambda tracker, each=each: tracker.report(each, at_ms=START_MS) for each in heard
    ]
    return [step for pair in zip_longest(others, ours) for step in pair if step is not None]


def table(books: Books, name: str) -> list[Any]:
    return books.journal.connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()


def test_a_journal_without_a_name_is_refused_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="file name"):
        Journal("")
    assert not list(tmp_path.iterdir())
