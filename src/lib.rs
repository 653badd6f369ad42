//! Placeholder of the crate map; the layers follow.
pub mod api;
#[cfg(feature = "playground")]
pub mod playground;
