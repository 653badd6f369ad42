//! The chat sessions that this process opened for questions with an idempotency key.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{api::ids::SessionId, tools::runs::Fingerprint};

/// How many are remembered.
const MOST: usize = 64;

/// The sessions that were opened, the newest last.
#[derive(Debug, Default)]
pub struct Chats(Mutex<VecDeque<Opened>>);

#[derive(Debug)]
struct Opened {
    key: String,
    message: Fingerprint,
    session_id: SessionId,
}

impl Chats {
    /// The session that was opened for this question with this key.
    pub fn session(&self, key: &str, message: &str) -> Option<SessionId> {
        let message = Fingerprint::of_call(message);
        self.opened().iter().rev().find(|opened| opened.key == key && opened.message == message).map(|opened| opened.session_id.clone())
    }

    /// Remembers a session.
    pub fn keep(&self, key: String, message: &str, session_id: SessionId) {
        let mut opened = self.opened();
        if opened.len() >= MOST {
            opened.pop_front();
        }
        opened.push_back(Opened { key, message: Fingerprint::of_call(message), session_id });
    }

    /// Forgets a session that is gone.
    pub fn forget(&self, session_id: &SessionId) {
        self.opened().retain(|opened| opened.session_id.as_str() != session_id.as_str());
    }

    fn opened(&self) -> MutexGuard<'_, VecDeque<Opened>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
