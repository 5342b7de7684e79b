from woodlot.stream.findings import KEPT_BYTES, KEPT_FRAMES, Findings
from woodlot.wire.frames import Ack, Refusal, Unknown, Unreadable


def test_the_first_of_a_kind_is_news_and_the_next_is_only_kept() -> None:
    findings = Findings()

    assert [findings.keep(Unknown("nope@S"), "unknown") for _ in range(3)] == [True, False, False]
    assert len(findings.kept) == 3


def test_neither_frames_nor_kinds_nor_bytes_grow_without_bound() -> None:
    findings = Findings()
    long = "x" * 1_000_000
    for n in range(100):
        for frame in (
            Unreadable(long.encode(), long, long),
            Unknown(long),
            Refusal(long, long, long),
            Ack(long, long, (long,) * 1000),
        ):
            findings.keep(frame, f"kind {n}")

    assert len(findings.kept) == KEPT_FRAMES
    assert all(len(repr(frame)) < 4 * KEPT_BYTES for frame in findings.kept)
    assert not findings.keep(Unknown("another"), "another kind")


def test_what_is_printed_is_the_counters() -> None:
    assert repr(Findings(frames=3)).startswith("Findings(frames=3, pushes=0")
