//! What a retry does with a bucket that has changed since its job listed it.
//!
//! A retry is about the files that failed or were cancelled, and about no others. The bucket is listed again. A file that is still there is
//! taken as it is now. One that has another name now is taken under that name: the same content and time, or the same name with another
//! extension. One that is gone fails and says so. Files that came since are left to a new import, and the job says how many there are. What
//! was imported stays as it is, whatever became of the file.

use std::collections::HashSet;

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
};

/// Brings the files that wait for another try up to date. Returns what is to be said of the others.
pub fn relist(tx: &Transaction<'_>, job: &Job, listing: &Listing) -> Result<Option<String>, Refusal> {
    let all: Vec<SourceFile> = files(tx, &job.job_id, None, 0, u32::MAX)?.into_iter().map(|stored| stored.record).collect();
    let known: HashSet<&str> = all.iter().map(|file| file.path.as_str()).collect();
    let (there, mut new): (Vec<&Object>, Vec<&Object>) = listing.objects.iter().partition(|object| known.contains(object.path.as_str()));
    new.retain(|object| Kind::named(object.name()).is_some());
    let waiting = || all.iter().filter(|file| file.fate == Fate::Pending);
    let at = |path: &str| there.iter().find(|object| object.path == path).copied();
    let missing: Vec<&SourceFile> = waiting().filter(|file| at(&file.path).is_none()).collect();
    for mut file in waiting().cloned() {
        // Without an object its opening will fail, and says why.
        let Some(object) = at(&file.path).or_else(|| renamed(&file, &missing, &new)) else { continue };
        new.retain(|other| other.path != object.path);
        if file.path != object.path {
            file.known_by = SourceFile::known_by(job.connector_id.as_deref().unwrap_or_default(), &object.path);
            file.title = naming::titled(object.name(), MOST_TITLE);
            file.path.clone_from(&object.path);
        }
        (file.size, file.modified) = (object.size, object.modified);
        records::update(tx, &file)?;
    }
    let mut count = 0;
    for object in new {
        count += u64::from(skipped(tx, job, object)?.is_none());
    }
    Ok(match count {
        0 => None,
        1 => Some("The bucket has 1 file that came since; a new import takes it.".to_owned()),
        count => Some(format!("The bucket has {count} files that came since; a new import takes them.")),
    })
}

/// The object that a file has become. None if another file may have become it, or if the file may have become another object.
fn renamed<'a>(file: &SourceFile, missing: &[&SourceFile], new: &[&'a Object]) -> Option<&'a Object> {
    let only = |fits: &dyn Fn(&SourceFile, &Object) -> bool| {
        let mut fitting = new.iter().copied().filter(|object| fits(file, object));
        let found = fitting.next().filter(|_| fitting.next().is_none())?;
        (missing.iter().filter(|other| fits(other, found)).count() == 1).then_some(found)
    };
    // An empty file is like any other empty file.
    let moved = |file: &SourceFile, object: &Object| object.size > 0 && object.size == file.size && object.modified == file.modified;
    only(&moved).or_else(|| only(&|file, object| stem(&object.path) == stem(&file.path)))
}

/// A path without its extension.
fn stem(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(stem, _)| stem)
}
