//! The searches over what runs found: where to look, ranking, and hits.
//!
//! The ranking itself is in `rank`. This folder joins it to runs and media. It must not know HTTP. Before a search, the caller settles the
//! runs that have ended. Start with [`Scope`], then [`text`]. `hits` writes the API's records.

pub mod hits;
pub mod image;
mod scope;
pub mod text;

pub use scope::{Key, Place, Scope, distinct, must_be_about, results};
