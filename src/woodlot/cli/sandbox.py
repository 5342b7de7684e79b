"""This file is `woodlot sandbox`: the exchange as a process of its own."""

import asyncio
import json
import logging
import signal
import sys
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from woodlot.sandbox.server import Sandbox, SandboxOptions

app = App(name="sandbox", help="The exchange itself, on this machine.")


@app.command
def run(
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, Parameter(help="0 picks a free one.")] = 8300,
    seed: Annotated[int, Parameter(help="Same seed, same market.")] = 7,
    listen_key_ttl: Annotated[float, Parameter(help="Life of a listen key in seconds.")] = 86_400.0,
    limits: Annotated[
        float | Literal["off"], Parameter(help="Scale of the rate limits: 1 is the exchange's own; or off.")
    ] = 1.0,
    strict: Annotated[bool, Parameter(negative="", help="Refuse what only the guide does.")] = False,
    json_output: Annotated[
        bool, Parameter(name="--json", negative="", help="Print one line of JSON once it serves.")
    ] = False,
) -> int:
    """Serve REST and both streams of the V3 wire on one local port until interrupted.

    Example: woodlot sandbox run --port 0 --json
    """
    from woodlot.sandbox.server import SandboxOptions

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    options = SandboxOptions(
        host=host,
        port=port,
        seed=seed,
        listen_key_ttl_s=listen_key_ttl,
        limits=None if limits == "off" else limits,
        strict=strict,
    )
    return asyncio.run(_serve(options, as_json=json_output))


async def _serve(options: "SandboxOptions", *, as_json: bool) -> int:
    from woodlot.sandbox.server import Sandbox

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with await Sandbox.start(options) as sandbox:
        print(_as_json(sandbox) if as_json else _as_text(sandbox), flush=True)
        await stopped.wait()
    return 0


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
