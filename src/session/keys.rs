//! The key: read on first use, followed where it is in a file.

use std::time::Duration;

use tokio::time::Instant;

use super::{KeyProblem, Ready, Session, State, cache};
use crate::{
    fence,
    gate::Gate,
    key::{ApiKey, BaseUrl, KeyFile, KeySource, Reading},
};

/// How often a key file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a new key is waited for after a rejection: rotation kills the old one before the new one is written.
const ROTATION: Duration = Duration::from_secs(2);
/// How often the file is looked at meanwhile.
const ROTATION_LOOK: Duration = Duration::from_millis(100);

impl Session {
    /// Reads the key if that has not been done, and again if its file has changed.
    pub(super) fn follow(&self, ready: &Ready) {
        let mut state = self.state();
        match (&ready.source, &ready.file) {
            (KeySource::File { .. }, Some(file)) => {
                if state.looked.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
                    return;
                }
                state.looked = Some(Instant::now());
                let stamp = file.stamp();
                if state.generation == 0 || stamp != state.stamp || state.problem.is_some() {
                    self.take(&mut state, ready, file);
                }
            }
            _ if state.gate.is_some() || state.problem.is_some() => {}
            (KeySource::Variable { name, key }, _) => match key {
                Ok(key) => self.adopt(&mut state, ready.client.base(), key.clone()),
                Err(fault) => state.problem = Some(KeyProblem::Value { name: name.clone(), fault: *fault }),
            },
            (KeySource::Missing { placeholders }, _) => state.problem = Some(KeyProblem::Missing(placeholders.clone())),
            (KeySource::File { .. } | KeySource::Playground, _) => {}
        }
    }

    /// Reads the file and takes its key, unless it looks half-written.
    fn take(&self, state: &mut State, ready: &Ready, file: &KeyFile) {
        let reading = file.read();
        state.stamp = reading.stamp;
        if reading.exposed && !state.exposed {
            tracing::warn!("the API key file can be read by other users of this machine; chmod 600 it");
        }
        state.exposed = reading.exposed;
        if let Some(gate) = &state.gate
            && reading.looks_unfinished(gate.key())
        {
            // The file is looked at again, since the next write changes its stamp; a stamp may be too coarse to tell.
            state.stamp = None;
            return;
        }
        let Reading { key, .. } = reading;
        match (key, &ready.source) {
            (Ok(key), _) if state.gate.as_ref().is_some_and(|gate| *gate.key() == key) => state.problem = None,
            (Ok(key), _) => self.adopt(state, ready.client.base(), key),
            (Err(fault), KeySource::File { path, named_by }) => {
                state.problem = Some(KeyProblem::File { path: path.display().to_string(), named_by: named_by.clone(), fault });
            }
            (Err(_), _) => {}
        }
    }

    /// Makes a key the session's, with what an earlier process learnt about it.
    pub(super) fn adopt(&self, state: &mut State, base: &BaseUrl, key: ApiKey) {
        fence::hide(&key);
        if key.form() == crate::key::KeyForm::Other {
            tracing::warn!("the API key has not the usual form (sk_live_ and 48 hexadecimal digits); it is used as it is");
        }
        state.generation += 1;
        state.problem = None;
        let remembered = self.0.state_dir.as_deref().and_then(|dir| cache::read(dir, &key.fingerprint(base)));
        let mut gate = Gate::new(key, state.generation, self.0.ceiling, self.0.destructive).rechecking_after(self.0.recheck);
        if let Some(remembered) = remembered {
            gate.recall(&remembered, super::now());
        }
        let replaced = state.gate.replace(gate).is_some();
        if replaced {
            tracing::info!("a new API key is in use");
            self.0.changes.send_modify(|n| *n += 1);
        }
    }

    /// After a rejection: whether another key than that of this generation is in use, or appears in the file within two seconds.
    ///
    /// One caller looks for all that were rejected together; the others take over what it found.
    pub(super) async fn renewed(&self, ready: &Ready, generation: u64) -> bool {
        let Some(file) = &ready.file else { return self.state().generation > generation };
        let _turn = self.0.renewing.lock().await;
        if self.state().given_up.is_some_and(|(of, at)| of == generation && at.elapsed() < ROTATION) {
            return false;
        }
        let give_up = Instant::now() + ROTATION;
        loop {
            {
                let mut state = self.state();
                if state.generation == generation {
                    self.take(&mut state, ready, file);
                }
                if state.generation > generation {
                    return true;
                }
            }
            if Instant::now() >= give_up {
                self.state().given_up = Some((generation, Instant::now()));
                return false;
            }
            tokio::time::sleep(ROTATION_LOOK).await;
        }
    }
}
