//! Placeholder of the crate map; the layers follow.
pub mod api;
pub mod cli;
pub mod client;
pub mod config;
pub mod gate;
pub mod key;
pub mod mcp;
#[cfg(feature = "playground")]
pub mod playground;
pub mod session;
pub mod telemetry;
pub mod tools;
