"""The wheel that users get works in clean environments of each Python at hand."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("distribution"), pytest.mark.timeout(400)]


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


def test_both_distributions_are_built_and_hold_the_marker_and_the_licence(distributions: Path) -> None:
    import tarfile
    import zipfile

    (wheel,) = distributions.glob("woodlot-*.whl")
    (sdist,) = distributions.glob("woodlot-*.tar.gz")
    inside = zipfile.ZipFile(wheel).namelist()
    assert "woodlot/py.typed" in inside
    assert any(name.endswith("licenses/LICENSE") for name in inside)
    assert not [name for name in inside if "tests" in name]
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    assert any(name.endswith("README.md") for name in names)


@pytest.mark.parametrize("version", sorted(interpreters()))
def test_the_wheel_installs_into_a_clean_environment_and_its_demo_runs(
    version: str, distributions: Path, tmp_path: Path
) -> None:
    (wheel,) = distributions.glob("woodlot-*.whl")
    home = tmp_path / "environment"
    subprocess.run([interpreters()[version], "-m", "venv", str(home)], check=True, capture_output=True)
    install = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    demo = subprocess.run(
        [str(home / "bin" / "woodlot"), "demo", "--json"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        cwd=tmp_path,
    )
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert json.loads(demo.stdout)["ok"] is True
