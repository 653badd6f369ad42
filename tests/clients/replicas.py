"""Two replicas over HTTP, nginx before them in turns, and Redis behind them. Each of the four is killed once.

    python tests/clients/replicas.py path/to/videosearch-mcp

Needs redis-server and nginx. Without them it says so and ends well. Uses nothing but the standard library.
"""

import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

if len(sys.argv) != 2:
    sys.exit(__doc__)
BINARY = sys.argv[1]
PATIENCE = 30
# A run of these arguments is estimated at 962 mt.
MOST_A_DAY = 3000
ARGUMENTS = {"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": ["vid_great_train_robbery_1903"]}}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(look, what):
    end = time.monotonic() + PATIENCE
    while True:
        try:
            found = look()
            if found:
                return found
        except (OSError, http.client.HTTPException):
            pass
        assert time.monotonic() < end, f"{what} did not come true"
        time.sleep(0.02)


def request(port, method, path, headers=None, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class Part:
    """A process that can be killed and started again."""

    def __init__(self, command, port, environment=None, also=None):
        self.command, self.port, self.environment, self.ports = command, port, environment, [port, also or port]
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for port in self.ports:
            until(lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None, f"{self.command[0]} listens")

    def kill(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)


class Stage:
    def __init__(self, work):
        environment = {"PATH": os.environ["PATH"]}
        command = [BINARY, "playground", "--port", "0", "--json"]
        self.playground = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        told = json.loads(self.playground.stdout.readline())
        self.key, self.base = told["api_key"], told["base_url"]
        self.jwt = told["jwt"]
        redis = free_port()
        quiet = ["--save", "", "--appendonly", "no", "--loglevel", "warning", "--dir", str(work)]
        self.redis = Part(["redis-server", "--bind", "127.0.0.1", "--port", str(redis), *quiet], redis)
        secret = work / "secret"
        secret.write_text(os.urandom(32).hex())
        self.replicas = []
        for name in "ab":
            port = free_port()
            metrics = free_port()
            command = [BINARY, "http", "--listen", f"127.0.0.1:{port}", "--metrics", f"127.0.0.1:{metrics}"]
            command += ["--base-url", self.base, "--shared-state", f"redis://127.0.0.1:{redis}/0", "--state-secret-file", str(secret)]
            command += ["--confirm", "cost", "--max-mt-per-day", str(MOST_A_DAY), "--max-per-minute", "400"]
            command += ["--allow-host", "mcp.example.org", "--allow-destructive", "--toolsets", "all"]
            # Each has a directory of its own, as on machines of their own.
            replica = Part(command, port, {**environment, "VIDEOSEARCH_STATE_DIR": str(work / name)}, metrics)
            replica.metrics = metrics
            self.replicas.append(replica)
        front = free_port()
        (work / "nginx.conf").write_text(self.proxy(work, front), encoding="utf-8")
        self.nginx = Part(["nginx", "-p", str(work), "-c", str(work / "nginx.conf"), "-e", "stderr", "-g", "daemon off;"], front)

    def proxy(self, work, front):
        """The file that is shipped for the proxy, with the places of this machine in it."""
        text = (pathlib.Path(__file__).parents[2] / "packaging/team/nginx.conf").read_text(encoding="utf-8")
        [(server, rules)] = re.findall(r"(server videosearch-mcp:8080 resolve\b(.*?;))", text)
        places = {
            server: " ".join(f"server 127.0.0.1:{replica.port}{rules}" for replica in self.replicas),
            "listen 8080;": f"listen 127.0.0.1:{front};",
            "error_log stderr warn;": "error_log stderr crit;",
            "/tmp/": f"{work}/",
        }
        for shipped, here in places.items():
            assert shipped in text, shipped
            text = text.replace(shipped, here)
        return text

    def ask(self, method, params, port=None, key=None):
        headers = {
            "accept": "application/json, text/event-stream",
            "content-type": "application/json",
            "mcp-protocol-version": "2025-11-25",
            "x-api-key": key or self.key,
            "host": "mcp.example.org",
        }
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        status, text = request(port or self.nginx.port, "POST", "/mcp", headers, body)
        return status, text

    def call(self, tool, arguments, port=None):
        status, text = self.ask("tools/call", {"name": tool, "arguments": arguments}, port)
        assert status == 200, (status, text)
        return json.loads(text)["result"]

    def answered(self):
        """How many calls each replica has answered."""
        counts = []
        for replica in self.replicas:
            told = request(replica.metrics, "GET", "/metrics")[1]
            rows = [line for line in told.splitlines() if line.startswith("videosearch_mcp_calls_total")]
            counts.append(sum(int(row.rsplit(" ", 1)[1]) for row in rows))
        return counts

    def end(self):
        for part in [self.nginx, *self.replicas, self.redis]:
            if part.process.poll() is None:
                part.kill()
        self.playground.kill()
        self.playground.wait()


def text(result):
    return result["content"][0]["text"]


def reads(stage, times=4):
    for _ in range(times):
        result = stage.call("list_indexes", {})
        assert not result.get("isError"), text(result)


def agreed(stage, first, second):
    """A plan from one replica, confirmed at another: the second result, and the token."""
    plan = stage.call("execute_prompt", ARGUMENTS, first)
    found = [word.split("=", 1)[1] for word in text(plan).split() if word.startswith("confirm=")]
    if not found:
        return plan, None
    return stage.call("execute_prompt", {**ARGUMENTS, "confirm": found[-1]}, second), found[-1]


def in_turns(stage):
    before = stage.answered()
    reads(stage, 6)
    after = stage.answered()
    assert [now - then for now, then in zip(after, before)] == [3, 3], (before, after)


def confirmations(stage):
    one, two = (replica.port for replica in stage.replicas)
    result, token = agreed(stage, one, two)
    assert not result.get("isError"), text(result)
    for port in (one, two):
        again = stage.call("execute_prompt", {**ARGUMENTS, "confirm": token}, port)
        assert again["isError"] and "used already" in text(again), text(again)


def spending(stage):
    """What both replicas start in a day stays below the limit of the day."""
    one, two = (replica.port for replica in stage.replicas)
    refused, started = 0, 0
    for count in range(60):
        # Another set of media each time, since the same run is not started twice.
        arguments = {**ARGUMENTS, "idempotency_key": f"spend-{count}"}
        plan = stage.call("execute_prompt", arguments, (one, two)[count % 2])
        token = [word.split("=", 1)[1] for word in text(plan).split() if word.startswith("confirm=")]
        result = stage.call("execute_prompt", {**arguments, "confirm": token[-1]}, (two, one)[count % 2]) if token else plan
        if "VIDEOSEARCH_MAX_MT_PER_DAY" in text(result):
            refused += 1
        else:
            assert not result.get("isError"), text(result)
            started += 1
        if refused == 2:
            break
    assert refused == 2, "both replicas refuse"
    assert 0 < started <= MOST_A_DAY // 962, started


def rates(stage):
    """A caller gets as many requests from both together as from one."""
    status, made = request(
        int(stage.base.split(":")[2].split("/")[0]), "POST", "/api/v2/api-keys",
        {"authorization": f"Bearer {stage.jwt}", "content-type": "application/json"}, json.dumps({"name": "rate", "scopes": ["search"]}),
    )
    key = json.loads(made)["key"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        minute = int(time.time()) // 60
        statuses = list(pool.map(lambda _: stage.ask("ping", {}, key=key)[0], range(900)))
        windows = int(time.time()) // 60 - minute + 1
    admitted = statuses.count(200)
    assert admitted + statuses.count(429) == 900, set(statuses)
    assert 360 <= admitted <= 400 * windows, (admitted, windows)


def without_a_replica(stage):
    for replica in stage.replicas:
        replica.kill()
        reads(stage)
        replica.start()
    until(lambda: request(stage.replicas[0].port, "GET", "/readyz")[0] == 200, "the replica is ready again")
    in_turns(stage)


def restarted_one_after_the_other(stage):
    """As an update does it: nobody is without a replica."""
    for _ in range(2):
        for replica in stage.replicas:
            replica.kill(signal.SIGTERM)
            reads(stage)
            replica.start()
            reads(stage)


def without_redis(stage):
    stage.redis.kill()
    reads(stage)
    for tool, arguments in [("execute_prompt", ARGUMENTS), ("delete_webhook", {"webhook_id": "whk_none"})]:
        result = stage.call(tool, arguments)
        assert result["isError"] and "Redis" in text(result), text(result)
    stage.redis.start()

    def works():
        # It was empty after its restart, so the day begins anew.
        result, _ = agreed(stage, None, None)
        return not result.get("isError")

    until(works, "runs start again once Redis is back")


def without_nginx(stage):
    stage.nginx.kill(signal.SIGTERM)
    reads_directly = stage.call("list_indexes", {}, stage.replicas[0].port)
    assert not reads_directly.get("isError")
    stage.nginx.start()
    reads(stage)


def orderly_end(stage):
    """A replica that is told to end answers what it has, and nginx goes on with the other."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(stage.call, "list_indexes", {}) for _ in range(100)]
        code = stage.replicas[0].kill(signal.SIGTERM)
        results = [call.result() for call in calls]
    assert code == 0, code
    assert not any(result.get("isError") for result in results)


def main():
    missing = [name for name in ("redis-server", "nginx") if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")]
    if missing:
        print(f"SKIPPED: without {' and '.join(missing)}")
        return 0
    os.environ["PATH"] += ":/usr/sbin"
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        stage = Stage(pathlib.Path(work))
        try:
            for check in [in_turns, confirmations, rates, without_a_replica, restarted_one_after_the_other, without_redis, spending, without_nginx, orderly_end]:
                try:
                    check(stage)
                    print(f"passed: {check.__name__}")
                except AssertionError as error:
                    failed += 1
                    print(f"FAILED: {check.__name__}: {error}")
        finally:
            stage.end()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
