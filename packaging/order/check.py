"""Measures what a release binary holds in memory after it listed its tools: `check.py PROGRAM`.

The order of its functions (make.py) keeps that small. It says so if the target is missed, most likely because the order has become old: a
change of a dependency or of its features gives all symbols other names. It fails if the program takes more than it does without any order.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from handshake import PATIENCE, environment, expect, playground
from order.make import ORDER, rust

# The target of benches/README.md, and what fails: without an order it took 13 MiB, and 15 with all tools. How much the system maps around each
# page that is used differs, so a few starts are taken.
TARGET_KIB = 10 * 1024
MOST_KIB = 17 * 1024
STARTS = 5
REQUESTS = [
    {
        "id": 0,
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "order", "version": "1"}},
    },
    {"method": "notifications/initialized"},
    {"id": 1, "method": "tools/list"},
]


def resident(program, settings):
    """What the program holds after tools/list, in KiB."""
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", env=environment(settings, home)
        )
        for request in REQUESTS:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **request}) + "\n")
        process.stdin.flush()
        while json.loads(process.stdout.readline()).get("id") != 1:
            pass
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        process.communicate(timeout=PATIENCE)
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    program = str(parser.parse_args().program.resolve())
    held = {}
    with playground(program) as api:
        settings = {"VIDEOSEARCH_BASE_URL": api["base_url"], "VIDEOSEARCH_API_KEY": api["api_key"]}
        for what, more in (("the default tools", {}), ("all tools", {"VIDEOSEARCH_TOOLSETS": "all"})):
            held[what] = statistics.median(resident(program, settings | more) for _ in range(STARTS))
            print(f"{held[what] / 1024:.1f} MiB after tools/list of {what}; the target is {TARGET_KIB // 1024}")
    if max(held.values()) > TARGET_KIB:
        made = ORDER.read_text(encoding="ascii").partition("\n")[0].removeprefix("# ")
        print(f"The target is missed. The order was made with {made}, this is {rust()}; packaging/order/make.py renews it.")
    expect(max(held.values()) <= MOST_KIB, f"that is more than {MOST_KIB // 1024} MiB")


if __name__ == "__main__":
    main()
