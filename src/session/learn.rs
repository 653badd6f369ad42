//! Finds out which scopes the key holds.
//!
//! Each probe is under way only once at a time, however many callers ask. So a flood of first calls costs one request. Probes run as tasks
//! of their own, and a caller may stop waiting for them at any time.
//!
//! A list of tools needs all scopes, so we ask about all of them at once. A call needs one scope, so we ask about that one alone. If the
//! API is in trouble, that costs one request instead of four. We ask about the others while the call goes on. If the call is refused, we
//! wait for these answers too, since the refusal names the scopes that the key holds.

use std::time::Duration;

use tokio::{sync::watch, task::JoinSet, time::timeout};

use super::{CallError, Deadline, KeyProblem, Ready, Session, State, cache, now};
use crate::{
    api::{Access, Request, Scope},
    client::{Error, Kind},
    disk::aside::aside,
    gate::{
        Authorised, Beliefs, Cause, Decision, Denial, Probe, Refusal, RefusalCause, Standing, Verdict, verdict_of_failure,
        verdict_of_success,
    },
};

/// How long a set of probes may take, retries included.
const PROBES_WITHIN: Duration = Duration::from_secs(8);

/// How long we wait until what we learned is written down.
const KEEP_WITHIN: Duration = Duration::from_secs(1);

/// Probes under way. The task that sends them holds the other end of the channel, and drops it at its end, however it ends.
pub(super) struct Asking {
    generation: u64,
    probes: Vec<Probe>,
    end: watch::Receiver<()>,
}

/// How fresh our knowledge of the key must be, so that we need not ask.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Knowledge {
    OfTheLastHour,
    OfThisProcess,
}

/// A verdict, and how the API rejected the key, if it did.
pub(super) struct Outcome {
    pub(super) probe: Probe,
    pub(super) verdict: Verdict,
    pub(super) rejection: Option<Rejection>,
}

/// How the API rejected the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rejection {
    /// With a code that does not say that the key is dead, so the next call may try again.
    Passing,
    /// With a code about authentication. We hold calls back for a while.
    Lasting,
}

impl Session {
    /// Starts to find out what we do not know, and waits for it at most this long. What we learned in the last hour is enough; we renew it
    /// meanwhile.
    pub async fn settle(&self, at_most: Duration) -> Beliefs {
        if timeout(at_most, self.learn(Knowledge::OfTheLastHour)).await.is_err() && self.state().gate.is_none() {
            // The time was too short even to open the link or to read the key. We begin to ask when that is done.
            let session = self.clone();
            tokio::spawn(async move { session.learn(Knowledge::OfTheLastHour).await });
        }
        self.beliefs()
    }

    /// Like [`Session::settle`], but also asks again about what only an earlier process learned, and about scopes that were missing a while
    /// ago. A user who asks about the key wants to hear what the API says now.
    pub async fn inspect(&self, at_most: Duration) {
        // If the time runs out, the report names what is still unknown.
        let _ = timeout(at_most, self.learn(Knowledge::OfThisProcess)).await;
    }

    async fn learn(&self, enough: Knowledge) {
        if self.ready().await.is_err() {
            return;
        }
        // A second time if the key was replaced meanwhile. Then we must ask about the new one.
        for _ in 0..2 {
            let (ends, settled, generation) = {
                let mut state = self.state();
                let Some(gate) = &state.gate else { return };
                let open = if enough == Knowledge::OfThisProcess { gate.stale_probes(now()) } else { gate.open_probes(now()) };
                let settled = gate.settled(now());
                (self.start(&mut state, &open), settled, state.generation)
            };
            if settled && enough == Knowledge::OfTheLastHour {
                return;
            }
            finished(ends).await;
            if self.state().generation == generation {
                return;
            }
        }
    }

    /// Checks that the key holds a scope, before a call costs anything. Asks the API if we do not know.
    pub async fn ensure(&self, scope: Scope, deadline: &Deadline) -> Result<(), CallError> {
        self.ready().await?;
        self.pass(Access::Scope(scope), deadline).await
    }

    /// Whether the key holds a scope, for calls that only add something to an answer. Asks the API if we do not know, or if the key lost
    /// the scope a while ago.
    pub async fn may(&self, scope: Scope, deadline: &Deadline) -> bool {
        match self.beliefs().of(scope).standing {
            Standing::Held => true,
            Standing::NotHeld if !self.lost_long_ago(scope) => false,
            Standing::NotHeld | Standing::Unknown => self.ensure(scope, deadline).await.is_ok(),
        }
    }

    /// Whether the key lost a scope so long ago that we should ask about it again before we list tools.
    pub fn is_in_doubt(&self) -> bool {
        Scope::ALL.into_iter().any(|scope| self.lost_long_ago(scope))
    }

    fn lost_long_ago(&self, scope: Scope) -> bool {
        self.state().gate.as_ref().is_some_and(|gate| gate.lost_long_ago(scope, now()))
    }

    /// Authorises a request. Asks the API first if we do not know the scope.
    pub(super) async fn authorise(&self, request: Request, deadline: &Deadline) -> Result<Authorised, CallError> {
        self.pass(request.access(), deadline).await?;
        let decision = {
            let state = self.state();
            let gate = state.gate.as_ref().ok_or_else(|| missing(&state))?;
            gate.authorise(request, now())
        };
        decision.map_err(|denial| self.denied(denial))
    }

    async fn pass(&self, access: Access, deadline: &Deadline) -> Result<(), CallError> {
        if access.scope().is_none() && self.is_of_stranger() {
            self.meet(deadline).await?;
        }
        for _ in 0..2 {
            let (ends, generation) = {
                let mut state = self.state();
                let gate = state.gate.as_ref().ok_or_else(|| missing(&state))?;
                let scope = match gate.check(access, now()) {
                    Ok(()) => return Ok(()),
                    Err(Decision::NeedsProbe(scope)) => scope,
                    Err(Decision::Denied(denial)) => {
                        drop(state);
                        return Err(self.denied(denial));
                    }
                };
                (self.start(&mut state, &[Probe::Scope(scope)]), state.generation)
            };
            // If the time runs out, the scope stays unknown, and the next check reports the cause.
            let _ = timeout(deadline.remaining(), finished(ends)).await;
            if self.state().generation == generation {
                break;
            }
        }
        let (passed, ends) = {
            let mut state = self.state();
            let gate = state.gate.as_ref().ok_or_else(|| missing(&state))?;
            let passed = gate.check_after_probe(access, now());
            let learnt = match &passed {
                Ok(()) => true,
                Err(Denial::Refused(refusal)) => matches!(refusal.cause, RefusalCause::NotHeld { .. }),
                Err(_) => false,
            };
            // The API answered one question, so it is worth asking the others.
            let open = if learnt { gate.open_probes(now()) } else { Vec::new() };
            (passed, self.start(&mut state, &open))
        };
        if passed.is_ok() {
            return Ok(());
        }
        let _ = timeout(deadline.remaining(), finished(ends)).await;
        let decision = {
            let state = self.state();
            let gate = state.gate.as_ref().ok_or_else(|| missing(&state))?;
            gate.check_after_probe(access, now())
        };
        decision.map_err(|denial| self.denied(denial))
    }

    /// Turns a denial of a call into an error.
    fn denied(&self, denial: Denial) -> CallError {
        match denial {
            // The key is dead, so its scopes do not matter.
            Denial::Refused(refusal) if refusal.cause == RefusalCause::Unverified(Cause::KeyRejected) => self.dead(),
            Denial::Refused(refusal) => CallError::Refused(Refusal { renewal: self.renewal(), ..refusal }),
            Denial::KeyRejected(_) => self.dead(),
            Denial::SessionOnly => CallError::Key(KeyProblem::SessionOnly),
        }
    }

    /// The error for a rejected key.
    fn dead(&self) -> CallError {
        let state = self.state();
        let source = self.0.ready.get().and_then(|ready| ready.as_ref().ok()).map(|ready| &ready.place.source);
        match (source, &state.gate) {
            (Some(source), Some(gate)) => CallError::Key(self.rejection(&state, source, gate.key().last_four())),
            _ => missing(&state),
        }
    }

    /// Starts the probes that are not under way yet. Returns what to wait for: the ends of all of them, also of those that were started
    /// before.
    pub(super) fn start(&self, state: &mut State, wanted: &[Probe]) -> Vec<watch::Receiver<()>> {
        let generation = state.generation;
        state.asking.retain(|asking| asking.end.has_changed().is_ok());
        let under_way = |probe: &Probe| {
            let mut ours = state.asking.iter().filter(|asking| asking.generation == generation);
            ours.find(|asking| asking.probes.contains(probe)).map(|asking| asking.end.clone())
        };
        let mut ends: Vec<_> = wanted.iter().filter_map(under_way).collect();
        let missing: Vec<Probe> = wanted.iter().copied().filter(|probe| under_way(probe).is_none()).collect();
        if let Some(gate) = &state.gate
            && !missing.is_empty()
        {
            let authorised = gate.probes(&missing);
            let (holder, end) = watch::channel(());
            ends.push(end.clone());
            state.asking.push(Asking { generation, probes: missing, end });
            let session = self.clone();
            tokio::spawn(async move {
                session.take_in(authorised, generation).await;
                drop(holder);
            });
        }
        ends
    }

    /// Sends probes and notes what they say about the scopes and about the key.
    async fn take_in(&self, probes: Vec<(Probe, Authorised)>, generation: u64) {
        let Ok(ready) = self.ready().await else { return };
        let deadline = Deadline::after(PROBES_WITHIN);
        let outcomes = if self.is_of_stranger() { self.ask_first(probes, deadline).await } else { self.ask_all(probes, deadline).await };
        let rejection = outcomes.iter().filter_map(|outcome| outcome.rejection).max();
        let verdicts: Vec<(Probe, Verdict)> = outcomes.into_iter().map(|outcome| (outcome.probe, outcome.verdict)).collect();
        for (probe, verdict) in &verdicts {
            tracing::debug!(?probe, ?verdict, "probed");
        }
        {
            let mut state = self.state();
            if state.generation != generation {
                // The key was replaced meanwhile. What we learned is about the old one.
                return;
            }
            self.revise(&mut state, |gate| gate.learn(&verdicts, now()));
        }
        if let Some(rejection) = rejection
            && !self.renewed(ready, generation).await
        {
            self.reject(generation, rejection == Rejection::Lasting);
        }
        self.keep(ready).await;
    }

    /// Notes that the API rejects the key of this generation. `lasting` says whether to hold calls back for a while.
    pub(super) fn reject(&self, generation: u64, lasting: bool) {
        let rejected = {
            let mut state = self.state();
            if state.generation != generation {
                return;
            }
            self.revise(&mut state, |gate| gate.reject(now(), lasting));
            state.gate.as_ref().map(|gate| gate.key().clone())
        };
        if let (Some(host), Some(key)) = (&self.0.host, rejected) {
            // The key is the server's, which may itself not send anything for a long time.
            let mut state = host.state();
            if state.gate.as_ref().is_some_and(|gate| *gate.key() == key) {
                host.revise(&mut state, |gate| gate.reject(now(), false));
            }
        }
    }

    /// Writes down what the next process should know.
    async fn keep(&self, ready: &Ready) {
        if self.0.state_dir.is_none() && self.0.shelf.is_none() {
            return;
        }
        let kept = {
            let state = self.state();
            state.gate.as_ref().and_then(|gate| Some((gate.key().fingerprint(ready.client.base()), gate.remember()?)))
        };
        let Some((fingerprint, remembered)) = kept else { return };
        if let (Some(shelf), Ok(content)) = (&self.0.shelf, serde_json::to_vec(&remembered)) {
            shelf.keep(fingerprint.clone(), content).await;
        }
        let Some(dir) = self.0.state_dir.clone() else { return };
        if let Some(Err(error)) = aside(&cache::PLACES, KEEP_WITHIN, move || cache::write(&dir, &fingerprint, &remembered)).await {
            tracing::debug!(%error, "the scopes could not be kept for the next start");
        }
    }

    /// Sends all of these probes at once.
    pub(super) async fn ask_all(&self, probes: Vec<(Probe, Authorised)>, deadline: Deadline) -> Vec<Outcome> {
        let mut under_way = JoinSet::new();
        for (probe, authorised) in probes {
            let session = self.clone();
            under_way.spawn(async move { session.ask(probe, &authorised, &deadline).await });
        }
        let mut outcomes = Vec::new();
        while let Some(outcome) = under_way.join_next().await {
            outcomes.extend(outcome.ok());
        }
        outcomes
    }

    async fn ask(&self, probe: Probe, authorised: &Authorised, deadline: &Deadline) -> Outcome {
        let Ok(ready) = self.ready().await else {
            return Outcome { probe, verdict: Verdict::Unknown(Cause::NotAsked), rejection: None };
        };
        match ready.client.send(authorised, deadline).await {
            Ok(response) => {
                let verdict = verdict_of_success(probe, response.status, response.content_type(), &response.body);
                Outcome { probe, verdict, rejection: None }
            }
            Err(error) => {
                let lasting = if error.is_lasting_key_rejection() { Rejection::Lasting } else { Rejection::Passing };
                Outcome { probe, verdict: verdict_of_error(probe, &error), rejection: error.is_key_rejection().then_some(lasting) }
            }
        }
    }
}

fn verdict_of_error(probe: Probe, error: &Error) -> Verdict {
    let (Kind::Status, Some(status)) = (&error.kind, error.status) else {
        let reason = error.to_string();
        return Verdict::Unknown(match error.kind {
            Kind::Untrusted(_) => Cause::Untrusted(reason),
            Kind::Redirect { .. } => Cause::Redirected(reason),
            _ => Cause::Unreachable(reason),
        });
    };
    match verdict_of_failure(probe, status, error.problem.as_ref()) {
        Verdict::Unknown(Cause::Status { status, code, .. }) => {
            Verdict::Unknown(Cause::Status { status, code, retry_after: error.retry_after })
        }
        verdict => verdict,
    }
}

/// Waits until all of these tasks have dropped their ends of the channels.
pub(super) async fn finished(ends: Vec<watch::Receiver<()>>) {
    for mut end in ends {
        while end.changed().await.is_ok() {}
    }
}

/// Why there is no key to ask about.
pub(super) fn missing(state: &State) -> CallError {
    CallError::Key(state.problem.clone().unwrap_or_else(|| KeyProblem::Missing(Vec::new())))
}
