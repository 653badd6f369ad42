//! What there is to know about the key.

use std::time::Duration;

use super::{KeyProblem, Session, aside::aside, now};
use crate::{
    gate::{Beliefs, KeyState, Timestamp},
    key::{KeyForm, KeySource, Sidecar},
};

/// How long the facts beside a key file are waited for.
const FACTS_WITHIN: Duration = Duration::from_secs(1);

/// What is known about the key, without any part of it but its last four characters.
#[derive(Debug)]
pub struct KeyReport {
    /// Where it comes from.
    pub source: String,
    /// Its end; empty for texts too short to show any of.
    pub last_four: Option<String>,
    /// Whether it has the usual form.
    pub form: Option<KeyForm>,
    /// Why there is no key that works.
    pub problem: Option<KeyProblem>,
    /// Whether the API takes it.
    pub state: KeyState,
    /// What it holds.
    pub beliefs: Beliefs,
    /// Where it is sent.
    pub base_url: Option<String>,
    /// What `keys` or `setup` wrote beside its file.
    pub sidecar: Option<Sidecar>,
    /// Whether its file can be read by others.
    pub exposed: bool,
    /// When this was asked.
    pub now: Timestamp,
}

impl Session {
    /// What is known about the key. Reads the key if that was not done; sends nothing.
    pub async fn key_report(&self) -> KeyReport {
        let ready = self.ready().await;
        let source = ready.as_ref().ok().map(|ready| &ready.place.source);
        let sidecar = match source.cloned() {
            Some(KeySource::File { path, .. }) => aside(FACTS_WITHIN, move || Sidecar::read(&path)).await.flatten(),
            _ => None,
        };
        let state = self.state();
        let gate = state.gate.as_ref();
        let beliefs = gate.map_or_else(|| Beliefs::unknown(self.0.ceiling, &crate::gate::Cause::NotAsked), crate::gate::Gate::beliefs);
        let key_state = beliefs.key().clone();
        let rejected = match (&key_state, gate, source) {
            (KeyState::Rejected(_), Some(gate), Some(source)) => Some(KeyProblem::rejected(source, gate.key().last_four())),
            _ => None,
        };
        KeyReport {
            source: source.map_or_else(|| "none".to_owned(), KeySource::to_string),
            last_four: gate.map(|gate| gate.key().last_four().to_owned()),
            form: gate.map(|gate| gate.key().form()),
            problem: ready.as_ref().err().cloned().or_else(|| state.problem.clone()).or(rejected),
            state: key_state,
            beliefs,
            base_url: ready.as_ref().ok().map(|ready| ready.client.base().as_str().to_owned()),
            sidecar,
            exposed: state.exposed,
            now: now(),
        }
    }
}
