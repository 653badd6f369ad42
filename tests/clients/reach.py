"""How the Python clients of this directory reach the program: over stdio, or over HTTP with `http` as a second argument. In both cases each
client has a process of its own, with the playground inside.
"""

import asyncio
import contextlib
import re
import subprocess
import sys
import traceback

from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

COMMAND = sys.argv[1] if len(sys.argv) > 1 else "videosearch-mcp"
OVER_HTTP = sys.argv[2:] == ["http"]
# The handshake of the old protocol, whatever the client finds out, and the new protocol without a handshake.
MODES = ["legacy", "auto", "2026-07-28"]


@contextlib.contextmanager
def served(arguments):
    """The address of a server over HTTP."""
    command = [COMMAND, "http", "--listen", "127.0.0.1:0", "--auth", "none", "--playground", *arguments]
    child = subprocess.Popen(command, env={}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8")
    try:
        lines = iter(child.stderr.readline, "")
        found = next(filter(None, (re.search(r"serves MCP at (http://\S+)", line) for line in lines)), None)
        assert found, f"{command} did not start"
        yield found[1]
    finally:
        child.kill()
        child.wait()


@contextlib.asynccontextmanager
async def open_client(mode, *arguments, **options):
    """A client in a mode, connected to a program with these arguments."""
    with contextlib.ExitStack() as stack:
        if OVER_HTTP:
            transport = stack.enter_context(served(arguments))
        else:
            transport = stdio_client(StdioServerParameters(command=COMMAND, args=["--playground", *arguments], env={}))
        async with Client(transport, mode=mode, **options) as client:
            yield client


def run(checks):
    """Runs each check in each mode, prints `N passed, N failed`, and ends the process."""
    passed = failed = 0
    for mode in MODES:
        for check in checks:
            try:
                asyncio.run(asyncio.wait_for(check(mode), 120))
                passed += 1
                print(f"ok   {check.__name__} in mode {mode}")
            except Exception:
                failed += 1
                print(f"FAIL {check.__name__} in mode {mode}")
                traceback.print_exc()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
