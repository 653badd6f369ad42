//! The local VideoVector API; so far its ranking.

pub mod rank;
