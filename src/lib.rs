//! Placeholder of the crate map; the layers follow.
pub mod api;
pub mod mcp;
