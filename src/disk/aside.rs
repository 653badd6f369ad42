//! Work with files, on threads of its own.
//!
//! A file system whose server is gone never answers. So a call waits for a file up to a limit only, and the end of the process does not
//! wait for files at all. It would wait for the runtime's own threads, so we use others.

use std::{sync::LazyLock, thread, time::Duration};

use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

/// How many threads `aside` may use at once. Further work waits for a place, within its own limit.
const MOST_THREADS: usize = 4;
/// How many threads `start_few` may use at once.
const MOST_STARTED: usize = 16;
/// The stack of a thread in bytes. A thread only reads or writes a small file.
const STACK: usize = 512 << 10;

/// Does some work on a thread of its own, and waits for it at most `limit`. `None` if it is not done by then.
pub async fn aside<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    static PLACES: LazyLock<std::sync::Arc<Semaphore>> = LazyLock::new(|| std::sync::Arc::new(Semaphore::new(MOST_THREADS)));
    let done = async {
        let place = PLACES.clone().acquire_owned().await.ok()?;
        let (done, outcome) = oneshot::channel();
        start(move || {
            let _place = place;
            // The caller may have stopped waiting.
            let _ = done.send(work());
        })
        .ok()?;
        outcome.await.ok()
    };
    timeout(limit, done).await.ok().flatten()
}

/// Like [`start`], for work that many may want at once: it fails while 16 threads of this kind are busy.
pub fn start_few(work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    static PLACES: Semaphore = Semaphore::const_new(MOST_STARTED);
    start_in(&PLACES, work)
}

fn start_in(places: &'static Semaphore, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let place = places.try_acquire().map_err(|_| std::io::ErrorKind::ResourceBusy)?;
    start(move || {
        let _place = place;
        work();
    })
}

/// Starts some work on a thread of its own, and does not wait for it.
pub fn start(work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    thread::Builder::new().name("files".into()).stack_size(STACK).spawn(work).map(drop)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn work_that_many_want_takes_a_bounded_number_of_threads() {
        static PLACES: Semaphore = Semaphore::const_new(2);
        let (ended, end) = mpsc::channel();
        let holders: Vec<_> = (0..2)
            .map(|_| {
                let (holder, held) = mpsc::channel::<()>();
                let ended = ended.clone();
                start_in(&PLACES, move || ended.send(held.recv().is_err()).unwrap()).unwrap();
                holder
            })
            .collect();
        assert_eq!(start_in(&PLACES, || {}).unwrap_err().kind(), std::io::ErrorKind::ResourceBusy);
        drop(holders);
        assert!(end.recv().unwrap() && end.recv().unwrap());
        while PLACES.available_permits() < 2 {
            thread::yield_now();
        }
        start_in(&PLACES, move || ended.send(true).unwrap()).unwrap();
        assert!(end.recv().unwrap());
    }
}
