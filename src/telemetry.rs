//! The log: to stderr only, with secrets taken out.
//!
//! stdout belongs to the protocol. Every line passes the fence, since a library may log parts of a request. Nobody has to read stderr: a
//! thread of its own writes the lines, and drops those that nobody reads in time.

use std::{
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tracing_subscriber::{filter::Targets, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    config::{Config, LogFormat, LogLevel},
    fence, streams,
};

/// How long the process waits at its end until somebody reads the last lines: for each line, and for all of them.
const LAST_LINES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(1));

/// How long we wait until somebody reads a line that is for a person.
const FOR_A_PERSON: Duration = Duration::from_secs(10);

/// What the lines of this layer itself come from.
const TARGET: &str = concat!(env!("CARGO_CRATE_NAME"), "::telemetry");

/// Whether the lines of the log are JSON.
static JSON: AtomicBool = AtomicBool::new(false);

/// Starts the log as configured. A second start changes nothing.
pub fn start(config: &Config) {
    let level = |level: LogLevel| match level {
        LogLevel::Off => tracing::level_filters::LevelFilter::OFF,
        LogLevel::Error => tracing::level_filters::LevelFilter::ERROR,
        LogLevel::Warn => tracing::level_filters::LevelFilter::WARN,
        LogLevel::Info => tracing::level_filters::LevelFilter::INFO,
        LogLevel::Debug => tracing::level_filters::LevelFilter::DEBUG,
        LogLevel::Trace => tracing::level_filters::LevelFilter::TRACE,
    };
    let own = level(config.log);
    // rmcp warns of every error answer; only trace asks for that.
    let others = if config.log == LogLevel::Trace { own } else { own.min(tracing::level_filters::LevelFilter::ERROR) };
    // Below info it prints whole messages, and arguments may hold the secrets of other services, which the fence does not know yet.
    let protocol = others.min(tracing::level_filters::LevelFilter::INFO);
    // A client that goes away before its answer is no error of this server.
    let unsent = if config.log == LogLevel::Trace { protocol } else { tracing::level_filters::LevelFilter::OFF };
    let filter = Targets::new()
        .with_default(others)
        .with_target("rmcp", protocol)
        .with_target(concat!("rmcp", "::service"), unsent)
        .with_target(env!("CARGO_CRATE_NAME"), own);
    let registry = tracing_subscriber::registry().with(filter);
    JSON.store(config.log_format == LogFormat::Json, Ordering::Relaxed);
    // This fails only if a log is running already. We keep that one.
    let _ = match config.log_format {
        LogFormat::Text => registry.with(tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Scrubbed)).try_init(),
        LogFormat::Json => registry.with(tracing_subscriber::fmt::layer().json().with_writer(Scrubbed)).try_init(),
    };
}

/// Writes a text to stderr whatever the level of the log is. Like the log, it never waits for a reader.
pub fn say(text: &str) {
    drop(Line(text.as_bytes().to_vec()));
}

/// Writes lines to stderr whatever the level of the log is. Waits for a reader, but not forever.
pub fn tell(text: &str) {
    for line in fence::text(text).lines() {
        streams::log::line(format!("{line}\n").into_bytes(), dropped);
        streams::log::flush(FOR_A_PERSON, FOR_A_PERSON);
    }
}

/// Writes a line to stderr whatever the level of the log is, in the form of the lines of the log.
pub fn announce(text: &str) {
    if JSON.load(Ordering::Relaxed) {
        tell(&json("INFO", &serde_json::json!({"message": text})));
    } else {
        tell(text);
    }
}

/// A line of a log in JSON.
fn json(level: &str, fields: &serde_json::Value) -> String {
    serde_json::json!({"timestamp": time(), "level": level, "fields": fields, "target": TARGET}).to_string()
}

fn time() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// Sends panics to the log. The standard library would write them to stderr itself, with secrets, and wait for a reader.
pub fn take_panics() {
    std::panic::set_hook(Box::new(|panic| say(&format!("videosearch-mcp: {panic}"))));
}

/// Waits a moment for the last lines to be read.
pub fn finish() {
    streams::log::flush(LAST_LINES.0, LAST_LINES.1);
}

/// The line that says how many lines were dropped.
fn dropped(lines: u64) -> Vec<u8> {
    let message = "lines of the log were dropped, because nobody read stderr";
    let line = if JSON.load(Ordering::Relaxed) {
        json("WARN", &serde_json::json!({"message": message, "lines": lines}))
    } else {
        format!("{}  WARN {TARGET}: {lines} {message}", time())
    };
    format!("{line}\n").into_bytes()
}

/// Makes one writer per line.
struct Scrubbed;

/// Collects a line and writes it without secrets when it is complete.
struct Line(Vec<u8>);

impl<'a> MakeWriter<'a> for Scrubbed {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(Vec::with_capacity(256))
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.0);
        streams::log::line(format!("{}\n", fence::line(&text)).into_bytes(), dropped);
    }
}
