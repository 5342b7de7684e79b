"""This file is how the private side of a desk is put together: its journal, its claim on the key, client and stream."""

import hashlib
import os
import random
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from woodlot.clock import Clock
from woodlot.config import Credentials, Environment
from woodlot.desk.account import Account
from woodlot.desk.claim import Claim
from woodlot.desk.facts import Quotes
from woodlot.desk.journal import MEMORY, Journal
from woodlot.desk.limits import Limits, is_sandbox
from woodlot.desk.outlet import Outlet
from woodlot.desk.terms import Seams, Terms
from woodlot.errors import ConfigurationError
from woodlot.stream.private import PrivateStream
from woodlot.wire.account import CreateListenKey
from woodlot.wire.topics import AlgoExecutionReports, Balances, ExecutionReports, Positions


class Belongings(NamedTuple):
    """What one desk has to itself: nobody else writes the journal, nobody else makes listen keys."""

    journal: Journal
    claim: Claim | None

    def release(self) -> None:
        self.journal.close()
        if self.claim is not None:
            self.claim.release()


def take(environment: Environment, credentials: Credentials, *, terms: Terms, is_embedded: bool) -> Belongings:
    """Claim the account's key and open its journal. Raises InUse if another desk has either."""
    name = account_name(environment, credentials)
    # Nobody else knows the key of an embedded exchange, and nothing is left of it afterwards.
    claim = None if is_embedded else Claim(_claims() / f"key-{name}.lock", "the private stream of this API key")
    try:
        path = terms.journal if terms.journal is not None else default_journal(environment, credentials)
        journal = Journal(path, power_safe=terms.power_safe)
        _check_owner(journal, name)
    except BaseException:
        if claim is not None:
            claim.release()
        raise
    return Belongings(journal, claim)


def account_of(
    client: Outlet,
    belongings: Belongings,
    *,
    environment: Environment,
    terms: Terms,
    seams: Seams,
    quotes: Quotes,
    clock: Clock,
    chance: random.Random,
) -> Account:
    """Put the private side together; `Account.open` starts it."""
    if seams.journal is not None:
        seams.journal(belongings.journal)
    stream = PrivateStream(
        environment,
        lambda: client.send(CreateListenKey.for_stream()),
        topics=(ExecutionReports(), AlgoExecutionReports(), Balances(), Positions()),
        clock=clock,
        chance=chance,
        dialer=seams.dialer,
    )
    return Account(
        client,
        stream,
        journal=belongings.journal,
        limits=terms.limits or Limits.default(environment),
        terms=terms,
        touch=quotes.touch,
        environment=environment.name,
        clock=clock,
    )


def account_name(environment: Environment, credentials: Credentials) -> str:
    """Name a key on a host without giving it away."""
    return hashlib.sha256(f"{environment.rest_url} {credentials.key}".encode()).hexdigest()[:16]


def default_journal(environment: Environment, credentials: Credentials) -> Path | str:
    """A sandbox leaves no files behind; where money may be real, a restart must find what was meant and done."""
    if is_sandbox(environment):
        return MEMORY
    return _state_directory() / f"{environment.name}-{account_name(environment, credentials)}.journal"


def _check_owner(journal: Journal, name: str) -> None:
    owner = journal.fact("account")
    if owner is None:
        journal.state("account", name)
    elif owner != name:
        journal.close()
        raise ConfigurationError(f"the journal {journal.path} belongs to another API key or host; name another file")


def _state_directory() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "woodlot"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "woodlot"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "woodlot"


def _claims() -> Path:
    """One place for all programs of a user, whatever journals they name."""
    user = os.getuid() if sys.platform != "win32" else os.environ.get("USERNAME", "")
    return Path(tempfile.gettempdir()) / f"woodlot-{user}"
