//! Goes through the directory of a bucket.

use std::{
    fs, io,
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
/// The most entries that a walk looks at.
const MOST_ENTRIES: usize = 200_000;
/// How deep folders may be in each other.
const MOST_DEPTH: usize = 64;

/// The files of a directory that fit, in order of their paths. Links are left out: they could lead anywhere.
pub fn walk(directory: &Path, filter: &Filter) -> io::Result<Listing> {
    let mut walk = Walk { filter, until: Instant::now() + MOST_TIME, seen: 0, listing: Listing::default() };
    // What cannot be read below is left out; the directory itself must be there.
    walk.folder(directory, "", fs::read_dir(directory)?, 0);
    Ok(walk.listing)
}

struct Walk<'a> {
    filter: &'a Filter,
    until: Instant,
    seen: usize,
    listing: Listing,
}

impl Walk<'_> {
    /// Goes through one folder. `prefix` is its path in the bucket, with a slash at the end.
    fn folder(&mut self, directory: &Path, prefix: &str, entries: fs::ReadDir, depth: usize) {
        let mut found: Vec<(String, fs::DirEntry, bool)> = Vec::new();
        for entry in entries.filter_map(Result::ok) {
            self.seen += 1;
            if self.is_over() {
                return;
            }
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();
            if disk::is_arriving(&name) {
                continue;
            }
            // A folder is compared with its slash, so that the order is that of whole paths.
            match (kind.is_file(), kind.is_dir()) {
                (true, _) => found.push((format!("{prefix}{name}"), entry, false)),
                (_, true) => found.push((format!("{prefix}{name}/"), entry, true)),
                _ => {}
            }
        }
        found.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        for (path, entry, is_folder) in found {
            if self.is_over() {
                return;
            }
            if is_folder {
                let below = directory.join(entry.file_name());
                if depth < MOST_DEPTH
                    && self.filter.enters(&path)
                    && let Ok(entries) = fs::read_dir(&below)
                {
                    self.folder(&below, &path, entries, depth + 1);
                }
            } else if self.filter.fits(&path) {
                self.take(path, &entry);
            }
        }
    }

    /// Whether enough was seen.
    fn is_over(&mut self) -> bool {
        self.listing.more = self.listing.more || self.seen > MOST_ENTRIES || Instant::now() > self.until;
        self.listing.more
    }

    fn take(&mut self, path: String, entry: &fs::DirEntry) {
        if self.listing.objects.len() >= self.filter.most {
            self.listing.more = true;
            return;
        }
        // The metadata of an entry are those of a link itself, should one have taken its place.
        let Ok(metadata) = entry.metadata() else { return };
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = modified.and_then(|since| Millis::try_from(since.as_millis()).ok()).unwrap_or_default();
        let named = entry.file_name().to_str().is_some();
        self.listing.objects.push(Object { path, size: metadata.len(), modified, named });
    }
}
