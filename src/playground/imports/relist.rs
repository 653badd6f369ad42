//! What a retry does with a bucket that has changed since its job listed it.
//!
//! A retry is about the files that failed or were cancelled, and about no others. The bucket is listed again. A file that is still there is
//! taken as it is now. One that has another name now is taken under that name: the same content and time, or the same name with another
//! extension. One that is gone fails and says so. Files that came since are left to a new import, and the job says how many there are. What
//! was imported stays as it is, whatever became of the file.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use rusqlite::Transaction;

use super::{
    Fate, Job, SourceFile,
    record::files,
    work::{MOST_TITLE, skipped},
};
use crate::playground::{
    Refusal,
    connectors::bucket::{Listing, Object},
    media::Kind,
    naming,
    store::records,
    time::Millis,
};

/// Brings the files that wait for another try up to date. Returns what is to be said of the others.
pub fn relist(tx: &Transaction<'_>, job: &Job, listing: &Listing) -> Result<Option<String>, Refusal> {
    let all: Vec<SourceFile> = files(tx, &job.job_id, None, 0, u32::MAX)?.into_iter().map(|stored| stored.record).collect();
    let known: HashSet<&str> = all.iter().map(|file| file.path.as_str()).collect();
    let there: HashMap<&str, &Object> = listing.objects.iter().map(|object| (object.path.as_str(), object)).collect();
    let is_new = |object: &&Object| !known.contains(object.path.as_str()) && Kind::named(object.name()).is_some();
    let new: Vec<&Object> = listing.objects.iter().filter(is_new).collect();
    let waiting = || all.iter().filter(|file| file.fate == Fate::Pending);
    let missing: Vec<&SourceFile> = waiting().filter(|file| !there.contains_key(file.path.as_str())).collect();
    let mut renames = Renames::of(&missing, &new);
    for file in waiting() {
        // Without an object its opening will fail, and says why.
        let Some(object) = there.get(file.path.as_str()).copied().or_else(|| renames.of_file(file)) else { continue };
        if file.path == object.path && (file.size, file.modified) == (object.size, object.modified) {
            continue;
        }
        let mut file = SourceFile { size: object.size, modified: object.modified, ..file.clone() };
        if file.path != object.path {
            file.known_by = SourceFile::known_by(job.connector_id.as_deref().unwrap_or_default(), &object.path);
            file.title = naming::titled(object.name(), MOST_TITLE);
            file.path.clone_from(&object.path);
        }
        records::update(tx, &file)?;
    }
    let mut count = 0;
    for object in new.iter().filter(|object| !renames.taken.contains(object.path.as_str())) {
        count += u64::from(skipped(tx, job, object)?.is_none());
    }
    Ok(match count {
        0 => None,
        1 => Some("The bucket has 1 file that came since; a new import takes it.".to_owned()),
        count => Some(format!("The bucket has {count} files that came since; a new import takes them.")),
    })
}

/// What files that are not there any more may have become.
struct Renames<'a> {
    by_content: Likeness<'a, (u64, Millis)>,
    by_stem: Likeness<'a, &'a str>,
    /// The paths of the objects that were found.
    taken: HashSet<&'a str>,
}

impl<'a> Renames<'a> {
    fn of(missing: &[&'a SourceFile], new: &[&'a Object]) -> Self {
        // An empty file is like any other empty file.
        let content = |size: u64, modified: Millis| (size > 0).then_some((size, modified));
        Self {
            by_content: Likeness::of(
                missing.iter().filter_map(|file| content(file.size, file.modified)),
                new.iter().filter_map(|object| Some((content(object.size, object.modified)?, *object))),
            ),
            by_stem: Likeness::of(missing.iter().map(|file| stem(&file.path)), new.iter().map(|object| (stem(&object.path), *object))),
            taken: HashSet::new(),
        }
    }

    /// The object that a file has become. None if another file may have become it, or if the file may have become another object.
    fn of_file(&mut self, file: &'a SourceFile) -> Option<&'a Object> {
        let found = self.by_content.only(&(file.size, file.modified), &self.taken);
        let found = found.or_else(|| self.by_stem.only(&stem(&file.path), &self.taken))?;
        self.taken.insert(&found.path);
        Some(found)
    }
}

/// How many missing files have something in common, and the new objects that have it, too.
struct Likeness<'a, K>(HashMap<K, (usize, Vec<&'a Object>)>);

impl<'a, K: Eq + Hash> Likeness<'a, K> {
    fn of(missing: impl Iterator<Item = K>, new: impl Iterator<Item = (K, &'a Object)>) -> Self {
        let mut all: HashMap<K, (usize, Vec<&Object>)> = HashMap::new();
        missing.for_each(|key| all.entry(key).or_default().0 += 1);
        for (key, object) in new {
            if let Some((_, objects)) = all.get_mut(&key) {
                objects.push(object);
            }
        }
        Self(all)
    }

    /// The only object with this in common with the only file.
    fn only(&self, key: &K, taken: &HashSet<&str>) -> Option<&'a Object> {
        let (1, objects) = self.0.get(key)? else { return None };
        let mut free = objects.iter().copied().filter(|object| !taken.contains(object.path.as_str()));
        free.next().filter(|_| free.next().is_none())
    }
}

/// A path without its extension.
fn stem(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(stem, _)| stem)
}
