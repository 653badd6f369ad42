//! A playground in a process of its own.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    sync::LazyLock,
};

use serde_json::{Value, json};

use super::{Reply, http, program};

/// A running playground; stopped when dropped.
pub struct Playground {
    child: Child,
    pub base_url: String,
    pub api_key: String,
    pub jwt: String,
}

/// One playground for all tests that only read, or whose traces do not disturb others.
pub fn shared() -> &'static Playground {
    static SHARED: LazyLock<Playground> = LazyLock::new(|| Playground::start(&[]));
    &SHARED
}

impl Playground {
    /// Starts one on a free port, with further arguments.
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = program();
        command.args(["playground", "--port", "0", "--json"]).args(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        let member = |name: &str| told[name].as_str().unwrap().to_owned();
        Self { child, base_url: member("base_url"), api_key: member("api_key"), jwt: member("jwt") }
    }

    /// A request with the session token.
    pub fn as_owner(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let token = format!("Bearer {}", self.jwt);
        http(method, &format!("{}{path}", self.base_url), &[("authorization", &token)], body)
    }

    /// A request with an API key.
    pub fn with_key(&self, key: &str, method: &str, path: &str, body: Option<&Value>) -> Reply {
        http(method, &format!("{}{path}", self.base_url), &[("x-api-key", key)], body)
    }

    /// Creates a key with exactly these scopes: its id and its secret.
    pub fn key(&self, scopes: &[&str]) -> (String, String) {
        let reply = self.as_owner("POST", "/api-keys", Some(&json!({"name": "test key", "scopes": scopes})));
        assert_eq!(reply.status, 201, "{}", reply.json());
        let made = reply.json();
        (made["key_id"].as_str().unwrap().to_owned(), made["key"].as_str().unwrap().to_owned())
    }

    /// Ends it the hard way, as a crash would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Playground {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
