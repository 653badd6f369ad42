//! What there is: indexes, their media, and the moments in them.

mod indexes;
mod moment;
mod picture;
mod segments;
mod video;
mod videos;

pub use indexes::ListIndexes;
pub use moment::ShowMoment;
pub use segments::GetVideoSegments;
pub use video::GetVideo;
pub use videos::ListVideos;
