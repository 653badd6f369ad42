//! Small writes that are gathered: when a key was last used, and that a search was made.
//!
//! To write each of them alone would cost a disk sync per request. They are written every few seconds, before something reads them, and
//! when the store closes.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rusqlite::{Connection, params};

use super::usage;

/// How long a gathered write may wait.
pub const MOST_DELAY: Duration = Duration::from_secs(2);

/// The gathered writes.
#[derive(Default)]
pub struct Pending {
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    keys_used: HashMap<String, i64>,
    searches: Vec<i64>,
    since: Option<Instant>,
}

impl Pending {
    /// Notes that a key was used.
    pub fn key_used(&self, key_id: &str, at: i64) {
        let mut book = self.book();
        match book.keys_used.get_mut(key_id) {
            Some(last) => *last = at,
            None => drop(book.keys_used.insert(key_id.to_owned(), at)),
        }
        book.since.get_or_insert_with(Instant::now);
    }

    /// Notes that a search was made.
    pub fn searched(&self, at: i64) {
        let mut book = self.book();
        book.searches.push(at);
        book.since.get_or_insert_with(Instant::now);
    }

    /// Whether something has waited long enough.
    pub fn is_due(&self) -> bool {
        self.book().since.is_some_and(|since| since.elapsed() >= MOST_DELAY)
    }

    /// Writes what was gathered. If that fails, it stays gathered. Nobody who notes something waits for the disk.
    pub fn flush(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let book = std::mem::take(&mut *self.book());
        if book.since.is_none() {
            return Ok(());
        }
        let written = book.write(connection);
        if written.is_err() {
            self.book().take_back(book);
        }
        written
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Each change of the book is complete, so a panic elsewhere leaves it usable.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn write(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let tx = connection.transaction()?;
        for (key_id, at) in &self.keys_used {
            tx.prepare_cached("UPDATE api_keys SET last_used_at = ?2 WHERE key_id = ?1")?.execute(params![key_id, at])?;
        }
        for &at in &self.searches {
            usage::record_at(&tx, usage::SEARCHES, 1.0, None, at)?;
        }
        tx.commit()
    }

    /// Takes back what an earlier book has, and could not be written. It waits again before it is tried.
    fn take_back(&mut self, earlier: Self) {
        for (key_id, at) in earlier.keys_used {
            self.keys_used.entry(key_id).or_insert(at);
        }
        self.searches.extend(earlier.searches);
        self.since = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_stays_gathered() {
        let (pending, mut connection) = (Pending::default(), Connection::open_in_memory().unwrap());
        pending.key_used("a", 1);
        pending.searched(1);
        assert!(pending.flush(&mut connection).is_err(), "there are no tables");
        pending.key_used("b", 2);
        let book = pending.book();
        assert_eq!((book.keys_used.get("a"), book.keys_used.get("b"), &book.searches), (Some(&1), Some(&2), &vec![1]));
        assert!(book.since.is_some());
    }
}
