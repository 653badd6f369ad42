"""Consent with the official Python `mcp` package, in all of its modes: a person who agrees, declines, closes the question or types another
name, a client that can ask nobody, and confirmations that were changed, used twice or issued for another call.

    python tests/clients/consent.py path/to/videosearch-mcp [http]
"""

from mcp import MCPError
from mcp_types import ElicitResult, InputRequiredResult

from reach import OVER_HTTP, open_client, run

EVERYTHING = ("--toolsets", "all", "--allow-destructive")
RUN = {"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": ["vid_great_train_robbery_1903"]}}


class Person:
    """Somebody who answers questions, and remembers them."""

    def __init__(self, action, **content):
        self.reply = ElicitResult(action=action, content=content or None)
        self.questions = []

    async def __call__(self, context, params):
        self.questions.append(params)
        return self.reply


def altered(text):
    """The same text with one character changed."""
    return text[:20] + ("B" if text[20] == "A" else "A") + text[21:]


async def said(client, tool, arguments):
    """The result of a call, and its text."""
    result = await client.call_tool(tool, arguments)
    return result, result.content[0].text


async def index(client, name):
    made = await client.call_tool("create_index", {"name": name})
    assert not made.is_error, made
    return made.structured_content["index"]["index_id"]


async def is_there(client, index_id):
    listed = (await client.call_tool("list_indexes", {})).structured_content
    return index_id in [row["index_id"] for row in listed["user_indexes"]]


def can_ask(mode):
    """With a handshake over HTTP nobody can be asked: the server has no way to send a request of its own."""
    return mode != "legacy" or not OVER_HTTP


async def deletions(mode):
    """An index is deleted only if a person types its name."""
    if not can_ask(mode):
        return
    for person, why in [
        (Person("decline"), "the user declined"),
        (Person("cancel"), "closed the question"),
        (Person("accept", name="gone"), "not the name of what would be deleted"),
        (Person("accept"), "not the name of what would be deleted"),
        (Person("accept", name="Gone"), None),
    ]:
        async with open_client(mode, *EVERYTHING, elicitation_callback=person) as client:
            index_id = await index(client, "Gone")
            # A model that brings a token of its own does not take the person's place.
            result, text = await said(client, "delete_index", {"index_id": index_id, "confirm": "yes"})
            [question] = person.questions
            assert "Would delete the index" in question.message and index_id in question.message, question
            assert question.requested_schema["required"] == ["name"], question
            if why:
                assert result.is_error and why in text, (why, text)
                assert await is_there(client, index_id), text
            else:
                assert not result.is_error, text
                assert not await is_there(client, index_id), text


async def costs(mode):
    """A run is started only if a person agrees to its price."""
    if not can_ask(mode):
        return
    for person, why in [
        (Person("decline"), "the user declined"),
        (Person("accept", confirm=False), "the box was not ticked"),
        (Person("accept", confirm=True), None),
    ]:
        async with open_client(mode, "--confirm", "cost", elicitation_callback=person) as client:
            before = (await client.call_tool("list_prompt_runs", {})).structured_content["runs"]
            result, text = await said(client, "execute_prompt", RUN)
            after = (await client.call_tool("list_prompt_runs", {})).structured_content["runs"]
            [question] = person.questions
            assert " mt" in question.message and question.requested_schema["required"] == ["confirm"], question
            new = {row["run_id"] for row in after} - {row["run_id"] for row in before}
            if why:
                assert result.is_error and why in text and not new, (why, text, new)
            else:
                assert not result.is_error and new == {result.structured_content["run_id"]}, (text, new)


async def nobody_to_ask(mode):
    """Without a person, the plan comes with a token that holds for one repeated call."""
    async with open_client(mode, *EVERYTHING) as client:
        index_id, other = await index(client, "Gone"), await index(client, "Other")
        plan, text = await said(client, "delete_index", {"index_id": index_id})
        token = plan.structured_content["confirm"]
        assert plan.is_error and "Nothing was deleted yet" in text and await is_there(client, index_id), text
        for arguments, why in [
            ({"index_id": index_id, "confirm": altered(token)}, "was changed"),
            ({"index_id": index_id, "confirm": "yes"}, "was not issued by this server"),
            ({"index_id": other, "confirm": token}, "issued for other arguments"),
        ]:
            result, text = await said(client, "delete_index", arguments)
            assert result.is_error and why in text, (why, text)
        assert await is_there(client, index_id) and await is_there(client, other)
        result, text = await said(client, "delete_index", {"index_id": index_id, "confirm": token})
        assert not result.is_error and not await is_there(client, index_id), text
        result, text = await said(client, "delete_index", {"index_id": index_id, "confirm": token})
        assert result.is_error and "used already" in text, text


async def tampering(mode):
    """What a client of the new protocol brings back is sealed. With a handshake it brings nothing back."""
    if mode == "legacy":
        return
    async with open_client(mode, *EVERYTHING, elicitation_callback=Person("decline")) as client:
        index_id, other = await index(client, "Gone"), await index(client, "Other")

        async def call(tool, arguments, state=None, reply=None):
            replies = None if reply is None else {"confirm": ElicitResult(action="accept", content={"name": reply})}
            return await client.session.call_tool(tool, arguments, input_responses=replies, request_state=state, allow_input_required=True)

        asked = await call("delete_index", {"index_id": index_id})
        assert isinstance(asked, InputRequiredResult) and list(asked.input_requests) == ["confirm"], asked
        state = asked.request_state
        assert index_id not in state and "Gone" not in state, state
        try:
            raise AssertionError(await call("delete_index", {"index_id": index_id}, altered(state), "Gone"))
        except MCPError as error:
            assert error.error.code == -32602 and "was changed" in error.error.message, error
        for tool, arguments, given, why in [
            ("delete_index", {"index_id": other}, state, "issued for other arguments"),
            ("delete_video", {"video_id": "vid_great_train_robbery_1903"}, state, "issued for another tool"),
        ]:
            result = await call(tool, arguments, given, "Gone")
            assert result.is_error and why in result.content[0].text, (why, result)
        assert await is_there(client, index_id) and await is_there(client, other)
        # An answer without the state is no answer to anything.
        again = await call("delete_index", {"index_id": index_id}, None, "Gone")
        assert isinstance(again, InputRequiredResult), again
        done = await call("delete_index", {"index_id": index_id}, state, "Gone")
        assert not done.is_error and not await is_there(client, index_id), done
        twice = await call("delete_index", {"index_id": index_id}, state, "Gone")
        assert twice.is_error and "used already" in twice.content[0].text, twice


if __name__ == "__main__":
    run([deletions, costs, nobody_to_ask, tampering])
