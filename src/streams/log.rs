//! Lines to standard error that nobody may ever read.
//!
//! A client may leave our standard error unread. Then its pipe fills up, and a write to it blocks for good. So a thread of its own writes.
//! Only a bounded number of bytes may wait for it. The oldest lines are dropped first, and the next line that is written comes after a line
//! that says how many.

use std::{
    collections::VecDeque,
    io::{self, Write},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::Standard;

/// How many bytes may wait.
const WAITING: usize = 256 * 1024;
/// The longest line. What is longer loses its end.
const LONGEST: usize = 64 * 1024;

/// Makes a line that says how many lines were dropped.
pub type Notice = fn(u64) -> Vec<u8>;

static STDERR: Lossy = Lossy::new();

/// Hands over a line, its line feed included. Never waits for a reader.
pub fn line(line: Vec<u8>, notice: Notice) {
    if STDERR.push(line, notice) {
        let started = std::thread::Builder::new().name("log".to_owned()).stack_size(128 * 1024).spawn(|| STDERR.write(Standard::Error));
        if started.is_err() {
            STDERR.lock().stage = Stage::Idle;
        }
    }
}

/// Waits until all lines are written. Gives up if one line takes longer than `patience`, or all of them longer than `limit`.
pub fn flush(patience: Duration, limit: Duration) {
    STDERR.flush(patience, limit);
}

/// A bounded queue of lines. Any thread adds lines, and one thread writes them out.
struct Lossy {
    queue: Mutex<Queue>,
    changed: Condvar,
}

struct Queue {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    dropped: u64,
    notice: Option<Notice>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// There is no thread.
    Idle,
    /// The thread waits for a line.
    Waiting,
    /// The thread writes a line.
    Writing,
    /// Nobody can ever read what is written. Lines are thrown away.
    Closed,
}

impl Lossy {
    const fn new() -> Self {
        let queue = Queue { lines: VecDeque::new(), bytes: 0, dropped: 0, notice: None, stage: Stage::Idle };
        Self { queue: Mutex::new(queue), changed: Condvar::new() }
    }

    /// Queues a line. Returns whether the caller must start the thread.
    fn push(&self, mut line: Vec<u8>, notice: Notice) -> bool {
        if line.len() > LONGEST {
            line.truncate(LONGEST);
            line.extend_from_slice("…\n".as_bytes());
        }
        let mut queue = self.lock();
        if queue.stage == Stage::Closed {
            return false;
        }
        queue.notice = Some(notice);
        queue.bytes += line.len();
        queue.lines.push_back(line);
        while queue.bytes > WAITING {
            let Some(oldest) = queue.lines.pop_front() else { break };
            queue.bytes -= oldest.len();
            queue.dropped += 1;
        }
        let idle = queue.stage == Stage::Idle;
        if idle {
            queue.stage = Stage::Waiting;
        }
        drop(queue);
        self.changed.notify_all();
        idle
    }

    /// What the thread does, until the stream is closed or the process ends.
    fn write(&self, mut stream: impl Write) {
        loop {
            let (text, lines) = self.next();
            let outcome = stream.write_all(&text).and_then(|()| stream.flush());
            let mut queue = self.lock();
            queue.stage = Stage::Waiting;
            match outcome {
                Ok(()) => {}
                Err(error) if is_final(&error) => {
                    *queue = Queue { stage: Stage::Closed, lines: VecDeque::new(), bytes: 0, dropped: 0, notice: None };
                    drop(queue);
                    self.changed.notify_all();
                    return;
                }
                // A full disk may have room again later.
                Err(_) => queue.dropped += lines,
            }
            drop(queue);
            self.changed.notify_all();
        }
    }

    /// The next line, together with how many lines were dropped before it; and how many lines are lost if it cannot be written.
    fn next(&self) -> (Vec<u8>, u64) {
        let mut queue = self.lock();
        let line = loop {
            if let Some(line) = queue.lines.pop_front() {
                break line;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        };
        queue.stage = Stage::Writing;
        queue.bytes -= line.len();
        match (std::mem::take(&mut queue.dropped), queue.notice) {
            (0, _) | (_, None) => (line, 1),
            (dropped, Some(notice)) => ([notice(dropped), line].concat(), dropped + 1),
        }
    }

    fn flush(&self, patience: Duration, limit: Duration) {
        let end = Instant::now() + limit;
        let mut queue = self.lock();
        while !queue.lines.is_empty() || queue.stage == Stage::Writing {
            if matches!(queue.stage, Stage::Idle | Stage::Closed) {
                return;
            }
            let left = end.saturating_duration_since(Instant::now()).min(patience);
            let waited = self.changed.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner);
            if waited.1.timed_out() {
                return;
            }
            queue = waited.0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether writing will fail from now on, too.
fn is_final(error: &io::Error) -> bool {
    !matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;

    fn notice(lines: u64) -> Vec<u8> {
        format!("{lines} dropped\n").into_bytes()
    }

    /// A reader that lets one write through per permit, and breaks when there are none left to come.
    struct Slow(mpsc::Receiver<io::Result<()>>, mpsc::Sender<String>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.recv().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))?;
            self.1.send(String::from_utf8_lossy(bytes).into_owned()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lossy() -> (Arc<Lossy>, mpsc::Sender<io::Result<()>>, mpsc::Receiver<String>) {
        let (permit, permits) = mpsc::channel();
        let (send, written) = mpsc::channel();
        let lossy = Arc::new(Lossy::new());
        let writer = Arc::clone(&lossy);
        std::thread::spawn(move || writer.write(Slow(permits, send)));
        (lossy, permit, written)
    }

    #[test]
    fn the_oldest_lines_are_dropped_and_counted() {
        let (lossy, permit, written) = lossy();
        assert!(lossy.push(b"first\n".to_vec(), notice), "the first line starts the thread");
        permit.send(Ok(())).unwrap();
        assert_eq!(written.recv().unwrap(), "first\n");
        // The thread takes one of these and is stuck with it, or none yet.
        for number in 0..1_000 {
            assert!(!lossy.push(format!("{number:01023}\n").into_bytes(), notice));
        }
        assert!(lossy.lock().bytes <= WAITING);
        (0..1_000).for_each(|_| permit.send(Ok(())).unwrap());
        lossy.flush(Duration::from_mins(1), Duration::from_mins(1));
        let text: String = written.try_iter().collect();
        // If the thread takes a line between two drops, it tells of them twice.
        let (told, kept): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.ends_with(" dropped"));
        let dropped = told.iter().map(|line| line.trim_end_matches(" dropped").parse::<usize>().unwrap()).sum::<usize>();
        assert_eq!(dropped + kept.len(), 1_000);
        assert!(dropped > 0, "{told:?}");
        assert!(text.ends_with("0999\n"));
    }

    #[test]
    fn a_full_disk_loses_lines_and_a_closed_pipe_all_of_them() {
        let (lossy, permit, written) = lossy();
        permit.send(Err(io::ErrorKind::StorageFull.into())).unwrap();
        permit.send(Ok(())).unwrap();
        lossy.push(b"lost\n".to_vec(), notice);
        lossy.push(b"told\n".to_vec(), notice);
        assert_eq!(written.recv().unwrap(), "1 dropped\ntold\n");
        drop(permit);
        lossy.push(b"nobody reads this\n".to_vec(), notice);
        lossy.flush(Duration::from_mins(1), Duration::from_mins(1));
        assert!(!lossy.push(b"nor this\n".to_vec(), notice));
        assert!(lossy.lock().lines.is_empty() && lossy.lock().stage == Stage::Closed);
    }

    #[test]
    fn a_flush_does_not_wait_for_a_reader_that_never_comes() {
        let (lossy, permit, _written) = lossy();
        lossy.push(b"line\n".to_vec(), notice);
        lossy.flush(Duration::from_millis(1), Duration::from_mins(1));
        assert!(!lossy.lock().lines.is_empty() || lossy.lock().stage == Stage::Writing);
        drop(permit);
    }

    #[test]
    fn an_endless_line_loses_its_end() {
        let lossy = Lossy::new();
        lossy.push(vec![b'x'; 10 * LONGEST], notice);
        assert!(lossy.lock().bytes < LONGEST + 10);
    }
}
