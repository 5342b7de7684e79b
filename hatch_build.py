"""This file compiles the hot path of books when a wheel is built, and says nothing where that cannot be done.

Without a compiler, without Python's headers, or with WOODLOT_PURE set, the wheel is the pure one and works the same.
An editable install gets the compiled file beside its source.
"""

import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

log = logging.getLogger(__name__)

PACKAGE = "woodlot/swift"
SOURCE = Path("src") / PACKAGE / "_swift.c"
PURE = "WOODLOT_PURE"


class CompileHotPath(BuildHookInterface):
    """Try to compile; go on without."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or os.environ.get(PURE, "0") not in {"", "0"}:
            return
        self._folder = tempfile.mkdtemp(prefix="woodlot-build-")
        try:
            compiled = _compiled(Path(self.root), Path(self._folder))
        # setuptools has an error for each way a compiler can be missing or fail, and SystemExit among them.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            self.app.display_warning(f"books go without the compiled hot path: {error}")
            return
        if version == "editable":
            shutil.copy(compiled, Path(self.root) / "src" / PACKAGE / compiled.name)
            return
        build_data["force_include"][str(compiled)] = f"{PACKAGE}/{compiled.name}"
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        if folder := getattr(self, "_folder", None):
            shutil.rmtree(folder, ignore_errors=True)


def _compiled(root: Path, folder: Path) -> Path:
    """Return the compiled file, made in `folder`."""
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    extension = Extension("woodlot.swift._swift", [str(root / SOURCE)])
    command = build_ext(Distribution({"name": "woodlot", "ext_modules": [extension]}))
    command.build_lib, command.build_temp = str(folder), str(folder / "objects")
    command.ensure_finalized()
    command.run()
    return Path(command.get_ext_fullpath(extension.name))
