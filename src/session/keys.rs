//! The key. We read it on first use. If it is in a file, we also follow its changes.
//!
//! We look at the file on a thread of its own, one look at a time, and never while we hold the lock of the state. A call gives a look two
//! seconds at most. Then it goes on with the key that is in use, or it says what is wrong.

use std::{path::Path, sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

use super::{Emptied, KeyProblem, Ready, Session, State, cache};
use crate::{
    config,
    disk::{self, ReadError, aside},
    fence,
    gate::{Bearer, Gate, Remembered},
    key::{ApiKey, BaseUrl, FileFault, KeyFile, KeySource, Reading},
};

/// How long we use the key of a file before we look at the file again.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a call waits for a look, counted from the beginning of the look.
const LOOK_WITHIN: Duration = Duration::from_secs(2);
/// How long a look waits for what an earlier process learned.
const RECALL_WITHIN: Duration = Duration::from_millis(500);
/// How long a file may hold no key until we say that the key of before is in use.
const EMPTIED_WITHIN: Duration = Duration::from_secs(3);
/// How long we wait for a new key after a rejection. A rotation ends the old key before it writes the new one.
const ROTATION: Duration = Duration::from_secs(2);
/// How long we pause between two looks at the file meanwhile.
const ROTATION_LOOK: Duration = Duration::from_millis(100);

/// What a look needs to know: where the key is, and where we send it.
pub(super) struct Place {
    pub source: KeySource,
    pub base: BaseUrl,
    pub file: Option<KeyFile>,
}

impl Place {
    pub fn new(source: KeySource, base: BaseUrl) -> Self {
        let file = match &source {
            KeySource::File { path, .. } => Some(KeyFile::new(path)),
            _ => None,
        };
        Self { source, base, file }
    }
}

/// A look at the place of the key. The thread that looks holds the other end of the channel, and drops it at its end.
#[derive(Clone)]
pub(super) struct Look {
    began: Instant,
    end: watch::Receiver<()>,
}

impl Look {
    fn is_under_way(&self) -> bool {
        self.end.has_changed().is_ok()
    }

    /// Waits until it is over, or until it has taken [`LOOK_WITHIN`]. Returns whether it is over.
    async fn over_by_limit(self) -> bool {
        let limit = self.began + LOOK_WITHIN;
        self.over_by(limit).await
    }

    /// Waits until it is over, or until this moment. Returns whether it is over.
    async fn over_by(mut self, moment: Instant) -> bool {
        let over = async { while self.end.changed().await.is_ok() {} };
        timeout_at(moment, over).await.is_ok()
    }
}

impl Session {
    /// Finds the key if we have not looked for it yet. Looks again if its file may have changed.
    pub(super) async fn follow(&self, ready: &Ready) {
        let place = &ready.place;
        // A look that is under way may have begun before the file changed. So we wait for it and then look again.
        while let Some(look) = self.due_look() {
            if !look.over_by_limit().await {
                return;
            }
        }
        let look = {
            let mut state = self.state();
            let under_way = state.look.clone().filter(Look::is_under_way);
            match (&place.source, under_way) {
                (_, Some(look)) if state.gate.is_none() => look,
                (_, Some(_)) | (KeySource::Playground, _) => return,
                (KeySource::File { .. }, None) => {
                    if state.looked.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
                        return;
                    }
                    state.looked = Some(Instant::now());
                    self.look(&mut state, place, Look::at_changes)
                }
                _ if state.gate.is_some() || state.problem.is_some() => return,
                (KeySource::Missing { placeholders }, None) => {
                    state.problem = Some(self.told(KeyProblem::Missing(placeholders.clone())));
                    return;
                }
                (KeySource::Variable { name, key: Err(fault) }, None) => {
                    state.problem = Some(self.told(KeyProblem::Value { name: name.clone(), fault: *fault }));
                    return;
                }
                (KeySource::Variable { key: Ok(key), .. } | KeySource::Caller(key), None) if self.0.state_dir.is_none() => {
                    self.adopt(&mut state, key.clone(), None);
                    return;
                }
                (KeySource::Variable { .. } | KeySource::Caller(_), None) => self.look(&mut state, place, Look::at_value),
            }
        };
        if !look.over_by_limit().await {
            let mut state = self.state();
            if state.gate.is_some() {
                tracing::warn!("the file system of the API key file does not answer; the key of before stays in use");
            } else if state.problem.is_none() {
                state.problem = file_problem(&place.source, ReadError::Silent.into()).map(|problem| self.told(problem));
            }
        }
    }

    /// The look that is under way, if there is a key and it is time for another look.
    fn due_look(&self) -> Option<Look> {
        let state = self.state();
        let due = state.gate.is_some() && state.looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY);
        state.look.clone().filter(|look| due && look.is_under_way())
    }

    /// Starts a look, unless one is under way.
    fn look(&self, state: &mut State, place: &Arc<Place>, work: fn(&Self, &Place)) -> Look {
        if let Some(look) = state.look.as_ref().filter(|look| look.is_under_way()) {
            return look.clone();
        }
        let (holder, end) = watch::channel(());
        let look = Look { began: Instant::now(), end };
        let (session, there) = (self.clone(), Arc::clone(place));
        let started = aside::start_few(move || {
            work(&session, &there);
            drop(holder);
        });
        if let Err(error) = started
            && state.gate.is_none()
        {
            match &place.source {
                // There is a key. We go on without what an earlier process learned about it.
                KeySource::Variable { key: Ok(key), .. } | KeySource::Caller(key) => self.adopt(state, key.clone(), None),
                source => state.problem = file_problem(source, ReadError::Io(error).into()).map(|problem| self.told(problem)),
            }
        }
        state.look = Some(look.clone());
        look
    }

    /// Reads the file and uses its key, unless the file looks half-written. Must not be called under the lock.
    fn take(&self, place: &Place, file: &KeyFile) {
        let reading = file.read();
        let before = self.state().gate.as_ref().map(|gate| gate.key().clone());
        let unfinished = before.as_ref().is_some_and(|before| reading.looks_unfinished(before));
        let remembered = match &reading.key {
            Ok(key) if !unfinished && before.as_ref() != Some(key) => self.recall(&place.base, key),
            _ => None,
        };
        let mut state = self.state();
        if reading.exposed && !state.exposed && self.0.bearer == Bearer::Server {
            tracing::warn!("the API key file is open to other users of this machine; chmod 600 it");
        }
        state.exposed = reading.exposed;
        // We keep no stamp of a file that looks unfinished, so that the next look reads it again. The times in a stamp may be too coarse to
        // show the next write.
        state.stamp = reading.stamp.filter(|_| !unfinished);
        if unfinished {
            if let Err(fault) = reading.key {
                self.miss(&mut state, place, fault);
            }
            return;
        }
        state.emptied = None;
        let Reading { key, .. } = reading;
        match key {
            Ok(key) if before.as_ref() == Some(&key) => state.problem = None,
            Ok(key) => self.adopt(&mut state, key, remembered),
            Err(fault) => state.problem = file_problem(&place.source, fault).map(|problem| self.told(problem)),
        }
    }

    /// Notes that the file holds no key. If that lasts, whoever emptied it must hear that the key of before is still in use.
    fn miss(&self, state: &mut State, place: &Place, fault: FileFault) {
        let emptied = state.emptied.get_or_insert_with(|| Emptied { since: Instant::now(), problem: None, lasts: false });
        emptied.problem = file_problem(&place.source, fault);
        if !emptied.lasts && emptied.since.elapsed() >= EMPTIED_WITHIN {
            emptied.lasts = true;
            if let (Some(problem), Bearer::Server) = (&emptied.problem, self.0.bearer) {
                tracing::warn!(%problem, "the API key file holds no key any more; the key of before stays in use until the server ends");
            }
        }
    }

    /// What is wrong where the API rejects the key in use. If its file holds no key any more, nobody needs to hear of that key.
    pub(super) fn rejection(&self, state: &State, source: &KeySource, last_four: &str) -> KeyProblem {
        let emptied = state.emptied.as_ref().and_then(|emptied| emptied.problem.clone());
        self.told(emptied.unwrap_or_else(|| KeyProblem::rejected(source, last_four)))
    }

    /// Gives a session of a caller its key, with what an earlier process learned about it. Callers come in crowds, so this takes none but
    /// the few threads that all work with files shares.
    pub(super) async fn begin_with(&self, base: &BaseUrl, key: ApiKey) {
        let (fingerprint, dir) = (key.fingerprint(base), self.0.state_dir.clone());
        let remembered = match (&self.0.shelf, dir) {
            (Some(shelf), _) => shelf.recall(fingerprint).await.and_then(|content| serde_json::from_slice(&content).ok()),
            (None, Some(dir)) => aside::aside(&cache::PLACES, RECALL_WITHIN, move || cache::read(&dir, &fingerprint)).await.flatten(),
            (None, None) => None,
        };
        self.adopt(&mut self.state(), key, remembered);
    }

    /// What an earlier process learned about a key. Must not be called under the lock.
    fn recall(&self, base: &BaseUrl, key: &ApiKey) -> Option<Remembered> {
        let (dir, fingerprint) = (self.0.state_dir.clone()?, key.fingerprint(base));
        disk::within(RECALL_WITHIN, move || cache::read(&dir, &fingerprint)).flatten()
    }

    /// Makes this the key of the session, with what an earlier process learned about it.
    pub(super) fn adopt(&self, state: &mut State, key: ApiKey, remembered: Option<Remembered>) {
        // The fence knows the keys of callers by their form, since there is no limit to their number.
        if self.0.bearer != Bearer::Caller {
            fence::hide(&key);
        }
        if key.form() == crate::key::KeyForm::Other && self.0.bearer == Bearer::Server {
            tracing::warn!("the API key has not the usual form (sk_live_ and 48 hexadecimal digits); it is used as it is");
        }
        state.generation += 1;
        state.problem = None;
        let mut gate = Gate::new(key, state.generation, self.0.ceiling, self.0.destructive).rechecking_after(self.0.recheck);
        if let Some(remembered) = remembered {
            gate.recall(&remembered, super::now());
        }
        let replaced = state.gate.replace(gate).is_some();
        if replaced {
            if self.0.bearer == Bearer::Server {
                tracing::info!("a new API key is in use");
            }
            self.0.changes.send_modify(|n| *n += 1);
        }
    }

    /// After a rejection: whether a newer key than that of this generation is in use, or appears in the file within two seconds.
    ///
    /// Of all calls that were rejected together, one looks for a new key. The others use what it found.
    pub(super) async fn renewed(&self, ready: &Ready, generation: u64) -> bool {
        if ready.place.file.is_none() {
            return self.state().generation > generation;
        }
        let _turn = self.0.renewing.lock().await;
        if self.state().given_up.is_some_and(|(of, at)| of == generation && at.elapsed() < ROTATION) {
            return false;
        }
        let give_up = Instant::now() + ROTATION;
        loop {
            let look = {
                let mut state = self.state();
                if state.generation > generation {
                    return true;
                }
                self.look(&mut state, &ready.place, Look::at_content)
            };
            look.over_by(give_up).await;
            if self.state().generation > generation {
                return true;
            }
            if Instant::now() >= give_up {
                self.state().given_up = Some((generation, Instant::now()));
                return false;
            }
            tokio::time::sleep(ROTATION_LOOK).await;
        }
    }
}

/// What the thread of a look does.
impl Look {
    /// Reads the file if it changed since we read it.
    fn at_changes(session: &Session, place: &Place) {
        let Some(file) = &place.file else { return };
        let stamp = file.stamp();
        let unchanged = {
            let state = session.state();
            state.generation > 0 && stamp == state.stamp && state.problem.is_none() && state.emptied.is_none()
        };
        if !unchanged {
            session.take(place, file);
        }
    }

    /// Reads the file whether it seems to have changed or not.
    fn at_content(session: &Session, place: &Place) {
        if let Some(file) = &place.file {
            session.take(place, file);
        }
    }

    /// Uses the key of a variable or of a request.
    fn at_value(session: &Session, place: &Place) {
        if let KeySource::Variable { key: Ok(key), .. } | KeySource::Caller(key) = &place.source {
            let remembered = session.recall(&place.base, key);
            session.adopt(&mut session.state(), key.clone(), remembered);
        }
    }
}

fn file_problem(source: &KeySource, fault: FileFault) -> Option<KeyProblem> {
    let KeySource::File { path, named_by } = source else { return None };
    Some(KeyProblem::File { path: shown(path), named_by: named_by.clone(), fault })
}

/// A path as messages show it.
pub(super) fn shown(path: &Path) -> String {
    config::shown(path, config::home(&config::variable).as_deref())
}
