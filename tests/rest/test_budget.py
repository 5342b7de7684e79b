from woodlot.rest.budget import RetryBudget


def test_after_thirty_calls_there_are_never_more_than_a_tenth_more_attempts() -> None:
    budget = RetryBudget()
    attempts = 0
    for calls in range(1, 2001):
        budget.deposit()
        attempts += 1
        while budget.withdraw():
            attempts += 1
        if calls >= 30:
            assert attempts <= 1.1 * calls + 1e-6


def test_a_program_that_has_just_started_may_try_again_too() -> None:
    budget = RetryBudget()
    budget.deposit()
    assert [budget.withdraw() for _ in range(4)] == [True, True, True, False]


def test_a_long_healthy_time_does_not_save_up_for_a_storm() -> None:
    budget = RetryBudget()
    for _ in range(100_000):
        budget.deposit()
    assert sum(budget.withdraw() for _ in range(1000)) == 20
