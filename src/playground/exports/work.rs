//! Writes the files of exports.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
};

use rusqlite::Connection;
use serde_json::json;

use super::{
    content::{self, TAIL},
    record::{Destination, Export, Kind},
};
use crate::{
    api::connectors::Purpose,
    disk::Fresh,
    playground::{
        Refusal, connectors, events,
        mount::Reply,
        service::Service,
        store::{
            clock, library,
            records::{self, Which},
            runs,
        },
        time::{Millis, now},
    },
};

/// The folder of the files that can be downloaded.
const FOLDER: &str = "exports";
/// The most bytes of a file. Clients take no larger one.
const MOST_BYTES: u64 = 64 << 20;

/// Writes the file of each export as soon as its turn comes, until the playground stops.
pub async fn work(service: Arc<Service>) {
    let mut changes = service.store.changes();
    loop {
        changes.mark_unchanged();
        let stepped = tokio::select! {
            () = service.stopping.cancelled() => return,
            stepped = step(&service) => stepped,
        };
        let failed = stepped.is_err();
        let wake = stepped.unwrap_or_else(|refusal| {
            tracing::error!(%refusal, "an export could not be written or noted; the next attempt follows");
            Some(now() + clock::AFTER_FAILURE)
        });
        tokio::select! {
            () = service.stopping.cancelled() => return,
            changed = changes.changed(), if !failed => if changed.is_err() { return },
            () = clock::sleep_until(wake) => {}
        }
    }
}

/// Makes the export whose turn it is, if there is one. Gives the time of the next step.
async fn step(service: &Arc<Service>) -> Result<Option<Millis>, Refusal> {
    match service.store.read(next).await? {
        Some(export) if export.begins <= now() => {
            make(service, export).await?;
            Ok(Some(now()))
        }
        Some(export) => Ok(Some(export.begins)),
        None => Ok(None),
    }
}

/// The export whose turn is next.
fn next(connection: &Connection) -> Reply<Option<Export>> {
    let open = records::list::<Export>(connection, &Which { due: Some(Millis::MAX), ..Which::default() })?;
    Ok(open.into_iter().map(|stored| stored.record).min_by_key(|export| export.begins))
}

/// Writes a file and notes what came of it. Fails if that could not be noted.
async fn make(service: &Arc<Service>, export: Export) -> Result<(), Refusal> {
    let written = match write(service, &export).await {
        Ok(written) => Ok(written),
        Err(Failed::Reason(reason)) => Err(reason),
        Err(Failed::Refused(refusal)) => Err(refusal.message().to_owned()),
    };
    let noting = service.store.write(move |tx| {
        let mut export = records::get::<Export>(tx, &export.export_id)?;
        let told = export.outcome.is_some();
        match (&export.outcome, written) {
            // Its file was made again.
            (Some(outcome), Ok(bytes)) => export.ready(outcome.at, bytes),
            (Some(_), Err(_)) => return Ok(()),
            (None, Ok(bytes)) => export.ready(now(), bytes),
            (None, Err(reason)) => export.failed(now(), reason),
        }
        records::update(tx, &export)?;
        if told { Ok(()) } else { tell(tx, &export) }
    });
    noting.await
}

/// Tells that an export has ended.
fn tell(connection: &Connection, export: &Export) -> Result<(), Refusal> {
    let shown = export.shown(now());
    let name = if shown.has_failed() { "export.failed" } else { "export.ready" };
    let (index_id, run_id) = match export.kind {
        Kind::Index => (Some(export.target_id.clone()), None),
        // The export of a run concerns the index that the run does.
        Kind::PromptRun => {
            let run = runs::get(connection, &library::media(connection)?, &export.target_id)?;
            (run.as_ref().and_then(events::run_index), Some(export.target_id.as_str()))
        }
    };
    let data = json!({
        "export_id": shown.export_id,
        "export_type": shown.export_type,
        "target_id": shown.target_id,
        "index_id": index_id,
        "run_id": run_id,
        "status": shown.status,
        "file_size_bytes": shown.file_size_bytes,
        "download_url": shown.download_url,
        "destination_uri": shown.destination_uri,
        "error_message": shown.error_message,
    });
    events::emit(connection, name, data, index_id.as_deref())
}

/// Why there is no file.
enum Failed {
    /// In words for the caller.
    Reason(String),
    /// The store refused.
    Refused(Refusal),
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Reason(format!("The file could not be written: {error}."))
    }
}

/// Writes the file of an export to its place, and returns its size.
async fn write(service: &Arc<Service>, export: &Export) -> Result<u64, Failed> {
    let path = place(service, export).await?;
    let asked = export.clone();
    let outline = service.store.read_settled(move |connection| {
        if content::is_hollow(connection, &asked)? {
            return Ok(None);
        }
        content::outline(connection, &asked).map(|outline| Some(Arc::new(outline)))
    });
    let outline = outline.await?.ok_or_else(|| Failed::Reason("The run has no results to export.".to_owned()))?;
    let scratch = Arc::clone(service);
    // What a playground that is killed leaves there is removed at the next start.
    let file = on_disk(move || scratch.scratch.arriving().and_then(|folder| Fresh::within(&folder))).await?;
    let mut draft = Draft { file, bytes: 0 };
    draft = draft.with(outline.head.clone()).await?;
    let (mut first, mut done) = (true, 0);
    while done < outline.items.len() {
        let shared = Arc::clone(&outline);
        let (parts, upto) = service.store.read(move |connection| content::parts(connection, &shared, done)).await?;
        done = upto;
        if !parts.is_empty() {
            let text = parts.join(",");
            draft = draft.with(if first { text } else { format!(",{text}") }).await?;
            first = false;
        }
    }
    draft = draft.with(TAIL.to_owned()).await?;
    let bytes = draft.bytes;
    if let Some(destination) = &export.destination {
        deliver(service, destination, destination.path(&export.export_id), &draft.file).await?;
        return Ok(bytes);
    }
    let placed = on_disk(move || match draft.file.place(&path) {
        // An earlier process wrote it and ended before it noted that, or somebody else writes the sample at the same moment.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::metadata(&path).map(|data| data.len()),
        placed => placed.map(|()| bytes),
    });
    Ok(placed.await?)
}

/// A file that is being written.
struct Draft {
    file: Fresh,
    bytes: u64,
}

impl Draft {
    async fn with(mut self, text: String) -> Result<Self, Failed> {
        self.bytes += text.len() as u64;
        if self.bytes > MOST_BYTES {
            return Err(Failed::Reason(format!("The export has more than {} MiB; export single runs instead.", MOST_BYTES >> 20)));
        }
        Ok(on_disk(move || self.file.write_all(text.as_bytes()).map(|()| self)).await?)
    }
}

/// Does work on the disk where it holds up nobody.
async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// The path of the file of an export.
async fn place(service: &Arc<Service>, export: &Export) -> io::Result<PathBuf> {
    let (service, name) = (Arc::clone(service), format!("{}.json", export.export_id));
    on_disk(move || service.scratch.folder(FOLDER).map(|folder| folder.join(name))).await
}

/// Opens the file of a finished export. Writes it first if it is not there: the sample export has none until then.
pub async fn file(service: &Arc<Service>, export: Export) -> Reply<File> {
    let path = place(service, &export).await.map_err(Refusal::internal)?;
    let open = |path: PathBuf| async move {
        match on_disk(move || File::open(path)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some).map_err(Refusal::internal),
        }
    };
    if let Some(file) = open(path.clone()).await? {
        return Ok(file);
    }
    make(service, export).await?;
    open(path).await?.ok_or_else(|| Refusal::not_found("export_file"))
}

/// The bucket of a connector that exports. Whether it is there shows when the file is written.
pub fn bucket(connection: &Connection, connector_id: &str, subpath: Option<String>) -> Reply<Destination> {
    let kept = connectors::find(connection, connector_id)?;
    kept.permits(Purpose::Export)?;
    Ok(Destination { base_path: kept.0.export_base_path.clone(), subpath, bucket: kept.address(), connector_id: kept.0.connector_id })
}

/// Copies a finished file into the bucket of a connector. The connector may have changed since the export was asked for.
async fn deliver(service: &Arc<Service>, destination: &Destination, path: String, file: &Fresh) -> Result<(), Failed> {
    let id = destination.connector_id.clone();
    let kept = service.store.read(move |connection| {
        let kept = connectors::find(connection, &id)?;
        kept.permits(Purpose::Export).map(|()| kept)
    });
    let (kept, service, draft) = (kept.await?, Arc::clone(service), file.path().to_owned());
    let delivered = on_disk(move || {
        let found = service.buckets.find(kept.bucket());
        let mut content = File::open(draft)?;
        Ok(found.and_then(|bucket| bucket.keep(&path, &mut content)))
    });
    delivered.await?.map_err(|reason| Failed::Reason(format!("{reason}.")))
}
