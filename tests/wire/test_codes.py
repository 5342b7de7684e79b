import re
from pathlib import Path

import pytest

from woodlot.errors import ExchangeError, RateLimited, Rejected, Unauthorized, Unavailable
from woodlot.wire.codes import CODES, Again, Effect

SHEET = Path(__file__).parents[3] / "shared" / "reference" / "rest-v3.md"
KINDS: list[type[ExchangeError]] = list(dict.fromkeys(code.error for code in CODES.values()))


@pytest.mark.skipif(not SHEET.exists(), reason="needs the reference sheet")
def test_every_code_of_the_sheet_stands_in_the_table() -> None:
    text = SHEET.read_text()
    general = text[text.index("### 5.1") : text.index("### 5.2")]
    six_digits = text[text.index("### 5.3") : text.index("Suggested mapping for a simulator")]
    listed = {int(code) for code in re.findall(r"^\| (-\d{4}) ", general, re.MULTILINE)}
    for cell in re.findall(r"\| ([\d, ]+) (?=\|)", six_digits):
        listed |= {int(code) for code in re.findall(r"\d{6}", cell)}
    assert len(listed) > 150
    assert listed - set(CODES) == set()


def test_a_code_stands_under_its_own_number() -> None:
    assert all(number == code.number and code.meaning for number, code in CODES.items())


def test_only_a_rate_limit_lets_any_call_be_sent_again() -> None:
    assert [code.number for code in CODES.values() if code.again is Again.WAIT] == [-1003]
    assert CODES[-1003].error is RateLimited


def test_whatever_may_pass_leaves_the_outcome_open() -> None:
    """rest-v3 §13.1 rule 5 lets only idempotent calls be sent again after these: they prove nothing."""
    for number in (-1000, -1011, 302159, 302311, 302312, 302313, 311999, 503):
        assert (CODES[number].effect, CODES[number].again) == (Effect.UNKNOWN, Again.SOON)
        assert CODES[number].error is Unavailable


@pytest.mark.parametrize("kind", KINDS)
def test_codes_that_prove_a_refusal_stand_for_refusals(kind: type[ExchangeError]) -> None:
    effects = {code.effect for code in CODES.values() if code.error is kind}
    if kind is Unavailable:
        assert effects == {Effect.UNKNOWN}
    elif kind is not Rejected:
        assert effects == {Effect.NOTHING}
        assert issubclass(kind, Rejected | Unauthorized | RateLimited)
