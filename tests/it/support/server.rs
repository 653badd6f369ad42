//! The built program as an MCP server, driven by raw JSON lines.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, channel},
    },
    thread::JoinHandle,
};

use serde_json::{Value, json};

use super::{PATIENCE, program};

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: Arc<Mutex<String>>,
    stderr_reader: Option<JoinHandle<()>>,
    /// Messages that were read while waiting for another one.
    kept: Vec<Value>,
    next_id: i64,
    state: Option<tempfile::TempDir>,
}

impl Server {
    /// Starts one with arguments and environment, and a state directory of its own unless the environment names one.
    pub fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = program();
        command.args(arguments).envs(environment.iter().copied());
        let mut state = None;
        if !environment.iter().any(|(name, _)| *name == "VIDEOSEARCH_STATE_DIR") {
            let dir = tempfile::tempdir().unwrap();
            command.env("VIDEOSEARCH_STATE_DIR", dir.path());
            state = Some(dir);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (send, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let stderr = Arc::new(Mutex::new(String::new()));
        let (mut pipe, collected) = (child.stderr.take().unwrap(), Arc::clone(&stderr));
        let stderr_reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = pipe.read(&mut buffer) {
                collected.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..n]));
            }
        });
        let stdin = child.stdin.take();
        Self { child, stdin, lines, stderr, stderr_reader: Some(stderr_reader), kept: Vec::new(), next_id: 1, state }
    }

    /// Starts one against an API with a key, and shakes hands.
    pub fn with_key(base_url: &str, key: &str, arguments: &[&str]) -> Self {
        let mut server = Self::start(arguments, &[("VIDEOSEARCH_BASE_URL", base_url), ("VIDEOSEARCH_API_KEY", key)]);
        server.initialize();
        server
    }

    /// Sends one line as it is.
    pub fn send_raw(&mut self, line: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(line).unwrap();
        stdin.write_all(b"\n").unwrap();
        stdin.flush().unwrap();
    }

    /// Sends a message.
    pub fn send(&mut self, message: &Value) {
        self.send_raw(message.to_string().as_bytes());
    }

    /// Sends a request and answers its id.
    pub fn ask(&mut self, method: &str, params: Value) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// The next message that fits. Keeps the others for later.
    pub fn wait_for(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        if let Some(position) = self.kept.iter().position(&fits) {
            return self.kept.remove(position);
        }
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no such message; stderr: {}", self.stderr()));
            let message: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("stdout carries something else: {line}"));
            if fits(&message) {
                return message;
            }
            self.kept.push(message);
        }
    }

    /// The answer to a request.
    pub fn answer(&mut self, id: i64) -> Value {
        self.wait_for(|message| message["id"] == id && message.get("method").is_none())
    }

    /// A request and its answer.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.answer(id)
    }

    /// The handshake of the older era.
    pub fn initialize(&mut self) -> Value {
        let answer = self.request(
            "initialize",
            json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}),
        );
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        answer["result"].clone()
    }

    /// The names of the listed tools.
    pub fn tools(&mut self) -> Vec<String> {
        let answer = self.request("tools/list", json!({}));
        answer["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Calls a tool: its result.
    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.request("tools/call", json!({"name": tool, "arguments": arguments}));
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    /// Calls a tool that must succeed: its text and its structured content.
    pub fn ok(&mut self, tool: &str, arguments: Value) -> (String, Value) {
        let result = self.call(tool, arguments);
        assert_ne!(result["isError"], true, "{tool}: {result}");
        (result["content"][0]["text"].as_str().unwrap().to_owned(), result["structuredContent"].clone())
    }

    /// Calls a tool that must fail with an error result: its text.
    pub fn error(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], true, "{tool}: {result}");
        assert!(result.get("structuredContent").is_none(), "an error carries no structured content");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Calls a tool that deletes and gives its plan first: its text and its structured content. A plan is an error result, since nothing was
    /// done.
    pub fn plan(&mut self, tool: &str, arguments: Value) -> (String, Value) {
        let result = self.call(tool, arguments);
        assert!(result["isError"] == true && result["structuredContent"]["confirm"].is_string(), "{tool}: {result}");
        (result["content"][0]["text"].as_str().unwrap().to_owned(), result["structuredContent"].clone())
    }

    /// Messages that were read while waiting for others.
    pub fn kept(&self) -> &[Value] {
        &self.kept
    }

    /// Looks again and again, until the look succeeds.
    pub fn wait_until(&mut self, mut look: impl FnMut(&mut Self) -> bool) {
        let end = std::time::Instant::now() + PATIENCE;
        while !look(self) {
            assert!(std::time::Instant::now() < end, "it never came to that; stderr: {}", self.stderr());
            super::pause();
        }
    }

    /// Closes stdin.
    pub fn close(&mut self) {
        self.stdin = None;
    }

    /// The id of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the process to end: its exit status, the messages that were still to be read, and all of stderr.
    pub fn finish(mut self) -> (ExitStatus, Vec<Value>, String) {
        self.close();
        let mut rest = std::mem::take(&mut self.kept);
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            rest.push(serde_json::from_str(&line).unwrap());
        }
        let stderr = Arc::clone(&self.stderr);
        let status = super::ended(&mut self.child, || stderr.lock().unwrap().clone());
        self.stderr_reader.take().unwrap().join().unwrap();
        (status, rest, self.stderr())
    }

    /// What was written to stderr so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Its state directory, if the test did not name one.
    pub fn state_dir(&self) -> &std::path::Path {
        self.state.as_ref().unwrap().path()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Parameters of the era without a handshake.
pub fn modern(mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    });
    params
}
