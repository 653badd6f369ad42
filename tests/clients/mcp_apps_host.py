"""A minimal host that speaks MCP Apps: the server's client, and a page that frames the viewer. `viewer.py` tests with it."""

import http.server
import json
import os
import subprocess
import threading

PAGE = "ui://videosearch/moment"
MEDIA_TYPE = "text/html;profile=mcp-app"


class Server:
    """The program over stdio, for a client that draws pages."""

    def __init__(self, command, folder, is_modern):
        self.is_modern, self.last = is_modern, 0
        command = [command, "--playground", "--upload-root", folder, "--toolsets", "core,library"]
        environment = {"PATH": os.environ["PATH"], "HOME": folder}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True)
        self.capabilities = {"extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": [MEDIA_TYPE]}}}
        self.info = {"name": "test", "version": "1"}
        if not is_modern:
            self.ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": self.capabilities, "clientInfo": self.info})

    def ask(self, method, params):
        self.last += 1
        if self.is_modern:
            prefix = "io.modelcontextprotocol/"
            meta = {prefix + "protocolVersion": "2026-07-28", prefix + "clientCapabilities": self.capabilities, prefix + "clientInfo": self.info}
            params = {**params, "_meta": meta}
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params}) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            message = json.loads(line)
            if message.get("id") == self.last:
                assert "result" in message, message
                return message["result"]
        raise AssertionError("the server ended")

    def call(self, name, arguments):
        return self.ask("tools/call", {"name": name, "arguments": arguments})

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def policy(csp):
    """The policy that the specification tells a host to make of what a server declares."""
    places = " ".join(csp["resourceDomains"])
    return (
        f"default-src 'none'; script-src 'self' 'unsafe-inline' {places}; style-src 'self' 'unsafe-inline' {places}; "
        f"connect-src 'self' {' '.join(csp['connectDomains'])}; img-src 'self' data: {places}; font-src 'self' {places}; "
        f"media-src 'self' data: {places}; frame-src 'none'; object-src 'none'; base-uri 'self'; require-trusted-types-for 'script'"
    )


HOST = """<!doctype html><title>host</title><body style="margin:0;background:Canvas"><script>
window.log = [];
async function open(source, allow) {
  const frame = document.createElement("iframe");
  Object.assign(frame, {id: "view", allow, width: "720", height: "300", style: "border:0;display:block"});
  frame.setAttribute("sandbox", "allow-scripts");
  window.addEventListener("message", async ({source, data}) => {
    if (source !== frame.contentWindow) return;
    log.push(data);
    if (data.method === "ui/notifications/size-changed") frame.height = data.params.height;
    for (const message of await heard(data)) tell(message);
  });
  window.tell = (message) => frame.contentWindow.postMessage(message, "*");
  frame.src = source;
  document.body.replaceChildren(frame);
}
</script>"""


class Pages:
    """Serves the host at one origin and the viewer at another."""

    def __init__(self):
        self.viewer = (b"", "")
        pages = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body, csp = (HOST.encode(), None) if self.path == "/host" else pages.viewer
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                if csp:
                    self.send_header("Content-Security-Policy", csp)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_port


class Host:
    """One conversation: a call, and the viewer that draws its result."""

    def __init__(self, browser, pages, server, tool, arguments, *, theme="light", change=None, csp=None, answer=None, scheme="light", hurry=False, shots=None):
        self.server, self.change, self.answer = server, change or (lambda result: result), answer
        self.tool, self.arguments, self.theme, self.shots = tool, arguments, theme, shots
        self.hurry = hurry
        self.calls, self.requests, self.loaded, self.violations = [], [], [], []
        page = server.ask("resources/read", {"uri": PAGE})["contents"][0]
        assert page["mimeType"] == MEDIA_TYPE
        ui = page["_meta"]["ui"]
        self.places = ui["csp"]["resourceDomains"]
        pages.viewer = (page["text"].encode(), policy({**ui["csp"], **(csp or {})}))
        self.context = browser.new_context(viewport={"width": 720, "height": 900}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("response", lambda response: self.loaded.append(response.url))
        self.page.on("console", lambda message: self.violations.append(message.text) if "Content Security Policy" in message.text else None)
        self.page.on("pageerror", lambda error: self.violations.append(f"error: {error}"))
        self.page.expose_function("heard", self.heard)
        self.page.goto(f"http://127.0.0.1:{pages.port}/host")
        allow = "clipboard-write" if "clipboardWrite" in ui["permissions"] else ""
        self.page.evaluate("([source, allow]) => open(source, allow)", [f"http://localhost:{pages.port}/view", allow])
        self.frame = self.page.frame_locator("#view")
        self.own = {f"http://127.0.0.1:{pages.port}/host", f"http://localhost:{pages.port}/view"}

    def heard(self, message):
        """Answers a message of the viewer: the messages to send back."""
        method, answer = message.get("method"), lambda result: {"jsonrpc": "2.0", "id": message["id"], "result": result}
        if method == "ui/initialize":
            assert message["params"]["protocolVersion"] == "2026-01-26" and message["params"]["appInfo"]["name"], message
            host = {"theme": self.theme, "containerDimensions": {"width": 720, "maxHeight": 900}, "displayMode": "inline"}
            first = self.result() if self.hurry else []
            return first + [answer({"protocolVersion": "2026-01-26", "hostCapabilities": {"serverTools": {}}, "hostInfo": {"name": "test", "version": "1"}, "hostContext": host})]
        if method == "ui/notifications/initialized":
            return [] if self.hurry else self.result()
        if method == "tools/call":
            self.calls.append(message["params"])
            if self.answer:
                return [{"jsonrpc": "2.0", "id": message["id"], **self.answer}]
            return [answer(self.change(self.server.call(message["params"]["name"], message["params"]["arguments"])))]
        return []

    def result(self):
        """Calls the tool: what the viewer hears of it."""
        result = self.change(self.server.call(self.tool, self.arguments))
        return [
            {"jsonrpc": "2.0", "method": "ui/notifications/tool-input", "params": {"arguments": self.arguments}},
            {"jsonrpc": "2.0", "method": "ui/notifications/tool-result", "params": result},
        ]

    def tell(self, method, params, **more):
        self.page.evaluate("(message) => tell(message)", {"jsonrpc": "2.0", "method": method, "params": params, **more})

    def at(self, selector):
        return self.frame.locator(selector)

    def text(self, selector, wanted):
        """Waits until an element has this text."""
        self.at(selector).filter(has_text=wanted).first.wait_for(timeout=20_000)

    def until(self, selector, condition):
        """Waits until a condition on an element holds."""
        look = "(now) => { if ((%s)(element)) done(true); else if (now > end) done(false); else requestAnimationFrame(look); }" % condition
        script = "(element) => new Promise((done) => { const end = performance.now() + 20000; const look = %s; look(0); })" % look
        assert self.at(selector).evaluate(script), f"it never came to that: {condition}"

    def said(self, method):
        return [message for message in self.page.evaluate("log") if message.get("method") == method]

    def shot(self, name):
        if self.shots:
            self.shots.mkdir(parents=True, exist_ok=True)
            self.page.locator("#view").screenshot(path=self.shots / f"{name}.png")

    def close(self, media=()):
        """Ends it. Nothing was loaded but the host, the viewer and these media, and no policy was violated."""
        strange = [url for url in self.requests if url not in self.own and not url.startswith(("data:", *media))]
        assert not strange, strange
        assert media or not self.violations, self.violations
        assert "owned" not in self.page.evaluate("log"), "a text became a program"
        self.context.close()
