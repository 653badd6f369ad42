"""Drives videosearch-mcp with the official Python MCP client: lists the tools, makes three calls, checks the answers.

    pip install "mcp>=2.3,<3"
    python examples/harness.py path/to/videosearch-mcp

Without a key it runs against the playground inside the server; with VIDEOSEARCH_API_KEY or VIDEOSEARCH_API_KEY_FILE,
against the API that VIDEOSEARCH_BASE_URL names. Ends with exit code 1 if anything is not as it should be.
"""

import asyncio
import os
import sys

from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

KEY_SETTINGS = ("VIDEOSEARCH_API_KEY", "VIDEOSEARCH_API_KEY_FILE")
OTHER_SETTINGS = ("VIDEOSEARCH_BASE_URL", "VIDEOSEARCH_SCOPES")


class Unexpected(Exception):
    """What is not as it should be."""


def expect(condition, complaint):
    if not condition:
        raise Unexpected(complaint)


async def call(client, tool, arguments):
    """The result of a call that must succeed."""
    result = await client.call_tool(tool, arguments)
    expect(not result.is_error, result.content[0].text if result.content else f"{tool} failed")
    return result


async def examine(client, playground):
    tools = [tool.name for tool in (await client.list_tools()).tools]
    print(f"{len(tools)} tools:", ", ".join(tools))
    expect({"list_indexes", "search_videos", "get_key_info"} <= set(tools), "a tool that this key should have is missing")

    key = await call(client, "get_key_info", {})
    print(key.content[0].text)
    expect(key.structured_content["valid"] == "yes", "the key cannot be used")

    listed = (await call(client, "list_indexes", {})).structured_content
    indexes = listed["user_indexes"] + listed.get("default_indexes", [])
    expect(indexes, "the account has no index to search")

    query = {"query": "a man hangs from a clock", "index_id": indexes[0]["index_id"], "top_k": 3}
    found = await call(client, "search_videos", query)
    print(found.content[0].text)
    hits = found.structured_content["results"]
    expect(all(hit["video_id"] for hit in hits), "a hit does not name its video")
    expect(hits or not playground, "the sample library has no hit for that query")


async def main(command):
    """What is wrong, or nothing."""
    # The client passes on only a few variables by itself, so the settings are given explicitly.
    environment = {name: os.environ[name] for name in KEY_SETTINGS + OTHER_SETTINGS if os.environ.get(name)}
    playground = not any(name in environment for name in KEY_SETTINGS)
    server = StdioServerParameters(command=command, args=["--playground"] if playground else [], env=environment)
    async with Client(stdio_client(server), mode="auto") as client:
        try:
            await examine(client, playground)
        except Unexpected as unexpected:
            return str(unexpected)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "videosearch-mcp")))
