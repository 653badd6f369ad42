//! Finding moments: the four searches of an index, those of media without one, of several runs and of everything, and the rows that they
//! share.
//!
//! `words`, `image`, `multimodal`, `filter`, `outside`, `several` and `media` are the tools; start with `words`. `read` reads the hits of
//! an answer, `look` finds what to show of one, and `hits` writes them. `searched` is the end that three of the searches share. `question` finds the sentence that answers a
//! query, and how much of the query a hit holds. `full` writes each fact of a hit once, `fused` says how near a hit is that was found by
//! words and by a picture, `scripted` adds what only scripts need, and `like` fetches the picture of a moment to search by. If nothing is
//! found, `why` says why, and `known` compares the question with the fields of the runs; `untyped` does so for conditions without a type.
//! `language` notes a query in another language. Nothing here may know how a run is started.
//!
//! # Weak hits
//!
//! A search by meaning always finds something. A hit is marked `weak` if its score is below 0.5 and it holds fewer than half of the query's
//! words, endings aside. Either measure is enough to clear it: a hit may describe in other words what the query means, and scores of
//! different models are not comparable. Without words only the score counts. On a later page that a cursor leads to, nothing is marked. If
//! all hits are weak, the answer says that there is no close match.

mod filter;
mod full;
mod fused;
mod hits;
mod image;
mod known;
mod language;
mod like;
mod look;
mod media;
mod multimodal;
mod outside;
mod question;
mod read;
mod scripted;
mod searched;
mod several;
mod untyped;
mod why;
mod words;

pub use full::drop_pictures;
pub use why::Facts;

use crate::tools::{Tool, catalog::Family};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "search", about: "finding moments", tools: &TOOLS };

static TOOLS: [Tool; 8] = [
    Tool::of::<words::SearchVideos>().words("find where when moment happens talk about said dialogue quote footage of").core().example(r#"{"query": "train", "index_id": "idx_early_cinema"}"#),
    Tool::of::<image::SearchVideosByImage>().words("search; find similar looks like photo picture screenshot visually alike reverse").core().example(r#"{"image_data": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "index_id": "idx_early_cinema"}"#),
    Tool::of::<multimodal::MultimodalSearchTool>().words("find combine text photo together both").core().example(r#"{"text_query": "train", "index_id": "idx_early_cinema"}"#),
    Tool::of::<filter::FilterVideos>().words("where field equals greater less only those true condition criteria narrow").core().example(r#"{"index_id": "idx_early_cinema", "run_ids": ["run_scene_catalogue_early_cinema"], "conditions": [{"field": "outdoor", "operator": "equals", "type": "boolean", "value": true}]}"#),
    Tool::of::<outside::SearchOutside>().words("find outside loose without index").example(r#"{"query": "train"}"#),
    Tool::of::<outside::FilterOutside>().words("outside loose without index condition criteria field").example(r#"{"conditions": [{"field": "outdoor", "operator": "equals", "type": "boolean", "value": true}]}"#),
    Tool::of::<several::SearchRuns>().words("find across compare together several").example(r#"{"query": "train", "run_ids": ["run_scene_catalogue_early_cinema", "run_action_log_early_cinema"]}"#),
    Tool::of::<media::SearchMediaTool>().words("find everywhere anything whole account across").example(r#"{"query": "train", "limit": 3}"#),
];

/// Everything that is known of a row of an answer, each fact once, for its line. `told` are ids that the answer has named before.
pub fn said_once(value: &serde_json::Value, told: &[&str]) -> serde_json::Value {
    value.as_object().map_or(serde_json::Value::Null, |members| full::said_once(members, told))
}
