//! The searches over what runs found: where to look, ranking, and hits.
//!
//! Ranking itself is in `rank`; this folder joins it to runs and media. It must not know HTTP. All functions take a connection on which
//! ended runs have been settled. Start with [`Scope`], then [`text`]; `hits` writes the API's records.

pub mod hits;
pub mod image;
mod scope;
pub mod text;

pub use scope::{Key, Scope, results};
