//! Files that become media: uploads, and files of buckets.
//!
//! A file is checked by its extension and its content, measured once, and kept in the folder [`library::MEDIA_FOLDER`] of the playground's files. What was
//! measured is stored beside the item, so whatever a run says of it later is a pure function of that and of time. ffprobe and ffmpeg do the
//! measuring where they are on the path. Without ffprobe a file is kept, but no run takes it, because its duration is not known. A later start
//! with ffprobe measures it (`later`). Without ffmpeg it is cut into segments of one length, and nothing is known of its pictures and its
//! sound.
//!
//! This folder must not know search or the rules of runs. Start with [`prepare_from`], then `measure`. `child` runs the two programs.

mod child;
mod colour;
pub mod facts;
mod kind;
mod later;
mod look;
mod measure;
mod measured;
mod probe;
mod scenes;
mod still;
pub mod subtitles;
mod unnamed;
mod upload;

use std::{
    fs::OpenOptions,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::Connection;

use super::{
    Refusal,
    form::{MOST_FILE, Received},
    limits,
    mount::Mount,
    random,
    runs::Piece,
    service::Service,
    store::{
        library::{self, NewMedia},
        usage,
    },
};
use crate::{
    api::videos::Video,
    disk::{self, Fresh, Whose},
};

pub use child::{NEEDED, REMEDY, Tools};
pub use kind::{HEAD, Kind};
pub use later::measure_later;
pub use measured::{Measured, Words};
pub use unnamed::remove_unnamed;
pub use upload::named_alone;

/// How many random bytes name a file.
const NAME: usize = 12;

/// Mounts the two ways to upload.
pub fn mount(mount: Mount) -> Mount {
    upload::mount(mount)
}

/// A file that is measured and can become media. Dropping it deletes the file.
pub struct Prepared {
    media: NewMedia,
    scenes: Vec<(f64, f64)>,
    file: Arriving,
    target: PathBuf,
    service: Arc<Service>,
}

/// A file that has no place yet.
enum Arriving {
    Received(Received),
    Copied(Fresh),
}

impl Arriving {
    fn path(&self) -> Option<&Path> {
        match self {
            Self::Received(file) => file.path(),
            Self::Copied(file) => Some(file.path()),
        }
    }
}

impl Prepared {
    /// The size of the file in bytes.
    pub fn size(&self) -> u64 {
        self.media.size.unwrap_or_default()
    }

    /// The same with an address that the item has already.
    #[must_use]
    pub fn known_as(mut self, address: Option<String>) -> Self {
        self.media.uri = address;
        self
    }

    /// The same, as the item that has this id, if that waits for its file.
    #[must_use]
    pub fn in_place_of(mut self, video_id: Option<String>) -> Self {
        self.media.video_id = video_id;
        self
    }

    /// Keeps the file and adds the item, unless the day's bytes are used up. If the transaction fails later, the file is removed at the next
    /// start.
    pub fn keep(self, tx: &Connection) -> Result<Video, Refusal> {
        let bytes = self.size();
        self.service.limits.admit_bytes(tx, &limits::INGESTED, bytes)?;
        let facts = self.media.facts.clone();
        match self.file {
            Arriving::Received(file) => file.place(&self.target),
            Arriving::Copied(file) => file.place(&self.target),
        }
        .map_err(Refusal::internal)?;
        let video = library::add_media(tx, self.media)?;
        library::set_pieces(tx, &video.video_id, &pieces(&video.video_id, &self.scenes, facts.as_ref()))?;
        usage::added(tx, &video.video_id, bytes)?;
        Ok(video)
    }
}

/// The segments of an item that is cut into these stretches.
fn pieces(video_id: &str, scenes: &[(f64, f64)], film: Option<&Arc<Measured>>) -> Vec<Piece> {
    let name = video_id.strip_prefix("vid_").unwrap_or(video_id);
    let piece = |(number, &(start, end)): (usize, &(f64, f64))| Piece {
        segment_id: format!("seg_{name}_{:03}", number + 1),
        start,
        end,
        damage: None,
        scene: None,
        film: film.cloned(),
    };
    scenes.iter().enumerate().map(piece).collect()
}

/// Checks, copies and measures a file that somebody has opened. [`Prepared::keep`] makes an item from it. `words` are those of subtitles
/// beside it, as [`subtitles::parse`] reads them.
pub async fn prepare_from(
    service: &Arc<Service>,
    name: &str,
    content: Box<dyn Read + Send>,
    title: &str,
    index_id: Option<&str>,
    words: Option<Vec<Words>>,
) -> Result<Prepared, Refusal> {
    if Kind::named(name).is_none() {
        Kind::of(name, &[])?;
    }
    let folder = service.scratch.arriving().map_err(Refusal::internal)?;
    let copied = tokio::task::spawn_blocking(move || copy(content, &folder)).await;
    let (file, size) = copied.map_err(Refusal::internal)??;
    let kind = Kind::of(name, &head(file.path()).await?)?;
    measured(service, kind, Arriving::Copied(file), size, title, index_id, words).await
}

/// Checks and measures a file that has arrived.
async fn received(service: &Arc<Service>, file: Received, title: &str, index_id: Option<&str>) -> Result<Prepared, Refusal> {
    let path = file.path().ok_or_else(|| Refusal::internal("an uploaded file is not on the disk"))?;
    let kind = Kind::of(&file.name, &head(path).await?)?;
    let size = file.length;
    measured(service, kind, Arriving::Received(file), size, title, index_id, None).await
}

async fn measured(
    service: &Arc<Service>,
    kind: &'static Kind,
    file: Arriving,
    size: u64,
    title: &str,
    index_id: Option<&str>,
    words: Option<Vec<Words>>,
) -> Result<Prepared, Refusal> {
    let path = file.path().ok_or_else(|| Refusal::internal("a file has no path"))?.to_owned();
    let found = measure::measure(&service.tools, kind, &path, title, size, words).await?;
    // The store waits for no disk: the content is safe before the file gets its name there.
    tokio::task::spawn_blocking(move || synced(&path)).await.map_err(Refusal::internal)?.map_err(Refusal::internal)?;
    let name = format!("{}.{}", random::hex(NAME)?, kind.extension);
    let folder = service.scratch.folder(library::MEDIA_FOLDER).map_err(Refusal::internal)?;
    let media = NewMedia {
        title: title.to_owned(),
        index_id: index_id.map(str::to_owned),
        media_type: found.measured.media_type.clone(),
        duration: Some(found.duration).filter(|duration| *duration > 0.0 || kind.is_image()),
        size: Some(size),
        file: Some(name.clone()),
        content_type: Some(kind.mime.to_owned()),
        facts: Some(Arc::new(found.measured)),
        ..NewMedia::default()
    };
    Ok(Prepared { media, scenes: found.scenes, file, target: folder.join(name), service: Arc::clone(service) })
}

/// Waits until the content of a file is on the disk. Windows does that only for a file that is open for writing.
fn synced(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.sync_all()
}

/// The first bytes of a file.
async fn head(path: &Path) -> Result<Vec<u8>, Refusal> {
    let path = path.to_owned();
    let read = move || {
        let (file, _) = disk::open(&path, Whose::Users).map_err(io::Error::other)?;
        let mut head = Vec::new();
        file.take(HEAD as u64).read_to_end(&mut head)?;
        Ok(head)
    };
    let read = tokio::task::spawn_blocking(read).await.map_err(Refusal::internal)?;
    read.map_err(|error: io::Error| unreadable(&error))
}

fn unreadable(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::bad_request("validation_media_unreadable", format!("The file cannot be read: {error}."))
}

/// Copies a file to a new one in a folder. Gives the copy and its size.
fn copy(content: Box<dyn Read + Send>, folder: &Path) -> Result<(Fresh, u64), Refusal> {
    let mut fresh = Fresh::within(folder).map_err(Refusal::internal)?;
    let size = io::copy(&mut content.take(MOST_FILE + 1), &mut fresh).map_err(|error| unreadable(&error))?;
    if size == 0 {
        return Err(Refusal::bad_request("validation_media_empty", "the file is empty"));
    }
    if size > MOST_FILE {
        return Err(Refusal::bad_request("validation_media_too_large", format!("A file has at most {MOST_FILE} bytes.")));
    }
    fresh.flush().map_err(Refusal::internal)?;
    Ok((fresh, size))
}

/// The still of a segment of an added item, as a JPEG. `None` if there is none.
pub async fn still(service: &Service, file: &str, piece: &Piece) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(kind) = Kind::named(file) else { return Ok(None) };
    let path = service.scratch.folder(library::MEDIA_FOLDER).map_err(Refusal::internal)?.join(file);
    still::jpeg(service.tools.ffmpeg.as_deref(), kind, &path, (piece.start, piece.end)).await
}
