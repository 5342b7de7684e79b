from woodlot.orders.pace import Pace


def test_a_question_is_put_again_ever_more_slowly_and_at_most_each_minute() -> None:
    pace, asked = Pace(0), list[int]()
    for second in range(200):
        if pace.is_due(second * 1000):
            pace.asked(second * 1000)
            asked.append(second)
    assert asked == [5, 15, 35, 75, 135, 195]
