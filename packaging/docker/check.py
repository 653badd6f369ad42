"""Proves a static program in the place that the Dockerfile gives it, without a container engine.

    python3 packaging/docker/check.py BINARY [--static-only]

It reads the program's headers, lays out the last stage of the Dockerfile, and starts the program in there as the image would: in an
empty root with nothing but the certificates, as the image's user, with the image's environment. That needs root, and openssl for a
certificate authority of its own, which the program must take from SSL_CERT_FILE. The exit code is 1 if anything is off.
"""

import contextlib
import http.server
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import facts  # noqa: E402
from elf import static  # noqa: E402
from handshake import PATIENCE, Wrong, expect, talk  # noqa: E402

# Where this machine keeps the bundle that Alpine's ca-certificates brings.
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def last_stage():
    """What the Dockerfile says about the image: files, environment, user and command."""
    text = (HERE / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    stage = text[text.rindex("\nFROM ") :].strip().splitlines()
    expect(stage[0] == "FROM scratch", f"the last stage starts with {stage[0]}")
    lines = [line.split(maxsplit=1) for line in stage[1:] if line and not line.startswith("#")]
    copies = [re.fullmatch(r"--from=build (?:--chown=(\d+):(\d+) )?(.*) (\S+)", rest) for word, rest in lines if word == "COPY"]
    return {
        "copies": [(copy[3].split(), copy[4]) for copy in copies if not copy[1]],
        # Directories that the build stage made for the user.
        "own": [(copy[4], int(copy[1]), int(copy[2])) for copy in copies if copy[1]],
        "environment": dict(rest.split("=", 1) for word, rest in lines if word == "ENV"),
        "user": [tuple(map(int, rest.split(":"))) for word, rest in lines if word == "USER"][-1],
        "entrypoint": [json.loads(rest) for word, rest in lines if word == "ENTRYPOINT"][-1],
    }


def lay_out(stage, binary, root):
    for sources, target in stage["copies"]:
        for source in sources:
            # The build stage has the checkout in /src and its own certificates.
            built = "/src/target/release/videosearch-mcp"
            path = binary if source == built else facts.ROOT / source[5:] if source.startswith("/src/") else pathlib.Path(BUNDLE)
            goal = root / target.lstrip("/") / path.name if target.endswith("/") else root / target.lstrip("/")
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, goal)
    for folder in [root, *root.rglob("*")]:
        folder.chmod(0o755)
    for goal, user, group in stage["own"]:
        folder = root / goal.lstrip("/")
        folder.mkdir(parents=True, mode=0o700)
        os.chown(folder, user, group)


@contextlib.contextmanager
def authority(work):
    """A server with a certificate of an authority that nobody knows, which rejects every key: its address and the authority's bundle."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=work, check=True, capture_output=True)

    (work / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    new = ("-newkey", "rsa:2048", "-nodes")
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority", "-days", "2")
    openssl("req", *new, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
    openssl("x509", "-req", "-in", "server.csr", *signed, "-out", "server.pem")

    class Refusal(http.server.BaseHTTPRequestHandler):
        def answer(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.dumps({"success": False, "error": {"code": "unauthorized", "message": "no such key"}}).encode()
            self.send_response(401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(work / "server.pem", work / "server.key")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as server:
        server.handle_error = lambda *_: None
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}/api/v2", work / "ca.pem"
        server.shutdown()


def prove(binary, work):
    stage = last_stage()
    root = work / "root"
    root.mkdir()
    lay_out(stage, binary, root)
    user, group = stage["user"]
    expect(user != 0 and group != 0, "the image runs as root")

    def enter():
        os.chroot(root)
        os.chdir("/")
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)

    def start(settings, *arguments):
        return talk([*stage["entrypoint"], *arguments], stage["environment"] | settings, [("list_indexes", {})], prepare=enter)

    names, [listed] = start({}, "--playground")
    expect(len(names) == len(facts.MANIFEST["tools"]), f"in the image the program lists {names}")
    expect(not listed.get("isError"), f"in the image a call failed: {listed}")

    # Nothing answers there, which is no matter here.
    command = [*stage["entrypoint"], "doctor", "--json", "--base-url", "http://127.0.0.1:9/api/v2"]
    told = subprocess.run(command, env=stage["environment"], preexec_fn=enter, capture_output=True, timeout=PATIENCE, check=False)
    [state] = [check for check in json.loads(told.stdout)["checks"] if check["name"] == "state directory"]
    expect(state["verdict"] == "ok", f"the image's user cannot keep anything: {state}")

    with authority(work) as (address, bundle):
        shutil.copy(bundle, root / "own.pem")
        settings = {"VIDEOSEARCH_API_KEY": "sk_live_" + os.urandom(24).hex(), "VIDEOSEARCH_BASE_URL": address}
        said = start(settings)[1][0]["content"][0]["text"]
        expect("certificate" in said, f"an unknown authority was believed: {said}")
        said = start(settings | {"SSL_CERT_FILE": "/own.pem"})[1][0]["content"][0]["text"]
        expect("rejects the key" in said, f"the authority of SSL_CERT_FILE was not believed: {said}")


def main(binary, *options):
    try:
        static(pathlib.Path(binary))
        print(f"{binary}: static")
        if "--static-only" not in options:
            with tempfile.TemporaryDirectory() as work:
                # Its mode keeps others out, and the image's user is another.
                os.chmod(work, 0o755)
                prove(pathlib.Path(binary), pathlib.Path(work))
            print("started in an empty root as the image's user; SSL_CERT_FILE is honoured")
    except (Wrong, OSError, subprocess.SubprocessError) as wrong:
        return f"check.py: {wrong}"
    return None


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
