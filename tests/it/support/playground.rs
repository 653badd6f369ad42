//! Playgrounds in processes of their own, and one in the tests' process that all tests share.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Stdio},
    sync::LazyLock,
};

use serde_json::{Value, json};

use videosearch_mcp::playground::{self, Handle, Options};

use super::{
    Reply,
    http::{FormFile, RUNTIME, http, http_form},
    program,
};

/// A running playground; stopped when dropped.
pub struct Playground {
    process: Process,
    pub base_url: String,
    pub api_key: String,
    pub jwt: String,
}

/// What has to end with a playground.
enum Process {
    Own(Child),
    #[expect(dead_code, reason = "held so that it goes on serving")]
    Here(Handle),
}

/// One playground for all tests that only read, or whose traces do not disturb others.
///
/// A static is never dropped, so a process of its own would outlive the tests. This one serves from their process.
pub fn shared() -> &'static Playground {
    static SHARED: LazyLock<Playground> = LazyLock::new(here);
    &SHARED
}

/// One that is as it was made: tests that only read share it, and no other test may write to it.
pub fn untouched() -> &'static Playground {
    static UNTOUCHED: LazyLock<Playground> = LazyLock::new(here);
    &UNTOUCHED
}

fn here() -> Playground {
    RUNTIME.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let handle = playground::start(Options { program: Some(super::binary().into()), ..Options::default() }, listener).await.unwrap();
        Playground {
            base_url: handle.base_url().to_owned(),
            api_key: handle.api_key().to_owned(),
            jwt: handle.token(std::time::Duration::from_hours(1)).unwrap(),
            process: Process::Here(handle),
        }
    })
}

impl Playground {
    /// Starts one on a free port, with further arguments.
    pub fn start(arguments: &[&str]) -> Self {
        Self::spawn(program(), arguments)
    }

    /// The same where no other program is found: no ffprobe, no ffmpeg.
    pub fn alone(arguments: &[&str]) -> Self {
        let mut command = program();
        command.env("PATH", "");
        Self::spawn(command, arguments)
    }

    /// The same with the programs of this folder only.
    pub fn among(programs: &std::path::Path, arguments: &[&str]) -> Self {
        let mut command = program();
        command.env("PATH", programs);
        Self::spawn(command, arguments)
    }

    /// One whose temporary files are in this directory.
    pub fn with_temporary(directory: &std::path::Path, arguments: &[&str]) -> Self {
        let mut command = program();
        for name in ["TMPDIR", "TEMP", "TMP"] {
            command.env(name, directory);
        }
        Self::spawn(command, arguments)
    }

    fn spawn(mut command: std::process::Command, arguments: &[&str]) -> Self {
        command.args(["playground", "--port", "0", "--json"]).args(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let said = std::thread::spawn(move || {
            let mut said = Vec::new();
            // Read to its end, so that it can always write.
            err.read_to_end(&mut said).map(|_| said)
        });
        let read = move || {
            let mut line = String::new();
            BufReader::new(out).read_line(&mut line).map(|_| line)
        };
        let line = super::within(&mut child, read).unwrap();
        let Ok(told) = serde_json::from_str::<Value>(&line) else {
            let _ = child.kill();
            panic!("it does not start: {line}{}", super::text(&said.join().unwrap().unwrap()));
        };
        let member = |name: &str| told[name].as_str().unwrap().to_owned();
        Self { process: Process::Own(child), base_url: member("base_url"), api_key: member("api_key"), jwt: member("jwt") }
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

    /// A form with a file, sent with the key that holds all scopes.
    pub fn with_form(&self, path: &str, fields: &[(&str, &str)], file: FormFile<'_>) -> Reply {
        http_form(&format!("{}{path}", self.base_url), &[("x-api-key", &self.api_key)], fields, file)
    }

    /// Uploads a file to the account's playground: the item.
    pub fn upload(&self, name: &str, bytes: &[u8]) -> Value {
        let headers = [("x-api-key", self.api_key.as_str())];
        let reply = super::form(&format!("{}/videos/upload", self.base_url), &headers, &[("title", name)], (name, bytes));
        assert_eq!(reply.status, 201, "{}", reply.json());
        reply.json()["video"].clone()
    }

    /// Creates a key with exactly these scopes: its id and its secret.
    pub fn key(&self, scopes: &[&str]) -> (String, String) {
        let reply = self.as_owner("POST", "/api-keys", Some(&json!({"name": "test key", "scopes": scopes})));
        assert_eq!(reply.status, 201, "{}", reply.json());
        let made = reply.json();
        (made["key_id"].as_str().unwrap().to_owned(), made["key"].as_str().unwrap().to_owned())
    }

    /// Ends it the hard way, as a crash would.
    pub fn kill(self) {
        // Dropping it kills the process and waits for its end.
        drop(self);
    }
}

impl Drop for Playground {
    fn drop(&mut self) {
        if let Process::Own(child) = &mut self.process {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
