//! What the library holds: indexes, their items, and the moments in them.
//!
//! The tools are `indexes`, `videos`, `video` and `segments`, which list and read, and `moment` and `moments`, which show pictures. `place`
//! finds the segment of a moment, `picture` fetches its picture, `coverage` says where an item has no segments, and `other_runs` and
//! `speech` find what another run has. Start with `moment`. Nothing here may change the library, or know how a search finds its hits.

mod coverage;
mod indexes;
mod moment;
mod moments;
mod other_runs;
pub mod picture;
pub mod place;
mod segments;
mod speech;
mod upload;
mod video;
mod videos;

use crate::{
    api,
    tools::{Tool, catalog::Family},
};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "library", about: "indexes, videos and segments", tools: &TOOLS };

static TOOLS: [Tool; 8] = [
    Tool::of::<indexes::ListIndexesTool>().core(),
    Tool::of::<videos::ListVideos>().core().example(r#"{"index_id": "idx_early_cinema"}"#),
    Tool::of::<video::GetVideoTool>().core().example(r#"{"video_id": "vid_great_train_robbery_1903"}"#),
    Tool::of::<segments::GetVideoSegments>().core().example(r#"{"video_id": "vid_great_train_robbery_1903"}"#),
    Tool::proxy::<api::indexes::GetIndex>("get_index", "Get index").example(r#"{"index_id": "idx_early_cinema"}"#),
    Tool::of::<moment::ShowMoment>().core().example(r#"{"video_id": "vid_great_train_robbery_1903", "time": 5}"#),
    Tool::of::<moments::ShowMoments>().core().example(r#"{"moments": ["vid_great_train_robbery_1903@0-68"]}"#),
    Tool::of::<upload::UploadMedia>().example(r#"{"file_path": "film.mp4"}"#),
];
