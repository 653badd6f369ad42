//! Starts this binary as a client does, and talks to it in both eras of the protocol.
//!
//! A client's configuration cannot choose which program we start, or what that program loads. Of its `env`, we hand on only our own
//! settings and the variables for proxies and certificates.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    check::{Finding, Judged},
    exam::Exam,
};
use crate::{config::Flags, disk, tools::text};

/// How long a whole dialogue may take. The list of tools waits 1.5 s for the key's scopes.
const DIALOGUE: Duration = Duration::from_secs(8);
/// How long we wait for the end of a killed child.
const GOODBYE: Duration = Duration::from_secs(2);
/// The longest line that is read.
const MAX_LINE: u64 = 4 << 20;
const REMEDY: &str = "Start it by hand with --log debug and see what it says; if it is this version's fault, report it with this output.";

/// What the server said.
struct Said {
    version: String,
    tools: usize,
}

/// The era that begins with `initialize`.
pub async fn with_initialize(exam: &Exam) -> Judged {
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client()});
    let messages = vec![
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}),
    ];
    handshake(exam, messages, |hello| {
        let agreed = hello.get("protocolVersion")?.as_str()? == "2025-11-25";
        agreed.then(|| hello.pointer("/serverInfo/version").and_then(Value::as_str).unwrap_or_default().to_owned())
    })
    .await
}

/// The era in which every request carries its version.
pub async fn without_initialize(exam: &Exam) -> Judged {
    let meta = json!({"_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": client(),
    }});
    let messages = vec![
        json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": meta}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": meta}),
    ];
    handshake(exam, messages, |hello| {
        let versions = hello.get("supportedVersions")?.as_array()?;
        let agreed = versions.iter().any(|version| version == "2026-07-28");
        let named = hello.pointer("/_meta/io.modelcontextprotocol~1serverInfo/version").or_else(|| hello.pointer("/serverInfo/version"));
        agreed.then(|| named.and_then(Value::as_str).unwrap_or_default().to_owned())
    })
    .await
}

fn client() -> Value {
    json!({"name": "videosearch-mcp doctor", "version": env!("CARGO_PKG_VERSION")})
}

/// Starts the server, sends the messages, and reads the answers to the requests 1 and 2.
async fn handshake(exam: &Exam, messages: Vec<Value>, greeted: fn(&Value) -> Option<String>) -> Judged {
    if !exam.faults.is_empty() || exam.selection.is_err() {
        return Err("the server refuses to start with these settings".into());
    }
    let began = Instant::now();
    let (guard, input, output) = match start(exam) {
        Ok(started) => started,
        Err(reason) => return Ok(Finding::fail(format!("this binary cannot be started again: {reason}"), REMEDY)),
    };
    // Pipes of a child block, so a thread reads them. Killing the child ends the reading.
    let talk = tokio::task::spawn_blocking(move || dialogue(input, output, &messages, greeted));
    let outcome = timeout(DIALOGUE, talk).await;
    drop(guard);
    Ok(match outcome {
        Err(_) => Finding::fail(format!("no answer within {} s", DIALOGUE.as_secs()), REMEDY),
        Ok(Err(error)) => Finding::fail(error, REMEDY),
        Ok(Ok(Err(reason))) => Finding::fail(reason, REMEDY),
        Ok(Ok(Ok(said))) => {
            let version = if said.version.is_empty() { String::new() } else { format!(" by version {}", said.version) };
            Finding::ok(format!("answered{version}, {} listed, in {} ms", text::count(said.tools, "tool"), began.elapsed().as_millis()))
        }
    })
}

/// Ends the child when dropped, however the dialogue went.
struct Guard(Option<Child>);

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(mut child) = self.0.take() else { return };
        // It may have ended already, since its input is closed.
        let _ = child.kill();
        // If it reads from a file system that is gone, it ends after us.
        disk::within(GOODBYE, move || child.wait());
    }
}

fn start(exam: &Exam) -> Result<(Guard, ChildStdin, ChildStdout), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    // doctor changes nothing, so the server must keep nothing. Below a file no directory can be made.
    let flags = Flags { state_dir: Some(program.join("none")), ..exam.flags.clone() };
    let mut command = Command::new(program);
    command.args(arguments(&flags)).env_clear().envs(exam.for_child());
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = child.map_err(|error| error.to_string())?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let guard = Guard(Some(child));
    match (input, output) {
        (Some(input), Some(output)) => Ok((guard, input, output)),
        _ => Err("it has no standard input or output".into()),
    }
}

fn dialogue(mut input: ChildStdin, output: ChildStdout, messages: &[Value], greeted: fn(&Value) -> Option<String>) -> Result<Said, String> {
    let mut output = BufReader::new(std::io::Read::take(output, MAX_LINE));
    let mut version = None;
    for message in messages {
        writeln!(input, "{message}").and_then(|()| input.flush()).map_err(|_| "it ended before it was asked".to_owned())?;
        let Some(id) = message.get("id") else { continue };
        let method = message.get("method").and_then(Value::as_str).unwrap_or_default();
        let answer = answer(&mut output, id, method)?;
        if version.is_none() {
            version = Some(greeted(&answer).ok_or_else(|| format!("its answer to {method} does not offer this version of the protocol"))?);
        } else {
            let tools = answer.get("tools").and_then(Value::as_array).ok_or_else(|| format!("its answer to {method} has no tools"))?;
            return Ok(Said { version: version.unwrap_or_default(), tools: tools.len() });
        }
    }
    Err("it was asked nothing".into())
}

/// The result of a request. Skips notifications that come before it.
fn answer(output: &mut impl BufRead, id: &Value, method: &str) -> Result<Value, String> {
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).map_err(|error| error.to_string())? == 0 {
            return Err(format!("it ended without an answer to {method}"));
        }
        let message: Value =
            serde_json::from_str(&line).map_err(|_| "it writes something else than messages to its standard output".to_owned())?;
        if message.get("id") == Some(id) {
            let problem = message.pointer("/error/message").and_then(Value::as_str).map(|said| text::line(said, 200));
            return match (message.get("result"), problem) {
                (Some(result), _) => Ok(result.clone()),
                (None, problem) => Err(format!("it refuses {method}: {}", problem.unwrap_or_default())),
            };
        }
    }
}

/// The command line that gives these flags.
pub fn arguments(flags: &Flags) -> Vec<OsString> {
    let Flags {
        api_key_file,
        base_url,
        timeout,
        max_retries,
        max_concurrency,
        scopes,
        read_only,
        allow_destructive,
        toolsets,
        tools,
        exclude_tools,
        output,
        log,
        log_format,
        playground,
        buckets,
        enforce_limits,
        state_dir,
        upload_roots,
        download_dir,
        secrets_dir,
        reveal_secrets,
        confirm,
        max_mt_per_run,
        max_mt_per_day,
        state_secret_file,
        counts_elsewhere: _,
    } = flags;
    let mut out = Vec::new();
    let mut add = |flag: &str, value: Option<OsString>| {
        if let Some(value) = value {
            let mut argument = OsString::from(format!("{flag}="));
            argument.push(value);
            out.push(argument);
        }
    };
    let text = |value: &Option<String>| value.clone().map(OsString::from);
    add("--api-key-file", api_key_file.clone().map(OsString::from));
    add("--base-url", text(base_url));
    add("--timeout", text(timeout));
    add("--max-retries", text(max_retries));
    add("--max-concurrency", text(max_concurrency));
    add("--scopes", text(scopes));
    add("--toolsets", text(toolsets));
    add("--tools", text(tools));
    add("--exclude-tools", text(exclude_tools));
    add("--output", text(output));
    add("--log", text(log));
    add("--log-format", text(log_format));
    add("--state-dir", state_dir.clone().map(OsString::from));
    for root in upload_roots {
        add("--upload-root", Some(root.clone().into()));
    }
    for (name, directory) in buckets {
        let mut bucket = OsString::from(format!("{name}="));
        bucket.push(directory);
        add("--bucket", Some(bucket));
    }
    add("--download-dir", download_dir.clone().map(OsString::from));
    add("--secrets-dir", secrets_dir.clone().map(OsString::from));
    add("--confirm", text(confirm));
    add("--max-mt-per-run", text(max_mt_per_run));
    add("--max-mt-per-day", text(max_mt_per_day));
    add("--state-secret-file", state_secret_file.clone().map(OsString::from));
    for (flag, given) in [
        ("--read-only", read_only),
        ("--allow-destructive", allow_destructive),
        ("--playground", playground),
        ("--enforce-limits", enforce_limits),
        ("--reveal-secrets", reveal_secrets),
    ] {
        if *given == Some(true) {
            out.push(flag.into());
        }
    }
    out
}
