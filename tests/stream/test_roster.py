from woodlot.stream.roster import Accepted, Command, Roster
from woodlot.stream.rules import Rules


def sent(roster: Roster, now_s: float = 0.0) -> list[Command]:
    commands: list[Command] = []
    while (command := roster.next_command(now_s)) is not None:
        commands.append(command)
    return commands


def live(*topics: str) -> Roster:
    roster = Roster(Rules())
    roster.want(topics)
    for command in sent(roster):
        roster.acknowledged(command.id, command.topics)
    return roster


def test_the_order_of_wishes_is_the_order_of_asking() -> None:
    roster = Roster(Rules())
    roster.want(["c", "a"])
    roster.want(["b", "a"])

    assert [command.topics for command in sent(roster)] == [("c", "a", "b")]


def test_leaving_goes_before_asking_to_make_room() -> None:
    roster = live("a")
    roster.want(["b"])
    roster.leave(["a"])

    assert [(command.subscribes, command.topics) for command in sent(roster)] == [(False, ("a",)), (True, ("b",))]


def test_a_wish_that_was_withdrawn_before_it_was_sent_is_never_sent() -> None:
    roster = Roster(Rules())
    roster.want(["a"])
    roster.leave(["a"])

    assert sent(roster) == []
    assert roster.is_settled


def test_a_topic_left_while_its_answer_is_on_the_way_is_left_after_it() -> None:
    roster = Roster(Rules())
    roster.want(["a"])
    [asked] = sent(roster)
    roster.leave(["a"])
    [left] = sent(roster)

    assert not left.subscribes
    assert roster.acknowledged(asked.id, ["a"]) == []
    assert not roster.hears("a")


def test_a_topic_left_and_wanted_again_while_its_answer_is_on_the_way_stays() -> None:
    roster = Roster(Rules())
    roster.want(["a"])
    [asked] = sent(roster)
    roster.leave(["a"])
    roster.want(["a"])

    assert sent(roster) == []
    assert roster.acknowledged(asked.id, ["a"]) == [Accepted("a")]


def test_a_refused_farewell_is_forgotten() -> None:
    roster = live("a")
    roster.leave(["a"])
    [left] = sent(roster)

    assert roster.refused(left.id, "no") == []
    assert not roster.has_more
