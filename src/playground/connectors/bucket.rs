//! Buckets: each is a directory on this machine.
//!
//! The name of a bucket selects a directory that was named at the start (`--bucket NAME=DIR`), or one of this name in `buckets` in the data
//! directory. No name and no path leads out of these directories. The bucket of the sample connector needs no directory.

use std::{
    fs::{self, File},
    io::{BufReader, ErrorKind, Read, Seek},
    path::{Path, PathBuf},
};

use super::{pattern::Filter, sample, walk};
use crate::{
    api::connectors::CloudFile,
    disk,
    playground::{
        Refusal,
        media::Kind,
        time::{Millis, rfc3339},
    },
};

/// The folder of buckets in a data directory.
const FOLDER: &str = "buckets";

/// Where the buckets of a playground are.
#[derive(Clone, Debug, Default)]
pub struct Buckets {
    named: Vec<(String, PathBuf)>,
    folder: Option<PathBuf>,
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// A directory.
    Directory(PathBuf),
    /// The bucket of the sample connector.
    Sample,
}

/// A file in a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its path in the bucket, with `/` between folders.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// When it was changed.
    pub modified: Millis,
}

/// Files in a bucket, in order of their paths.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The files.
    pub objects: Vec<Object>,
    /// Whether there are more.
    pub more: bool,
}

impl Buckets {
    /// The buckets of a playground with this data directory.
    pub fn new(named: Vec<(String, PathBuf)>, data_dir: Option<&Path>) -> Self {
        Self { named, folder: data_dir.map(|directory| directory.join(FOLDER)) }
    }

    /// The bucket of this name, or why there is none.
    pub fn find(&self, name: &str) -> Result<Bucket, String> {
        if let Some((_, directory)) = self.named.iter().find(|(known, _)| known == name) {
            return Ok(Bucket::Directory(directory.clone()));
        }
        let plain = !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', ':', '\0']);
        if let Some(folder) = self.folder.as_ref().filter(|_| plain) {
            let directory = folder.join(name);
            // A link could lead anywhere. Whoever wants one names it at the start.
            if fs::symlink_metadata(&directory).is_ok_and(|found| found.is_dir()) {
                return Ok(Bucket::Directory(directory));
            }
        }
        if name == sample::BUCKET {
            return Ok(Bucket::Sample);
        }
        Err(format!(
            "There is no bucket `{name}` here. The buckets of a playground are directories: start it with --bucket NAME=DIR, \
             or make a directory of that name in `{FOLDER}` in its data directory"
        ))
    }
}

impl Bucket {
    /// Whether the bucket can be read, or why not.
    pub fn look(&self) -> Result<(), String> {
        match self {
            Self::Directory(directory) => walk::entries(directory).map(drop),
            Self::Sample => Ok(()),
        }
    }

    /// The files that fit, or why the bucket cannot be read.
    pub fn list(&self, filter: &Filter) -> Result<Listing, String> {
        match self {
            Self::Directory(directory) => walk::walk(directory, filter),
            Self::Sample => {
                let mut objects: Vec<Object> = sample::objects().filter(|object| filter.fits(&object.path)).collect();
                let more = objects.len() > filter.most;
                objects.truncate(filter.most);
                Ok(Listing { objects, more })
            }
        }
    }

    /// Opens a file for reading, and says how many bytes it has, or why it cannot be read.
    pub fn open(&self, path: &str) -> Result<(Box<dyn Read + Send>, u64), String> {
        match self {
            Self::Directory(directory) => match disk::open_beneath(directory, path) {
                Ok((file, metadata)) => Ok((Box::new(file), metadata.len())),
                Err(error) => Err(error.to_string()),
            },
            Self::Sample => match sample::content(path) {
                Some(content) => {
                    let size = content.len() as u64;
                    Ok((Box::new(std::io::Cursor::new(content)), size))
                }
                None => Err("there is no such file".to_owned()),
            },
        }
    }
}

impl Bucket {
    /// Writes a new file with the content of another one, whole or not at all, or says why that is not possible. A file that is there is
    /// never replaced. If it has the same content, an earlier process wrote it and ended before it noted that, so it is taken as written.
    pub fn keep(&self, path: &str, content: &mut File) -> Result<(), String> {
        let Self::Directory(directory) = self else {
            return Err(format!(
                "The sample bucket takes no files. A directory can take its place: start the playground with --bucket {}=DIR",
                sample::BUCKET
            ));
        };
        match disk::keep_beneath(directory, path, content) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let same = content.rewind().is_ok() && self.open(path).is_ok_and(|(there, _)| same(there, content));
                if same { Ok(()) } else { Err(format!("The bucket has a file `{path}` already, which is not replaced")) }
            }
            Err(error) => Err(format!("The file `{path}` could not be written into the bucket: {error}")),
        }
    }
}

/// Whether two files have the same content.
fn same(one: impl Read, other: impl Read) -> bool {
    let (mut one, mut other) = (BufReader::new(one).bytes(), BufReader::new(other).bytes());
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(Ok(a)), Some(Ok(b))) if a == b => {}
            _ => return false,
        }
    }
}

impl Object {
    /// Its name without folders.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// What follows the last dot of its name, in lower case.
    pub fn extension(&self) -> String {
        extension(self.name())
    }

    /// As the API shows it. The extension has its dot.
    pub fn shown(&self) -> CloudFile {
        let extension = self.extension();
        CloudFile {
            path: self.path.clone(),
            name: self.name().to_owned(),
            size_bytes: self.size,
            last_modified: rfc3339(self.modified),
            content_type: Kind::named(self.name()).map(|kind| kind.mime.to_owned()),
            extension: if extension.is_empty() { extension } else { format!(".{extension}") },
        }
    }
}

/// What follows the last dot of a name, in lower case.
fn extension(name: &str) -> String {
    name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default()
}

/// Does work with files on a thread for such work.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(Refusal::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_buckets() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("buckets/films")).unwrap();
        fs::create_dir(root.path().join("away")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.path().join("away"), root.path().join("buckets/linked")).unwrap();
        let buckets = Buckets::new(vec![("own".into(), root.path().join("away"))], Some(root.path()));
        assert!(matches!(buckets.find("films"), Ok(Bucket::Directory(_))));
        assert!(matches!(buckets.find("own"), Ok(Bucket::Directory(_))));
        for away in ["..", ".", "", "../away", "films/..", "/", "linked", "none"] {
            assert!(buckets.find(away).is_err(), "{away}");
        }
    }

    #[test]
    fn links_are_not_listed() {
        let root = tempfile::tempdir().unwrap();
        let bucket = root.path().join("bucket");
        fs::create_dir_all(bucket.join("a")).unwrap();
        for name in ["a/2.mp4", "a.mp4", "b\u{fc} \u{1f3ac}.mp4"] {
            fs::write(bucket.join(name), b"x").unwrap();
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(root.path(), bucket.join("up")).unwrap();
            std::os::unix::fs::symlink(bucket.join("a.mp4"), bucket.join("c.mp4")).unwrap();
            fs::write(bucket.join("line\nbreak.mp4"), b"x").unwrap();
        }
        let listed = Bucket::Directory(bucket).list(&Filter::new("", "*", true, 100)).unwrap();
        let paths: Vec<&str> = listed.objects.iter().map(|object| object.path.as_str()).collect();
        let mut expected = vec!["a.mp4", "a/2.mp4", "b\u{fc} \u{1f3ac}.mp4"];
        if cfg!(unix) {
            expected.push("line\nbreak.mp4");
        }
        expected.sort_unstable();
        assert_eq!(paths, expected);
    }
}
