//! Finding out what the key holds.
//!
//! Probing runs as one task at a time, whoever asks: a flood of first calls costs one set of probes. Askers wait for its end as long as
//! they like and no longer; the task goes on without them.

use std::time::Duration;

use tokio::{sync::watch, task::JoinSet, time::timeout};

use super::{CallError, Deadline, KeyProblem, Session, cache, now};
use crate::{
    api::{Access, Request, Scope},
    client::{Error, Kind},
    gate::{Asked, Authorised, Beliefs, Cause, Decision, Probe, Verdict, verdict_of_failure, verdict_of_success},
};

/// How long a set of probes may take, retries included.
const PROBES_WITHIN: Duration = Duration::from_secs(8);

impl Session {
    /// Starts learning what is not known, and waits for it at most this long. Knowledge of the last hour counts, and is renewed meanwhile.
    pub async fn settle(&self, at_most: Duration) -> Beliefs {
        let learn = async {
            if self.ready().await.is_err() {
                return;
            }
            let (settled, fresh) = {
                let state = self.state();
                let Some(gate) = &state.gate else { return };
                let beliefs = gate.beliefs();
                (gate.settled(now()), !Scope::ALL.into_iter().any(|scope| beliefs.of_key(scope).cached))
            };
            if settled && fresh {
                return;
            }
            let done = self.start_learning();
            if !settled {
                finished(done).await;
            }
        };
        // Opening the link goes on in the background where the wait is too short for it.
        if timeout(at_most, learn).await.is_err() && at_most.is_zero() {
            let session = self.clone();
            tokio::spawn(async move {
                if session.ready().await.is_ok() {
                    session.start_learning();
                }
            });
        }
        self.beliefs()
    }

    /// Checks a scope before a call costs anything, asking the API if need be.
    pub async fn ensure(&self, scope: Scope, deadline: &Deadline) -> Result<(), CallError> {
        self.ready().await?;
        self.pass(Access::Scope(scope), deadline).await
    }

    /// Authorises a request, asking the API first if need be.
    pub(super) async fn authorise(&self, request: Request, deadline: &Deadline) -> Result<Authorised, CallError> {
        self.pass(request.access(), deadline).await?;
        let state = self.state();
        let gate = state.gate.as_ref().ok_or_else(|| missing(state.problem.as_ref()))?;
        gate.authorise(request, now(), Asked::AfterProbe).map_err(|decision| self.denied(decision))
    }

    async fn pass(&self, access: Access, deadline: &Deadline) -> Result<(), CallError> {
        let check = |asked| {
            let state = self.state();
            if let Some(problem) = &state.problem {
                // A rotated key that cannot be read yet leaves the old one in use, unless there is none.
                if state.gate.is_none() {
                    return Err(Err(CallError::Key(problem.clone())));
                }
            }
            let gate = state.gate.as_ref().ok_or_else(|| Err(missing(None)))?;
            gate.check(access, now(), asked).map_err(Ok)
        };
        match check(Asked::First) {
            Ok(()) => return Ok(()),
            Err(Ok(Decision::NeedsProbe(_))) => {}
            Err(Ok(decision)) => return Err(self.denied(decision)),
            Err(Err(error)) => return Err(error),
        }
        // Running out of time here leaves the scope unknown, which the second check reports with its cause.
        let _ = timeout(deadline.remaining(), finished(self.start_learning())).await;
        check(Asked::AfterProbe).map_err(|denied| denied.map_or_else(|error| error, |decision| self.denied(decision)))
    }

    /// Words a denial as an error.
    fn denied(&self, decision: Decision) -> CallError {
        let rejected = || {
            let source = self.0.ready.get().and_then(|ready| ready.as_ref().ok()).map(|ready| &ready.source);
            let last_four = self.state().gate.as_ref().map(|gate| gate.key().last_four().to_owned()).unwrap_or_default();
            source
                .map_or(CallError::Key(KeyProblem::Missing(Vec::new())), |source| CallError::Key(KeyProblem::rejected(source, &last_four)))
        };
        match decision {
            Decision::Refused(refusal) => match refusal.cause {
                // Who learns that the key is dead has no use for its scopes.
                crate::gate::RefusalCause::Unverified(Cause::KeyRejected) => rejected(),
                _ => CallError::Refused(refusal),
            },
            Decision::KeyRejected(_) => rejected(),
            Decision::SessionOnly => CallError::Key(KeyProblem::SessionOnly),
            Decision::NeedsProbe(scope) => {
                let mut error = Error::new(Kind::Deadline);
                error.attempts = 0;
                tracing::debug!(%scope, "a scope could not be asked for in time");
                CallError::Upstream(error)
            }
        }
    }

    /// Starts the probes unless they are under way; the receiver changes when they are through.
    pub(super) fn start_learning(&self) -> watch::Receiver<u64> {
        let done = self.0.learnt.subscribe();
        if !std::mem::replace(&mut self.state().learning, true) {
            let session = self.clone();
            tokio::spawn(async move {
                // Also when a probe panics, nobody may wait for ever.
                let _end = End(session.clone());
                session.learn().await;
            });
        }
        done
    }

    async fn learn(&self) {
        let Ok(ready) = self.ready().await else { return };
        let (probes, generation) = {
            let state = self.state();
            let Some(gate) = &state.gate else { return };
            (gate.probes(&gate.all_probes()), gate.generation())
        };
        let deadline = Deadline::after(PROBES_WITHIN);
        let mut under_way = JoinSet::new();
        for (probe, authorised) in probes {
            let session = self.clone();
            under_way.spawn(async move { (probe, session.ask(probe, &authorised, &deadline).await) });
        }
        let mut outcomes = Vec::new();
        while let Some(outcome) = under_way.join_next().await {
            outcomes.extend(outcome.ok());
        }
        let key_rejected = outcomes.contains(&(Probe::Key, Verdict::Rejected));
        let remembered = {
            let mut state = self.state();
            if state.generation != generation {
                // The key was replaced meanwhile; what was learnt is about the old one.
                return;
            }
            self.revise(&mut state, |gate| {
                gate.learn(&outcomes, now());
                if key_rejected {
                    gate.reject(now(), true);
                }
            });
            state.gate.as_ref().and_then(|gate| Some((gate.key().fingerprint(ready.client.base()), gate.remember()?)))
        };
        for (probe, verdict) in &outcomes {
            tracing::debug!(?probe, ?verdict, "probed");
        }
        if let (Some(dir), Some((fingerprint, remembered))) = (self.0.state_dir.clone(), remembered) {
            let written = tokio::task::spawn_blocking(move || cache::write(&dir, &fingerprint, &remembered)).await;
            if let Ok(Err(error)) = written {
                tracing::debug!(%error, "the scopes could not be kept for the next start");
            }
        }
    }

    async fn ask(&self, probe: Probe, authorised: &Authorised, deadline: &Deadline) -> Verdict {
        let Ok(ready) = self.ready().await else { return Verdict::Unknown(Cause::NotAsked) };
        match ready.client.send(authorised, deadline).await {
            Ok(response) => verdict_of_success(probe, response.status, response.content_type(), &response.body),
            Err(error) => match (&error.kind, error.status) {
                (Kind::Status, Some(status)) => match verdict_of_failure(probe, status, error.problem.as_ref()) {
                    Verdict::Unknown(Cause::Status { status, code, .. }) => {
                        Verdict::Unknown(Cause::Status { status, code, retry_after: error.retry_after })
                    }
                    verdict => verdict,
                },
                _ => Verdict::Unknown(Cause::Unreachable(error.to_string())),
            },
        }
    }
}

/// Marks the end of learning, however it ends.
struct End(Session);

impl Drop for End {
    fn drop(&mut self) {
        self.0.state().learning = false;
        self.0.0.learnt.send_modify(|n| *n += 1);
    }
}

async fn finished(mut done: watch::Receiver<u64>) {
    // The sender lives as long as the session.
    let _ = done.changed().await;
}

fn missing(problem: Option<&KeyProblem>) -> CallError {
    CallError::Key(problem.cloned().unwrap_or_else(|| KeyProblem::Missing(Vec::new())))
}
