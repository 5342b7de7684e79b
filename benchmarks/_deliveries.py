"""This file is a program that follows its executions: `python -m benchmarks._deliveries ADDRESS JOURNAL [CONSUMER]`.

It is woodlot's own way from end to end: private stream, tracker, journal in a file, `desk.executions()`.
"""

import asyncio
import json
import sys
import time

from benchmarks._receiver import say

from woodlot.config import Credentials, Environment
from woodlot.desk.desk import Desk


async def main(address: str, journal: str, consumer: str | None = None) -> None:
    environment = Environment.at(f"http://{address}", f"ws://{address}")
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    async with Desk.open(environment, Credentials("benchmark", "0" * 32), journal=journal) as desk:
        executions = desk.executions(consumer=consumer)
        say({"ready": True})
        while line := await commands.readline():
            count = json.loads(line)["messages"]
            began = time.process_time()
            say({"go": True})
            trade_ids = [(await anext(executions)).trade_id for _ in range(count)]
            ended_ns = time.perf_counter_ns()
            say({"cpu_s": time.process_time() - began, "ended_ns": ended_ns, "trade_ids": trade_ids})


if __name__ == "__main__":
    try:
        import uvloop

        uvloop.run(main(*sys.argv[1:]))
    except ImportError:
        asyncio.run(main(*sys.argv[1:]))
