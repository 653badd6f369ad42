//! Holds the connections: limits their number and their time, and ends them.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    Service,
    front::{self, Arrival, MOST_HEAD},
    open::{Connection, Open},
    patient::Patient,
};
use crate::mcp::streamable;

/// How many connections are served at once.
const MOST_CONNECTIONS: usize = 1024;
/// How many more connections get the answer that the server is busy. Any others wait in the system's queue.
const MOST_TURNED_AWAY: usize = 32;
/// How long the head of a further request may take to arrive. A connection that brings none is closed after this time, too.
const HEAD_WITHIN: Duration = Duration::from_mins(1);
/// How long a new connection may send nothing at all.
const FIRST_BYTE_WITHIN: Duration = Duration::from_secs(5);
/// How long the first head of a connection may take after that.
const FIRST_HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection that gives up its place may take for it.
const GIVEN_UP_WITHIN: Duration = Duration::from_millis(500);
/// How long the head may take on a connection that gets the answer that the server is busy.
const TURNED_AWAY_WITHIN: Duration = Duration::from_secs(2);
/// How long requests under way may take once the end has begun.
const GRACE: Duration = Duration::from_secs(9);
/// How long the answers to cut off requests may take after that.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How long we accept connections once the end has begun: enough for those that wait in the system's queue.
const LAST_ACCEPTED: Duration = Duration::from_millis(200);
/// How long we wait for another of them.
const QUIET_QUEUE: Duration = Duration::from_millis(10);
/// How often we look whether a connection has a request under way.
const QUIET: Duration = Duration::from_millis(150);
/// How long we wait after the system refused to give us a connection.
const REFUSED: Duration = Duration::from_millis(100);

/// What is served on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// The protocol, and the health of the server.
    Protocol,
    /// The metrics.
    Metrics,
}

/// Serves until `stop` is cancelled, and then until what is under way is answered, or the time for that is over.
pub async fn serve(listener: TcpListener, face: Face, service: Arc<Service>, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let spare = Arc::new(Semaphore::new(MOST_TURNED_AWAY));
    let open = Open::default();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = accept(&listener, &places, &spare, &open) => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::debug!(%error, "no connection was accepted");
                    sleep(REFUSED).await;
                    continue;
                }
            },
        };
        connections.spawn(connection(accepted, face, Arc::clone(&service), stop.clone()));
    }
    service.stopping.store(true, Ordering::Relaxed);
    // Whoever connected before the end is answered, too. Closing the listener would reset those who wait to be accepted.
    let last = Instant::now() + LAST_ACCEPTED;
    while Instant::now() < last
        && let Ok(Ok(accepted)) = timeout(QUIET_QUEUE, accept(&listener, &places, &spare, &open)).await
    {
        connections.spawn(connection(accepted, face, Arc::clone(&service), stop.clone()));
    }
    drop(listener);
    streamable::close(&service.control);
    let ended = async { while connections.join_next().await.is_some() {} };
    if timeout(GRACE, ended).await.is_ok() {
        return;
    }
    tracing::warn!(connections = connections.len(), "some requests took too long and are cut off");
    streamable::stop(&service.control);
    let ended = async { while connections.join_next().await.is_some() {} };
    if timeout(LAST_WORDS, ended).await.is_err() {
        connections.abort_all();
    }
}

/// A connection that was accepted.
struct Accepted {
    stream: TcpStream,
    place: Place,
    connection: Arc<Connection>,
}

/// The place of a connection.
enum Place {
    /// It has one.
    Taken(OwnedSemaphorePermit),
    /// Another connection gives up its own for it.
    GivenUp(Arc<Semaphore>, OwnedSemaphorePermit),
    /// It is one too many.
    None(OwnedSemaphorePermit),
}

impl Place {
    /// What holds the place, and whether there is none.
    async fn take(self) -> (OwnedSemaphorePermit, bool) {
        match self {
            Self::Taken(permit) => (permit, false),
            Self::GivenUp(places, spare) => match timeout(GIVEN_UP_WITHIN, places.acquire_owned()).await {
                Ok(Ok(permit)) => (permit, false),
                _ => (spare, true),
            },
            Self::None(spare) => (spare, true),
        }
    }
}

/// The next connection.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>, spare: &Arc<Semaphore>, open: &Open) -> io::Result<Accepted> {
    // We take this permit first, so that we accept no connection that we cannot answer.
    let spare = Arc::clone(spare).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    let permit = Arc::clone(places).try_acquire_owned();
    Ok(match (open.enter(peer.ip(), permit.is_err()), permit) {
        (Some(connection), Ok(permit)) => Accepted { stream, place: Place::Taken(permit), connection },
        (Some(connection), Err(_)) => Accepted { stream, place: Place::GivenUp(Arc::clone(places), spare), connection },
        (None, _) => Accepted { stream, place: Place::None(spare), connection: Arc::new(Connection::new(peer.ip())) },
    })
}

async fn connection(accepted: Accepted, face: Face, service: Arc<Service>, stop: CancellationToken) {
    let Accepted { stream, place, connection } = accepted;
    let Ok(local) = stream.local_addr() else { return };
    let metrics = Arc::clone(&service.metrics);
    let _open = metrics.open();
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "answers on this connection may be delayed");
    }
    let (permit, turned_away) = place.take().await;
    let (within, mut first) = (if turned_away { TURNED_AWAY_WITHIN } else { FIRST_BYTE_WITHIN }, [0]);
    tokio::select! {
        // To wait until it can be read would end at once: it may be called readable before anything came.
        peeked = timeout(within, stream.peek(&mut first)) => if !matches!(peeked, Ok(Ok(1..))) { return },
        () = connection.gives_way.cancelled() => return,
        () = stop.cancelled() => {}
    }
    let arrival = Arrival { local, turned_away, face, connection: Arc::clone(&connection) };
    let answering = service_fn(move |request: Request<Incoming>| {
        let (service, arrival) = (Arc::clone(&service), arrival.clone());
        arrival.connection.begins();
        async move { Ok::<_, Infallible>(front::answer(service, request, arrival).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(if turned_away { TURNED_AWAY_WITHIN } else { HEAD_WITHIN });
    // It takes somewhat more, depending on how the bytes arrive. What is too large then is refused by `front`.
    builder.max_buf_size(MOST_HEAD).keep_alive(!turned_away);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(Patient::new(stream)), answering));
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = without_request(&connection) => return,
        () = async { tokio::select! { () = stop.cancelled() => {}, () = connection.gives_way.cancelled() => {} } } => {
            if connection.gives_way.is_cancelled() && connection.is_owed_nothing() {
                return;
            }
            // The first request may be about to arrive, and hyper would close the connection without a look.
            let first = if connection.has_begun() { Duration::ZERO } else { QUIET };
            if let Ok(ended) = timeout(first, serving.as_mut()).await {
                ended
            } else {
                serving.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = serving => ended,
                    () = idle(&connection) => Ok(()),
                }
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
    drop(permit);
}

/// Waits until a connection has had its time for a first request, and brought none.
async fn without_request(connection: &Connection) {
    sleep(FIRST_HEAD_WITHIN).await;
    if connection.has_begun() {
        std::future::pending::<()>().await;
    }
}

/// Waits until a connection has had no request under way for a moment. One of which only a part of a head arrived would wait for the rest.
async fn idle(connection: &Arc<Connection>) {
    let mut quiet = 0;
    while quiet < 2 {
        sleep(QUIET).await;
        quiet = if connection.rests() { quiet + 1 } else { 0 };
    }
}

/// Lets this process open as many files as its user may. Each connection is one, and so is each request to the API.
pub fn raise_limits() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::debug!(%error, "the number of connections may be limited");
        }
    }
}

/// The address to listen on: an address, or a name, with a port.
///
/// # Errors
/// Nothing can listen there.
pub async fn bind(address: &str) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}
