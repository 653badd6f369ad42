"""The official TypeScript server's tools, called here by their names, with their arguments, for their members.

    python tests/clients/contract.py path/to/videosearch-mcp

A harness that was written for that server must run against this one. So each of its 48 tools is called as it is called there, in the form
`json`, and the members of the answer are compared with those that the contract names. Prints `N passed, N failed`.
"""

import asyncio
import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import traceback
import zlib

from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

COMMAND = sys.argv[1] if len(sys.argv) > 1 else "videosearch-mcp"

INDEX, VIDEO, RUN = "idx_early_cinema", "vid_great_train_robbery_1903", "run_scene_catalogue_early_cinema"
DAMAGED = {"run_id": "run_scene_catalogue_damaged", "video_id": "vid_damaged_reel_1906", "segment_id": "seg_damaged_reel_1906_003"}
TARGET = {"type": "videos", "video_ids": [VIDEO]}
SCHEMA = {"type": "object", "properties": {"scene": {"type": "string"}}, "required": ["scene"]}
CREDENTIALS = {
    "type": "service_account",
    "project_id": "p",
    "private_key_id": "k",
    "private_key": "none",
    "client_email": "c@example.org",
    "token_uri": "https://example.org/token",
}


def picture(shade):
    def chunk(kind, body):
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    rows = zlib.compress((b"\0" + bytes([shade]) * 8) * 8)
    header = chunk(b"IHDR", (8).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


class Contract:
    def __init__(self, client):
        self.client = client
        self.called = set()

    async def call(self, tool, arguments, *members, error=False):
        """Calls a tool and checks that the text and the structured content are one object with these members."""
        self.called.add(tool)
        result = await self.client.call_tool(tool, arguments)
        assert bool(result.is_error) == error, f"{tool}: {result.content[0].text[:600]}"
        answer = json.loads(result.content[0].text)
        if not error:
            assert result.structured_content in (None, answer), f"{tool}: the text and the structured content differ"
        missing = [member for member in members if member not in answer]
        assert not missing, f"{tool} lacks {missing}: {json.dumps(answer)[:600]}"
        return answer


async def searches(contract):
    shot = base64.b64encode(picture(90)).decode()
    common = ("index_id", "search_type", "total_results", "results")
    found = await contract.call("search_videos", {"query": "a train", "index_id": INDEX, "top_k": "5"}, "query", *common[::2], "total_results", "results")
    hit = found["results"][0]
    assert {"video_id", "segment_id", "video_name", "score", "start_time", "end_time"} <= set(hit), hit
    await contract.call("search_videos_by_image", {"image_data": shot, "index_id": INDEX}, *common)
    both = {"text_query": "a train", "image_data": shot, "index_id": INDEX, "text_weight": 0.6, "image_weight": 0.4}
    await contract.call("multimodal_search", both, "text_query", "has_image", "text_weight", "image_weight", *common)
    condition = {"field": "outdoor", "operator": "equals", "type": "boolean", "value": True}
    filtered = {"index_id": INDEX, "run_ids": [RUN], "conditions": [condition], "page_size": 2}
    page = await contract.call("filter_videos", filtered, "conditions", "has_more", "next_cursor", *common)
    await contract.call("filter_videos", {**filtered, "cursor": page["next_cursor"]}, *common)


async def library(contract):
    await contract.call("list_indexes", {"include_defaults": True}, "total_indexes", "user_indexes")
    await contract.call("get_index", {"index_id": INDEX}, "index_id", "name", "created_at")
    made = await contract.call("create_index", {"name": "Contract", "idempotency_key": "contract-1"}, "message", "index")
    members = ("index_id", "videos_returned", "has_more", "by_status", "by_media_type", "by_run_status", "segment_status_totals")
    listed = await contract.call("list_videos", {"index_id": INDEX, "limit": 2}, *members, "videos_with_processing_details", "videos", "next_cursor")
    await contract.call("list_videos", {"index_id": INDEX, "limit": 2, "cursor": listed["next_cursor"]}, *members, "videos")
    await contract.call("get_video", {"video_id": VIDEO}, "video_id", "title", "processing_summary", "processing_status")
    segments = {"video_id": VIDEO, "latest_run": True, "limit": 3}
    answer = await contract.call("get_video_segments", segments, "video_id", "run_id", "total_segments", "has_more", "segments")
    assert {"segment_id", "time_range", "duration", "operations", "start_time", "end_time"} <= set(answer["segments"][0]), answer["segments"][0]
    status = ("total_videos", "by_status", "by_run_status", "segment_status_totals", "videos_with_processing_details", "statuses")
    await contract.call("get_videos_status", {"video_ids": [VIDEO]}, *status)
    return made["index"]["index_id"]


async def prompts(contract):
    listed = await contract.call("list_prompts", {"include_defaults": True, "active_only": True}, "total_count", "active_count", "prompts")
    assert "schema_fields" in listed["prompts"][0], listed["prompts"][0]
    await contract.call("get_prompt", {"prompt_id": "prompt_scene_catalogue"}, "prompt_id", "json_schema", "schema_fields")
    given = {"name": "Contract", "description": "", "prompt_text": "Say what happens here.", "json_schema": SCHEMA, "idempotency_key": "contract-2"}
    made = (await contract.call("create_prompt", given, "message", "prompt"))["prompt"]["prompt_id"]
    await contract.call("update_prompt", {"prompt_id": made, "name": "Contract 2"}, "message", "prompt")
    await contract.call("test_prompt_schema", {"json_schema": SCHEMA, "sample_data": {"scene": "a train"}}, "valid")
    await contract.call("test_prompt_schema", {"json_schema": SCHEMA, "sample_data": {"scene": 5}}, error=True)
    await contract.call("get_prompt_usage", {"prompt_id": made}, "prompt_id", "is_in_use", "schema_properties_count")


async def runs(contract):
    await contract.call("list_prompt_runs", {"index_id": INDEX, "limit": 2}, "scope", "index_id", "total_runs", "runs")
    await contract.call("list_prompt_runs", {"video_id": VIDEO}, "scope", "video_id", "total_runs", "runs")
    given = {"prompt_id": "prompt_action_log", "target": TARGET, "enable_transcription": True}
    price = ("prompt_id", "target", "estimated_mt", "sufficient_balance", "current_balance_mt", "breakdown")
    await contract.call("estimate_prompt_run", given, *price)
    started = await contract.call("execute_prompt", {**given, "idempotency_key": "contract-3"}, "message", "run_id", "status", "prompt_name", "target", "total_media")
    status = ("run_id", "status", "progress", "media_breakdown", "operations", "configuration", "billing")
    await contract.call("get_prompt_run_status", {"run_id": started["run_id"]}, *status)
    await contract.call("cancel_prompt_run", {"run_id": started["run_id"], "idempotency_key": "stop"}, "message", "run", "note")
    await contract.call("get_prompt_run_results", {"run_id": RUN, "video_id": VIDEO, "limit": 2}, "run_id", "video_id", "total_results", "has_more", "results")
    await contract.call("get_prompt_run_video_result", {"run_id": RUN, "video_id": VIDEO}, "run_id", "video_id")
    await contract.call("get_prompt_run_failed_segments", {"run_id": DAMAGED["run_id"]}, "run_id", "failed_segments", "videos")
    retry = await contract.call("retry_prompt_run_segment", {**DAMAGED, "idempotency_key": "again"}, "retry_id", "status")
    await contract.call("get_prompt_run_segment_retry_status", {**DAMAGED, "retry_id": retry["retry_id"]}, "retry_id", "status")


async def connectors_and_imports(contract, index):
    keyed = {"idempotency_key": "contract-gcs", "scopes": ["import"], "import_mode": "all"}
    gcs = {"name": "GCS", "bucket": "films", "gcp_project_id": "p", "credentials_json": CREDENTIALS, **keyed}
    await contract.call("create_gcs_connector", gcs, "message", "connector")
    s3 = {"name": "S3", "bucket": "films", "region": "eu-central-1", "aws_access_key_id": "id", "aws_secret_access_key": "secret"}
    answer = await contract.call("create_s3_connector", {**s3, "idempotency_key": "contract-s3"}, "message", "connector")
    assert "secret" not in json.dumps(answer["connector"]), "no secret comes back"
    connector = answer["connector"]["connector_id"]
    azure = {"name": "Azure", "storage_account": "a", "container": "films", "tenant_id": "t", "client_id": "c", "client_secret": "s"}
    await contract.call("create_azure_connector", {**azure, "idempotency_key": "contract-azure"}, "message", "connector")
    await contract.call("list_connectors", {}, "total_connectors", "by_provider", "connectors")
    await contract.call("test_connector", {"connector_id": connector}, "connector_id", "success")
    browse = {"connector_id": connector, "prefix": "", "pattern": "*.png", "recursive": True}
    files = await contract.call("browse_connector_files", browse, "connector_id", "filter", "total_files", "total_size", "by_extension", "files")
    assert files["total_files"] == 1 and "size_human" in files["files"][0], files
    job = {"connector_id": connector, "index_id": index, "source_prefix": "", "file_pattern": "*", "recursive": True}
    started = await contract.call("create_import_job", {**job, "idempotency_key": "contract-4"}, "message", "job")
    job_id = started["job"]["job_id"]
    await contract.call("list_import_jobs", {"status": "COMPLETED"}, "total_jobs", "filter", "by_status", "jobs")
    await contract.call("get_import_job", {"job_id": job_id}, "job_id", "status", "progress")
    await contract.call("cancel_import_job", {"job_id": job_id}, "message", "job", "note")


async def exports(contract):
    started = ("message", "export_id", "status", "destination_type")
    made = await contract.call("export_index_metadata", {"index_id": INDEX, "idempotency_key": "contract-5"}, "index_id", "prompt_run_ids", *started)
    await contract.call("export_prompt_run", {"run_id": RUN}, "run_id", *started)
    for _ in range(200):
        status = await contract.call("get_export_status", {"export_id": made["export_id"]}, "export_id", "status", "destination_type")
        if status["status"] not in ("pending", "processing"):
            break
        await asyncio.sleep(0.1)
    assert status["status"] == "completed" and status["file_size_human"], status
    members = ("export_id", "status", "destination_type")
    await contract.call("get_export_download_url", {"export_id": made["export_id"]}, *members)


async def webhooks(contract):
    given = {"name": "Hook", "url": "http://127.0.0.1:9/hook", "events": ["prompt_run.completed"], "metadata": {"a": "b"}}
    made = await contract.call("create_webhook", {**given, "idempotency_key": "contract-6"}, "message", "webhook", "secret")
    webhook = made["webhook"]["webhook_id"]
    await contract.call("list_webhooks", {}, "total_webhooks", "by_status", "webhooks")
    await contract.call("get_webhook", {"webhook_id": webhook}, "webhook_id", "name", "url", "events", "status")
    await contract.call("update_webhook", {"webhook_id": webhook, "status": "paused"}, "message", "webhook")
    await contract.call("list_webhook_events", {}, "total_events", "by_category", "events")
    await contract.call("test_webhook", {"webhook_id": webhook}, "webhook_id", "success")
    await contract.call("list_webhook_deliveries", {"webhook_id": webhook, "status": "FAILED", "limit": 5}, "webhook_id", "filter", "total_deliveries", "by_status", "deliveries")


async def main():
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        bucket = pathlib.Path(folder, "films")
        bucket.mkdir()
        pathlib.Path(bucket, "one.png").write_bytes(picture(60))
        # The playground in the server takes no bucket, so one of its own is started.
        command = [COMMAND, "playground", "--port", "0", "--json", "--bucket", f"films={bucket}"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started = json.loads(process.stdout.readline())
        environment = {"VIDEOSEARCH_BASE_URL": started["base_url"], "VIDEOSEARCH_API_KEY": started["api_key"]}
        arguments = ["--output", "json", "--toolsets", "all", "--reveal-secrets", "--state-dir", str(pathlib.Path(folder, "state"))]
        async with Client(stdio_client(StdioServerParameters(command=COMMAND, args=arguments, env=environment)), mode="auto") as client:
            contract = Contract(client)
            index = None
            for check in (searches, library, prompts, runs, connectors_and_imports, exports, webhooks):
                try:
                    if check is connectors_and_imports:
                        await check(contract, index)
                    else:
                        index = await check(contract) or index
                    print(f"ok   {check.__name__}", flush=True)
                except Exception:
                    failed += 1
                    print(f"FAIL {check.__name__}", flush=True)
                    traceback.print_exc()
        process.terminate()
        process.wait()
    print(f"{len(contract.called)} of 48 tools called")
    failed += len(contract.called) != 48
    print(f"{7 - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    asyncio.run(main())
