"""Lends the names of the suites' own example server to things of this server.

Many scenarios call a tool, a resource or a prompt that only the example server has, and then judge how the protocol carries the answer. This
proxy writes a name of ours in its place, in the body and in the header that repeats it. What comes back is passed on as it is, so the suites
judge the real answers of the real server.
"""

import contextlib
import http.client
import http.server
import json
import threading

# A tool of ours and its arguments; the suites give none.
TOOLS = {
    "test_simple_text": ("list_indexes", {}),
    "test_image_content": ("show_moment", {"video_id": "vid_great_train_robbery_1903@10-20"}),
    "test_error_handling": ("get_video", {"video_id": "vid_of_nobody"}),
    "test_tool_with_progress": ("ask_library", {"message": "Where does a train stop?"}),
    "test_logging_tool": ("list_indexes", {}),
    "test_streaming_elicitation": ("delete_webhook", {"webhook_id": "whk_sample"}),
    "test_input_required_result_elicitation": ("delete_webhook", {"webhook_id": "whk_sample"}),
    "test_input_required_result_request_state": ("delete_marker", {"marker_id": "marker_last_shot"}),
    "test_input_required_result_tampered_state": ("delete_webhook", {"webhook_id": "whk_sample"}),
}
RESOURCES = {"test://static-text": "videosearch://guide"}
# A prompt of ours, and what its arguments are called there.
PROMPTS = {
    "test_simple_prompt": ("audit_costs", {}),
    "test_prompt_with_arguments": ("find_and_cite", {"arg1": "question", "arg2": "index"}),
}


def lend(message):
    """Writes names of ours into a message. Gives what a header has to say in place of what."""
    params = message.get("params") or {}
    before = params.get("name") or params.get("uri")
    target = params.get("ref", params)
    if target.get("name") in TOOLS:
        target["name"], params["arguments"] = TOOLS[target["name"]]
    elif target.get("name") in PROMPTS:
        target["name"], arguments = PROMPTS[target["name"]]
        given = params.get("arguments") or {}
        params.update({"arguments": {arguments[name]: value for name, value in given.items()}} if given else {})
        if "argument" in params:
            params["argument"]["name"] = arguments[params["argument"]["name"]]
    elif params.get("uri") in RESOURCES:
        params["uri"] = RESOURCES[params["uri"]]
    for reply in (params.get("inputResponses") or {}).values():
        # The suites tick a box that they call `ok`.
        if isinstance(reply, dict) and "ok" in (reply.get("content") or {}):
            reply["content"] = {"confirm": reply["content"]["ok"]}
    return before, params.get("name") or params.get("uri")


class Proxy(http.server.BaseHTTPRequestHandler):
    """Passes each request on, and its answer back as it comes."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle(self):
        # A client that has heard enough hangs up, and at the end the server does.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, http.client.IncompleteRead):
            super().handle()

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        own, theirs = "{}:{}".format(*self.server.server_address), self.server.upstream
        headers = [(header.lower(), value.replace(own, theirs)) for header, value in self.headers.items()]
        headers = [(header, value) for header, value in headers if header not in ("connection", "content-length")]
        with contextlib.suppress(ValueError, AttributeError, TypeError):
            message = json.loads(body)
            before, name = lend(message)
            body = json.dumps(message).encode()
            headers = [(header, name if (header, value) == ("mcp-name", before) else value) for header, value in headers]
        upstream = http.client.HTTPConnection(theirs)
        with contextlib.closing(upstream):
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for header in [*headers, ("content-length", str(len(body)))]:
                upstream.putheader(*header)
            upstream.endheaders(body)
            answer = upstream.getresponse()
            self.send_response(answer.status)
            for header, value in answer.getheaders():
                if header.lower() not in ("connection", "transfer-encoding", "date"):
                    self.send_header(header, value)
            if answer.length is not None:
                self.end_headers()
                self.wfile.write(answer.read())
                return
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            while piece := answer.read1():
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")

    do_GET = do_POST = do_DELETE = do_OPTIONS = do_PUT = pass_on


@contextlib.contextmanager
def names_lent(upstream):
    """Runs the proxy before `upstream`, a host with its port. Gives the proxy's own."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        server.upstream, server.daemon_threads = upstream, True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield "{}:{}".format(*server.server_address)
        server.shutdown()
