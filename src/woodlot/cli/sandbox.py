"""This file is `woodlot sandbox`: the exchange as a process of its own, and the lists of what it can be told to do."""

import asyncio
import gc
import json
import logging
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from woodlot.cli.options import WHOLE

if TYPE_CHECKING:
    from woodlot.sandbox.server import Sandbox, SandboxOptions

app = App(name="sandbox", help="The exchange itself, on this machine.")
state = App(name="state", help="A saved exchange: take one from a running sandbox, look into one.")
app.command(state)

_TOKEN_VARIABLE = "WOODLOT_SANDBOX_TOKEN"  # noqa: S105 - the name of the variable, not a token
_NEW_BEFORE_A_LOOK = 20_000
"""How many objects a busy sandbox makes before garbage is looked for; Python's own 700 are a few orders."""
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]


@app.command
def run(
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, WHOLE, Parameter(help="0 picks a free one.")] = 8300,
    seed: Annotated[int, WHOLE, Parameter(help="Same seed, same market.")] = 7,
    listen_key_ttl: Annotated[float, Parameter(help="Life of a listen key in seconds.")] = 86_400.0,
    connection_life: Annotated[float, Parameter(help="Life of a stream's connection in seconds.")] = 86_400.0,
    limits: Annotated[
        float | Literal["off"], Parameter(help="Scale of the rate limits: 1 is the exchange's own; or off.")
    ] = 1.0,
    strict: Annotated[bool, Parameter(negative="", help="Refuse what only the guide does.")] = False,
    fault: Annotated[
        tuple[str, ...],
        Parameter(negative="", help="What goes wrong, e.g. 'private.cut every 20s for 5s'; see `sandbox faults`."),
    ] = (),
    quirk: Annotated[
        tuple[str, ...], Parameter(negative="", help="name=value of an open point; see `sandbox quirks`.")
    ] = (),
    profile: Annotated[str, Parameter(help="How the market behaves: lively or recorded.")] = "lively",
    speed: Annotated[float, Parameter(help="How fast the market moves; its clock stays the clock.")] = 1.0,
    quiet: Annotated[bool, Parameter(negative="", help="Leave the market to your own orders.")] = False,
    scenario: Annotated[str | None, Parameter(help="A file, or a name from `sandbox scenarios`.")] = None,
    state_file: Annotated[Path | None, Parameter(name="--state", help="Go on from a saved exchange.")] = None,
    public: Annotated[
        bool, Parameter(negative="", help=f"Let other machines in; takes a token from {_TOKEN_VARIABLE}.")
    ] = False,
    json_output: Annotated[
        bool, Parameter(name="--json", negative="", help="Print one line of JSON once it serves.")
    ] = False,
) -> int:
    """Serve REST and both streams of the V3 wire on one local port until interrupted.

    Example: woodlot sandbox run --port 0 --json
    """
    from woodlot.sandbox.fault_grammar import Fault
    from woodlot.sandbox.quirk_list import with_quirks
    from woodlot.sandbox.server import SandboxOptions

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    options = SandboxOptions(
        host=host,
        port=port,
        seed=seed,
        listen_key_ttl_s=listen_key_ttl,
        connection_life_s=connection_life,
        limits=None if limits == "off" else limits,
        strict=strict,
        faults=tuple(map(Fault.parse, fault)),
        quirks=with_quirks(quirk),
        profile=profile,
        speed=speed,
        quiet=quiet,
        scenario=scenario,
        state=None if state_file is None else str(state_file),
        public=public,
        token=os.environ.get(_TOKEN_VARIABLE),
    )
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(options, as_json=json_output))


@app.command
def faults(*, json_output: AsJson = False) -> None:
    """List what can be made to go wrong, for `run --fault` and the control endpoint.

    Example: woodlot sandbox faults
    """
    from woodlot.sandbox.fault_grammar import __doc__ as grammar
    from woodlot.sandbox.fault_kinds import KINDS

    rows = [
        {
            "fault": kind.name,
            "value": "TIME" if kind.takes_span else "|".join(kind.words),
            "on": kind.about.value,
            "does": kind.does,
            "source": kind.source,
        }
        for kind in KINDS.values()
    ]
    _show(rows, as_json=json_output)
    if not json_output:
        print("\n" + "\n".join((grammar or "").splitlines()[2:]))


@app.command
def quirks(*, json_output: AsJson = False) -> None:
    """List the open points of the exchange that can be switched, for `run --quirk`.

    Example: woodlot sandbox quirks --json
    """
    from woodlot.sandbox.quirk_list import quirk_list

    rows = [
        {
            "quirk": quirk.name,
            "default": quirk.default,
            "choices": "|".join(quirk.choices),
            "source": quirk.source,
            "decides": quirk.decides,
        }
        for quirk in quirk_list()
    ]
    _show(rows, as_json=json_output)


@app.command
def scenarios(*, json_output: AsJson = False) -> None:
    """List the scenarios that come with the sandbox, for `run --scenario`.

    Example: woodlot sandbox scenarios
    """
    from woodlot.sandbox.scenarios import names, text_of

    rows = [{"scenario": name, "is": text_of(name).partition("\n")[0].removeprefix("# ")} for name in names()]
    _show(rows, as_json=json_output)


@state.command
def save(
    url: str,
    file: Path,
    *,
    token: Annotated[str | None, Parameter(help=f"Of a public one; {_TOKEN_VARIABLE} where none is given.")] = None,
) -> None:
    """Save the exchange of a running sandbox to a file that `run --state` goes on from.

    Example: woodlot sandbox state save http://127.0.0.1:8300 case.state
    """
    from woodlot.cli.control_call import fetch

    data = fetch(url, "/sandbox/state/file", token=token or os.environ.get(_TOKEN_VARIABLE))
    file.write_bytes(data)
    print(f"{file}: {len(data):,} bytes")


@state.command
def inspect(file: Path, *, json_output: AsJson = False) -> None:
    """Show what is in a saved exchange.

    Example: woodlot sandbox state inspect case.state
    """
    from woodlot.clock import SystemClock
    from woodlot.sandbox import state as states

    data = file.read_bytes()
    saved = states.State.load(data, clock=SystemClock())
    shown = {"file": states.header(data), "account": saved.account_id, "exchange": states.describe(saved.simulation)}
    if json_output:
        print(json.dumps(shown))
        return
    from rich.pretty import pprint

    pprint(shown, expand_all=True)


async def _serve(options: "SandboxOptions", *, as_json: bool) -> int:
    from woodlot.sandbox.server import Sandbox

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with await Sandbox.start(options) as sandbox:
        # What is there now stays: nobody need look through it for garbage again, and of what comes little is garbage.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_NEW_BEFORE_A_LOOK)
        print(_as_json(sandbox) if as_json else _as_text(sandbox), flush=True)
        await stopped.wait()
    return 0


def _loop_factory() -> Any:
    """Return uvloop's, where it is installed: a third more orders a second (`pip install woodlot[speed]`)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _as_json(sandbox: "Sandbox") -> str:
    return json.dumps(
        {
            "rest_url": sandbox.rest_url,
            "ws_url": sandbox.ws_url,
            "api_key": sandbox.api_key,
            "api_secret": sandbox.api_secret,
            "seed": sandbox.seed,
        }
    )


def _as_text(sandbox: "Sandbox") -> str:
    # This key opens nothing but the process that prints it, and ends with it.
    return (
        f"A WOO X of your own is open (seed {sandbox.seed}); Ctrl-C closes it.\n\n"
        f"  REST     {sandbox.rest_url}/v3/...\n"
        f"  public   {sandbox.ws_url}/v3/public\n"
        f"  private  {sandbox.ws_url}/v3/private?key=<listen key>\n"
        f"  key      {sandbox.api_key}\n"
        f"  secret   {sandbox.api_secret}\n\n"
        f"Try: curl '{sandbox.rest_url}/v3/public/orderbook?symbol=SPOT_WOO_USDT&maxLevel=5'"
    )


def _show(rows: Sequence[dict[str, str]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for number, heading in enumerate(rows[0]):
        table.add_column(heading, no_wrap=number == 0)
    for row in rows:
        table.add_row(*_plain(row.values()))
    Console().print(table)


def _plain(cells: Iterable[str]) -> Iterable[str]:
    """Escape what rich would read as its own markup."""
    from rich.markup import escape

    return map(escape, cells)
