//! Goes through the directory of a bucket.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant, UNIX_EPOCH},
};

use super::{
    bucket::{Listing, Object},
    pattern::Filter,
};
use crate::{disk, playground::time::Millis};

/// How long a walk may take.
const MOST_TIME: Duration = Duration::from_secs(10);
/// The most entries that fit and that a walk looks at.
const MOST_ENTRIES: usize = 200_000;
/// How deep folders may be in each other.
const MOST_DEPTH: usize = 64;

/// The files of a directory that fit, in order of their paths. Links are left out: they could lead anywhere.
///
/// Fails if the directory is so large or so slow that only a part of its files was seen: nobody would know which part. If all files that the
/// filter wants come before what was not seen, that is enough.
pub fn walk(directory: &Path, filter: &Filter) -> Result<Listing, String> {
    within(directory, filter, MOST_ENTRIES)
}

/// What is in the directory of a bucket.
pub fn entries(directory: &Path) -> Result<fs::ReadDir, String> {
    fs::read_dir(directory).map_err(|error| format!("The directory of the bucket cannot be read: {}", disk::unusable(&error)))
}

fn within(directory: &Path, filter: &Filter, most: usize) -> Result<Listing, String> {
    let mut walk = Walk { filter, until: Instant::now() + MOST_TIME, most, seen: 0, cut: None, listing: Listing::default() };
    // What cannot be read below is left out; the directory itself must be there.
    walk.folder(directory, "", entries(directory)?, 0);
    match walk.cut {
        Some(why) if !walk.listing.more => Err(format!(
            "The bucket cannot be listed to its end, because it {why}. A longer prefix or another pattern makes the list shorter"
        )),
        _ => Ok(walk.listing),
    }
}

struct Walk<'a> {
    filter: &'a Filter,
    until: Instant,
    most: usize,
    seen: usize,
    /// Why it ended before its end.
    cut: Option<String>,
    listing: Listing,
}

impl Walk<'_> {
    /// Goes through one folder. `prefix` is its path in the bucket, with a slash at the end.
    fn folder(&mut self, directory: &Path, prefix: &str, entries: fs::ReadDir, depth: usize) {
        let mut found: Vec<(String, fs::DirEntry, bool)> = Vec::new();
        for entry in entries.filter_map(Result::ok) {
            if self.is_cut() {
                break;
            }
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();
            // A folder is compared with its slash, so that the order is that of whole paths.
            let (path, is_folder) = match (kind.is_file(), kind.is_dir()) {
                (true, _) => (format!("{prefix}{name}"), false),
                (_, true) => (format!("{prefix}{name}/"), true),
                _ => continue,
            };
            let fits = if is_folder { depth < MOST_DEPTH && self.filter.enters(&path) } else { self.filter.fits(&path) };
            if fits && !disk::is_arriving(&name) {
                self.seen += 1;
                found.push((path, entry, is_folder));
            }
        }
        found.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        for (path, entry, is_folder) in found {
            if self.listing.more {
                return;
            }
            if !is_folder {
                self.take(path, &entry);
            } else if !self.is_cut() {
                let below = directory.join(entry.file_name());
                if let Ok(entries) = fs::read_dir(&below) {
                    self.folder(&below, &path, entries, depth + 1);
                }
            }
        }
    }

    /// Whether no more can be looked at.
    fn is_cut(&mut self) -> bool {
        if self.cut.is_none() {
            if self.seen > self.most {
                self.cut = Some(format!("has more than {} files and folders", self.most));
            } else if Instant::now() > self.until {
                self.cut = Some(format!("takes longer than {} s", MOST_TIME.as_secs()));
            }
        }
        self.cut.is_some()
    }

    fn take(&mut self, path: String, entry: &fs::DirEntry) {
        if self.listing.objects.len() >= self.filter.most {
            self.listing.more = true;
            return;
        }
        // It may not be the next one.
        if self.cut.is_some() {
            return;
        }
        // The metadata of an entry are those of a link itself, should one have taken its place.
        let Ok(metadata) = entry.metadata() else { return };
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = modified.and_then(|since| Millis::try_from(since.as_millis()).ok()).unwrap_or_default();
        self.listing.objects.push(Object { path, size: metadata.len(), modified });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_is_seen_in_part_is_not_taken_for_its_part() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a.mp4", "b.mp4", "c.txt", "d.mp4", "e.txt"] {
            fs::write(root.path().join(name), b"x").unwrap();
        }
        let list = |pattern: &str, most: usize| within(root.path(), &Filter::new("", pattern, true, most), 3);
        assert!(list("*", 100).unwrap_err().contains("more than 3 files and folders"));
        let found = list("*.mp4", 100).unwrap();
        assert_eq!((found.objects.len(), found.more), (3, false), "what does not fit does not count");
        assert!(list("*", 1).is_err(), "nobody knows which is the first");
        fs::create_dir(root.path().join("e")).unwrap();
        for name in ["1.mov", "2.mov", "3.mov", "4.mov", "5.mov"] {
            fs::write(root.path().join("e").join(name), b"x").unwrap();
        }
        fs::write(root.path().join("d.mov"), b"x").unwrap();
        let found = list("*.mov", 1).unwrap();
        assert_eq!((found.objects.first().map(|object| object.path.as_str()), found.more), (Some("d.mov"), true), "nobody asked for more");
        assert!(list("*.mov", 2).is_err());
    }
}
