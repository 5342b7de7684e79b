"""This file is `woodlot demo`: the six uses of the exchange's guide, narrated, each figure held against the ledger."""

import asyncio
import json
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from woodlot.cli.options import WHOLE

if TYPE_CHECKING:
    from woodlot.cli.narrator import Narrator
    from woodlot.cli.scenes import Scene


def demo(
    *,
    seed: Annotated[int, WHOLE, Parameter(help="Same seed, same market.")] = 7,
    json_output: Annotated[
        bool, Parameter(name="--json", negative="", help="Print one JSON document instead.")
    ] = False,
) -> int:
    """Run the six uses of the guide against an exchange inside this program and show what happened.

    Every figure is compared with the exchange's own ledger; a mismatch is said and ends with exit code 1.

    Example: woodlot demo --json
    """
    from woodlot.cli.narrator import Narrator
    from woodlot.errors import WoodlotError

    narrator = Narrator(is_silent=json_output)
    started = time.monotonic()
    try:
        scenes = asyncio.run(_run(narrator, seed=seed))
    except WoodlotError as error:
        print(f"the demo could not be finished: {error}", file=sys.stderr)
        return 1
    seconds = round(time.monotonic() - started, 1)
    is_ok = all(scene.is_ok for scene in scenes)
    if json_output:
        print(json.dumps(_document(scenes, seed=seed, seconds=seconds), indent=2))
    else:
        narrator.summarise(scenes, seconds=seconds)
    return 0 if is_ok else 1


async def _run(narrator: "Narrator", *, seed: int) -> "list[Scene]":
    from woodlot.cli.scenes import SCENES, Stage
    from woodlot.desk.desk import Desk
    from woodlot.sandbox.server import SandboxOptions

    # A key that lives ten seconds is renewed several times while the demo runs.
    options = SandboxOptions(seed=seed, listen_key_ttl_s=10)
    async with Desk.open(sandbox=options) as desk:
        stage = Stage.of(desk)
        narrator.open(desk.environment.rest_url, seed=seed)
        scenes: list[Scene] = []
        for make in SCENES:
            scene = make()
            narrator.begin(scene)
            await scene.play(stage, narrator)
            narrator.end(scene)
            scenes.append(scene)
    return scenes


def _document(scenes: "list[Scene]", *, seed: int, seconds: float) -> dict[str, Any]:
    return {
        "ok": all(scene.is_ok for scene in scenes),
        "seed": seed,
        "seconds": seconds,
        "uses": [scene.as_dict() for scene in scenes],
    }
