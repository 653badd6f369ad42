"""Starts a command as an MCP client would and talks to it in raw JSON lines; what the tests of packages share.

Only the standard library, so that it runs wherever a package is made.
"""

import contextlib
import json
import os
import subprocess
import tempfile

# A start that takes longer has failed.
PATIENCE = 60


class Wrong(Exception):
    """What is not as it should be."""


def expect(condition, complaint):
    if not condition:
        raise Wrong(complaint)


def environment(settings, home):
    """What a client passes on: the few variables without which no program starts, and the settings."""
    kept = ("PATH", "PATHEXT", "ComSpec", "SystemRoot", "TEMP", "TMPDIR")
    homes = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), home)
    return {name: os.environ[name] for name in kept if name in os.environ} | homes | settings


def talk(command, settings, calls=(), cwd=None, prepare=None):
    """Does the handshake, lists the tools and makes the calls; the listed names and the results. The end must be orderly.
    `prepare` is run in the new process before the command is."""
    requests = [
        ("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "package-test", "version": "1"}}),
        ("tools/list", {}),
        *(("tools/call", {"name": name, "arguments": arguments}) for name, arguments in calls),
    ]
    lines = [{"jsonrpc": "2.0", "id": number, "method": method, "params": params} for number, (method, params) in enumerate(requests)]
    lines.insert(1, {"jsonrpc": "2.0", "method": "notifications/initialized"})
    text = "".join(json.dumps(line) + "\n" for line in lines)
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            command,
            input=text,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            env=environment(settings, home),
            cwd=cwd,
            preexec_fn=prepare,
            check=False,
        )
    expect(done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr}")
    answers = {}
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if "id" in message and "method" not in message:
            answers[message["id"]] = message
    for number, (method, _) in enumerate(requests):
        expect("result" in answers.get(number, {}), f"{method} was answered with {answers.get(number)}; {done.stderr}")
    expect(answers[0]["result"]["serverInfo"]["name"] == "videosearch-mcp", "another server answered")
    names = [tool["name"] for tool in answers[1]["result"]["tools"]]
    return names, [answers[number]["result"] for number in range(2, len(requests))]


@contextlib.contextmanager
def playground(program):
    """A local API of the program's own, as the line that it prints about itself."""
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [program, "playground", "--port", "0", "--json"], stdout=subprocess.PIPE, encoding="utf-8", env=environment({}, home)
        )
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)
