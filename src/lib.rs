//! Placeholder of the crate map; the layers follow.
pub mod api;
pub mod mcp;
#[cfg(feature = "playground")]
pub mod playground;
