"""How the Python clients of this directory reach the program: as a process of their own over stdio, with the playground inside."""

import asyncio
import sys
import traceback

from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

COMMAND = sys.argv[1] if len(sys.argv) > 1 else "videosearch-mcp"
# The handshake of the old protocol, whatever the client finds out, and the new protocol without a handshake.
MODES = ["legacy", "auto", "2026-07-28"]


def open_client(mode, *arguments, **options):
    """A client in a mode, connected to a program with these arguments."""
    server = StdioServerParameters(command=COMMAND, args=["--playground", *arguments], env={})
    return Client(stdio_client(server), mode=mode, **options)


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
