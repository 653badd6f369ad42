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
mod video;
mod videos;

pub use indexes::ListIndexesTool;
pub use moment::ShowMoment;
pub use moments::ShowMoments;
pub use segments::GetVideoSegments;
pub use video::GetVideoTool;
pub use videos::ListVideos;
