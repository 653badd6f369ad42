"""schemathesis against the playground: requests made from the description of the API, right ones and wrong ones.

    python tests/clients/schemathesis.py path/to/videosearch-mcp [options of `schemathesis run`]

`schemathesis.toml` says what is sent and what is checked. Fails, too, if an operation never answered with success: then nothing was tested.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

COMMAND, *OPTIONS = sys.argv[1:] or ["videosearch-mcp"]
HERE = pathlib.Path(__file__).parent
CONFIG = HERE / "schemathesis.toml"
# Nobody listens there. No request may leave this machine.
NOWHERE = "https://127.0.0.1:9/"
# The first bytes of a film.
FILM = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2"
PICTURE = "R0lGODdhAQABAIABAAAAAP///ywAAAAAAQABAAACAkQBADs="
TARGET = {"type": "videos", "video_ids": ["vid_great_train_robbery_1903"]}
SERVICE_ACCOUNT = {"type": "service_account", "project_id": "p", "private_key_id": "k", "private_key": "none", "client_email": "c@x", "token_uri": "https://x"}
# Bodies that cannot be found by chance. Others are made from them by changing one thing.
BODIES = {
    "PATCH /connectors/{connector_id}": {"name": "Another bucket"},
    "PATCH /webhooks/{webhook_id}": {"name": "Another receiver"},
    "POST /chat/sessions/{session_id}/turns": {"message": "Where is a train?"},
    "POST /chat/sessions/{session_id}/turns/stream": {"message": "Where is a train?"},
    "POST /connectors/azure": {"name": "Films", "container": "films", "storage_account": "a", "tenant_id": "t", "client_id": "c", "client_secret": "s"},
    "POST /connectors/s3": {"name": "Films", "bucket": "films", "region": "r", "aws_access_key_id": "k", "aws_secret_access_key": "s"},
    "POST /connectors/gcs": {"name": "Films", "bucket": "films", "gcp_project_id": "p", "credentials_file": json.dumps(SERVICE_ACCOUNT)},
    "POST /indexes/{index_id}/image-search": {"image_data": PICTURE},
    "POST /indexes/{index_id}/multimodal-search": {"text_query": "a train"},
    "POST /indexes/{index_id}/search": {"query": "a train"},
    "POST /playground/search": {"query": "a train"},
    "POST /prompt-runs/estimate": {"prompt_id": "prompt_action_log", "target": TARGET},
    "POST /prompt-runs/execute": {"prompt_id": "prompt_action_log", "target": TARGET},
    "POST /prompts/generate": {"instruction": "Say how many people there are."},
    "POST /prompts/test-schema": {"json_schema": {"type": "object"}, "sample_data": {}},
    "POST /search/multi-run": {"query": "a train", "run_ids": ["run_scene_catalogue_early_cinema"]},
    "POST /search/sql/{index_id}/generate": {"instruction": "Count the scenes."},
    "POST /search/sql/{index_id}": {"query": "SELECT title FROM videos"},
    "POST /videos": {"title": "A reel", "video_uri": "gs://films/reel.mp4", "index_id": "idx_early_cinema"},
    "POST /videos/signed-url": {"gcs_uri": "gs://films/reel.mp4"},
    "POST /workflow/attachments": {"files": [{"download_url": NOWHERE, "file_id": "f", "file_name": "film.mp4"}]},
    "POST /workflow/process": {"prompt_id": "prompt_action_log", "video_ids": TARGET["video_ids"]},
    "POST /workflow/search": {"query": "a train"},
    "PUT /indexes/{index_id}/automations/import": {"connector_id": "conn_sample_bucket"},
    "PUT /markers": {"resource_type": "video", "resource_id": "vid_great_train_robbery_1903", "note": "n"},
    "PUT /prompts/{prompt_id}": {"name": "Another name"},
}
# What is deleted of the sample library, at the end.
DELETED = {"index_id": "idx_space_and_nature", "video_id": "vid_metropolis_1927", "prompt_id": "prompt_action_log"}
# What no such request can get, and why.
NEVER = {
    "DELETE /chat/sessions/{session_id}": "it would come before the questions of the session",
    "GET /media/stream": "its link is signed",
    "GET /workflow/search/page": "a search of the workflow gives its cursor",
    "POST /videos/signed-url": "the playground makes up the addresses of its files",
    "POST /videos/upload": "files are sent without a name here",
    "POST /workflow/media-grants": "the sample library has no files",
    "POST /workflow/upload": "files are sent without a name here",
}


def description():
    """The description of the API, with ids of the sample library."""
    config = tomllib.loads(CONFIG.read_text())
    samples = {name: config["dictionaries"][bound["dictionary"]]["values"][0] for name, bound in config["parameters"].items()}
    api = json.loads((HERE.parent / "it" / "openapi.json").read_text())
    for path, item in api["paths"].items():
        for method, operation in item.items():
            known = samples if method != "delete" else {name: DELETED.get(name, "none") for name in samples}
            # The session token first: the requests may revoke every key, that of the playground too.
            operation["security"].sort(key=lambda scheme: "FirebaseBearer" not in scheme)
            if path == "/playground/search":
                # It searches media without an index, and every run of the sample library is of an index.
                operation["parameters"] = []
            for parameter in operation.get("parameters", []):
                if parameter.get("name") in known:
                    parameter["example"] = known[parameter["name"]]
            if body := BODIES.get(f"{method.upper()} {path}"):
                for content in operation["requestBody"]["content"].values():
                    content["example"] = body
    schemas = api["components"]["schemas"]
    attachment = schemas["WorkflowAttachmentsRequest"]["properties"]["files"]["items"]
    for schema, name in ((schemas["CreateWebhookRequest"], "url"), (schemas["UpdateWebhookRequest"], "url"), (attachment, "download_url")):
        schema["properties"][name] = {"enum": [NOWHERE] if name in schema.get("required", []) else [NOWHERE, None]}
    return api


def successes(report):
    """How often each operation answered with success."""
    found = collections.Counter()
    for line in report.read_text().splitlines():
        finished = json.loads(line).get("ScenarioFinished", {"recorder": {}})["recorder"]
        for case, exchange in finished.get("interactions", {}).items():
            request = finished["cases"][case]["value"]
            found[f"{request['method']} {request['path']}"] += (exchange.get("response") or {"status_code": 0})["status_code"] // 100 == 2
    return found


def main():
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder)
        (data / "bucket").mkdir()
        (data / "bucket" / "reel.mp4").write_bytes(FILM)
        api = description()
        (data / "openapi.json").write_text(json.dumps(api))
        described = {f"{method.upper()} {path}" for path, item in api["paths"].items() for method in item}
        command = [COMMAND, "playground", "--port", "0", "--json", "--data-dir", str(data / "playground"), "--bucket", f"films={data / 'bucket'}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as playground:
            try:
                line = json.loads(playground.stdout.readline())
                settings = {"PLAYGROUND_URL": line["base_url"], "PLAYGROUND_KEY": line["api_key"], "PLAYGROUND_TOKEN": line["jwt"], "NO_PROXY": "*"}
                tool = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "--no-color", "run", str(data / "openapi.json")]
                report = ["--report", "ndjson", "--report-ndjson-path", str(data / "report.ndjson")]
                with subprocess.Popen([*tool, *report, "--max-examples", "12", *OPTIONS], cwd=folder, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True) as running:
                    for line in running.stdout:
                        # An answer that it shows may hold a key that was made a moment ago.
                        print(re.sub(r"sk_live_\w+|eyJ[\w.-]+|whsec_\w+", "[secret]", line), end="", flush=True)
            finally:
                playground.terminate()
        found = {name: times for name, times in successes(data / "report.ndjson").items() if name in described}
        hollow = sorted(name for name, times in found.items() if times == 0 and name not in NEVER)
        print("\n".join([f"{len(found)} of {len(described)} operations", *(f"never answered with success: {name}" for name in hollow)]))
        return running.returncode or bool(hollow)


sys.exit(main())
