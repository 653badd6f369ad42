//! The local VideoVector API.
pub mod library;
pub mod rank;
