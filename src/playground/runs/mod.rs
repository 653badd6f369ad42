//! Prompt runs: where a run is at a moment, what it found, and what it costs.
//!
//! No task moves a run on. Its [`Facts`] say everything: what somebody asked for, when, how fast it goes, and whether somebody stopped it.
//! The state at any moment follows from these facts and from the clock alone. So after a crash and a restart, every run is where it would
//! have been anyway. Two readers at the same moment see the same state.
//!
//! This folder must not know HTTP, SQL, keys or search. Start with [`Facts`] and [`Progress`]. `record` and `reading` turn them into the
//! API's answers. `cut` cuts media into segments of one length. `billing` prices them. `outcome` says how damaged media fail.

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

pub use super::time::{Millis, rfc3339 as stamp};
pub use facts::{Facts, Item, Media, Piece, Retry, Settings, Source, Stop};
pub use progress::{ItemProgress, Phase, Progress, RetryState, Status, Step};
