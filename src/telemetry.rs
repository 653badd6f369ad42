//! The log: to stderr only, with secrets taken out.
//!
//! stdout belongs to the protocol. Every line passes the fence, also for what a library may log of a request.

use std::io::{self, Write};

use tracing_subscriber::{filter::Targets, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    config::{Config, LogFormat, LogLevel},
    fence,
};

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
    // rmcp warns of every error answer and prints whole messages at debug; only trace asks for that.
    let others = if config.log == LogLevel::Trace { own } else { own.min(tracing::level_filters::LevelFilter::ERROR) };
    let filter = Targets::new().with_default(others).with_target(env!("CARGO_CRATE_NAME"), own);
    let registry = tracing_subscriber::registry().with(filter);
    // Fails only where a log is running already, which is then kept.
    let _ = match config.log_format {
        LogFormat::Text => registry.with(tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Scrubbed)).try_init(),
        LogFormat::Json => registry.with(tracing_subscriber::fmt::layer().json().with_writer(Scrubbed)).try_init(),
    };
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
        let line = format!("{}\n", fence::line(&text));
        // Nobody may be listening, and there is nowhere else to say so.
        let _ = io::stderr().lock().write_all(line.as_bytes());
    }
}
