//! Finding moments: the four searches of an index and the rows they share.
//!
//! `words`, `image`, `multimodal` and `filter` are the tools. `read` reads the hits of an answer, `hits` writes them, `question` finds the sentence that
//! answers and says how much of a query a hit holds, `full` says everything once, `like` fetches the picture of a moment to search by, `why` explains an empty answer by the fields that are `known`, and `language` notes a query
//! in another language.
//!
//! # Weak hits
//!
//! A search by meaning always finds something. A hit is marked `weak` when its score is below 0.5 and it holds fewer than half of the query's
//! words, endings aside. Either measure is enough to clear it: a hit may describe in other words what was asked for, and scores of
//! different models are not comparable. If all hits are weak, the answer says that there is no close match.

mod filter;
mod full;
mod hits;
mod image;
mod known;
mod language;
mod like;
mod multimodal;
mod question;
mod read;
mod why;
mod words;

pub use filter::FilterVideos;
pub use hits::drop_pictures;
pub use image::SearchVideosByImage;
pub use multimodal::MultimodalSearchTool;
pub use why::Facts;
pub use words::SearchVideos;

/// Everything that is known of a row of an answer, said once for its line. `told` are the ids that the answer names before.
pub fn said_once(value: &serde_json::Value, told: &[&str]) -> serde_json::Value {
    value.as_object().map_or(serde_json::Value::Null, |members| full::said_once(members, told))
}
