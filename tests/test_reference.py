"""The reference page says what the code says."""

from tools import reference


def test_the_page_of_rest_calls_is_what_the_classes_say() -> None:
    assert reference.PAGE.read_text() == reference.page(), "run: python -m tools.reference"


def test_the_page_has_a_line_for_every_call() -> None:
    page = reference.page()
    for kind in reference.every_request():
        assert page.count(f"| `{kind.endpoint}` | `{kind.__name__}` |") == 1


def test_required_fields_stand_out_and_words_are_listed() -> None:
    page = reference.page()
    assert "**type: 1m / 3m / 5m" in page
    assert "**symbol: text**<br>**side: BUY / SELL**" in page
    assert "`Tokens`, shape not known" in page
