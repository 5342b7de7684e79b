"""Whatever the documents and the examples show is run as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README_SNIPPETS, *DOCUMENT_SNIPPETS = (
    [(document, code) for code in re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)]
    for document in ("README.md", "docs/books-and-streams.md", "docs/orders-and-executions.md")
)
SNIPPETS = [
    pytest.param(code, id=f"{document}-{number}")
    for snippets in (README_SNIPPETS, *DOCUMENT_SNIPPETS)
    for number, (document, code) in enumerate(snippets)
]


def run(*command: str) -> str:
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    assert finished.returncode == 0, f"{command[-1]}\n{finished.stdout}\n{finished.stderr}"
    assert finished.stderr == "", f"a clean run says nothing on stderr, this one said: {finished.stderr}"
    return finished.stdout


@pytest.mark.parametrize("code", SNIPPETS)
def test_a_snippet_runs_as_it_stands(code: str) -> None:
    assert run(sys.executable, "-W", "error", "-c", code).strip()


def test_the_readme_shows_all_six_uses_and_the_plain_call() -> None:
    assert len(README_SNIPPETS) == 7


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_an_example_runs_as_it_stands_and_names_its_section_of_the_guide(path: Path) -> None:
    assert "In the exchange's guide: strategy " in path.read_text()
    assert run(sys.executable, "-W", "error", str(path)).strip()


def test_every_link_between_the_documents_leads_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_every_make_target_that_is_shown_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in ROOT.glob("*.md"):
        shown = set(re.findall(r"^\s*make ([a-z]+)", document.read_text(), re.MULTILINE))
        assert shown <= targets, f"{document.name} shows {shown - targets}"


def test_no_document_or_source_names_a_machine() -> None:
    mine = str(Path.home())
    told = [path for pattern in ("*.md", "docs/**/*.md", "src/**/*.py", "examples/*.py") for path in ROOT.glob(pattern)]
    for path in told:
        text = path.read_text()
        assert mine + "/" not in text, f"{path.name} names a home directory"
        assert str(ROOT) not in text, f"{path.name} names this checkout"
