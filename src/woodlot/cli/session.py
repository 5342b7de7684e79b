"""This file is what a command stands on: the profile, the exchange it leads to, and a way to say things.

Without a profile that is the sandbox: the one that runs on this machine already, or one inside this very command. What
a command does to an exchange of its own is gone with it, so a command that leaves something behind (`lasting`) has the
sandbox go on in the background instead.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from woodlot.cli import background, profiles
from woodlot.cli.keys import credentials_of
from woodlot.cli.options import Everywhere
from woodlot.cli.output import Printer
from woodlot.cli.words import with_profile
from woodlot.config import Credentials, Environment
from woodlot.desk.limits import is_sandbox as is_on_this_machine

if TYPE_CHECKING:
    from woodlot.rest.async_client import AsyncClient

ResultT = TypeVar("ResultT")


class Shelf(Enum):
    """Which sandbox a command stands on, where no profile leads elsewhere."""

    ANY = "the one in the background, else one inside this command"
    LASTING = "the one in the background, started if need be: something is left there"
    OWN = "one inside this command: nobody else is to be disturbed"


@dataclass(slots=True)
class Session:
    """One command at work. `leaving` is what a Ctrl-C leaves at the exchange, in words."""

    profile: profiles.Profile
    environment: Environment
    credentials: Credentials | None
    client: "AsyncClient"
    printer: Printer
    timeout_s: float
    leaving: list[str] = field(default_factory=list[str])
    asked_profile: str | None = None
    """What -p said: the commands that are named in answer are to ask there too."""

    @property
    def is_sandbox(self) -> bool:
        """Whether no money can be lost: it is called the sandbox, and it is on this machine."""
        return self.environment.name == "sandbox" and is_on_this_machine(self.environment)

    def say(self, text: str) -> None:
        self.printer.say(with_profile(text, self.asked_profile))


def run(
    action: Callable[[Session], Awaitable[ResultT]],
    everywhere: Everywhere,
    *,
    private: bool = False,
    shelf: Shelf = Shelf.ANY,
) -> ResultT:
    """Run a command to its end. `private` reads the key of the profile."""
    if everywhere.verbose:
        logging.basicConfig(
            stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
        )
    else:
        # What goes wrong is told once, as the command's error, and not in an operator's words as well.
        logging.getLogger("woodlot").setLevel(logging.CRITICAL)

    async def all_of_it() -> ResultT:
        async with session(everywhere, private=private, shelf=shelf) as here:
            try:
                return await action(here)
            except asyncio.CancelledError:
                for text in here.leaving:
                    here.say(text)
                raise

    return asyncio.run(all_of_it())


@asynccontextmanager
async def session(
    everywhere: Everywhere, *, private: bool = False, shelf: Shelf = Shelf.ANY
) -> AsyncGenerator[Session]:
    """Open what a command stands on, and close it."""
    everywhere = everywhere.held()
    printer = Printer(everywhere.output, is_quiet=everywhere.quiet)
    profile = profiles.find(everywhere.profile)
    environment, credentials = profile.where(), None
    if not environment.is_embedded:
        credentials = credentials_of(profile) if private else None
        async with _session(profile, environment, credentials, printer, everywhere) as here:
            yield here
        return
    running = None if shelf is Shelf.OWN else background.running()
    if running is None and shelf is Shelf.LASTING:
        running = background.start(printer.say)
    if running is not None:
        async with _session(profile, running.environment, running.credentials, printer, everywhere) as here:
            yield here
        return
    from woodlot.sandbox.server import Sandbox, SandboxOptions

    async with await Sandbox.start(SandboxOptions()) as sandbox:
        environment = Environment.at(sandbox.rest_url, sandbox.ws_url, name="sandbox")
        credentials = Credentials(sandbox.api_key, sandbox.api_secret)
        async with _session(profile, environment, credentials, printer, everywhere) as here:
            yield here


@asynccontextmanager
async def _session(
    profile: profiles.Profile,
    environment: Environment,
    credentials: Credentials | None,
    printer: Printer,
    everywhere: Everywhere,
) -> AsyncGenerator[Session]:
    from woodlot.rest.async_client import AsyncClient

    timeout_s = everywhere.timeout
    async with AsyncClient(environment, credentials, timeout_s=timeout_s) as client:
        yield Session(profile, environment, credentials, client, printer, timeout_s, asked_profile=everywhere.profile)
