//! Serves connections: limits their number and how long they may be idle.
//!
//! axum's own server has no limits of time or number. Without limits, clients that open connections and send nothing could use up all the
//! files that the process may open.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use axum::{Router, extract::Request};
use hyper::{
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::connection::{Connection, Switch};

/// How many connections are served at once.
pub const MOST_CONNECTIONS: usize = 256;
/// How many more connections get the answer that there are too many. Any others wait in the system's queue.
const MOST_TURNED_AWAY: usize = 32;
/// How long the head of a request may take to arrive. A connection without a request is closed after this time, too.
pub const MOST_HEAD_TIME: Duration = Duration::from_secs(30);
/// The same for a connection that gets the answer that there are too many.
const MOST_TURNED_AWAY_TIME: Duration = Duration::from_secs(2);

/// Marks the requests of a connection above the limit.
#[derive(Clone, Copy)]
pub struct TurnedAway;

/// Serves until `stopping` is cancelled, then until the unfinished requests are answered.
pub async fn serve(mut listener: TcpListener, router: Router, stopping: CancellationToken) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let spare = Arc::new(Semaphore::new(MOST_TURNED_AWAY));
    let mut connections = JoinSet::new();
    loop {
        let (stream, permit) = tokio::select! {
            biased;
            () = stopping.cancelled() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            Some(taken) = accept(&mut listener, &places, &spare) => taken,
        };
        connections.spawn(connection(stream, permit, router.clone(), stopping.clone()));
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// The permit that a connection holds while it lasts.
enum Permit {
    Served(#[expect(dead_code, reason = "held until the connection ends")] OwnedSemaphorePermit),
    TurnedAway(#[expect(dead_code, reason = "held until the connection ends")] OwnedSemaphorePermit),
}

/// The next connection and its permit. `None` cannot happen: the semaphores are never closed.
async fn accept(listener: &mut TcpListener, places: &Arc<Semaphore>, spare: &Arc<Semaphore>) -> Option<(TcpStream, Permit)> {
    // We take this permit first, so that we accept no connection that we cannot answer.
    let turned_away = Arc::clone(spare).acquire_owned().await.ok()?;
    // axum's own accept for TCP waits and tries again after errors like too many open files.
    let (stream, _) = axum::serve::Listener::accept(listener).await;
    let permit = match Arc::clone(places).try_acquire_owned() {
        Ok(permit) => Permit::Served(permit),
        Err(_) => Permit::TurnedAway(turned_away),
    };
    Some((stream, permit))
}

async fn connection(stream: TcpStream, permit: Permit, router: Router, stopping: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "answers on this connection may be delayed");
    }
    let turned_away = matches!(permit, Permit::TurnedAway(_));
    let switch = Switch::default();
    let io = TokioIo::new(Connection::new(stream, switch.clone()));
    let routed = TowerToHyperService::new(router);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(switch.clone());
        if turned_away {
            request.extensions_mut().insert(TurnedAway);
        }
        let answer = routed.call(request);
        async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(if turned_away { MOST_TURNED_AWAY_TIME } else { MOST_HEAD_TIME });
    builder.keep_alive(!turned_away);
    let mut serving = pin!(builder.serve_connection(io, service));
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stopping.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
    drop(permit);
}
