"""This file is a certificate of our own, for tests that talk TLS to themselves."""

import subprocess
from pathlib import Path

import pytest


def own_certificate(directory: Path, *, name: str = "IP:127.0.0.1") -> Path:
    """Make one that nobody else trusts, with its key in the same file. Skips the test without openssl."""
    file = directory / "own.pem"
    key = file.with_suffix(".key")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=loopback"]
    command += ["-addext", f"subjectAltName={name}", "-keyout", str(key), "-out", str(file)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("needs the openssl program")
    file.write_bytes(file.read_bytes() + key.read_bytes())
    return file
