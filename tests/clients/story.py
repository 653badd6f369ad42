"""One story through the real program: from a bucket of films to a signed webhook, and back to nothing.

    python tests/clients/story.py path/to/videosearch-mcp

Makes a connector, imports two films, writes and tries a prompt, prices and runs it, follows the run, searches what it found, exports it and
reads the file, checks the signature of the webhook that was received, and deletes everything. Then the same writes with a key that may only
read: each must be refused, and nothing may be sent. The films are made with ffmpeg. Without ffmpeg, pictures take their place.
"""

import asyncio
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
import zlib

from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

COMMAND = sys.argv[1] if len(sys.argv) > 1 else "videosearch-mcp"
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def picture(shade):
    def chunk(kind, body):
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    rows = zlib.compress((b"\0" + bytes([shade]) * 8) * 8)
    header = chunk(b"IHDR", (8).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def fill(bucket):
    """Two small media in a bucket. Says what they are."""
    if not (shutil.which("ffmpeg") and shutil.which("ffprobe")):
        for name, shade in (("dark.png", 30), ("bright.png", 220)):
            pathlib.Path(bucket, name).write_bytes(picture(shade))
        return "pictures"
    for name, source in (("bars.mp4", "testsrc=size=160x120:rate=10:duration=4"), ("grey.mp4", "color=gray:size=160x120:rate=10:duration=3")):
        command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", str(pathlib.Path(bucket, name))]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return "films"


class Receiver:
    """Takes webhooks."""

    def __enter__(self):
        self.got = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        return self

    def __exit__(self, *_):
        self.server.shutdown()


class Counter:
    """Stands before the playground and notes what is sent."""

    def __enter__(self):
        self.sent = []
        counter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                counter.sent.append((self.command, self.path))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length")}
                request = urllib.request.Request(counter.root + self.path, data=body or None, headers=headers, method=self.command)
                try:
                    reply = DIRECT.open(request)
                except urllib.error.HTTPError as error:
                    reply = error
                answer = reply.read()
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.headers.get("Content-Type") or "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def before(self, base_url):
        self.root = base_url.removesuffix("/api/v2")
        return f"http://127.0.0.1:{self.server.server_port}/api/v2"

    def __exit__(self, *_):
        self.server.shutdown()


def open_client(base_url, key, *arguments):
    environment = {"VIDEOSEARCH_BASE_URL": base_url, "VIDEOSEARCH_API_KEY": key, "PATH": os.environ.get("PATH", "")}
    return Client(stdio_client(StdioServerParameters(command=COMMAND, args=list(arguments), env=environment)), mode="auto")


def done(text):
    print(f"ok   {text}", flush=True)


async def story(client, bucket, receiver, folder, writes):
    """Plays the story through the tools that the default list has: the core, and the pair that calls the others."""

    async def call(tool, /, **arguments):
        result = await client.call_tool(tool, arguments)
        assert not result.is_error, f"{tool} {arguments}: {result.content[0].text}"
        return result.structured_content or {}

    async def read(tool, /, **arguments):
        return await call("use_read_tool", name=tool, arguments=arguments)

    async def write(tool, /, **arguments):
        writes.append((tool, arguments))
        return await call("use_write_tool", name=tool, arguments=arguments)

    async def ended(name, states, /, **arguments):
        for _ in range(60):
            state = await read(name, **arguments)
            if state.get("status") in states:
                return state
            await asyncio.sleep(0.2)
        raise AssertionError(f"{name} did not end: {state}")

    connector = (
        await write(
            "create_s3_connector",
            name="Story",
            bucket="films",
            region="eu-central-1",
            aws_access_key_id="id",
            aws_secret_access_key="none",
            scopes=["import", "export"],
        )
    )["connector"]["connector_id"]
    assert (await write("test_connector", connector_id=connector))["success"]
    done("a connector to a bucket, tested")

    index = (await write("create_index", name="Story"))["index"]["index_id"]
    hook = await write("create_webhook", name="Story", url=receiver.url, events=["prompt_run.completed", "import_job.completed"])
    secret_file = hook["secret_file"]
    webhook = hook["webhook"]["webhook_id"]
    job = (await write("create_import_job", connector_id=connector, index_id="Story"))["job"]["job_id"]
    state = await ended("wait_for_import", ("completed", "failed"), job_id=job)
    assert state["status"] == "completed", state
    videos = (await call("list_videos", index_id="Story"))["videos"]
    assert len(videos) == 2, videos
    ids = [video["video_id"] for video in videos]
    done(f"two {bucket} imported into a new index")

    schema = {
        "type": "object",
        "properties": {"summary": {"type": "string"}, "brightness": {"type": "number"}, "dominant_colors": {"type": "array", "items": {"type": "string"}}},
    }
    assert (await read("test_prompt_schema", json_schema=schema, sample_data={"summary": "a test picture"}))["valid"]
    prompt = (await write("create_prompt", name="Story", prompt_text="Describe what can be seen.", json_schema=schema))["prompt"]["prompt_id"]
    target = {"type": "index", "index_id": "Story"}
    price = await call("estimate_prompt_run", prompt_id=prompt, target=target)
    writes.append(("execute_prompt", {"prompt_id": prompt, "target": target}))
    run = (await call("execute_prompt", prompt_id=prompt, target=target, max_mt=price["estimated_mt"] + 1))["run_id"]
    state = await call("wait_for_prompt_run", run_id=run)
    assert state["status"] in ("completed", "completed_with_failures"), state
    overview = await call("get_workflow_overview")
    assert overview["counts"], overview
    table = await read("tabulate_prompt_run", run_id=run, fields=["brightness"])
    assert table, table
    done("a prompt tried, priced, run, followed and tabulated")

    found = await call("search_videos", query="a test picture", index_id="Story")
    condition = {"field": "brightness", "operator": "greater_equal", "type": "number", "value": 0}
    filtered = await call("filter_videos", index_id="Story", run_ids=[run], conditions=[condition])
    assert "results" in found and filtered["total_results"] >= 1, (found, filtered)
    done("its results searched and filtered")

    export = (await write("export_prompt_run", run_id=run))["export_id"]
    state = await ended("wait_for_export", ("completed", "failed"), export_id=export)
    assert state["status"] == "completed", state
    saved = await write("download_export", export_id=export)
    body = pathlib.Path(saved["path"]).read_bytes()
    assert pathlib.Path(saved["path"]).is_relative_to(folder) and json.loads(body), saved
    assert hashlib.sha256(body).hexdigest() == saved["sha256"], saved
    done("exported, downloaded and read")

    for _ in range(100):
        if any(headers["x-event-type"] == "prompt_run.completed" for headers, _ in receiver.got):
            break
        await asyncio.sleep(0.1)
    headers, body = next(sent for sent in receiver.got if sent[0]["x-event-type"] == "prompt_run.completed")
    secret = pathlib.Path(secret_file).read_text().strip()
    wanted = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(wanted, headers["x-webhook-signature"]), headers
    verify = [COMMAND, "webhooks", "verify", "--secret-file", secret_file, "--signature", headers["x-webhook-signature"]]
    assert subprocess.run(verify, input=body, capture_output=True).returncode == 0
    assert subprocess.run(verify, input=body + b" ", capture_output=True).returncode == 1
    done("the webhook received, and its signature holds")

    async def delete(name, /, **arguments):
        writes.append((name, arguments))
        plan = await client.call_tool("use_write_tool", {"name": name, "arguments": arguments})
        assert plan.is_error and "confirm" in plan.structured_content, plan
        confirm = plan.structured_content["confirm"]
        return await call("use_write_tool", name=name, arguments={**arguments, "confirm": confirm})

    await delete("delete_webhook", webhook_id=webhook)
    await delete("delete_connector", connector_id=connector)
    await delete("delete_video", video_id=ids[0])
    await ended("get_video_deletion", ("deleted",), video_id=ids[0])
    await delete("delete_index", index_id=index)
    await ended("get_index_deletion", ("deleted",), index_id=index)
    await delete("delete_prompt", prompt_id=prompt, force=True)
    left = [row["name"] for row in (await call("list_indexes"))["user_indexes"]]
    assert "Story" not in left, left
    done("everything deleted again")


async def refusals(client, counter, writes):
    """The same writes with a key that may only read."""
    await client.call_tool("get_key_info", {})
    counter.sent.clear()
    for name, arguments in writes:
        if name == "execute_prompt":
            result = await client.call_tool(name, arguments)
        else:
            result = await client.call_tool("use_write_tool", {"name": name, "arguments": arguments})
        text = result.content[0].text
        assert result.is_error and "it needs the scope" in text, f"{name}: {text}"
        if name != "download_export":
            assert "Nothing was sent" in text, f"{name}: {text}"
    assert not counter.sent, counter.sent
    done(f"{len(writes)} writes refused with a reading key, and nothing was sent")


async def main():
    with tempfile.TemporaryDirectory() as folder, Receiver() as receiver, Counter() as counter:
        folder = pathlib.Path(folder).resolve()
        for name in ("films", "downloads", "state", "data"):
            pathlib.Path(folder, name).mkdir(mode=0o700)
        kind = fill(pathlib.Path(folder, "films"))
        started = [COMMAND, "playground", "--port", "0", "--json", "--data-dir", str(folder / "data"), "--bucket", f"films={folder / 'films'}"]
        process = subprocess.Popen(started, stdout=subprocess.PIPE, text=True)
        try:
            told = json.loads(process.stdout.readline())
            base_url = counter.before(told["base_url"])
            arguments = ["--allow-destructive", "--download-dir", str(folder / "downloads"), "--state-dir", str(folder / "state")]
            writes = []
            async with open_client(base_url, told["api_key"], *arguments) as client:
                await story(client, kind, receiver, folder, writes)
            request = urllib.request.Request(
                f"{told['base_url']}/api-keys",
                data=json.dumps({"name": "Reader", "scopes": ["read"]}).encode(),
                headers={"Authorization": f"Bearer {told['jwt']}", "Content-Type": "application/json"},
            )
            reader = json.load(DIRECT.open(request))["key"]
            # What a reading key may do is no part of this.
            writes = [(name, given) for name, given in writes if name != "download_export"]
            async with open_client(base_url, reader, *arguments) as client:
                await refusals(client, counter, writes)
        finally:
            process.terminate()
            process.wait()
    print("the story is told")


if __name__ == "__main__":
    asyncio.run(main())
