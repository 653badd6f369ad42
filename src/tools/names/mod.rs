//! Names for ids, and ids for names. A caller may give an index by its name, a video by its title and a moment by its handle. Hits are
//! shown with the titles of their videos.
//!
//! Start with `indexes`, which finds the indexes of a call. `titles` looks up the titles of hits, `lookup` finds the resource that a wrong
//! id was meant to be, and `videos` reads which videos there are. `handle` reads moments and times, and `memory` holds what a process
//! remembers between calls. Nothing here may know what a tool does with an id.

mod handle;
mod indexes;
mod lookup;
mod memory;
mod titles;
mod videos;

use unicode_normalization::UnicodeNormalization;

pub use handle::{MOMENT, MomentRef, Part, Place, SEGMENT, Seconds, broken_range, handle};
pub use indexes::{ALL, IndexName, Named, Target, check_new, list as list_indexes, target};
pub use lookup::{MOST_RUNS, known, missing, namesakes, settle};
pub use memory::Memory;
pub use titles::{Titles, titles};
use videos::segment_video;
pub use videos::{Library, Listed, for_titles};

use super::text;

/// A name without what cannot be seen, composed in one way (NFC): keyboards compose letters, and some systems that store names take them apart.
pub fn composed(name: &str) -> String {
    text::clean(name).nfc().collect()
}

/// A name as it is compared: composed in one way (NFC), without case, and with white space of any kind folded to single spaces.
pub fn folded(name: &str) -> String {
    let lower: String = composed(name).chars().flat_map(char::to_lowercase).nfc().collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one() {
        for (left, right) in [
            ("Early cinema", " early\u{a0} CINEMA "),
            ("Caf\u{e9}", "cafe\u{301}"),
            ("\u{c5}ngstr\u{f6}m", "A\u{30a}NGSTRO\u{308}M"),
            ("\u{ac00}", "\u{1100}\u{1161}"),
            ("a\tb\u{2003}c", "A  B C"),
        ] {
            assert_eq!(folded(left), folded(right), "{left} {right}");
        }
        assert_ne!(folded("Cafe"), folded("Café"));
    }
}
