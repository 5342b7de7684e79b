from woodlot.tui.rate import Rate


def test_a_rate_needs_two_looks_and_forgets_what_is_long_ago() -> None:
    rate = Rate(over_s=5.0)
    rate.saw(1000, now_s=0.0)
    assert rate.per_second == 0.0
    rate.saw(1010, now_s=2.0)
    assert rate.per_second == 5.0
    for second in range(3, 20):
        rate.saw(1010, now_s=float(second))
    assert rate.per_second == 0.0
