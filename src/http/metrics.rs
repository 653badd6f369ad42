//! What happened so far, in numbers, as text of the form `OpenMetrics`.
//!
//! No number belongs to one caller, and no label holds anything that a caller wrote.

use std::{
    collections::BTreeMap,
    fmt::Write,
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    disk::{self, Whose},
    mcp::{Ended, Watcher},
};

/// The media type of the text.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The upper bounds of the buckets of times, in seconds.
const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 50.0];

/// The most bytes that we read of what the system says about this process.
const MOST_STATUS: u64 = 64 << 10;

/// Counters of one server.
#[derive(Default)]
pub struct Metrics {
    counts: Mutex<Counts>,
    connections: AtomicUsize,
}

#[derive(Default)]
struct Counts {
    calls: BTreeMap<(&'static str, &'static str), u64>,
    refusals: BTreeMap<&'static str, u64>,
    call_time: Times,
    upstream_time: Times,
    upstream_failures: u64,
}

/// How long something took, how often.
#[derive(Default)]
struct Times {
    buckets: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

/// What is true at this moment.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Calls under way.
    pub running: usize,
    /// Calls that wait for their turn.
    pub waiting: usize,
    /// Callers that are remembered.
    pub callers: usize,
    /// Whether what processes count together can be counted.
    pub counts: bool,
}

/// One open connection. Dropping it counts it out.
pub struct Open<'m>(&'m Metrics);

impl Metrics {
    /// Counts a request that was refused, by a word for the cause.
    pub fn refused(&self, cause: &'static str) {
        *self.counts().refusals.entry(cause).or_default() += 1;
    }

    /// Counts a connection in.
    pub fn open(&self) -> Open<'_> {
        self.connections.fetch_add(1, Relaxed);
        Open(self)
    }

    /// The text.
    pub fn text(&self, now: Now) -> String {
        let mut out = String::with_capacity(4096);
        let counts = self.counts();
        let mut family = |name: &str, kind: &str, help: &str, rows: &dyn Fn(&mut String)| {
            out.push_str(&format!("# TYPE videosearch_mcp_{name} {kind}\n# HELP videosearch_mcp_{name} {help}\n"));
            rows(&mut out);
        };
        family("calls", "counter", "Calls of tools, by tool and outcome; resources and prompts by their method.", &|out| {
            for ((tool, outcome), count) in &counts.calls {
                row(out, format_args!("calls_total{{tool=\"{tool}\",outcome=\"{outcome}\"}} {count}"));
            }
        });
        family("refusals", "counter", "Requests that were refused, by cause.", &|out| {
            for (cause, count) in &counts.refusals {
                row(out, format_args!("refusals_total{{cause=\"{cause}\"}} {count}"));
            }
        });
        family("call_seconds", "histogram", "How long calls of tools took.", &|out| counts.call_time.rows("call_seconds", out));
        family("upstream_seconds", "histogram", "How long the API took until it answered.", &|out| {
            counts.upstream_time.rows("upstream_seconds", out);
        });
        family("upstream_failures", "counter", "Requests that the API did not answer.", &|out| {
            row(out, format_args!("upstream_failures_total {}", counts.upstream_failures));
        });
        let gauges: [(&str, &str, u64); 6] = [
            ("calls_running", "Requests under way.", now.running as u64),
            ("calls_waiting", "Requests that wait for their turn.", now.waiting as u64),
            ("callers", "Callers that are remembered.", now.callers as u64),
            ("connections", "Open connections.", self.connections.load(Relaxed) as u64),
            (
                "shared_state_usable",
                "Whether used confirmations and spending can be counted: 1, or 0, and then what needs that is refused.",
                now.counts.into(),
            ),
            ("memory_bytes", "Resident memory of the process; 0 where it is not known.", resident().unwrap_or(0)),
        ];
        for (name, help, value) in gauges {
            family(name, "gauge", help, &|out| row(out, format_args!("{name} {value}")));
        }
        out.push_str("# EOF\n");
        out
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Metrics {
    /// Counts a request to the API: how long it took until it was answered, or that it was not.
    pub fn api_answered(&self, took: Option<Duration>) {
        let mut counts = self.counts();
        match took {
            Some(took) => counts.upstream_time.add(took),
            None => counts.upstream_failures += 1,
        }
    }
}

impl Watcher for Metrics {
    fn call_ended(&self, ended: &Ended) {
        let mut counts = self.counts();
        *counts.calls.entry((ended.tool, ended.outcome)).or_default() += 1;
        if let Some(cause) = ended.refused {
            *counts.refusals.entry(cause).or_default() += 1;
        }
        counts.call_time.add(ended.took);
    }

    fn refused(&self, cause: &'static str) {
        self.refused(cause);
    }
}

impl Times {
    fn add(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        if let Some(bucket) = BOUNDS.iter().zip(&mut self.buckets).find_map(|(bound, bucket)| (seconds <= *bound).then_some(bucket)) {
            *bucket += 1;
        }
        self.count += 1;
        self.seconds += seconds;
    }

    fn rows(&self, name: &str, out: &mut String) {
        let mut below = 0;
        for (bound, bucket) in BOUNDS.iter().zip(&self.buckets) {
            below += bucket;
            row(out, format_args!("{name}_bucket{{le=\"{bound:?}\"}} {below}"));
        }
        row(out, format_args!("{name}_bucket{{le=\"+Inf\"}} {}", self.count));
        row(out, format_args!("{name}_count {}", self.count));
        row(out, format_args!("{name}_sum {}", self.seconds));
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Relaxed);
    }
}

fn row(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let _ = writeln!(out, "videosearch_mcp_{text}");
}

/// The resident memory of this process, where the system tells it.
fn resident() -> Option<u64> {
    let status = disk::read(Path::new("/proc/self/status"), MOST_STATUS, Whose::Users).ok()?;
    let text = String::from_utf8(status.bytes).ok()?;
    let kilobytes: u64 = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}
