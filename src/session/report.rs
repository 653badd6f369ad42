//! The report of what we know about the key.

use std::time::Duration;

use super::{KeyProblem, Session, keys::shown, learn::finished, now};
use crate::{
    disk::aside::{Places, aside},
    gate::{Bearer, Beliefs, KeyState, Probe, Timestamp},
    key::{KeyForm, KeySource, Renewal, Sidecar},
};

/// How long we wait for the facts beside a key file.
const FACTS_WITHIN: Duration = Duration::from_secs(1);
/// Threads that read them.
static FACTS: Places = Places::free();

/// What we know about the key. Of the key itself it holds the last four characters only.
#[derive(Debug)]
pub struct KeyReport {
    /// Where it comes from.
    pub source: String,
    /// Its last four characters. Empty if the key is too short to show them.
    pub last_four: Option<String>,
    /// Whether it has the usual form.
    pub form: Option<KeyForm>,
    /// Why there is no key that works.
    pub problem: Option<KeyProblem>,
    /// Whether the API accepts it.
    pub state: KeyState,
    /// What we know about its scopes.
    pub beliefs: Beliefs,
    /// The address of the API that it is sent to.
    pub base_url: Option<String>,
    /// What `keys` or `setup` wrote beside its file.
    pub sidecar: Option<Sidecar>,
    /// Whether others can read its file.
    pub exposed: bool,
    /// Why its file gives no key any more, so that the one of before is in use.
    pub emptied: Option<KeyProblem>,
    /// Who brings the key.
    pub bearer: Bearer,
    /// Where a new key goes.
    pub renewal: Renewal,
    /// When the report was made.
    pub now: Timestamp,
}

/// How long it counts that the API accepted the key.
const ACCEPTED: Duration = Duration::from_mins(1);

impl Session {
    /// Why the key cannot be used. Asks the API if it did not accept the key within the last minute. If the API says nothing in this time,
    /// that is no fault of the key.
    pub async fn key_problem(&self, at_most: Duration) -> Option<KeyProblem> {
        if let Err(problem) = self.ready().await {
            return Some(problem);
        }
        let ends = {
            let mut state = self.state();
            let asked = state.gate.as_ref().map(|gate| match *gate.beliefs().key() {
                KeyState::Live(at) | KeyState::Rejected(at) => at.within(ACCEPTED, now()),
                KeyState::Unknown(_) => false,
            });
            if asked == Some(false) && state.problem.is_none() { self.start(&mut state, &[Probe::Key]) } else { Vec::new() }
        };
        let _ = tokio::time::timeout(at_most, finished(ends)).await;
        self.key_report().await.problem
    }

    /// A problem as the caller of this session hears it.
    pub(super) fn told(&self, problem: KeyProblem) -> KeyProblem {
        if self.0.bearer == Bearer::Guest { KeyProblem::Operators(problem.code()) } else { problem }
    }

    /// Where a new key goes, as the caller of this session hears it.
    pub(super) fn renewal(&self) -> Renewal {
        match self.0.ready.get() {
            _ if self.0.bearer == Bearer::Guest => Renewal::Operator,
            Some(Ok(ready)) => ready.place.source.renewal(&shown),
            _ => Renewal::Nowhere,
        }
    }

    /// What we know about the key. Reads the key if we have not done so yet, and sends nothing.
    pub async fn key_report(&self) -> KeyReport {
        let ready = self.ready().await;
        let source = ready.as_ref().ok().map(|ready| &ready.place.source);
        let sidecar = match source.cloned() {
            Some(KeySource::File { path, .. }) => aside(&FACTS, FACTS_WITHIN, move || Sidecar::read(&path)).await.flatten(),
            _ => None,
        };
        let state = self.state();
        let gate = state.gate.as_ref();
        let beliefs = gate.map_or_else(|| Beliefs::unknown(self.0.ceiling, &crate::gate::Cause::NotAsked), crate::gate::Gate::beliefs);
        let key_state = beliefs.key().clone();
        let rejected = match (&key_state, gate, source) {
            (KeyState::Rejected(_), Some(gate), Some(source)) => Some(self.rejection(&state, source, gate.key().last_four())),
            _ => None,
        };
        let emptied = state.emptied.as_ref().filter(|emptied| emptied.lasts && rejected.is_none());
        let emptied = emptied.and_then(|emptied| emptied.problem.clone()).filter(|_| self.0.bearer != Bearer::Guest);
        // Where the server has its key is nothing to those who do not run it.
        let of_guest = self.0.bearer == Bearer::Guest;
        let (sidecar, gate_shown) = if of_guest { (None, None) } else { (sidecar, gate) };

        KeyReport {
            source: if of_guest { "this server".to_owned() } else { source.map_or_else(|| "none".to_owned(), KeySource::to_string) },
            last_four: gate_shown.map(|gate| gate.key().last_four().to_owned()),
            form: gate.map(|gate| gate.key().form()),
            problem: ready.as_ref().err().cloned().or_else(|| state.problem.clone()).or(rejected),
            state: key_state,
            beliefs,
            base_url: ready.as_ref().ok().map(|ready| ready.client.base().as_str().to_owned()),
            sidecar,
            exposed: state.exposed && !of_guest,
            emptied,
            bearer: self.0.bearer,
            renewal: self.renewal(),
            now: now(),
        }
    }
}
