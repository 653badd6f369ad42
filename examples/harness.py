"""Drives videosearch-mcp with the official Python MCP client: lists the tools and makes three calls.

    pip install "mcp>=2.3,<3"
    python examples/harness.py path/to/videosearch-mcp

Without VIDEOSEARCH_API_KEY it runs against the playground inside the server; with a key, against the API that
VIDEOSEARCH_BASE_URL names. Ends with exit code 1 if anything is not as it should be.
"""

import asyncio
import os
import sys

from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client


def ok(result, tool):
    """The structured answer of a call that must succeed."""
    if result.is_error:
        sys.exit(f"{tool} failed: {result.content[0].text}")
    return result.structured_content


async def main(command):
    # MCP clients pass on only a few variables by themselves, so the key is given explicitly.
    names = ("VIDEOSEARCH_API_KEY", "VIDEOSEARCH_API_KEY_FILE", "VIDEOSEARCH_BASE_URL")
    environment = {name: os.environ[name] for name in names if name in os.environ}
    arguments = [] if any("KEY" in name for name in environment) else ["--playground"]
    server = StdioServerParameters(command=command, args=arguments, env=environment)
    async with Client(stdio_client(server), mode="auto") as client:
        tools = (await client.list_tools()).tools
        print(f"{len(tools)} tools:", ", ".join(tool.name for tool in tools))

        listed = ok(await client.call_tool("list_indexes", {}), "list_indexes")
        indexes = listed["user_indexes"] + listed.get("default_indexes", [])
        if not indexes:
            sys.exit("the account has no index to search")
        index = indexes[0]["index_id"]

        query = {"query": "a train", "index_id": index, "top_k": 3}
        found = await client.call_tool("search_videos", query)
        ok(found, "search_videos")
        print(found.content[0].text)

        key = ok(await client.call_tool("get_key_info", {}), "get_key_info")
        print("key:", key["valid"], {row["scope"]: row["standing"] for row in key["scopes"]})


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "videosearch-mcp"))
