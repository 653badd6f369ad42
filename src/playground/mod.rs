//! The local `VideoVector` API.
pub mod library;
