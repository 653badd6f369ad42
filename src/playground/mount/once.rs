//! Carries out a request with an idempotency key once, and gives its answer again.

use std::{pin::Pin, sync::Arc};

use rusqlite::Transaction;

use super::{Answer, Reply, Running};
use crate::playground::{
    service::Service,
    store::repeats::{self, Repeat},
    time::now,
};

type Acting = Pin<Box<dyn Future<Output = Reply<Vec<u8>>> + Send>>;
type Work = Box<dyn FnOnce(&Transaction<'_>) -> Reply<Vec<u8>> + Send>;

/// Gives the stored answer of a repeated request. Otherwise does the work and stores the answer. `work` is boxed, so that this code is
/// compiled only once.
pub fn answer_once(service: Arc<Service>, repeat: Option<Arc<Repeat>>, work: Work) -> Running {
    Box::pin(async move {
        let counting = Arc::clone(&service);
        let job = move |tx: &Transaction<'_>| {
            let Some(repeat) = &repeat else { return work(tx) };
            if let Some(first) = repeats::recall(tx, repeat)? {
                return Ok(first);
            }
            if repeat.searches {
                counting.limits.admit()?;
            }
            let answer = work(tx)?;
            repeats::remember(tx, repeat, &answer)?;
            if repeat.searches {
                counting.store.pending().searched(now());
            }
            Ok(answer)
        };
        service.store.write(job).await.map(Answer::Json)
    })
}

/// Gives the stored answer of a repeated request. Otherwise acts and stores the answer.
pub fn act_once(service: Arc<Service>, repeat: Option<Repeat>, acting: Acting) -> Running {
    Box::pin(async move {
        let repeat = repeat.map(Arc::new);
        if let Some(first) = recalled(&service, repeat.as_ref()).await? {
            return Ok(Answer::Json(first));
        }
        let Some(repeat) = repeat else { return acting.await.map(Answer::Json) };
        let answer = acting.await?;
        let keep = move |tx: &Transaction<'_>| match repeats::recall(tx, &repeat)? {
            Some(first) => Ok(first),
            None => repeats::remember(tx, &repeat, &answer).map(|()| answer),
        };
        service.store.write(keep).await.map(Answer::Json)
    })
}

/// The stored answer of a repeated request.
pub async fn recalled(service: &Service, repeat: Option<&Arc<Repeat>>) -> Reply<Option<Vec<u8>>> {
    let Some(repeat) = repeat.map(Arc::clone) else { return Ok(None) };
    service.store.read(move |connection| repeats::recall(connection, &repeat)).await
}
