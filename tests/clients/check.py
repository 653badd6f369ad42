"""A real client against the built binary: the official Python `mcp` package, in all of its modes, over the playground.

    python tests/clients/check.py path/to/videosearch-mcp [http]

Calls every core tool, uses ids of earlier answers in later ones, and prints `N passed, N failed` at the end.
"""

import base64

from reach import open_client, run


async def call(client, tool, arguments, called=None):
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, f"{tool}: {result.content[0].text}"
    if called is not None:
        called.add(tool)
    return result


async def every_tool(mode):
    async with open_client(mode) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert len(names) == 25, names
        called = set()

        async def ask(tool, arguments):
            return (await call(client, tool, arguments, called)).structured_content

        indexes = await ask("list_indexes", {})
        index = next(row["index_id"] for row in indexes["user_indexes"] if row["name"] == "Early cinema")
        listed = (await ask("list_videos", {"index_id": index}))["videos"]
        hits = (await ask("search_videos", {"query": "a man hangs from a clock", "index_id": "Early cinema", "detail": "full"}))["results"]
        video = hits[0]["video_id"]
        assert "Safety Last" in hits[0]["video_name"] and video in [row["video_id"] for row in listed], hits[0]
        assert (await ask("get_video", {"video_id": video}))["video_id"] == video
        segments = (await ask("get_video_segments", {"video_id": video, "latest_run": True}))["segments"]
        assert hits[0]["segment_id"] in [row["segment_id"] for row in segments], segments

        handle = f"{video}@{hits[0]['start_time']:g}-{hits[0]['end_time']:g}"
        moment = await call(client, "show_moment", {"video_id": handle}, called)
        assert moment.structured_content is None, "a tool with a picture has no structured content"
        assert hits[0]["segment_id"] in moment.content[0].text, moment.content[0].text
        picture = next(block for block in moment.content if block.type == "image")
        assert picture.mime_type == "image/jpeg" and base64.b64decode(picture.data)[:2] == b"\xff\xd8"
        sheet = await call(client, "show_moments", {"moments": [handle]}, called)
        assert any(block.type == "image" for block in sheet.content)
        alike = await ask("search_videos_by_image", {"image_data": picture.data, "index_id": index, "top_k": 1})
        assert alike["results"][0]["segment_id"] == hits[0]["segment_id"], alike
        both = {"text_query": "clock", "image_data": picture.data, "index_id": index, "detail": "full"}
        assert (await ask("multimodal_search", both))["results"][0]["segment_id"] == hits[0]["segment_id"]
        prompts = (await ask("list_prompts", {}))["prompts"]
        prompt = next(row for row in prompts if row.get("runs"))
        field = next(row for row in prompt["schema_fields"] if row["type"] == "string")
        runs = (await ask("list_prompt_runs", {"index_id": index}))["runs"]
        run = next(row["run_id"] for row in runs if row["prompt_name"] == prompt["name"])
        condition = {"field": field["path"], "operator": "is_not_empty", "type": "string"}
        filtered = (await ask("filter_videos", {"index_id": index, "run_ids": [run], "conditions": [condition]}))["results"]
        assert filtered and all(hit["video_id"] for hit in filtered)
        extracted = (await ask("get_prompt_run_results", {"run_id": run, "video_id": video}))["results"]
        assert len(extracted) == len(segments), extracted
        assert (await ask("get_prompt_run_video_result", {"run_id": run, "video_id": video}))["metadata"]

        target = {"prompt_id": prompt["prompt_id"], "target": {"type": "videos", "video_ids": [video]}}
        assert (await ask("estimate_prompt_run", target))["sufficient_balance"]
        started = await ask("execute_prompt", target)
        steps = []

        async def progress(done, total, message):
            steps.append(done)

        waited = await client.call_tool("wait_for_prompt_run", {"run_id": started["run_id"]}, progress_callback=progress)
        called.add("wait_for_prompt_run")
        assert waited.structured_content["finished"], waited.structured_content
        assert steps and steps == sorted(steps), steps
        assert (await ask("get_prompt_run_status", {"run_id": started["run_id"]}))["status"] == "completed"
        assert (await ask("diagnose_prompt_run", {"run_id": started["run_id"]}))["causes"] == []
        long = await ask("execute_prompt", {"prompt_id": prompt["prompt_id"], "target": {"type": "index", "index_id": index}})
        assert (await ask("cancel_prompt_run", {"run_id": long["run_id"]}))["run"]["run_id"] == long["run_id"]
        assert (await ask("get_key_info", {}))["valid"] == "yes"

        assert (await ask("get_workflow_overview", {}))["counts"]["runs_under_way"] == 0
        found = (await ask("find_tools", {"query": "list the webhooks"}))["tools"]
        assert found[0]["name"] == "list_webhooks" and "use_read_tool" in found[0]["how"], found
        webhooks = await ask("use_read_tool", {"name": found[0]["name"], "arguments": {}})
        assert webhooks["total_webhooks"] == len(webhooks["webhooks"]), webhooks
        made = await ask("use_write_tool", {"name": "create_index", "arguments": {"name": f"Made in mode {mode}"}})
        assert made["index"]["index_id"], made
        assert called == set(names), set(names) - called


async def refusal(mode):
    async with open_client(mode, "--scopes", "read,search") as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert len(names) == 23 and not {"execute_prompt", "cancel_prompt_run"} & set(names), names
        refused = await client.call_tool("execute_prompt", {"prompt_id": "p", "target": {"type": "playground"}})
        assert refused.is_error and "needs the scope write" in refused.content[0].text, refused
        assert "estimate_prompt_run" in refused.content[0].text, refused


if __name__ == "__main__":
    run([every_tool, refusal])
