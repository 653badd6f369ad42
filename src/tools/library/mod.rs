//! What there is: indexes, their media, and the moments in them.

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
