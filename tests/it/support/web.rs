//! The built program as an MCP server over HTTP.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use serde_json::{Value, json};

use super::{Reply, http::send, program};

/// A running server; killed when dropped.
pub struct Web {
    child: Child,
    /// The address of the protocol.
    pub url: String,
    stderr: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    _state: Option<tempfile::TempDir>,
}

/// A request of the older era.
pub fn asked(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

impl Web {
    /// Starts one on a free port for an API.
    pub fn start(base_url: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = program();
        command.args(["http", "--listen", "127.0.0.1:0", "--base-url", base_url]).args(arguments).envs(environment.iter().copied());
        let mut state = None;
        if !environment.iter().any(|(name, _)| *name == "VIDEOSEARCH_STATE_DIR") {
            let dir = tempfile::tempdir().unwrap();
            command.env("VIDEOSEARCH_STATE_DIR", dir.path());
            state = Some(dir);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut pipe = BufReader::new(child.stderr.take().unwrap());
        let read = move || {
            let (mut told, mut line) = (String::new(), String::new());
            loop {
                line.clear();
                assert_ne!(pipe.read_line(&mut line).unwrap(), 0, "it ended at once: {told}");
                told.push_str(&line);
                if let Some((_, url)) = line.trim().split_once("serves MCP at ") {
                    // In JSON, more follows.
                    return (url.split('"').next().unwrap_or(url).to_owned(), told, pipe);
                }
            }
        };
        let (url, told, mut pipe) = super::within(&mut child, read);
        let stderr = Arc::new(Mutex::new(told));
        let collected = Arc::clone(&stderr);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = pipe.read(&mut buffer) {
                collected.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..n]));
            }
        });
        Self { child, url, stderr, reader: Some(reader), _state: state }
    }

    /// The address of another path.
    pub fn at(&self, path: &str) -> String {
        self.url.replace("/mcp", path)
    }

    /// Its host and port.
    pub fn address(&self) -> String {
        self.url.trim_start_matches("http://").trim_end_matches("/mcp").to_owned()
    }

    /// Posts a message with these headers in addition.
    pub fn post(&self, headers: &[(&str, &str)], message: &Value) -> Reply {
        self.post_text(headers, &message.to_string())
    }

    /// Posts a body, whatever it is.
    pub fn post_text(&self, headers: &[(&str, &str)], body: &str) -> Reply {
        let usual = [("accept", "application/json, text/event-stream"), ("content-type", "application/json")];
        send("POST", &self.url, &[&usual, headers].concat(), Some(body.into()))
    }

    /// Posts a request of the older era with a key.
    pub fn ask(&self, key: &str, method: &str, params: Value) -> Reply {
        self.post(&[("x-api-key", key), ("mcp-protocol-version", "2025-11-25")], &asked(method, params))
    }

    /// Calls a tool with a key: its result.
    pub fn call(&self, key: &str, tool: &str, arguments: Value) -> Value {
        let reply = self.ask(key, "tools/call", json!({"name": tool, "arguments": arguments}));
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        reply.json()["result"].clone()
    }

    /// The names of the tools that are listed for a key.
    pub fn tools(&self, key: &str) -> Vec<String> {
        let listed = self.ask(key, "tools/list", json!({})).json();
        listed["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The id of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the process to end: its exit status and all of stderr.
    pub fn finish(mut self) -> (ExitStatus, String) {
        let stderr = Arc::clone(&self.stderr);
        let status = super::ended(&mut self.child, || stderr.lock().unwrap().clone());
        self.reader.take().unwrap().join().unwrap();
        (status, self.stderr())
    }

    /// What was written to stderr so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
