//! Placeholder of the crate map; the layers follow.

#[cfg(feature = "playground")]
pub mod playground;
