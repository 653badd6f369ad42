"""The official Python SDK against the playground: every method whose endpoint the playground has.

    python tests/clients/sdk.py path/to/videosearch-mcp

The SDK builds typed models from the answers, so a member that is missing or of another type fails here. Prints `N passed, N failed`.
"""

import base64
import json
import subprocess
import sys
import traceback
import urllib.request

import videovector
from videovector import VideoVector

COMMAND = sys.argv[1] if len(sys.argv) > 1 else "videosearch-mcp"


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


def keys(signed_in, base_url, **_):
    made = signed_in.api_keys.create(name="SDK", scopes=["read", "search"], expires_in_days=90)
    assert made.key.startswith("sk_live_") and made.expires_at, made.key_id
    assert made.key_id in [key.key_id for key in signed_in.api_keys.list()]
    assert signed_in.api_keys.retrieve(made.key_id).is_active

    def indexes(key):
        with VideoVector(api_key=key, base_url=base_url, max_retries=0) as client:
            return client.indexes.list()

    assert indexes(made.key)
    new = signed_in.api_keys.rotate(made.key_id)
    assert new.key != made.key and new.scopes == ["read", "search"]
    refused(videovector.AuthenticationError, lambda: indexes(made.key))
    assert indexes(new.key)
    with VideoVector(api_key=new.key, base_url=base_url, max_retries=0) as reader:
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


def not_offered(client, key, base_url, signed_in, **_):
    """What the playground lacks asks for a key and a scope first, then says that it is not offered."""
    condition = {"field": "scene", "operator": "contains", "value": "clock", "type": "string"}
    calls = [
        lambda client: client.search.filter_playground(conditions=[condition]),
        lambda client: client.webhooks.list(),
        lambda client: client.connectors.list(),
        lambda client: client.exports.list(),
        lambda client: client.import_jobs.list(),
        lambda client: client.videos.get_deletion("vid_none"),
        lambda client: client.indexes.get_deletion("idx_none"),
        lambda client: client.videos.list_playground(),
    ]
    for call in calls:
        error = refused(videovector.NotFoundError, lambda call=call: call(client))
        assert error.error_code == "endpoint_not_offered" and "not offered by this playground" in error.message, error
    with VideoVector(api_key="sk_live_wrong", base_url=base_url, max_retries=0) as nobody:
        for call in calls:
            refused(videovector.AuthenticationError, lambda call=call: call(nobody))
    made = signed_in.api_keys.create(name="SDK search", scopes=["search"])
    with VideoVector(api_key=made.key, base_url=base_url, max_retries=0) as searcher:
        for call in calls[1:]:
            refused(videovector.AuthorizationError, lambda call=call: call(searcher))
    signed_in.api_keys.delete(made.key_id)


def accounts(client, **_):
    assert client.rate_limits.get_status().categories["search"].minute_limit > 0
    assert client.usage.get_current().metrics["search_queries"] > 0
    assert client.usage.get_history(limit=2).periods
    assert client.usage.get_details(metric_type="search_queries", limit=3)
    assert client.usage.get_breakdown(start_date="2026-01-01").breakdown
    assert "search_queries" in [kind.type for kind in client.usage.get_metric_types()]


def main():
    process = subprocess.Popen([COMMAND, "playground", "--port", "0", "--json"], stdout=subprocess.PIPE, text=True)
    passed = failed = 0
    try:
        started = json.loads(process.stdout.readline())
        key, base_url = started["api_key"], started["base_url"]
        with (
            VideoVector(api_key=key, base_url=base_url) as client,
            VideoVector(bearer_token=started["jwt"], base_url=base_url) as signed_in,
        ):
            # The last check reads what the searches before it have used.
            for check in (keys, library, searches, prompts, runs, money, segmentation, not_offered, accounts):
                try:
                    check(client=client, signed_in=signed_in, key=key, base_url=base_url)
                    passed += 1
                    print(f"ok   {check.__name__}")
                except Exception:
                    failed += 1
                    print(f"FAIL {check.__name__}")
                    traceback.print_exc()
    finally:
        process.terminate()
        process.wait()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
