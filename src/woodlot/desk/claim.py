"""This file is a claim: a file that one process at a time may hold, and that says who does.

The lock is the kernel's and ends with the process, however that ends; the text in the file is only for the reader of
the error. Two holders in one process exclude each other as well.
"""

import contextlib
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from woodlot.errors import ConfigurationError, InUse

if sys.platform != "win32":
    import fcntl


class Claim:
    """Hold the file at `path` until `release`.

    Raises InUse, naming the holder, if somebody else does; ConfigurationError where there can be no such file.

    Where the system has no such locks (Windows) nothing is excluded.
    """

    def __init__(self, path: Path, what: str) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigurationError(f"{what} cannot be claimed: {path}: {error.strerror}") from error
        try:
            self._lock(what)
        except BaseException:
            os.close(self._file)
            raise

    def release(self) -> None:
        """Let others have it. The file stays: removing it would let two hold two files of one name."""
        if self._file >= 0:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _lock(self, what: str) -> None:
        if sys.platform != "win32":
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise InUse(what, os.pread(self._file, 200, 0).decode(errors="replace").strip()) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"process {os.getpid()} ({Path(sys.argv[0]).name or 'python'})\n".encode(), 0)
