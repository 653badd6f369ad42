//! Work with files, on threads of its own.
//!
//! A file system whose server is gone never answers. So a call waits for a file up to a limit only, and the end of the process does not
//! wait for files at all. It would wait for the runtime's own threads, so we use others.

use std::{thread, time::Duration};

use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

/// How many threads work of one purpose may use at once. Further work waits for a place, within its own limit.
const MOST_THREADS: usize = 4;
/// How many threads `start_few` may use at once.
const MOST_STARTED: usize = 16;
/// The stack of a thread in bytes. A thread only reads or writes a small file.
const STACK: usize = 512 << 10;

/// Places for threads that do work of one purpose. A thread keeps its place until the file system answers, and some never do. So each purpose
/// has places of its own, and a network share that is gone stops nothing that does not need it.
pub struct Places(Semaphore);

impl Places {
    /// Places that nobody has taken.
    pub const fn free() -> Self {
        Self(Semaphore::const_new(MOST_THREADS))
    }
}

/// Does some work on a thread of its own, and waits for it at most `limit`. `None` if it is not done by then.
pub async fn aside<T: Send + 'static>(places: &'static Places, limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let done = async {
        let place = places.0.acquire().await.ok()?;
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

    #[tokio::test]
    async fn work_that_hangs_takes_no_places_of_another_purpose() {
        static GONE: Places = Places::free();
        static WELL: Places = Places::free();
        let limit = Duration::from_mins(1);
        let (ends, hung): (Vec<_>, Vec<_>) = (0..MOST_THREADS)
            .map(|_| {
                let (end, ended) = mpsc::channel::<()>();
                (end, tokio::spawn(aside(&GONE, limit, move || ended.recv().is_err())))
            })
            .unzip();
        while GONE.0.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(aside(&GONE, Duration::ZERO, || 1).await, None);
        assert_eq!(aside(&WELL, limit, || 2).await, Some(2));
        drop(ends);
        for hung in hung {
            assert_eq!(hung.await.unwrap(), Some(true));
        }
        assert_eq!(aside(&GONE, limit, || 3).await, Some(3));
    }

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
