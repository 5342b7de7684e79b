"""This file is how a failure is told: a sentence and a hint, or one line of JSON for a program, always on stderr."""

import json
import os
import sys
import traceback
from dataclasses import replace

from cyclopts import CycloptsError

from woodlot.cli.exits import Exit, Failure, failure_of
from woodlot.cli.output import Form
from woodlot.cli.words import asked_form, asked_profile, with_profile


def tell(error: BaseException, tokens: list[str]) -> int:
    """Say what went wrong and return the exit code."""
    failure = _usage(error) if isinstance(error, CycloptsError) else failure_of(error)
    if failure.code == "internal" and {"-v", "--verbose"} & set(tokens):
        traceback.print_exception(error, file=sys.stderr)
    failure = replace(failure, hint=with_profile(failure.hint, asked_profile(tokens)))
    if asked_form(tokens) in {Form.JSON, Form.NDJSON}:
        print(_as_json(failure), file=sys.stderr)
    else:
        print(f"{failure.message}\n  {failure.hint}" if failure.hint else failure.message, file=sys.stderr)
    _drop_what_cannot_be_written()
    return failure.exit


def _usage(error: CycloptsError) -> Failure:
    command = " ".join(("woodlot", *(error.command_chain or ())))
    return Failure(Exit.USAGE, "usage", " ".join(str(error).split()), False, f"see: {command} --help")


def _as_json(failure: Failure) -> str:
    return json.dumps(
        {
            "code": failure.code,
            "exit": int(failure.exit),
            "message": failure.message,
            "retry": failure.retry,
            "hint": failure.hint,
        }
    )


def _drop_what_cannot_be_written() -> None:
    """Close stdout now: on a full disk the interpreter would complain once more at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
