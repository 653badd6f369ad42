//! Exports: jobs that write what the store knows of an index or of a run into a JSON file, and the download of such files.
//!
//! An [`Export`] is a record. It says what was asked for, and in the end what came of it. `content` decides what the file holds, and `work`
//! writes it, part by part and not on the store's thread. A playground that was stopped in the middle of a file writes it again when it
//! starts. The sample export is the only one without a file on the disk: [`work::file`] writes that when somebody downloads it.
//!
//! An export into a bucket is written in the same place, and a finished file is copied into the directory of the bucket.
//!
//! Nobody knows what a file of the service looks like, so ours is what a reader would expect: what was exported, and its media with all
//! results. With the `result_scope` matches, it holds of each run what the selection filter of the run's prompt chooses, and no items without such
//! results if it is the file of a run.

mod content;
mod record;
mod work;

use std::sync::Arc;

use axum::http::header::{CACHE_CONTROL, HeaderValue};
use rusqlite::{Connection, Transaction};

use super::{
    Refusal,
    auth::Caller,
    cursor::page_size,
    limits,
    mount::{Mount, Reply},
    random,
    raw::{JSON, Raw, Wanted},
    runs::{Facts, Media, Progress},
    search::{distinct, must_be_about},
    service::Service,
    store::{
        Store, library,
        records::{self, Which},
        runs, usage,
    },
    time::{Millis, now},
};
use crate::api::{
    exports::{
        DownloadExport, DownloadUrl, ExportIndex, ExportRun, ExportStarted, ExportStatus, GetExport, ListExports, MintDownloadUrl,
        ResultScope,
    },
    ids::{ConnectorId, RunId},
    page::Rows,
};

pub use record::Export;
use record::{Destination, Kind};
pub use work::work;

#[cfg(test)]
use super::tests::round_trip::Samples;

const DEFAULT_ROWS: u32 = 50;
const MOST_ROWS: u32 = 100;
/// How long a link to a file can be used, in seconds.
const LINK_LIFE: u64 = 900;
/// The longest folder in a bucket.
const MOST_PATH_CHARS: usize = 512;

#[cfg(test)]
pub const SAMPLES: Samples = &[
    (
        "POST /exports/index/{index_id}",
        r#"{"prompt_run_ids": ["ID", "2"], "destination_connector_id": "ID", "destination_subpath": "TEXT", "result_scope": "matches"}"#,
    ),
    ("POST /exports/prompt-run/{run_id}", r#"{"destination_connector_id": "ID", "destination_subpath": "TEXT", "result_scope": "all"}"#),
    ("GET /exports", r#"{"limit": 7}"#),
];

/// Mounts the operations on exports.
pub fn mount(mount: Mount) -> Mount {
    mount
        .write(export_index)
        .accepted()
        .write(export_run)
        .accepted()
        .read(list_exports)
        .read(get_export)
        .raw(mint_download_url)
        .raw(download_export)
        .with_tickets()
}

/// Adds a finished export, for the tools that read one. Its run is part of the sample library.
pub fn seed(connection: &Connection) -> Result<(), Refusal> {
    let mut export = Export::sample();
    let outline = content::outline(connection, &export)?;
    // The run of the sample has few items.
    let (parts, _) = content::parts(connection, &outline, 0)?;
    let bytes = outline.head.len() + parts.join(",").len() + content::TAIL.len();
    export.ready(export.begins, u64::try_from(bytes).unwrap_or_default());
    records::insert(connection, &export).map(drop)
}

fn export_index(_: &Caller, tx: &Transaction<'_>, call: ExportIndex) -> Reply<ExportStarted> {
    let index = library::index(tx, call.index_id.as_str())?.ok_or_else(|| Refusal::not_found("index"))?;
    let named: Option<Vec<String>> = call.prompt_run_ids.map(|ids| ids.iter().map(RunId::to_string).collect());
    let run_ids = named.filter(|ids| !ids.is_empty()).map(|ids| distinct(&ids));
    let media = library::media(tx)?;
    for run_id in run_ids.iter().flatten() {
        must_be_about(&check_run(tx, &media, run_id)?, std::slice::from_ref(&index.index_id))?;
    }
    let destination = destination(tx, call.destination_connector_id, call.destination_subpath)?;
    start(tx, Kind::Index, index.index_id, run_ids, destination, call.result_scope)
}

fn export_run(_: &Caller, tx: &Transaction<'_>, call: ExportRun) -> Reply<ExportStarted> {
    check_run(tx, &library::media(tx)?, call.run_id.as_str())?;
    let destination = destination(tx, call.destination_connector_id, call.destination_subpath)?;
    start(tx, Kind::PromptRun, call.run_id.to_string(), None, destination, call.result_scope)
}

/// Starts the export of an index with the results of one run, for its automation, and returns the id.
pub fn begin(connection: &Connection, index_id: &str, run_id: &str, bucket: Option<(&str, Option<String>)>) -> Reply<String> {
    let destination = bucket.map(|(connector_id, subpath)| work::bucket(connection, connector_id, subpath)).transpose()?;
    let runs = Some(vec![run_id.to_owned()]);
    start(connection, Kind::Index, index_id.to_owned(), runs, destination, None).map(|started| started.export_id)
}

/// Whether a file is still to be written into the bucket of a connector.
pub fn under_way(connection: &Connection, connector_id: &str) -> Reply<bool> {
    let open = records::list::<Export>(connection, &Which { due: Some(Millis::MAX), ..Which::default() })?;
    Ok(open.iter().any(|stored| stored.record.destination.as_ref().is_some_and(|bucket| bucket.connector_id == connector_id)))
}

/// Why an export failed. `None` if it did not.
pub fn failure(connection: &Connection, export_id: &str) -> Reply<Option<String>> {
    let export = records::find::<Export>(connection, export_id)?;
    Ok(export.and_then(|export| export.outcome?.result.err()))
}

/// Only a run that has ended can be exported. Otherwise nobody could say which results the file should hold.
fn check_run(connection: &Connection, media: &Media, run_id: &str) -> Reply<Facts> {
    let run = runs::get(connection, media, run_id)?.ok_or_else(|| Refusal::not_found("run"))?;
    if Progress::at(&run, now()).status.is_terminal() {
        return Ok(run);
    }
    Err(Refusal::conflict("resource_run_not_finished", format!("The run {run_id} has not ended yet; it can be exported then.")))
}

/// Where the file goes: into the bucket of a connector that exports, or to whoever downloads it.
fn destination(connection: &Connection, connector_id: Option<ConnectorId>, subpath: Option<String>) -> Reply<Option<Destination>> {
    let subpath = check_folder("destination_subpath", subpath)?;
    match (connector_id, subpath) {
        (Some(connector_id), subpath) => work::bucket(connection, connector_id.as_str(), subpath).map(Some),
        (None, None) => Ok(None),
        (None, Some(_)) => {
            let message = "A folder needs a bucket: name a connector as `destination_connector_id`, too";
            Err(Refusal::argument(["body", "destination_subpath"], message, "value_error"))
        }
    }
}

/// A folder in a bucket, without slashes around it. Refuses one that leads out of the bucket.
pub fn check_folder(member: &'static str, given: Option<String>) -> Reply<Option<String>> {
    let folder = given.map(|path| bare(&path).to_owned()).filter(|path| !path.is_empty());
    if let Some(path) = &folder
        && (path.chars().count() > MOST_PATH_CHARS || path.contains(['\\', ':']) || path.contains(char::is_control) || leads_out(path))
    {
        let message = format!("Input should be a path below the bucket, without `..`, of at most {MOST_PATH_CHARS} characters");
        return Err(Refusal::argument(["body", member], message, "value_error"));
    }
    Ok(folder)
}

/// A path without slashes and white space around it.
pub fn bare(path: &str) -> &str {
    path.trim_matches(|c: char| c == '/' || c.is_whitespace())
}

fn leads_out(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "" | "." | ".."))
}

fn start(
    connection: &Connection,
    kind: Kind,
    target_id: String,
    run_ids: Option<Vec<String>>,
    destination: Option<Destination>,
    scope: Option<ResultScope>,
) -> Reply<ExportStarted> {
    let export = Export::new(random::id("exp_")?, kind, target_id, run_ids, destination, scope.unwrap_or_default());
    records::insert(connection, &export)?;
    Ok(ExportStarted { status: export.state(now()).0.to_owned(), export_id: export.export_id })
}

async fn list_exports(_: Caller, store: Store, call: ListExports) -> Reply<Rows<crate::api::exports::Export>> {
    let limit = page_size::<ListExports>("limit", call.limit, DEFAULT_ROWS, MOST_ROWS)?;
    let exports = store.read(move |connection| records::list::<Export>(connection, &Which { limit: Some(limit), ..Which::default() }));
    let now = now();
    Ok(Rows::all(exports.await?.iter().map(|stored| stored.record.shown(now)).collect()))
}

async fn get_export(_: Caller, store: Store, call: GetExport) -> Reply<ExportStatus> {
    let export = find(&store, call.export_id.to_string()).await?;
    Ok(ExportStatus(export.shown(now())))
}

async fn find(store: &Store, export_id: String) -> Reply<Export> {
    store.read(move |connection| records::get::<Export>(connection, &export_id)).await
}

/// Makes a link that needs no key. Clients refuse a link that is not https, so there is one only if a proxy brought the request by https.
async fn mint_download_url(service: Arc<Service>, _: Caller, call: MintDownloadUrl, wanted: Wanted) -> Reply<Raw> {
    let export = find(&service.store, call.export_id.to_string()).await?;
    let shown = export.shown(now());
    let link = match (&shown.download_url, &wanted.https_host) {
        (Some(path), Some(host)) => {
            let below = path.strip_prefix(super::BASE_PATH).unwrap_or(path);
            Some(format!("https://{host}{path}?token={}", service.sessions.ticket(below, LINK_LIFE)?))
        }
        _ => None,
    };
    let answer = DownloadUrl {
        export_id: shown.export_id,
        status: shown.status,
        destination_type: shown.destination_type,
        destination_connector_id: shown.destination_connector_id,
        download_url: link,
    };
    Ok(Raw::bytes(JSON, serde_json::to_vec(&answer)?).header(CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

async fn download_export(service: Arc<Service>, _: Caller, call: DownloadExport, wanted: Wanted) -> Reply<Raw> {
    let export = find(&service.store, call.export_id.to_string()).await?;
    if let Some(reason) = export.undownloadable(now()) {
        return Err(Refusal::conflict("resource_export_not_downloadable", reason));
    }
    let file = work::file(&service, export).await?;
    if wanted.headers_only {
        return Raw::whole_file(JSON, file).map_err(Refusal::internal);
    }
    let bytes = file.metadata().map_err(Refusal::internal)?.len();
    let about = serde_json::Map::from_iter([("export_id".to_owned(), call.export_id.to_string().into())]);
    let limits = Arc::clone(&service);
    let count = move |tx: &Transaction<'_>| {
        limits.limits.admit_bytes(tx, &limits::DOWNLOADS, bytes)?;
        usage::record(tx, usage::DOWNLOADED, usage::amount(bytes), Some(&about))
    };
    service.store.write(count).await?;
    Raw::whole_file(JSON, file).map_err(Refusal::internal)
}
