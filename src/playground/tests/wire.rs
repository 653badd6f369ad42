//! Forms with files, downloads and streams of events, between the client of this program and a playground that has endpoints for them.

use std::{
    fs::File,
    io::{self, Read},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use reqwest::header::{HeaderMap, HeaderValue, RANGE};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{As, Local, client, send};
use crate::{
    api::{
        Access, Endpoint, Method, Repeat, Scope, endpoint,
        form::{FilePart, Source},
        hex,
        ids::IndexId,
        stream::{Event, EventStream, FileBody},
    },
    client::{Error, Kind, MAX_DOWNLOAD},
    config::{Config, Flags},
    key::{ApiKey, BaseUrl, KeySource},
    playground::{
        Options,
        form::{MOST_SMALL_FILE, Received},
        mount::{Mount, Reply},
        random::sha256,
        raw::Raw,
        routes::routes,
        start_with,
    },
    session::{CallError, Deadline, Link, Session},
};

#[derive(Debug, Serialize, Deserialize)]
struct Upload {
    index_id: IndexId,
    title: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(skip)]
    file: FilePart,
}
endpoint!(Upload, Post, "/wire/{index_id}/files", Access::Scope(Scope::Write), Value, form(file), REPEAT = Repeat::Keyed("wire"));

#[derive(Debug, Serialize, Deserialize)]
struct Credentials {
    #[serde(skip)]
    credentials_file: FilePart,
}
endpoint!(Credentials, Post, "/wire/credentials", Access::Scope(Scope::Write), Value, form(credentials_file));

/// Bytes that differ everywhere.
#[derive(Debug, Serialize, Deserialize)]
struct Fetch {
    length: u64,
}
endpoint!(Fetch, Get, "/wire/files", Access::Scope(Scope::Read), FileBody);

#[derive(Debug, Serialize, Deserialize)]
struct Watch {
    until: u32,
}
endpoint!(Watch, Get, "/wire/events", Access::Scope(Scope::Read), EventStream);

fn told(file: &Received, index_id: &str, title: Option<&str>, tags: &[String]) -> Value {
    let sha256 = hex(&file.sha256);
    json!({
        "index": index_id, "title": title, "tags": tags, "name": file.name, "media_type": file.media_type, "length": file.length,
        "sha256": sha256,
    })
}

/// A playground with these endpoints, too, and what its upload handlers have done.
async fn playground(faults: &[&str]) -> (Local, Arc<AtomicUsize>) {
    let stored = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&stored);
    let mut routes = routes();
    let own = Mount::default()
        .upload(
            async |service, _, call: Upload, file| {
                assert_eq!(std::fs::metadata(file.path().unwrap()).unwrap().len(), file.length);
                let told = told(&file, call.index_id.as_str(), call.title.as_deref(), &call.tags);
                let name = format!("{}", service.scratch.folder("media").unwrap().read_dir().unwrap().count());
                file.place(&service.scratch.folder("media").unwrap().join(name)).unwrap();
                Ok(told)
            },
            move |_, _, told: Value| {
                count.fetch_add(1, SeqCst);
                Ok(told)
            },
        )
        .created()
        .form_meant(
            |_, _, _: Credentials, file| {
                let mut told = told(file, "", None, &[]);
                told["text"] = String::from_utf8_lossy(file.bytes()).into();
                Ok(told)
            },
            |_| {},
        )
        .raw(async |service, _, call: Fetch, _| {
            let path = service.scratch.folder("media").unwrap().join("made");
            let mut made = File::create(&path).unwrap();
            io::copy(&mut Pattern { at: 0, length: call.length }, &mut made).unwrap();
            Ok(Raw::file("application/json", File::open(path).unwrap()).unwrap())
        })
        .raw(async |_, _, call: Watch, wanted| {
            let (raw, events) = Raw::events();
            let seen: u32 = wanted.last_event_id.map_or(0, |id| id.parse().unwrap());
            tokio::spawn(async move {
                for n in seen + 1..=call.until {
                    let event = Event { event: "counted".into(), id: Some(n.to_string()), data: format!("line\n{n}") };
                    if events.send(event).await.is_err() {
                        return;
                    }
                }
                if call.until == 7 {
                    events.closed().await;
                }
            });
            Reply::Ok(raw)
        })
        .routes();
    routes.extend(own);
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let handle = start_with(Options { faults, ..Options::default() }, listener, routes).await.unwrap();
    (Local { handle, http: client() }, stored)
}

/// A session of this program with the playground.
fn session(local: &Local) -> Session {
    let config = Config::resolve(&Flags::default(), &|_| None).unwrap();
    let key = KeySource::Variable { name: "VIDEOSEARCH_API_KEY".into(), key: ApiKey::parse(&local.key()) };
    Session::new(&config, Link::Fixed(BaseUrl::parse(local.handle.base_url()).unwrap(), key))
}

/// A file that does not exist: so many bytes, none of which equals its neighbours.
struct Pattern {
    at: u64,
    length: u64,
}

impl Read for Pattern {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length - self.at).unwrap().min(buffer.len());
        for byte in &mut buffer[..left] {
            *byte = (self.at % 251) as u8;
            self.at += 1;
        }
        Ok(left)
    }
}

/// What the file holds at the first, second and further openings; an error once there is no more.
struct Changing {
    lengths: Vec<u64>,
    opened: AtomicUsize,
}

impl Source for Changing {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let length = self.lengths.get(self.opened.fetch_add(1, SeqCst)).ok_or_else(|| io::Error::other("the file has changed"))?;
        Ok(Box::new(Pattern { at: 0, length: *length }))
    }
}

fn upload(file: FilePart) -> Upload {
    Upload {
        index_id: IndexId::parse("idx_1").unwrap(),
        title: Some("A \"film\"\r\n é".into()),
        tags: vec!["a".into(), "b&c".into()],
        file,
    }
}

fn source(length: u64, lengths: &[u64]) -> (FilePart, Arc<Changing>) {
    let source = Arc::new(Changing { lengths: lengths.to_vec(), opened: AtomicUsize::new(0) });
    (FilePart::source("a \"b\"\r\n.mp4", "video/mp4", length, Arc::clone(&source) as Arc<dyn Source>), source)
}

fn upstream(error: CallError) -> Box<Error> {
    match error {
        CallError::Upstream(error) => error,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_large_file_is_streamed_and_sent_again_under_its_key() {
    const LENGTH: u64 = (5 << 20) + 17;
    let (local, stored) = playground(&["cut,path=/files,times=1"]).await;
    let (file, source) = source(LENGTH, &[LENGTH; 3]);
    let (last, restarts) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicUsize::new(0)));
    let (seen, again) = (Arc::clone(&last), Arc::clone(&restarts));
    let file = file.observed(move |sent| {
        if seen.swap(sent, SeqCst) > sent {
            again.fetch_add(1, SeqCst);
        }
    });
    let session = session(&local);
    let (answer, key) = session.call_keyed(&upload(file.clone()), None, &Deadline::default()).await.unwrap();
    let mut whole = Vec::new();
    Pattern { at: 0, length: LENGTH }.read_to_end(&mut whole).unwrap();
    let sha256 = hex(&sha256(&whole));
    let expected = json!({
        "index": "idx_1", "title": "A \"film\"\r\n é", "tags": ["a", "b&c"], "name": "a \"b\"  .mp4",
        "media_type": "video/mp4", "length": LENGTH, "sha256": sha256,
    });
    assert_eq!(answer, expected);
    // The first answer was cut off, so the file was sent a second time, and the API stored it once.
    assert_eq!((source.opened.load(SeqCst), stored.load(SeqCst), restarts.load(SeqCst)), (2, 1, 1));
    assert_eq!(last.load(SeqCst), LENGTH);
    // The same key means the same file.
    assert_eq!(session.call_keyed(&upload(file), Some(&key), &Deadline::default()).await.unwrap().0, expected);
    let other = FilePart::bytes("a.mp4", "video/mp4", vec![1]);
    let error = upstream(session.call_keyed(&upload(other), Some(&key), &Deadline::default()).await.unwrap_err());
    assert_eq!((error.status, stored.load(SeqCst)), (Some(409), 1));
}

#[tokio::test]
async fn a_file_that_changes_is_not_sent() {
    let cases: [(&[u64], &str); 4] = [
        (&[], "the file has changed"),
        (&[199_999], "the file became shorter while it was sent"),
        (&[200_001], "the file became longer while it was sent"),
        (&[200_000], "the file has changed"),
    ];
    for (at, (lengths, reason)) in cases.into_iter().enumerate() {
        // The last one changes between two attempts.
        let (local, stored) = playground(if at == 3 { &["503,path=/files,times=1"] } else { &[] }).await;
        let (file, _) = source(200_000, lengths);
        let error = upstream(session(&local).call_keyed(&upload(file), None, &Deadline::default()).await.unwrap_err());
        let said = format!("the file could not be sent: {reason}");
        // Only where a first attempt got an answer may the API have done something.
        assert_eq!((error.to_string(), error.uncertain), (said, at == 3));
        assert_eq!(stored.load(SeqCst), 0);
    }
}

#[tokio::test]
async fn small_files_stay_in_memory_and_have_to_be_small() {
    let (local, _) = playground(&[]).await;
    let session = session(&local);
    let call = |bytes: Vec<u8>| Credentials { credentials_file: FilePart::bytes("key.json", "application/json", bytes) };
    let answer = session.call(&call(b"{}".to_vec()), &Deadline::default()).await.unwrap();
    assert_eq!((&answer["text"], &answer["media_type"]), (&json!("{}"), &json!("application/json")));
    let most = usize::try_from(MOST_SMALL_FILE).unwrap();
    session.call(&call(vec![b' '; most]), &Deadline::default()).await.unwrap();
    let error = upstream(session.call(&call(vec![b' '; most + 1]), &Deadline::default()).await.unwrap_err());
    assert_eq!((error.status, error.code()), (Some(413), Some("request_too_large")));
    assert!(!format!("{:?}", call(b"hidden".to_vec())).contains("hidden"));
}

#[tokio::test]
async fn forms_may_come_in_any_order_and_must_be_complete() {
    let (local, stored) = playground(&[]).await;
    let key = local.key();
    let part =
        |name: &str, file: &str, value: &str| format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n");
    let file = part("file", "; filename=\"a.mp4\"", "xyz");
    let post = async |kind: &str, body: String| {
        let request = local.request(As::Key(&key), Method::Post, "/wire/idx_1/files").header("content-type", kind).body(body);
        let answer = send(request).await;
        (answer.status, answer.body)
    };
    let form = "multipart/form-data; boundary=B";
    let (status, body) = post(form, format!("{}{file}{}--B--\r\n", part("title", "", "t"), part("tags", "", "x"))).await;
    assert_eq!((status, &body["title"], &body["tags"], &body["length"]), (201, &json!("t"), &json!(["x"]), &json!(3)));
    for (kind, body, loc) in [
        (form, format!("{}--B--\r\n", part("title", "", "t")), json!(["body", "file"])),
        (form, format!("{file}{file}--B--\r\n"), json!(["body", "file"])),
        ("application/json", "{}".into(), json!(["body"])),
        ("multipart/form-data", "--B".into(), json!(["body"])),
    ] {
        let (status, body) = post(kind, body).await;
        assert_eq!((status, &body["detail"][0]["loc"]), (422, &loc), "{body}");
    }
    let (status, body) = post(form, file[..file.len() - 4].to_owned()).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!("incomplete_request")), "{body}");
    let media = local.handle.service.scratch.arriving().unwrap();
    // The file is removed when its request is dropped, which may be after the answer.
    let gone = async {
        while media.read_dir().unwrap().count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("half a file is removed");
    assert_eq!((stored.load(SeqCst), media.read_dir().unwrap().count()), (1, 0), "half a file stays nowhere");
}

#[tokio::test]
async fn the_head_of_a_part_has_an_end() {
    let (local, stored) = playground(&[]).await;
    let key = local.key();
    let post = async |body: String| {
        let request =
            local.request(As::Key(&key), Method::Post, "/wire/idx_1/files").header("content-type", "multipart/form-data; boundary=B");
        send(request.body(body)).await
    };
    let head = |name: &str| format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.mp4\"\r\n\r\n");
    for endless in ["--B\r\nContent-Disposition: form-data; name=\"x", "no boundary"] {
        let answer = post(format!("{endless}{}", "x".repeat(4 << 20))).await;
        assert_eq!((answer.status, answer.code()), (413, "request_too_large"), "{answer:?}");
    }
    // A large file and a long head are no such thing.
    let answer =
        post(format!("{}{}\r\n--B\r\nX-Long: {}\r\n\r\n\r\n--B--\r\n", head("file"), "x".repeat(4 << 20), "x".repeat(40_000))).await;
    assert_eq!((answer.status, &answer.body["length"]), (201, &json!(4 << 20)), "{answer:?}");
    assert_eq!(stored.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_silent_sender_is_not_waited_for() {
    let nothing = super::super::form::in_time(std::future::pending::<multer::Result<()>>());
    assert_eq!(nothing.await.unwrap_err().status, 408);
}

async fn download(session: &Session, length: u64) -> Result<(u64, Vec<u8>), Box<Error>> {
    let deadline = Deadline::default();
    let mut download = session.download(&Fetch { length }, &deadline).await.map_err(upstream)?;
    assert_eq!(download.media_type(), Some("application/json"));
    let mut bytes = Vec::new();
    while let Some(chunk) = download.chunk(&deadline).await? {
        bytes.extend_from_slice(&chunk);
        assert_eq!(download.arrived(), bytes.len() as u64);
    }
    Ok((download.length(), bytes))
}

#[tokio::test]
async fn downloads_are_whole_or_errors() {
    let (local, _) = playground(&["500,path=/files,times=1"]).await;
    let session = session(&local);
    let (length, bytes) = download(&session, 3_000_001).await.unwrap();
    assert_eq!((length, bytes.len()), (3_000_001, 3_000_001));
    assert!(bytes.iter().enumerate().all(|(at, byte)| usize::from(*byte) == at % 251));
    assert!(matches!(download(&session, MAX_DOWNLOAD + 1).await.unwrap_err().kind, Kind::TooLarge { .. }));
    assert!(matches!(download(&session, 0).await.unwrap_err().kind, Kind::Empty));
    let ranged = local.request(As::Key(&local.key()), Method::Get, "/wire/files?length=300").header(RANGE, "bytes=250-259");
    let answer = ranged.send().await.unwrap();
    let header = |headers: &HeaderMap, name: &str| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::to_owned);
    assert_eq!((answer.status().as_u16(), header(answer.headers(), "content-range").unwrap()), (206, "bytes 250-259/300".to_owned()));
    assert_eq!(answer.bytes().await.unwrap().as_ref(), [250, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    let outside = local.request(As::Key(&local.key()), Method::Get, "/wire/files?length=300").header(RANGE, "bytes=300-");
    assert_eq!(send(outside).await.status, 416);
}

#[tokio::test]
async fn a_download_that_breaks_off_is_an_error() {
    let (local, _) = playground(&["cut,path=/files"]).await;
    assert!(matches!(download(&session(&local), 1 << 20).await.unwrap_err().kind, Kind::Interrupted(_)));
}

#[tokio::test]
async fn events_arrive_one_by_one_and_a_stream_can_be_taken_up() {
    let (local, _) = playground(&[]).await;
    let (session, deadline) = (session(&local), Deadline::default());
    let mut events = session.events(&Watch { until: 3 }, None, &deadline).await.unwrap();
    let counted = |n: u32| Event { event: "counted".into(), id: Some(n.to_string()), data: format!("line\n{n}") };
    for n in 1..=3 {
        assert_eq!(events.next(&deadline).await.unwrap(), Some(counted(n)));
    }
    assert_eq!(events.next(&deadline).await.unwrap(), None);
    let mut events = session.events(&Watch { until: 7 }, events.last_id(), &deadline).await.unwrap();
    let seen = Mutex::new(Vec::new());
    let short = Deadline::after(Duration::from_secs(1));
    let ended = loop {
        match events.next(&short).await {
            Ok(Some(event)) => seen.lock().unwrap().push(event),
            Ok(None) => panic!("the stream stays open"),
            Err(error) => break error,
        }
    };
    assert!(matches!(ended.kind, Kind::Deadline), "{ended}");
    assert_eq!(seen.into_inner().unwrap(), (4..=7).map(counted).collect::<Vec<_>>());
    // Stopping the playground ends the stream.
    local.handle.shutdown().await;
    assert!(!matches!(events.next(&deadline).await, Ok(Some(_))));
}

#[tokio::test]
async fn what_is_no_stream_is_refused() {
    #[derive(Debug, Serialize, Deserialize)]
    struct NoStream {}
    endpoint!(NoStream, Get, "/wire/files?length=3", Access::Scope(Scope::Read), EventStream);
    let (local, _) = playground(&[]).await;
    let Err(error) = session(&local).events(&NoStream {}, None, &Deadline::default()).await else { panic!("it is a file") };
    assert_eq!(upstream(error).to_string(), "the answer is not what the API promises: it is no stream of events");
    assert_eq!(NoStream::METHOD, Method::Get);
}
