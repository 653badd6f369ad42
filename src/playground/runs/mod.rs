//! Prompt runs: where one stands at a moment, what it found, and what it costs.
//!
//! A run is never advanced by a task. Its [`Facts`] (what was asked for, when, how fast, and whether a stop was asked for) say all: the
//! state at any moment is a pure function of them and of the clock. So a process that is killed and started again shows every
//! run where it would have stood anyway, and two readers at the same moment see the same.
//!
//! This folder must not know HTTP, SQL, keys or search. Start with [`Facts`] and [`Progress`]; `record` and `reading` turn them into the
//! API's answers, `cut` cuts media into segments of one length, `billing` prices them, `outcome` says how damaged media fail.

pub mod billing;
pub mod calls;
pub mod cut;
pub mod extraction;
mod facts;
pub mod outcome;
mod progress;
pub mod reading;
pub mod record;
pub mod summary;

pub use super::time::rfc3339 as stamp;
pub use facts::{Facts, Item, Media, Piece, Retry, Settings, Stop};
pub use progress::{ItemProgress, Phase, Progress, RetryState, Status, Step};

/// A moment, in milliseconds since 1970 UTC.
pub type Millis = i64;
