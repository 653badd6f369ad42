//! A server for tests. It also does what a good server does not: half answers, silence, broken connections.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

use crate::key::BaseUrl;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A complete answer: status, further header lines, body.
    Whole(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// A complete answer whose length is not announced.
    Chunked(Vec<u8>),
    /// The beginning of an answer that promises more, then the end of the connection.
    Cut,
    /// The beginning of an answer that promises more, then silence.
    Stall,
    /// Silence.
    Hang,
    /// The end of the connection.
    Drop,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::Whole(status, vec![("content-type", "application/json".into())], body.as_bytes().to_vec())
    }

    pub(crate) fn error(status: u16, code: &str) -> Self {
        Self::json(status, &format!(r#"{{"error":{{"code":"{code}","message":"said so"}}}}"#))
    }

    pub(crate) fn html(status: u16) -> Self {
        Self::Whole(status, vec![("content-type", "text/html".into())], b"<html>".to_vec())
    }
}

type Script = dyn Fn(&Seen) -> Reply + Send + Sync;

/// The server. Dropping it ends it.
pub(crate) struct Stub {
    pub(crate) base: BaseUrl,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Notified whenever a client gives up on an answer that never comes.
    pub(crate) abandoned: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Stub {
    pub(crate) async fn start(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = BaseUrl::parse(&format!("http://{}/api", listener.local_addr().unwrap())).unwrap();
        let (seen, abandoned) = (Arc::<Mutex<Vec<Seen>>>::default(), Arc::<Notify>::default());
        let script: Arc<Script> = Arc::new(script);
        let (log, told) = (Arc::clone(&seen), Arc::clone(&abandoned));
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&script), Arc::clone(&log), Arc::clone(&told)));
            }
        });
        Self { base, seen, abandoned, task }
    }

    /// What arrived since the last look.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    /// Ends the server. When this returns, nobody listens at its address any more.
    pub(crate) async fn end(mut self) -> BaseUrl {
        self.task.abort();
        let _ = (&mut self.task).await;
        self.base.clone()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(socket: TcpStream, script: Arc<Script>, log: Arc<Mutex<Vec<Seen>>>, told: Arc<Notify>) {
    let mut stream = BufStream::new(socket);
    while let Some(seen) = receive(&mut stream).await {
        log.lock().unwrap().push(seen.clone());
        let sent = match script(&seen) {
            Reply::Whole(status, headers, body) => {
                let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                send(&mut stream, &head, &body).await
            }
            Reply::Chunked(body) => {
                let mut chunks = Vec::with_capacity(body.len() + 64);
                for chunk in body.chunks(1 << 16) {
                    chunks.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                    chunks.extend_from_slice(chunk);
                    chunks.extend(b"\r\n");
                }
                chunks.extend(b"0\r\n\r\n");
                send(&mut stream, "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n", &chunks).await
            }
            Reply::Cut => {
                let _ = send(&mut stream, "HTTP/1.1 200 X\r\ncontent-length: 9\r\n", b"[").await;
                return;
            }
            Reply::Stall => {
                let _ = send(&mut stream, "HTTP/1.1 200 X\r\ncontent-length: 9\r\n", b"[").await;
                let _ = stream.read_u8().await;
                return;
            }
            Reply::Hang => {
                let _ = stream.read_u8().await;
                told.notify_one();
                return;
            }
            Reply::Drop => return,
        };
        if sent.is_err() {
            return;
        }
    }
}

async fn send(stream: &mut BufStream<TcpStream>, head: &str, body: &[u8]) -> std::io::Result<()> {
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(b"\r\n").await?;
    stream.write_all(body).await?;
    stream.flush().await
}

async fn receive(stream: &mut BufStream<TcpStream>) -> Option<Seen> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?.trim_start_matches("/api").to_owned());
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let seen = Seen { method, target, headers };
    let mut body = vec![0; seen.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some(seen)
}
