import datetime
from pathlib import Path

from proofs.campaign import Campaign, Plan
from proofs.experiment import Outcome
from proofs.notebook import Notebook
from proofs.registry import EXPERIMENTS
from proofs.scorecard import page
from tests.proofs.toys import experiment


def run(notebook: Notebook, *, code: str = "right", share: float = 1.0, stops: bool = False) -> Campaign:
    campaign = Campaign(Plan([experiment(code)], share=share, stops=stops), notebook)
    campaign.run()
    return campaign


def test_a_campaign_runs_until_the_full_figure_is_reached() -> None:
    notebook = Notebook(None)
    run(notebook)
    outcome = notebook.outcome(experiment("right"))
    assert outcome.ran["seeds"] == 20
    assert outcome.injected["rain"] == 40
    assert outcome.worst["drops"] == 19


def test_a_share_runs_a_share(tmp_path: Path) -> None:
    notebook = Notebook(None)
    run(notebook, share=0.05)
    assert notebook.outcome(experiment("right")).ran["seeds"] == 5


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    Notebook(tmp_path).write(experiment("right"), 5, experiment("right").prove(range(5, 10), scale=1.0))
    notebook = Notebook(tmp_path)
    run(notebook)
    assert notebook.outcome(experiment("right")).ran["seeds"] == 20
    assert [notebook.is_taken(experiment("right"), place) for place in (0, 5, 10, 15, 20)] == [True] * 4 + [False]
    assert Notebook(tmp_path).outcome(experiment("right")) == notebook.outcome(experiment("right"))


def test_a_failure_names_its_seed_and_the_command_that_runs_it_again() -> None:
    campaign = run(Notebook(None), code="wrong", stops=True)
    toy, failure = campaign.failures[0]
    assert (failure.seed, failure.what) == (3, "the book was wet")
    assert toy.again(failure.seed) == "python -m proofs --only toy --seed 3"


def test_a_proof_that_raises_is_a_failure_and_not_the_end_of_the_campaign() -> None:
    campaign = run(Notebook(None), code="raising", stops=True)
    assert "no umbrella" in campaign.failures[0][1].what


def test_the_scorecard_says_how_much_ran_of_how_much_and_what_went_wrong() -> None:
    notebook = Notebook(None)
    toy = experiment("wrong", goals={"seeds": 1000})
    notebook.write(toy, 0, toy.prove(range(5), scale=1.0))
    told = page([toy, experiment("right", name="other")], notebook, today=datetime.date(2026, 11, 28))
    assert "| R0 | It stays dry | 5 of 1,000 seeds | 1 |" in told
    assert "| R0 | It stays dry | 0 of 20 seeds | not run |" in told
    assert "- seed 3: the book was wet" in told
    assert "10 rain" in told
    assert "`python -m proofs --only toy --seed N`" in told


def test_outcomes_survive_being_written_down() -> None:
    outcome = experiment("wrong").prove(range(10), scale=1.0)
    outcome.table["one"] = ("a", "b")
    assert Outcome.read(outcome.spelled()) == outcome


def test_every_experiment_has_a_name_of_its_own_and_a_goal() -> None:
    assert len({one.name for one in EXPERIMENTS}) == len(EXPERIMENTS)
    assert all(one.goals and one.batch > 0 for one in EXPERIMENTS)
