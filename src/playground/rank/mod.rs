//! Ranking for the playground's searches: which stored segments fit a question in words, a picture, or both.
//!
//! It must not know the API's requests and answers, HTTP, keys or the sample library: it takes rows of text and bytes of
//! pictures, and gives keys with scores. The lexicon is general English; nothing here may name a scene of the library.
//!
//! Start reading at [`text::search`]; [`concept`] says what a question's words are widened to, [`gist`] what a text is about
//! as a whole, [`lexicon`] where both come from. [`picture`] compares pictures and [`fuse`] joins the two rankings.

pub mod concept;
pub mod fuse;
pub mod gist;
pub mod lexicon;
pub mod picture;
pub mod text;

#[cfg(test)]
mod quality;
