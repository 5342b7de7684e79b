"""What users get works in clean environments of each Python at hand, compiled or not."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("distribution"), pytest.mark.timeout(900)]


def interpreters() -> dict[str, str]:
    """Every CPython from 3.11 on that runs: the one in use, those on the PATH, those of a version manager."""
    candidates = [sys.executable]
    candidates += [path for minor in range(11, 16) if (path := shutil.which(f"python3.{minor}"))]
    manager = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates += [str(path) for path in sorted(manager.glob("3.1[1-9]*/bin/python"))]
    found: dict[str, str] = {}
    for candidate in candidates:
        asked = subprocess.run(
            [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2], sys.implementation.name)"],
            capture_output=True,
            text=True,
            check=False,
        )
        version, _, name = asked.stdout.strip().partition(" ")
        if asked.returncode == 0 and name == "cpython" and tuple(map(int, version.split("."))) >= (3, 11):
            found.setdefault(version, candidate)
    return found


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def pure_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is built where no compiler works."""
    folder = tmp_path_factory.mktemp("pure")
    environment = os.environ | {"CC": "no-such-compiler", "CXX": "no-such-compiler"}
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    (wheel,) = folder.glob("woodlot-*.whl")
    return wheel


def test_both_distributions_are_built_and_hold_the_marker_and_the_licence(distributions: Path) -> None:
    (wheel,) = distributions.glob("woodlot-*.whl")
    (sdist,) = distributions.glob("woodlot-*.tar.gz")
    inside = zipfile.ZipFile(wheel).namelist()
    assert "woodlot/py.typed" in inside
    assert any(name.endswith("licenses/LICENSE") for name in inside)
    assert not [name for name in inside if "tests" in name]
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    assert any(name.endswith("README.md") for name in names)
    assert any(name.endswith("swift/_swift.c") for name in names), "the hot path could not be compiled from it"
    assert not [name for name in names if name.endswith((".so", ".pyd"))]


def test_a_wheel_names_its_platform_exactly_where_it_holds_the_compiled_hot_path(
    distributions: Path, pure_wheel: Path
) -> None:
    (wheel,) = distributions.glob("woodlot-*.whl")
    assert compiled_in(wheel) == (0 if wheel.name.endswith("-py3-none-any.whl") else 1)
    assert pure_wheel.name.endswith("-py3-none-any.whl")
    assert compiled_in(pure_wheel) == 0


def compiled_in(wheel: Path) -> int:
    return sum(name.startswith("woodlot/swift/_swift.") and name.endswith((".so", ".pyd")) for name in names_in(wheel))


def names_in(wheel: Path) -> list[str]:
    return zipfile.ZipFile(wheel).namelist()


@pytest.mark.parametrize("version", sorted(interpreters()))
def test_the_source_installs_into_a_clean_environment_and_its_demo_runs(
    version: str, distributions: Path, tmp_path: Path
) -> None:
    # From its source, since a wheel with the compiled hot path is for one version of Python.
    (sdist,) = distributions.glob("woodlot-*.tar.gz")
    assert_runs(installed(sdist, interpreters()[version], tmp_path), tmp_path)


def test_the_pure_wheel_runs_too(pure_wheel: Path, tmp_path: Path) -> None:
    home = installed(pure_wheel, sys.executable, tmp_path)
    assert_runs(home, tmp_path)
    told = subprocess.run(
        [str(home / "bin" / "python"), "-c", "from woodlot import swift; print(swift.IS_COMPILED)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=without_our_source(),
    )
    assert told.stdout.strip() == "False"


def installed(distribution: Path, python: str, folder: Path) -> Path:
    home = folder / "environment"
    subprocess.run([python, "-m", "venv", str(home)], check=True, capture_output=True)
    install = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", str(distribution)]
    subprocess.run(install, check=True, capture_output=True, env=without_our_source())
    return home


def assert_runs(home: Path, folder: Path) -> None:
    demo = subprocess.run(
        [str(home / "bin" / "woodlot"), "demo", "--json"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        cwd=folder,
        env=without_our_source(),
    )
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert json.loads(demo.stdout)["ok"] is True


def without_our_source() -> dict[str, str]:
    """What is installed is what is tested, wherever these tests find their own."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
