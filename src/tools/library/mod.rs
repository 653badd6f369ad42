//! What there is: indexes, their media, and the moments in them.

mod coverage;
mod indexes;
mod moment;
mod other_runs;
mod picture;
mod segments;
mod speech;
mod video;
mod videos;

pub use indexes::ListIndexesTool;
pub use moment::ShowMoment;
pub use segments::GetVideoSegments;
pub use video::GetVideoTool;
pub use videos::ListVideos;
