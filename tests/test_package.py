"""What `import woodlot` offers, and what it costs."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import woodlot

SOURCE = Path(woodlot.__file__)


def test_every_public_name_can_be_had_from_the_package() -> None:
    missing = [name for name in woodlot.__all__ if getattr(woodlot, name, None) is None]
    assert not missing


def test_type_checkers_are_told_the_same_names() -> None:
    checked = {
        (f"{node.module}", alias.name)
        for block in ast.parse(SOURCE.read_text()).body
        if isinstance(block, ast.If)
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert checked == {(f"woodlot.{home}", name) for home, names in woodlot._HOMES.items() for name in names}


def test_the_signer_is_reachable_as_the_documentation_spells_it() -> None:
    wire: Any = woodlot.wire
    assert len(wire.signing.sign("s", "1", "GET", "/v3/asset/balances", "")) == 64


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(woodlot, "Profit")
    assert "Desk" in dir(woodlot)


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = ("aiohttp", "msgspec", "rich", "cyclopts", "asyncio")
    code = f"import sys, woodlot; print(*[name for name in {heavy} if name in sys.modules])"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.split() == []
