//! Ranking for the playground's searches: which stored segments fit a question in words, a picture, or both.
//!
//! It must not know the API's requests and answers, HTTP, keys or the sample library. It takes rows of text and bytes of pictures, and
//! returns keys with scores. The lexicon is general English. Nothing here may name a scene of the library.
//!
//! Start with [`text::search`]. [`concept`] finds other words for each word of a question. [`gist`] tells what a text is about as a whole.
//! Both use the [`lexicon`]. [`picture`] compares pictures. [`fuse`] joins the two rankings.

pub mod concept;
pub mod fuse;
pub mod gist;
pub mod lexicon;
pub mod picture;
pub mod text;

#[cfg(test)]
mod quality;
