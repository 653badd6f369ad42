//! Standard streams of every kind, blocking or not, and how the process ends with them.

use std::{
    io::{BufRead, Read, Write},
    process::Command,
};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Answer, End, Process, Server, Upstream, program, shared, shell};

fn command(base_url: &str, state: &tempfile::TempDir) -> Command {
    let mut command = program();
    command.env("VIDEOSEARCH_BASE_URL", base_url).env("VIDEOSEARCH_API_KEY", &shared().api_key).env("VIDEOSEARCH_STATE_DIR", state.path());
    command.stderr(std::process::Stdio::null());
    command
}

fn line(id: u32, method: &str, params: Value) -> Vec<u8> {
    format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).into_bytes()
}

fn hello() -> Vec<u8> {
    line(1, "initialize", json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}))
}

/// All pairs of kinds.
fn pairs(kinds: &[End]) -> impl Iterator<Item = (End, End)> {
    kinds.iter().flat_map(move |input| kinds.iter().map(move |output| (*input, *output)))
}

fn answer(messages: &[Value], id: u32) -> &Value {
    messages.iter().find(|message| message["id"] == id).unwrap_or_else(|| panic!("no answer to {id}: {messages:?}"))
}

#[test]
fn a_signal_ends_it_with_every_kind_of_stream_while_a_call_hangs() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|seen| if seen.target.starts_with("/prompt-runs/hang") { Answer::Hang } else { Answer::Pass });
    let state = tempfile::tempdir().unwrap();
    for (number, (input, output)) in pairs(&End::ALL).enumerate() {
        let run = format!("hang{number}");
        let call = line(2, "tools/call", json!({"name": "get_prompt_run_status", "arguments": {"run_id": run}}));
        let text = [hello(), call].concat();
        let process = Process::start(command(&upstream.base_url, &state), input, output, number % 2 == 1, &text);
        if input != End::Null {
            upstream.wait_for(|seen| seen.target.starts_with(&format!("/prompt-runs/{run}")));
            process.signal(if number % 3 == 1 { Signal::INT } else { Signal::TERM });
        }
        let (code, messages) = process.finish();
        assert_eq!(code, Some(0), "{input:?} {output:?}");
        if input != End::Null && output != End::Null {
            assert_eq!(answer(&messages, 1)["result"]["serverInfo"]["name"], "videosearch-mcp", "{input:?} {output:?}");
            let stopped = answer(&messages, 2)["result"]["content"][0]["text"].as_str().unwrap().to_owned();
            assert!(
                stopped.contains("stopped"),
                "{input:?} {output:?}: the signal ended the call, and not the end of the input: {stopped}"
            );
        }
    }
}

#[test]
fn a_signal_ends_it_while_it_waits_for_a_line() {
    let state = tempfile::tempdir().unwrap();
    for (input, output) in pairs(&End::LIVE) {
        for nonblocking in [false, true] {
            let mut process = Process::start(command(&shared().base_url, &state), input, output, nonblocking, &hello());
            assert_eq!(process.next()["id"], 1);
            process.signal(Signal::TERM);
            assert_eq!(process.finish().0, Some(0), "{input:?} {output:?} {nonblocking}");
        }
    }
}

#[test]
fn a_silent_stream_is_not_at_its_end_and_its_flags_are_left_alone() {
    let state = tempfile::tempdir().unwrap();
    for (input, output) in pairs(&End::LIVE) {
        for nonblocking in [false, true] {
            let mut process = Process::start(command(&shared().base_url, &state), input, output, nonblocking, b"");
            for id in 10..15 {
                // It waits for each of these, after it has found nothing to read.
                process.write(&line(id, "ping", json!({})));
                assert_eq!(process.next(), json!({"jsonrpc": "2.0", "id": id, "result": {}}), "{input:?} {output:?} {nonblocking}");
                assert!(process.flags_are_untouched(), "{input:?} {output:?} {nonblocking}");
            }
            if input != End::Terminal {
                process.close();
                assert_eq!(process.finish().0, Some(0), "{input:?} {output:?} {nonblocking}");
            }
        }
    }
}

#[test]
fn answers_larger_than_any_buffer_come_whole() {
    let state = tempfile::tempdir().unwrap();
    for (input, output) in pairs(&[End::Pipe, End::Socket, End::File]).chain([(End::Pipe, End::Terminal)]) {
        for nonblocking in [false, true] {
            let lists: Vec<u8> = (2..22).flat_map(|id| line(id, "tools/list", json!({}))).collect();
            let text = [hello(), lists].concat();
            let mut process = Process::start(command(&shared().base_url, &state), input, output, nonblocking, &text);
            process.close();
            let (code, messages) = process.finish();
            assert_eq!(code, Some(0), "{input:?} {output:?} {nonblocking}");
            for id in 2..22 {
                assert!(answer(&messages, id)["result"]["tools"].is_array(), "{input:?} {output:?} {nonblocking}");
            }
        }
    }
}

#[test]
fn a_closed_output_ends_it_also_while_a_call_hangs() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|seen| if seen.target.starts_with("/prompt-runs/hang") { Answer::Hang } else { Answer::Pass });
    let state = tempfile::tempdir().unwrap();
    for output in [End::Pipe, End::Socket] {
        for nonblocking in [false, true] {
            let mut process = Process::start(command(&upstream.base_url, &state), End::Socket, output, nonblocking, &hello());
            assert_eq!(process.next()["id"], 1);
            process.write(&line(2, "tools/call", json!({"name": "get_prompt_run_status", "arguments": {"run_id": "hang"}})));
            upstream.wait_for(|seen| seen.target.starts_with("/prompt-runs/hang"));
            upstream.take();
            process.stop_reading(&line(3, "ping", json!({})));
            process.write(&line(4, "ping", json!({})));
            assert_eq!(process.finish().0, Some(0), "{output:?} {nonblocking}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_that_nobody_reads_any_more_ends_it_without_a_write() {
    let state = tempfile::tempdir().unwrap();
    let (reader, theirs) = std::io::pipe().unwrap();
    let mut child = command(&shared().base_url, &state).stdin(std::process::Stdio::piped()).stdout(theirs).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(&hello()).unwrap();
    let mut answer = String::new();
    let mut reader = std::io::BufReader::new(reader);
    reader.read_line(&mut answer).unwrap();
    drop(reader);
    // Its input stays open, and it has nothing to write.
    let input = child.stdin.take();
    let (send, status) = std::sync::mpsc::channel();
    std::thread::spawn(move || send.send(child.wait().unwrap()));
    assert!(status.recv_timeout(crate::support::PATIENCE).unwrap().success());
    drop(input);
}

/// A server whose standard error nobody reads, at a log level that says much.
fn talkative(state: &tempfile::TempDir, stderr: impl Into<std::process::Stdio>) -> Process {
    let mut command = command(&shared().base_url, state);
    command.env("VIDEOSEARCH_LOG", "trace").stderr(stderr);
    let mut process = Process::start(command, End::Pipe, End::Pipe, false, &hello());
    assert_eq!(process.next()["id"], 1);
    // Enough to fill a pipe and what may wait for it.
    for first in (2..3_002).step_by(100) {
        let lines: Vec<u8> = (first..first + 100).flat_map(|id| line(id, "no/such/method", json!({}))).collect();
        process.write(&lines);
        for id in first..first + 100 {
            assert_eq!(process.next()["id"], id);
        }
    }
    process
}

#[test]
fn a_log_that_nobody_reads_stops_nothing_and_says_what_it_dropped() {
    let state = tempfile::tempdir().unwrap();
    for (kind, nonblocking) in [(End::Pipe, false), (End::Pipe, true), (End::Socket, false), (End::Terminal, false)] {
        let (theirs, ours) = kind.output();
        if nonblocking {
            let flags = rustix::fs::fcntl_getfl(&theirs).unwrap();
            rustix::fs::fcntl_setfl(&theirs, flags | rustix::fs::OFlags::NONBLOCK).unwrap();
        }
        let mut process = talkative(&state, theirs);
        let mut reader = ours.unwrap();
        let reader = std::thread::spawn(move || {
            let (mut log, mut buffer) = (Vec::new(), [0; 4096]);
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                log.extend_from_slice(&buffer[..read]);
            }
            String::from_utf8(log).unwrap()
        });
        process.close();
        assert_eq!(process.finish().0, Some(0), "{kind:?} {nonblocking}");
        let log = reader.join().unwrap();
        assert!(log.contains("lines of the log were dropped"), "{kind:?} {nonblocking}: {} bytes", log.len());
    }
}

#[test]
fn a_log_that_nobody_can_read_stops_nothing() {
    let state = tempfile::tempdir().unwrap();
    let (closed, reader) = End::Pipe.output();
    drop(reader);
    let mut streams = vec![std::process::Stdio::from(closed)];
    if let Ok(full) = std::fs::File::options().write(true).open("/dev/full") {
        streams.push(full.into());
    }
    for stderr in streams {
        let mut process = talkative(&state, stderr);
        process.close();
        assert_eq!(process.finish().0, Some(0));
    }
}

#[test]
fn a_log_that_nobody_reads_does_not_delay_a_signal() {
    let state = tempfile::tempdir().unwrap();
    let (theirs, _ours) = End::Pipe.output();
    let process = talkative(&state, theirs);
    process.signal(Signal::TERM);
    assert_eq!(process.finish().0, Some(0));
}

#[test]
fn a_change_that_the_end_cuts_off_says_how_to_ask_for_it_again() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|seen| if seen.method == "POST" && seen.target == "/indexes" { Answer::Hang } else { Answer::Pass });
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--toolsets", "library"]);
    server.initialize();
    let call = server.ask("tools/call", json!({"name": "create_index", "arguments": {"name": "Late"}}));
    upstream.wait_for(|seen| seen.method == "POST" && seen.target == "/indexes");
    assert!(shell(&format!("kill -TERM {}", server.pid())).status.success());
    let told = server.answer(call).to_string();
    assert!(told.contains("is being shut down") && told.contains("repeat the call with idempotency_key index-create:"), "{told}");
    // The same after the end of input and the time that running calls have from then on.
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--toolsets", "library"]);
    server.initialize();
    let call = server.ask("tools/call", json!({"name": "create_index", "arguments": {"name": "Later"}}));
    server.close();
    let told = server.answer(call).to_string();
    assert!(told.contains("repeat the call with idempotency_key index-create:"), "{told}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_a_failure_and_told() {
    let state = tempfile::tempdir().unwrap();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = command(&shared().base_url, &state);
    command.stdin(std::process::Stdio::piped()).stdout(full).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Its input stays open.
    let mut input = child.stdin.take().unwrap();
    input.write_all(&hello()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.code() == Some(1) && told.contains("the output could not be written: No space left"), "{told}");
    drop(input);
}

#[test]
fn closed_streams_are_a_normal_end() {
    let state = tempfile::tempdir().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" <&- >&- 2>&-", env!("CARGO_BIN_EXE_videosearch-mcp")]);
    shell.env("VIDEOSEARCH_STATE_DIR", state.path());
    assert!(shell.status().unwrap().success());
}
