//! Callers over HTTP whose key the API has not accepted.
//!
//! Anybody can make up keys and send them to a server. So as long as the API has not accepted the key of a caller, we ask it one question
//! about the key, and few of these questions are under way for all callers together. The others follow when the key is accepted.

use std::time::Duration;

use tokio::{sync::Semaphore, time::timeout};

use super::{
    CallError, Deadline, Session,
    learn::{Outcome, finished, missing},
    now,
};
use crate::gate::{Authorised, Bearer, Cause, KeyState, Probe, Verdict};

/// Places for first questions, of all callers together.
static FIRST_QUESTIONS: Semaphore = Semaphore::const_new(16);
/// How long a first question waits for a place. A crowd of new callers gets through in that time.
const PLACE_WITHIN: Duration = Duration::from_secs(6);

impl Session {
    /// Whether this is the session of a caller whose key the API has not accepted.
    pub(super) fn is_of_stranger(&self) -> bool {
        self.0.bearer == Bearer::Caller && !self.is_accepted()
    }

    /// Asks whether the API accepts the key of a caller, before a request that needs no scope.
    pub(super) async fn meet(&self, deadline: &Deadline) -> Result<(), CallError> {
        let ends = {
            let mut state = self.state();
            let gate = state.gate.as_ref().ok_or_else(|| missing(&state))?;
            let mut open = gate.open_probes(now());
            open.retain(|probe| *probe == Probe::Key);
            self.start(&mut state, &open)
        };
        // If the time runs out, none is left for the request either.
        let _ = timeout(deadline.remaining(), finished(ends)).await;
        match self.beliefs().key() {
            KeyState::Unknown(Cause::Crowded) => Err(CallError::Busy),
            _ => Ok(()),
        }
    }

    /// Sends the first probe, and the others only if the API accepts the key. Otherwise they stay unknown for the same reason.
    pub(super) async fn ask_first(&self, mut probes: Vec<(Probe, Authorised)>, deadline: Deadline) -> Vec<Outcome> {
        let others = probes.split_off(probes.len().min(1));
        let unknown = |probe, cause: &Cause| Outcome { probe, verdict: Verdict::Unknown(cause.clone()), rejection: None };
        let Ok(Ok(place)) = timeout(PLACE_WITHIN, FIRST_QUESTIONS.acquire()).await else {
            return probes.iter().chain(&others).map(|(probe, _)| unknown(*probe, &Cause::Crowded)).collect();
        };
        let mut outcomes = self.ask_all(probes, deadline).await;
        drop(place);
        let cause = match outcomes.first().map(|outcome| &outcome.verdict) {
            Some(Verdict::Live | Verdict::Held | Verdict::NotHeld) => None,
            Some(Verdict::Unknown(cause)) => Some(cause.clone()),
            Some(Verdict::Rejected) => Some(Cause::KeyRejected),
            None => Some(Cause::NotAsked),
        };
        match cause {
            Some(cause) => outcomes.extend(others.iter().map(|(probe, _)| unknown(*probe, &cause))),
            None => outcomes.extend(self.ask_all(others, deadline).await),
        }
        outcomes
    }
}
