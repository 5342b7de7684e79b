from hypothesis import given
from hypothesis import strategies as st

from woodlot.stream.placement import Placement, weight

TOPICS = st.builds(
    lambda word, n: f"{word}@S{n}",
    st.sampled_from(["trade", "bbo", "orderbookupdate", "orderbookupdaterpi", "markprice", "nope"]),
    st.integers(0, 60),
)


def test_three_hundred_symbols_with_two_topics_fit_on_seven_sockets() -> None:
    placement = Placement()
    placed = placement.place(f"{word}@S{n}" for n in range(300) for word in ("orderbookupdate", "trade"))

    assert placement.sockets == 7
    assert max(map(len, placed.values())) <= 90


def test_busy_books_are_spread_evenly_with_quiet_neighbours() -> None:
    placement = Placement()
    placement.place([f"markprice@P{n}" for n in range(120)] + [f"orderbookupdaterpi@P{n}" for n in range(40)])
    busy = [sum("rpi" in topic for topic in placement.topics(n)) for n in range(placement.sockets)]

    assert placement.sockets == 2
    assert max(busy) - min(busy) <= 1


def test_many_busy_topics_get_more_sockets_than_their_number_needs() -> None:
    placement = Placement()
    placement.place(f"bbo@S{n}" for n in range(80))

    assert placement.sockets == 3


def test_room_that_was_left_is_used_again() -> None:
    placement = Placement(most_topics=2)
    placement.place(["trade@A", "trade@B", "trade@C"])
    placement.remove("trade@A")
    placement.place(["trade@D"])

    assert placement.sockets == 2


@given(st.lists(st.tuples(st.booleans(), st.lists(TOPICS, max_size=40)), max_size=12))
def test_however_topics_come_and_go_each_is_in_one_place_and_no_socket_is_overfull(
    steps: list[tuple[bool, list[str]]],
) -> None:
    placement, wanted = Placement(most_topics=7), dict[str, int]()
    for comes, topics in steps:
        if comes:
            for socket, new in placement.place(topics).items():
                wanted.update(dict.fromkeys(new, socket))
        else:
            for topic in topics:
                assert placement.remove(topic) == wanted.pop(topic, None)

    for n in range(placement.sockets):
        assert set(placement.topics(n)) == {topic for topic, socket in wanted.items() if socket == n}
        assert len(placement.topics(n)) <= 7
    assert weight("nope@S") > 0
