"""Packs the npm packages around a program, installs them into an empty project without a network, and runs them as a client would.

    python3 packaging/npm/check.py BINARY

Needs node and npm. The packages of other platforms hold a text in place of a program. The exit code is 1 if anything is off.
"""

import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import facts  # noqa: E402
import layout  # noqa: E402
import release  # noqa: E402
from handshake import PATIENCE, Wrong, environment, expect, playground, talk  # noqa: E402

# On Windows npm and npx are scripts, which only their full names start.
NPM, NPX, NODE = (shutil.which(name) or name for name in ("npm", "npx", "node"))


def run(*command, cwd, status=0):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    expect(done.returncode == status, f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done


def install(binary, work):
    """The project with the packages in it."""
    dist, laid, project = work / "dist", work / "laid", work / "project"
    stand_in = work / "stand-in"
    stand_in.write_text("a program of another platform")
    own = facts.of_this_machine()
    with contextlib.redirect_stdout(None):
        for row in facts.TARGETS:
            release.archive(row["target"], binary if row == own else stand_in, dist)
        layout.main(dist, laid)
    for folder in laid.iterdir():
        run(NPM, "pack", "--silent", "--pack-destination", work, cwd=folder)
    project.mkdir()
    (project / "package.json").write_text('{"private": true}')
    tarballs = sorted(work.glob("*.tgz"))
    expect(len(tarballs) == len(facts.TARGETS) + 1, f"npm packed {tarballs}")
    run(NPM, "install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", "--save-optional", *tarballs, cwd=project)
    installed = [path.name for path in (project / "node_modules" / f"@{facts.OWNER}").iterdir()]
    expect(installed == [f"{own['os']}-{own['cpu']}"], f"npm installed the programs {installed}")
    return project


def prove(binary, project):
    package = project / "node_modules" / facts.NAME
    wrapper = [NODE, str(package / "videosearch-mcp.js")]
    printed = run(NPX, "--offline", facts.NAME, "--version", cwd=project).stdout
    expect(printed.split() == [facts.NAME, facts.VERSION], f"npx printed {printed}")

    with playground(binary) as api:
        settings = {"VIDEOSEARCH_API_KEY": api["api_key"], "VIDEOSEARCH_BASE_URL": api["base_url"]}
        for command in ([NPX, "--offline", facts.NAME], wrapper):
            names, [info] = talk(command, settings, [("get_key_info", {})], project)
            expect(len(names) == len(facts.MANIFEST["tools"]), f"through {command[0]}: {names}")
            expect(info["structuredContent"]["valid"] == "yes", f"the key did not arrive: {info}")

    expect(run(*wrapper, "--toolsets", "no-such", cwd=project, status=2).stderr, "the reason for exit code 2 was not passed on")
    if os.name != "nt":
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            stopped(wrapper, project, number)
    unsupported(package, project)


def stopped(wrapper, project, number):
    """A signal to the wrapper alone reaches the program, and neither outlives it."""
    process = subprocess.Popen(
        [*wrapper, "--playground"], cwd=project, env=environment({}, str(project)), text=True, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        process.stdin.write(json.dumps(ping) + "\n")
        process.stdin.flush()
        expect(process.stdout.readline(), "no answer through the wrapper")
        process.send_signal(number)
        code = process.wait(PATIENCE)
        expected = 128 + number if number == signal.SIGHUP else 0
        expect(code == expected, f"after {number.name} the wrapper ended with {code}, not {expected}")
        # The program holds the other end of stdout as long as it lives.
        ended, _, _ = select.select([process.stdout], [], [], PATIENCE)
        expect(ended and not process.stdout.read(), f"after {number.name} the program goes on without its wrapper")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def unsupported(package, project):
    """What the wrapper says where there is no program."""
    elsewhere = "Object.defineProperty(process, 'platform', { value: 'sunos' }); require('./videosearch-mcp.js')"
    said = run(NODE, "-e", elsewhere, cwd=package, status=1).stderr
    expect("no build for sunos-" in said and facts.REPOSITORY in said, f"on an unsupported platform: {said}")
    shutil.rmtree(project / "node_modules" / f"@{facts.OWNER}")
    said = run(NODE, "videosearch-mcp.js", cwd=package, status=1).stderr
    expect("optional dependency" in said, f"without the platform's package: {said}")


def main(binary):
    binary = str(pathlib.Path(binary).resolve())
    try:
        with tempfile.TemporaryDirectory() as work:
            work = pathlib.Path(work).resolve()
            prove(binary, install(binary, work))
    except (Wrong, OSError, subprocess.SubprocessError) as wrong:
        return f"check.py: {wrong}"
    print(f"npm: {len(facts.TARGETS) + 1} packages, installed offline, started by npx")
    return None


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
