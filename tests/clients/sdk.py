"""The official Python SDK against the playground: every method of its synchronous and of its asynchronous client.

    python tests/clients/sdk.py path/to/videosearch-mcp

The SDK builds typed models from the answers, so a member that is missing or of another type fails here. The same checks run with both
clients; each runs against a playground of its own. At the end every public method must have been called. Prints `N passed, N failed`.
"""

import asyncio
import base64
import inspect
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request
import zlib

import videovector
from videovector import AsyncVideoVector, VideoVector

COMMAND = sys.argv[1] if len(sys.argv) > 1 else "videosearch-mcp"

# What each client calls, by `resource.method`.
CALLED = {VideoVector: set(), AsyncVideoVector: set()}


class Driver:
    """A client whose calls are noted. With the asynchronous client, each call is run to its end."""

    def __init__(self, kind, **options):
        self.kind = kind
        self.loop = asyncio.new_event_loop() if kind is AsyncVideoVector else None
        self.client = kind(**options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.settled(self.client.close())
        if self.loop:
            self.loop.close()

    def __getattr__(self, name):
        value = getattr(self.client, name)
        return self.noted(name, value) if callable(value) else Resource(self, name, value)

    def noted(self, name, method):
        def call(*arguments, **options):
            CALLED[self.kind].add(name)
            return self.settled(method(*arguments, **options))

        return call

    def settled(self, value):
        """The value of an awaitable, a list of what an iterator gives, and pages whose methods need no waiting either."""
        if inspect.isawaitable(value):
            return self.settled(self.loop.run_until_complete(value))
        if hasattr(value, "__aiter__") and not hasattr(value, "next_page"):
            return self.loop.run_until_complete(self.gathered(value))
        return Page(self, value) if self.loop and hasattr(value, "next_page") else value

    async def gathered(self, items):
        return [item async for item in items]


class Resource:
    def __init__(self, driver, name, resource):
        self.driver, self.name, self.resource = driver, name, resource

    def __getattr__(self, name):
        return self.driver.noted(f"{self.name}.{name}", getattr(self.resource, name))


class Page:
    def __init__(self, driver, page):
        self.driver, self.page = driver, page

    def __getattr__(self, name):
        value = getattr(self.page, name)
        if not callable(value):
            return value
        return lambda *arguments: self.driver.settled(value(*arguments))

    def __iter__(self):
        return iter(self.page.data)


def public_methods(kind):
    client = kind(api_key="sk_live_" + "0" * 48, base_url="http://127.0.0.1:1/api/v2")
    methods = {"authenticate"}
    for name, value in inspect.getmembers(client, lambda value: type(value).__module__.startswith("videovector.resources")):
        methods |= {f"{name}.{method}" for method, _ in inspect.getmembers(value, callable) if not method.startswith("_")}
    return methods


class Absent(Exception):
    """Nothing of the kind that a check needs."""


def first(rows, fits):
    for row in rows:
        if fits(row):
            return row
    raise Absent("no row fits")


def refused(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected")


def keys(signed_in, base_url, opened, **_):
    made = signed_in.api_keys.create(name="SDK", scopes=["read", "search"], expires_in_days=90)
    assert made.key.startswith("sk_live_") and made.expires_at, made.key_id
    assert made.key_id in [key.key_id for key in signed_in.api_keys.list()]
    assert signed_in.api_keys.retrieve(made.key_id).is_active

    def indexes(key):
        with opened(api_key=key, max_retries=0) as client:
            return client.indexes.list()

    assert indexes(made.key)
    new = signed_in.api_keys.rotate(made.key_id)
    assert new.key != made.key and new.scopes == ["read", "search"]
    refused(videovector.AuthenticationError, lambda: indexes(made.key))
    assert indexes(new.key)
    with opened(api_key=new.key, max_retries=0) as reader:
        refused(videovector.AuthorizationError, lambda: reader.prompt_runs.cancel("run_none"))
        refused(videovector.AuthorizationError, reader.api_keys.list)
    assert not signed_in.api_keys.revoke(new.key_id).is_active
    assert signed_in.api_keys.delete(new.key_id).message
    refused(videovector.NotFoundError, lambda: signed_in.api_keys.retrieve(new.key_id))
    refused(videovector.ValidationError, lambda: signed_in.api_keys.create(name="", scopes=["read"]))


def library(client, **_):
    assert client.authenticate() is not None
    indexes = client.indexes.list()
    assert len(indexes) >= 2 and len(client.indexes.list(include_defaults=False)) < len(indexes)
    index = client.indexes.retrieve(indexes[0].index_id)
    page = client.indexes.list_videos(index.index_id, limit=3)
    seen = [video.video_id for video in page.data]
    while page.has_more:
        page = page.next_page()
        seen += [video.video_id for video in page.data]
    assert len(seen) == len(set(seen)) > 3, seen
    every = [video.video_id for video in client.indexes.list_videos(index.index_id, limit=100).auto_paging_iter()]
    assert seen == every
    assert client.indexes.list_prompt_runs(index.index_id).data

    video = client.videos.retrieve(seen[0])
    assert video.title and video.metadata_keys
    assert [row.video_id for row in client.videos.batch_retrieve(seen[:2])] == seen[:2]
    assert [row.video_id for row in client.videos.batch_status(seen[:2])] == seen[:2]
    assert [row.video_id for row in client.videos.batch_segments(seen[:2])] == seen[:2]
    runs = client.videos.list_prompt_runs(video.video_id)
    target = videovector.BatchVideoSegmentsTarget(video_id=video.video_id, run_id=runs[0].run_id)
    assert client.videos.batch_segments_for_targets([target])[0].segments
    segments = list(client.videos.list_segments(video.video_id, latest_run=True, limit=2).auto_paging_iter())
    assert len(segments) > 2 and len({segment.segment_id for segment in segments}) == len(segments)
    refused(videovector.NotFoundError, lambda: client.videos.retrieve("vid_none"))


def searches(client, key, base_url, **_):
    index = first(client.indexes.list(), lambda index: index.name == "Early cinema").index_id
    hits = client.search.text(index, query="a man hangs from a clock", top_k=5)
    assert "safety_last" in hits[0].video_id, hits[0]
    request = urllib.request.Request(f"{base_url}/videos/segments/{hits[0].segment_id}/thumbnail", headers={"X-API-Key": key})
    picture = base64.b64encode(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).read()).decode()
    alike = client.search.image(index, image_data=picture, top_k=3)
    assert alike[0].segment_id == hits[0].segment_id
    both = client.search.multimodal(index, text_query="clock", image_data=picture, top_k=3)
    assert both[0].segment_id == hits[0].segment_id and both[0].fused_score > 0
    condition = {"field": "scene", "operator": "contains", "value": "clock", "type": "string"}
    pages, cursor, seen = 0, None, []
    while True:
        found = client.search.filter(index, conditions=[condition], page_size=1, cursor=cursor)
        seen += [hit.segment_id for hit in found.results]
        pages, cursor = pages + 1, found.next_page_token
        if not cursor:
            break
    assert seen and len(seen) == len(set(seen)), seen
    refused(videovector.ValidationError, lambda: client.search.text(index, query=" "))
    refused(videovector.NotFoundError, lambda: client.search.text("idx_none", query="clock"))


def prompts(client, **_):
    listed = client.prompts.list()
    assert listed.total_count == len(listed.prompts) >= 2
    assert client.prompts.retrieve(listed.prompts[0].prompt_id).json_schema
    assert client.prompts.list(active_only=False, include_defaults=False).prompts
    schema = {"type": "object", "properties": {"scene": {"type": "string"}}, "required": ["scene"]}
    assert client.prompts.test_schema(json_schema=schema, sample_data={"scene": "a clock"}).valid
    assert not client.prompts.test_schema(json_schema=schema, sample_data={"scene": 5}).valid
    refused(videovector.NotFoundError, lambda: client.prompts.retrieve("prompt_none"))


def runs(client, **_):
    prompt = client.prompts.list().prompts[0].prompt_id
    index = client.indexes.list()[0].index_id
    video = client.indexes.list_videos(index).data[0].video_id
    target = {"type": "videos", "video_ids": [video], "index_id": index}
    assert client.prompt_runs.estimate(prompt_id=prompt, target=target).estimated_mt > 0
    run = client.prompt_runs.execute(prompt_id=prompt, target=target, idempotency_key="sdk-check")
    assert client.prompt_runs.execute(prompt_id=prompt, target=target, idempotency_key="sdk-check").run_id == run.run_id
    other = {"type": "index", "index_id": index}
    refused(videovector.ConflictError, lambda: client.prompt_runs.execute(prompt_id=prompt, target=other, idempotency_key="sdk-check"))
    done = client.prompt_runs.wait_for_completion(run.run_id, poll_interval=0.2, timeout=60)
    assert done.status == "completed", done
    assert run.run_id in [row.run_id for row in client.prompt_runs.list(limit=5)]
    results = list(client.prompt_runs.list_results(run.run_id, video_id=video, limit=2).auto_paging_iter())
    assert len(results) > 2 and results[0].metadata
    assert client.prompt_runs.get_video_result(run.run_id, video)
    assert client.prompt_runs.get_llm_calls(run.run_id)
    assert client.prompt_runs.get_failed_segments(run.run_id).failed_segments == 0

    failed = first(client.prompt_runs.list(), lambda row: row.status == "completed_with_failures")
    manifest = client.prompt_runs.get_failed_segments(failed.run_id)
    item = manifest.videos[0]
    lost = first(item.segments, lambda row: not row.retryable).segment_id
    error = refused(videovector.ConflictError, lambda: client.prompt_runs.retry_segment(failed.run_id, item.video_id, lost))
    assert error.error_code == "resource_segment_not_retryable", error
    segment = first(item.segments, lambda row: row.retryable).segment_id
    retry = client.prompt_runs.retry_segment(failed.run_id, item.video_id, segment, idempotency_key="sdk-retry")
    again = client.prompt_runs.retry_segment(failed.run_id, item.video_id, segment, idempotency_key="sdk-retry")
    assert (retry.retry_id, retry.idempotency_key) == (again.retry_id, "sdk-retry")
    assert client.prompt_runs.get_segment_retry_status(failed.run_id, item.video_id, segment, retry.retry_id).retry_id == retry.retry_id

    long = client.prompt_runs.execute(prompt_id=prompt, target=other)
    assert client.prompt_runs.cancel(long.run_id).run_id == long.run_id
    assert client.prompt_runs.wait_for_completion(long.run_id, poll_interval=0.2, timeout=60).status == "cancelled"
    error = refused(videovector.NotFoundError, lambda: client.prompt_runs.retrieve("run_none"))
    assert error.error_code == "resource_run_not_found", error


def money(client, **_):
    """Figures are true as soon as a run has ended, whoever asks first; a default that is written out is no other request."""
    prompt = client.prompts.list().prompts[0].prompt_id
    target = {"type": "videos", "video_ids": ["vid_arrival_of_a_train_1896"]}

    def balance():
        return client.prompt_runs.estimate(prompt_id=prompt, target=target).current_balance_mt

    def spent():
        return client.usage.get_current().metrics["media_tokens"]

    before, used = balance(), spent()
    run = client.prompt_runs.execute(prompt_id=prompt, target=target, idempotency_key="sdk-money")
    again = client.prompt_runs.execute(
        prompt_id=prompt,
        target=target,
        video_segmentation_type="smart",
        audio_segmentation_type="content_aware",
        enable_transcription=True,
        idempotency_key="sdk-money",
    )
    assert again.run_id == run.run_id
    price = client.prompt_runs.wait_for_completion(run.run_id, poll_interval=0.2, timeout=60).billing_actual_mt
    assert price > 0 and abs(before - balance() - price) < 0.01, (before, balance(), price)
    assert abs(spent() - used - price) < 0.01, (used, spent(), price)


def segmentation(client, **_):
    video, prompt = "vid_safety_last_1923", client.prompts.list().prompts[0].prompt_id
    asked = {
        "prompt_id": prompt,
        "target": {"type": "videos", "video_ids": [video]},
        "video_segmentation_type": "fixed",
        "video_segment_duration": 60,
    }
    price = client.prompt_runs.estimate(**asked)
    assert price.breakdown["media_seconds"] == 4380, price.breakdown
    run = client.prompt_runs.execute(**asked)
    assert run.total_segments == 73 and run.created_new_segments and run.billing_estimated_mt == price.estimated_mt, run
    segments = list(client.videos.list_segments(video, run_id=run.run_id, limit=100).auto_paging_iter())
    assert [(row.start_time, row.end_time) for row in segments] == [(n * 60, n * 60 + 60) for n in range(73)]
    client.prompt_runs.cancel(run.run_id)


def picture(shade):
    """A PNG of 8 by 8 points in one shade. Pictures need no duration, so every machine can import them."""

    def chunk(kind, body):
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    header = (8).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    rows = zlib.compress((b"\0" + bytes([shade]) * 8) * 8)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def until(what, done):
    """What a call gives once it fits."""
    for _ in range(300):
        value = what()
        if done(value):
            return value
        time.sleep(0.1)
    raise AssertionError(f"it did not end: {value}")


def indexes(client, **_):
    made = client.indexes.create(name="SDK films", idempotency_key="sdk-index")
    assert client.indexes.create(name="SDK films", idempotency_key="sdk-index").index_id == made.index_id
    assert made.index_id in [index.index_id for index in client.indexes.list()]
    begun = client.indexes.delete(made.index_id)
    assert begun.deletion_id and begun.index_id == made.index_id, begun
    ended = until(lambda: client.indexes.get_deletion(made.index_id), lambda state: state.status == "deleted")
    assert ended.deletion_id == begun.deletion_id, ended
    refused(videovector.NotFoundError, lambda: client.indexes.retrieve(made.index_id))


def uploads(client, **_):
    index = client.indexes.create(name="SDK uploads").index_id
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "dark.png")
        file.write_bytes(picture(40))
        job = client.videos.upload(file=file, title="Dark", index_id=index)
        job = client.import_jobs.wait_for_completion(job.job_id, poll_interval=0.2, timeout=60)
        video = job.video_ids[0]
        assert client.videos.retrieve(video).title == "Dark"
        file.write_bytes(picture(200))
        job = client.workflow.upload(file, title="Bright", index_name="SDK uploads")
        assert client.import_jobs.retrieve(job.job_id).status == "completed", job
        job = client.workflow.upload(file, title="Loose")
    assert "Loose" in [item.title for item in client.videos.list_playground(limit=10).data]
    titles = [item.title for item in client.indexes.list_videos(index).data]
    assert sorted(titles) == ["Bright", "Dark"], titles
    link = client.videos.get_signed_url(client.videos.retrieve(video).video_uri)
    body = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(link.signed_url).read()
    assert body == picture(40), body[:16]
    made = client.videos.create(title="By address", video_uri="gs://films/by-address.png", index_id=index)
    assert made.job_id, made
    assert client.videos.process(video, segment_duration=10).message
    begun = client.videos.delete(video)
    ended = until(lambda: client.videos.get_deletion(video), lambda state: state.status == "deleted")
    assert ended.deletion_id == begun.deletion_id, ended
    refused(videovector.NotFoundError, lambda: client.videos.retrieve(video))


def more_searches(client, **_):
    condition = {"field": "scene", "operator": "contains", "value": "clock", "type": "string"}
    assert client.search.filter_playground(conditions=[condition]).results == []
    assert isinstance(client.search.playground(query="a clock"), list)
    index = first(client.indexes.list(), lambda index: index.name == "Early cinema").index_id
    runs = [run.run_id for run in client.indexes.list_prompt_runs(index).data if run.status == "completed"][:2]
    hits = client.search.multi_run(query="a man hangs from a clock", run_ids=runs, aggregation="best", top_k=3)
    assert any("safety_last" in hit.video_id for hit in hits), hits
    page = client.workflow.search("a train arrives", limit=2)
    seen = [hit.segment_id for hit in page.data]
    assert len(seen) == 2 and page.has_more, page
    further = page.next_page()
    assert further.data and not set(seen) & {hit.segment_id for hit in further.data}


def prompt_life(client, **_):
    schema = {"type": "object", "properties": {"scene": {"type": "string"}}, "required": ["scene"]}
    made = client.prompts.create(name="SDK prompt", prompt_text="Describe the scene in one sentence.", json_schema=schema)
    changed = client.prompts.update(made.prompt_id, name="SDK prompt, renamed")
    assert changed.name == "SDK prompt, renamed" and changed.json_schema == schema, changed
    usage = client.prompts.get_usage(made.prompt_id)
    assert usage.schema_properties_count == 1 and not usage.is_in_use, usage
    assert client.prompts.delete(made.prompt_id).message
    refused(videovector.NotFoundError, lambda: client.prompts.retrieve(made.prompt_id))
    defined = client.workflow.define("Say who is in the picture, and what the weather is.")
    assert defined.saved and defined.prompt_id == defined.prompt.prompt_id, defined
    begun = client.workflow.process(prompt_id=defined.prompt_id, video_ids=["vid_arrival_of_a_train_1896"])
    assert begun.run.prompt_id == defined.prompt_id, begun
    done = client.workflow.wait_until_searchable(begun.run.run_id, poll_interval=0.2, timeout=60)
    assert done.status == "completed", done
    assert client.prompts.delete(defined.prompt_id, force=True).message


def connectors_and_imports(client, **_):
    s3 = client.connectors.create_s3(
        name="SDK S3", bucket="films", region="eu-central-1", aws_access_key_id="id", aws_secret_access_key="secret", scopes=["import", "export"]
    )
    azure = client.connectors.create_azure(
        name="SDK Azure", storage_account="account", container="films", tenant_id="t", client_id="c", client_secret="s"
    )
    credentials = {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "k",
        "private_key": "none",
        "client_email": "c@example.org",
        "token_uri": "https://example.org/token",
    }
    gcs = client.connectors.create_gcs(
        name="SDK GCS", bucket="films", gcp_project_id="p", credentials_file=io.BytesIO(json.dumps(credentials).encode())
    )
    assert {"gcs", "s3", "azure"} <= {row.provider for row in client.connectors.list()}
    assert client.connectors.retrieve(gcs.connector_id).name == "SDK GCS"
    assert client.connectors.test(s3.connector_id).success
    files = client.connectors.browse(s3.connector_id)
    assert sorted(file.name for file in files) == ["one.png", "readme.txt", "two.png"], files
    index = client.indexes.create(name="SDK imports").index_id
    job = client.import_jobs.create(connector_id=s3.connector_id, index_id=index, idempotency_key="sdk-import")
    assert client.import_jobs.create(connector_id=s3.connector_id, index_id=index, idempotency_key="sdk-import").job_id == job.job_id
    done = client.import_jobs.wait_for_completion(job.job_id, poll_interval=0.2, timeout=60)
    assert done.progress and done.status == "completed", done
    assert job.job_id in [row.job_id for row in client.import_jobs.list(status="completed")]
    assert client.import_jobs.outputs(job.job_id, limit=1).items
    assert len(list(client.import_jobs.iter_outputs(job.job_id))) == 2
    assert client.import_jobs.files(job.job_id).items
    assert list(client.import_jobs.iter_files(job.job_id))
    second = client.import_jobs.create(connector_id=azure.connector_id, index_id=index)
    assert client.import_jobs.cancel(second.job_id).job_id == second.job_id
    until(lambda: client.import_jobs.retrieve(second.job_id), lambda state: state.status in ("cancelled", "completed"))
    again = client.import_jobs.retry(second.job_id)
    until(lambda: client.import_jobs.retrieve(again.job_id), lambda state: state.status in ("failed", "completed"))
    for made in (azure, gcs):
        assert client.connectors.delete(made.connector_id).message


def exports(client, **_):
    index = first(client.indexes.list(), lambda index: index.name == "Early cinema").index_id
    made = client.exports.create_index_export(index)
    done = client.exports.wait_for_completion(made.export_id, poll_interval=0.2, timeout=60)
    assert done.status == "completed" and done.file_size_bytes > 0, done
    run = first(client.prompt_runs.list(), lambda run: run.status == "completed").run_id
    other = client.exports.create_prompt_run_export(run)
    assert {made.export_id, other.export_id} <= {row.export_id for row in client.exports.list(limit=10)}
    assert client.exports.retrieve(made.export_id).export_id == made.export_id
    assert client.exports.download_url(made.export_id) is None, "over plain http there is no link"
    pieces = b"".join(client.exports.iter_download(made.export_id))
    assert len(pieces) == done.file_size_bytes and json.loads(pieces), len(pieces)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "export.json")
        assert client.exports.download(made.export_id, file) == len(pieces)
        assert file.read_bytes() == pieces


def webhooks(client, **_):
    events = client.webhooks.list_events()
    assert "prompt_run.completed" in [event if isinstance(event, str) else event["name"] for event in events], events
    # Nothing listens there, so its deliveries fail.
    made = client.webhooks.create(name="SDK hook", url="http://127.0.0.1:9/hook", events=["prompt_run.completed"])
    assert made.secret and made.webhook_id in [row.webhook_id for row in client.webhooks.list()]
    assert client.webhooks.retrieve(made.webhook_id).name == "SDK hook"
    assert client.webhooks.update(made.webhook_id, name="SDK hook 2").name == "SDK hook 2"
    assert not client.webhooks.test(made.webhook_id).success
    new = client.webhooks.rotate_secret(made.webhook_id)
    assert new.new_secret != made.secret
    target = {"type": "videos", "video_ids": ["vid_arrival_of_a_train_1896"]}
    run = client.prompt_runs.execute(prompt_id=client.prompts.list().prompts[0].prompt_id, target=target)
    client.prompt_runs.wait_for_completion(run.run_id, poll_interval=0.2, timeout=60)
    sent = until(lambda: client.webhooks.list_deliveries(made.webhook_id), lambda rows: rows)[0]
    assert client.webhooks.get_delivery(sent.delivery_id).event_type == sent.event_type
    assert client.webhooks.retry_delivery(sent.delivery_id).delivery_id == sent.delivery_id
    assert client.webhooks.delete(made.webhook_id).message
    refused(videovector.NotFoundError, lambda: client.webhooks.retrieve(made.webhook_id))


def accounts(client, **_):
    assert client.rate_limits.get_status().categories["search"].minute_limit > 0
    assert client.rate_limits.refresh().categories["search"].minute_limit > 0
    assert client.usage.get_current().metrics["search_queries"] > 0
    assert client.usage.get_history(limit=2).periods
    assert client.usage.get_details(metric_type="search_queries", limit=3)
    assert client.usage.get_breakdown(start_date="2026-01-01").breakdown
    assert "search_queries" in [kind.type for kind in client.usage.get_metric_types()]


# The last check reads what the searches before it have used.
CHECKS = (
    keys,
    library,
    searches,
    more_searches,
    prompts,
    prompt_life,
    runs,
    money,
    segmentation,
    indexes,
    uploads,
    connectors_and_imports,
    exports,
    webhooks,
    accounts,
)


def run(kind, bucket):
    """Runs all checks with one kind of client. Gives the number of failures."""
    arguments = [COMMAND, "playground", "--port", "0", "--json", "--bucket", f"films={bucket}"]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    failed = 0
    try:
        started = json.loads(process.stdout.readline())
        key, base_url = started["api_key"], started["base_url"]

        def opened(**options):
            return Driver(kind, base_url=base_url, **options)

        with opened(api_key=key) as client, opened(bearer_token=started["jwt"]) as signed_in:
            for check in CHECKS:
                try:
                    check(client=client, signed_in=signed_in, key=key, base_url=base_url, opened=opened)
                    print(f"ok   {kind.__name__} {check.__name__}", flush=True)
                except Exception:
                    failed += 1
                    print(f"FAIL {kind.__name__} {check.__name__}", flush=True)
                    traceback.print_exc()
    finally:
        process.terminate()
        process.wait()
    return failed


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as bucket:
        for name, body in (("one.png", picture(60)), ("two.png", picture(120)), ("readme.txt", b"no film")):
            pathlib.Path(bucket, name).write_bytes(body)
        for kind in (VideoVector, AsyncVideoVector):
            failed += run(kind, bucket)
    for kind, called in CALLED.items():
        methods = public_methods(kind)
        left = methods - called
        print(f"{kind.__name__}: {len(methods & called)} of {len(methods)} methods called")
        if left:
            failed += 1
            print(f"FAIL not called: {', '.join(sorted(left))}")
    total = len(CHECKS) * 2
    print(f"{total - min(failed, total)} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
