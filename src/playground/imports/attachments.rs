//! Files at addresses. A call names them, and a job loads them one after the other.
//!
//! A playground fetches nothing from other machines: it loads files over http, and only from this one. A file at any other address fails, and
//! says so. The address may hold a secret, so no answer repeats it.

use std::{
    io::{self, Read},
    sync::Arc,
    time::Duration,
};

use axum::body::Bytes;
use reqwest::{Client, Response, header::CONTENT_TYPE};
use rusqlite::Transaction;
use tokio::{
    sync::{OnceCell, mpsc},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Fate, Job, SourceFile, shown, work::MOST_TITLE};
use crate::{
    api::imports::{AttachFiles, Attachment, ImportJob, Progress},
    playground::{
        auth::Caller,
        form::MOST_FILE,
        indexes,
        media::{self, Kind, Prepared},
        mount::Reply,
        naming,
        outward::{self, cause, late},
        random,
        service::Service,
        store::{library, records},
        time::now,
    },
    reach::Reach,
};

/// How long the server of a file may take to answer, and for each piece.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take for a whole file.
const WHOLE: Duration = Duration::from_mins(10);
/// The most bytes of an address. Signed ones are long.
const MOST_ADDRESS: usize = 8_192;
/// The most bytes of a caller's id of a file, by four bytes for each of the 200 characters that the API allows.
const MOST_ID: usize = 800;
/// The most bytes of the type of a file.
const MOST_TYPE: usize = 255;
/// How many pieces of a file wait to be written.
const WAITING: usize = 4;

/// Refuses a file that is told with more than can be kept.
pub fn check(file: &Attachment) -> Reply<()> {
    naming::within("files", &file.download_url, MOST_ADDRESS)?;
    naming::within("files", &file.file_id, MOST_ID)?;
    naming::within("files", file.mime_type.as_deref().unwrap_or_default(), MOST_TYPE)?;
    naming::within_path("files", file.file_name.as_deref().unwrap_or_default())
}

/// Makes a job of these files. Several files with one title are numbered.
pub fn attach(_: &Caller, tx: &Transaction<'_>, call: AttachFiles) -> Reply<ImportJob> {
    let index_id = match (call.index_id, call.index_name.as_deref().map(str::trim).filter(|name| !name.is_empty())) {
        (Some(id), _) => Some(library::own_index(tx, id.as_str())?.index_id),
        (None, Some(name)) => Some(indexes::named(tx, name)?.0.index_id),
        (None, None) => None,
    };
    call.files.iter().try_for_each(check)?;
    let given = call.title.as_deref().filter(|title| !title.trim().is_empty());
    let given = given.map(|title| naming::named("title", title, MOST_TITLE)).transpose()?;
    let (count, at) = (call.files.len(), now());
    let total = u64::try_from(count).unwrap_or(u64::MAX);
    let job = Job {
        index_id,
        recursive: false,
        // There is nothing to look for: the call names all files.
        scanned: true,
        progress: Progress { total_files: total, parts_total: total, ..Progress::default() },
        ..Job::new("attachment", at)?
    };
    records::insert(tx, &job)?;
    for (ordinal, attached) in (0_u64..).zip(call.files) {
        let path = name(&attached);
        let title = match &given {
            Some(title) if count == 1 => title.clone(),
            Some(title) => numbered(title, ordinal + 1),
            None => naming::titled(&path, MOST_TITLE),
        };
        let file = SourceFile {
            file_id: random::id("file_")?,
            job_id: job.job_id.clone(),
            ordinal,
            known_by: SourceFile::known_by(&job.job_id, &attached.file_id),
            path,
            size: 0,
            modified: at,
            index_id: job.index_id.clone(),
            fate: Fate::Pending,
            reason: None,
            video_id: None,
            title,
            duration: 0.0,
            attached: Some(attached),
            submitted: false,
        };
        records::insert(tx, &file)?;
    }
    shown(tx, &job)
}

/// A title with a number, in as many characters as a title may have.
fn numbered(title: &str, number: u64) -> String {
    let number = format!(" {number}");
    title.chars().take(MOST_TITLE - number.len()).chain(number.chars()).collect()
}

/// What a file is called: as the call says, or as the end of its address if that is the name of a medium. Anything else there may be a secret.
fn name(attached: &Attachment) -> String {
    let given = attached.file_name.as_deref().map(|name| media::named_alone(name).trim()).filter(|name| !name.is_empty());
    if let Some(name) = given {
        return name.to_owned();
    }
    let address = Url::parse(&attached.download_url).ok();
    let last = address.as_ref().and_then(|url| url.path_segments()?.next_back().map(str::to_owned));
    let last = last.map(|name| percent_encoding::percent_decode_str(&name).decode_utf8_lossy().into_owned());
    last.filter(|name| Kind::named(name).is_some()).unwrap_or_else(|| attached.file_id.clone())
}

/// Loads files. The HTTP client is made on first use.
#[derive(Default)]
pub struct Fetch(OnceCell<Client>);

impl Fetch {
    /// Asks for the file at an address.
    async fn open(&self, address: &str) -> Result<Response, String> {
        let url = Url::parse(address).map_err(|error| format!("the address cannot be read: {error}"))?;
        if url.scheme() != "http" || !Reach::Loopback.allows_host_of(&url) {
            return Err("this playground loads files over http from this machine only".to_owned());
        }
        let client = self.0.get_or_try_init(|| outward::client(Reach::Loopback, false, WHOLE)).await?;
        let answer = timeout(PATIENCE, client.get(url).send()).await.map_err(|_| late(PATIENCE))?;
        let response = answer.map_err(|error| cause(&error, WHOLE))?;
        match response.status().as_u16() {
            200 => Ok(response),
            status @ 300..=399 => Err(format!("the server of the file answered {status}, and redirects are not followed")),
            status => Err(format!("the server of the file answered {status}")),
        }
    }
}

/// Loads and measures a file, or says why that is not possible.
pub async fn bring(service: &Arc<Service>, file: &SourceFile, attached: &Attachment) -> Result<Prepared, String> {
    let response = service.fetch.open(&attached.download_url).await?;
    if response.content_length().is_some_and(|length| length > MOST_FILE) {
        return Err(format!("the file has more than {} GiB", MOST_FILE >> 30));
    }
    let told = response.headers().get(CONTENT_TYPE).and_then(|told| told.to_str().ok());
    let name = with_extension(&file.path, [attached.mime_type.as_deref(), told]);
    // If nobody waits for the file any more, no more of it is loaded.
    let given_up = CancellationToken::new();
    let _guard = given_up.clone().drop_guard();
    let content = Box::new(Pulled { pieces: pull(response, given_up), piece: Bytes::new() });
    let prepared = media::prepare_from(service, &name, content, &file.title, file.index_id.as_deref(), None);
    prepared.await.map_err(|refusal| refusal.message().to_owned())
}

/// The name of a file, with an extension that says what it is.
fn with_extension(name: &str, types: [Option<&str>; 2]) -> String {
    if Kind::named(name).is_some() {
        return name.to_owned();
    }
    let kind = types.into_iter().flatten().find_map(Kind::of_type);
    kind.map_or_else(|| name.to_owned(), |kind| format!("{name}.{}", kind.extension))
}

/// Reads an answer while somebody takes its pieces.
fn pull(mut response: Response, given_up: CancellationToken) -> mpsc::Receiver<io::Result<Bytes>> {
    let (pieces, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        loop {
            let next = tokio::select! {
                () = given_up.cancelled() => return,
                next = timeout(PATIENCE, response.chunk()) => next,
            };
            let piece = match next {
                Ok(Ok(Some(piece))) => Ok(piece),
                Ok(Ok(None)) => return,
                Ok(Err(error)) => Err(io::Error::other(cause(&error, WHOLE))),
                Err(_) => Err(io::Error::other(late(PATIENCE))),
            };
            let failed = piece.is_err();
            if pieces.send(piece).await.is_err() || failed {
                return;
            }
        }
    });
    receiver
}

/// The pieces of an answer, as a file is read. It waits, so it is for threads that may.
struct Pulled {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Pulled {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let taken = self.piece.split_to(buffer.len().min(self.piece.len()));
        buffer.iter_mut().zip(&taken).for_each(|(to, from)| *to = *from);
        Ok(taken.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_as_the_call_or_the_address_says() {
        let of = |url: &str, given: Option<&str>| {
            name(&Attachment { download_url: url.into(), file_id: "f1".into(), file_name: given.map(Into::into), mime_type: None })
        };
        assert_eq!(of("http://localhost/a/b%20c.mp4?token=x", None), "b c.mp4");
        assert_eq!(of("http://localhost/a.mp4", Some("C:\\films\\d.mp4")), "d.mp4");
        assert_eq!(of("http://localhost/", Some(" ")), "f1");
        assert_eq!(of("http://localhost/dl/S3CRET-T0KEN", None), "f1");
        assert_eq!(of("nowhere", None), "f1");
        assert_eq!((numbered("a", 12).as_str(), numbered(&"é".repeat(255), 12).chars().count()), ("a 12", 255));
        assert_eq!(with_extension("a.mp4", [Some("audio/wav"), None]), "a.mp4");
        assert_eq!(with_extension("a", [None, Some("Audio/WAV; x=1")]), "a.wav");
        assert_eq!(with_extension("a", [None, Some("text/html")]), "a");
    }
}
