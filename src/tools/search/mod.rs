//! Finding moments: the four searches of an index and the rows they share.

mod filter;
mod hits;
mod image;
mod multimodal;
mod words;

pub use filter::FilterVideos;
pub use hits::drop_pictures;
pub use image::SearchVideosByImage;
pub use multimodal::MultimodalSearchTool;
pub use words::SearchVideos;
