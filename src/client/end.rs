//! The end of the process, as requests that are under way see it.

use tokio_util::sync::CancellationToken;

tokio::task_local! {
    static END: CancellationToken;
}

/// Runs a future that ends soon after a token is cancelled. A request that changes something then ends with an error, which says what may
/// have happened and how to ask again.
pub async fn until<F: Future>(end: CancellationToken, future: F) -> F::Output {
    END.scope(end, future).await
}

/// Waits for the end that [`until`] was given; for ever without one.
pub(super) async fn ended() {
    match END.try_with(CancellationToken::clone) {
        Ok(end) => end.cancelled().await,
        Err(_) => std::future::pending().await,
    }
}

/// Whether that end has come.
pub(super) fn is_ended() -> bool {
    END.try_with(CancellationToken::is_cancelled).unwrap_or(false)
}
