"""Resources, prompts and completions with the official Python `mcp` package, in all of its modes, over the playground.

    python tests/clients/attach.py path/to/videosearch-mcp [http]
"""

import base64
import csv
import io

from mcp import MCPError
from mcp.client.subscriptions import ListenNotSupportedError
from mcp_types import PromptReference, ResourceTemplateReference

from reach import open_client, run

TEMPLATES = {
    "videosearch://indexes/{index}",
    "videosearch://videos/{video}",
    "videosearch://moments/{handle}",
    "videosearch://prompts/{prompt}",
    "videosearch://runs/{run}",
    "videosearch://runs/{run}/table",
}
PROMPTS = {
    "find_and_cite": {"question": "a man hangs from a clock", "index": "Early cinema"},
    "investigate_run": {"run": "run_scene_catalogue_damaged"},
    "plan_extraction": {"goal": "the mood of each scene"},
    "audit_costs": {},
    "report_on_index": {"index": "Early cinema"},
    "choose_scopes": {"task": "a search page"},
}


async def refused(call):
    """The error of a request that must fail."""
    try:
        answer = await call
    except MCPError as error:
        return error
    raise AssertionError(f"this was to be refused: {answer}")


async def resources(mode):
    async with open_client(mode, "--output", "lines") as client:
        listed = (await client.list_resources()).resources
        uris = [str(row.uri) for row in listed]
        fixed = {"videosearch://guide", "videosearch://key"}
        assert fixed < set(uris) and "videosearch://indexes/idx_early_cinema" in uris, uris
        assert all(uri in fixed or uri.startswith("videosearch://indexes/") for uri in uris), uris
        assert all(row.name and row.title and row.description and row.mime_type for row in listed), listed
        for uri in uris:
            content = (await client.read_resource(uri)).contents[0]
            assert content.text.strip() and str(content.uri) == uri, content

        templates = (await client.list_resource_templates()).resource_templates
        assert {row.uri_template for row in templates} == TEMPLATES, templates

        async def read(uri):
            return (await client.read_resource(uri)).contents

        async def said(tool, arguments):
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, result
            return result.content[0].text

        hit = (await said("search_videos", {"query": "a man hangs from a clock", "index_id": "all", "top_k": 1})).split()
        handle = next(word for word in hit if "@" in word)
        video = handle.split("@")[0]
        assert (await read(f"videosearch://videos/{video}"))[0].text == await said("get_video", {"video_id": video})
        assert (await read("videosearch://indexes/early%20cinema"))[0].text == await said("list_videos", {"index_id": "Early cinema"})
        words, picture = await read(f"videosearch://moments/{handle}")
        assert "Safety Last" in words.text, words
        assert picture.mime_type == "image/jpeg" and base64.b64decode(picture.blob)[:2] == b"\xff\xd8", picture.mime_type
        prompt = (await read("videosearch://prompts/prompt_action_log"))[0].text
        assert "action" in prompt.lower(), prompt
        run_id = "run_scene_catalogue_early_cinema"
        assert run_id in (await read(f"videosearch://runs/{run_id}"))[0].text
        table, remarks = await read(f"videosearch://runs/{run_id}/table")
        assert table.mime_type == "text/csv", table.mime_type
        assert remarks.mime_type == "text/plain" and remarks.text, remarks
        rows = list(csv.DictReader(io.StringIO(table.text)))
        assert len(rows) > 50 and all(row["video_id"].startswith("vid_") and None not in row for row in rows), rows[:2]

        # The new protocol has one code for what is not there and for what cannot be.
        missing = -32002 if mode == "legacy" else -32602
        for uri in ["videosearch://nothing", "videosearch://videos/vid_none", "https://example.com/"]:
            error = await refused(client.read_resource(uri))
            assert error.code == missing, (uri, error.code, error.message)


async def prompts(mode):
    async with open_client(mode) as client:
        listed = (await client.list_prompts()).prompts
        assert [row.name for row in listed] == list(PROMPTS), listed
        for row in listed:
            given = PROMPTS[row.name]
            assert row.title and row.description, row
            assert {argument.name for argument in row.arguments or [] if argument.required} <= set(given), row
            assert set(given) <= {argument.name for argument in row.arguments or []}, row
            result = await client.get_prompt(row.name, given)
            [message] = result.messages
            assert message.role == "user" and result.description == row.description, result
            text = message.content.text
            assert "Work in these steps:" in text and all(value in text for value in given.values()), text
        known = (await client.get_prompt("find_and_cite", PROMPTS["find_and_cite"])).messages[0].content.text
        assert "idx_early_cinema" in known, "what is known of the library stands in the prompt"
        error = await refused(client.get_prompt("find_and_cite", {}))
        assert error.code == -32602 and "question" in error.message, error
        error = await refused(client.get_prompt("nothing", {}))
        assert error.code == -32602 and "there is no prompt `nothing`" in error.message, error


async def completions(mode):
    async with open_client(mode) as client:
        asked = 0

        async def values(ref, name, typed, context=None):
            nonlocal asked
            asked += 1
            completion = (await client.complete(ref, {"name": name, "value": typed}, context)).completion
            assert completion.total == len(completion.values) and not completion.has_more, completion
            return completion.values

        def template(path):
            return ResourceTemplateReference(type="ref/resource", uri=f"videosearch://{path}")

        assert await values(template("indexes/{index}"), "index", "EARLY") == ["Early cinema"]
        ref = PromptReference(type="ref/prompt", name="report_on_index")
        assert await values(ref, "index", "idx_sp") == ["idx_space_and_nature"]
        found = await values(template("videos/{video}"), "video", "metro", {"index": "Early cinema"})
        assert found == ["Metropolis (1927)"], found
        runs = await values(template("runs/{run}/table"), "run", "RUN_scene")
        assert len(runs) > 1 and all(run.startswith("run_scene") for run in runs), runs
        # What was suggested can be read.
        assert runs[0] in (await client.read_resource(f"videosearch://runs/{runs[0]}")).contents[0].text
        assert asked <= 5, "more would not be answered within a second"
        error = await refused(client.complete(template("videos/{video}"), {"name": "index", "value": ""}))
        assert error.code == -32602, error
        error = await refused(client.complete(PromptReference(type="ref/prompt", name="nothing"), {"name": "x", "value": ""}))
        assert error.code == -32602, error


async def within_the_key(mode):
    async with open_client(mode, "--scopes", "search") as client:
        assert {str(row.uri) for row in (await client.list_resources()).resources} == {"videosearch://guide", "videosearch://key"}
        assert {row.name for row in (await client.list_prompts()).prompts} == {"find_and_cite", "choose_scopes"}
        error = await refused(client.read_resource("videosearch://videos/vid_metropolis_1927"))
        assert error.code == -32600 and "needs the scope read" in error.message, error
        error = await refused(client.get_prompt("audit_costs", {}))
        assert error.code == -32602 and "does not have" in error.message, error
        ref = ResourceTemplateReference(type="ref/resource", uri="videosearch://runs/{run}")
        assert (await client.complete(ref, {"name": "run", "value": ""})).completion.values == []


async def changes(mode):
    async with open_client(mode) as client:
        try:
            async with client.listen(tools_list_changed=True, prompts_list_changed=True, resources_list_changed=True) as events:
                honored = events.honored
                assert mode != "legacy", "the old protocol has no such subscription"
                assert honored.tools_list_changed and honored.prompts_list_changed and honored.resources_list_changed, honored
        except ListenNotSupportedError:
            assert mode == "legacy", mode
        # A client that is told the version asks for nothing before its first request, so it does not know what the server can do.
        if mode != "2026-07-28":
            able = client.server_capabilities
            assert able.resources.list_changed and able.prompts.list_changed and able.completions is not None, able


if __name__ == "__main__":
    run([resources, prompts, completions, within_the_key, changes])
