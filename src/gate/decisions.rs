//! The gate of one key.

use std::time::Duration;

use super::{
    Authorised, Belief, Beliefs, Cause, KeyState, Origin, Probe, Remembered, Standing, Timestamp, Verdict,
    remembered::{FORM, Fact},
};
use crate::{
    api::{Access, Request, Scope, Scopes},
    key::{ApiKey, Renewal},
};

/// How long we use what an earlier process learned without asking again.
const CACHE_LIFE: Duration = Duration::from_hours(1);
/// How long we accept that a scope is missing before we ask the API again, unless [`Gate::rechecking_after`] sets another time.
const REFUSAL_LIFE: Duration = Duration::from_mins(1);
/// How long it counts that the API accepted the key, for whoever asks about the key itself.
const LIVE_LIFE: Duration = Duration::from_secs(3);
/// How long we do not try a rejected key again.
const REJECTION_LIFE: Duration = Duration::from_secs(30);

/// Why a request does not pass, or not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// We must probe this scope first.
    NeedsProbe(Scope),
    /// It does not pass. A probe would not change that.
    Denied(Denial),
}

/// Why a request does not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The scope is missing, or we could not find out whether the key holds it.
    Refused(Refusal),
    /// The API rejected the key at this time, so recently that it is useless to ask again.
    KeyRejected(Timestamp),
    /// The endpoint takes session tokens only, and a gate has none.
    SessionOnly,
}

impl From<Denial> for Decision {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

/// A refusal for lack of scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The scope that the request needs.
    pub needed: Scope,
    /// The scopes that the key holds, within the ceiling.
    pub held: Scopes,
    /// The scopes of which we know nothing, within the ceiling.
    pub unknown: Scopes,
    /// The ceiling, if there is one.
    pub ceiling: Option<Scopes>,
    /// Why the request is refused.
    pub cause: RefusalCause,
    /// Where a key with the scope would go.
    pub renewal: Renewal,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusalCause {
    /// The key does not hold the scope.
    NotHeld {
        /// How we know that.
        origin: Origin,
        /// When we learned it.
        at: Option<Timestamp>,
    },
    /// The API itself refused this very call for lack of the scope.
    Told,
    /// The configuration limits this server to other scopes, whatever the key holds.
    Ceiling,
    /// We could not find out whether the key holds the scope, for this reason.
    Unverified(Cause),
}

/// What we learned about a scope itself, not from another one.
#[derive(Clone, Copy, Debug)]
struct Known {
    held: bool,
    origin: Origin,
    at: Timestamp,
}

/// What we know about one key, and the decisions that follow from it.
#[derive(Debug)]
pub struct Gate {
    key: ApiKey,
    generation: u64,
    ceiling: Option<Scopes>,
    destructive: bool,
    recheck: Duration,
    state: KeyState,
    blocked: Option<Timestamp>,
    answers: [Option<Known>; 4],
    causes: [Option<Cause>; 4],
}

impl Gate {
    /// A gate for a key of which we know nothing yet. `ceiling` limits this server to these scopes and all that they imply. `destructive`
    /// says whether there is a use for `admin`. If not, we never ask the API about that scope.
    pub fn new(key: ApiKey, generation: u64, ceiling: Option<Scopes>, destructive: bool) -> Self {
        Self {
            key,
            generation,
            ceiling: ceiling.map(Scopes::closed),
            destructive,
            recheck: REFUSAL_LIFE,
            state: KeyState::Unknown(Cause::NotAsked),
            blocked: None,
            answers: [None; 4],
            causes: [const { None }; 4],
        }
    }

    /// The same gate, which asks again about a missing scope after this time.
    #[must_use]
    pub fn rechecking_after(mut self, span: Duration) -> Self {
        self.recheck = span;
        self
    }

    /// The key.
    pub fn key(&self) -> &ApiKey {
        &self.key
    }

    /// The number of the key: 1 for the first of the process, one more for each replacement.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// What we know now.
    pub fn beliefs(&self) -> Beliefs {
        let bare = Scope::ALL.map(|scope| self.belief(scope));
        Beliefs { bare, ceiling: self.ceiling, key: self.state.clone(), generation: self.generation }
    }

    /// Lets a request pass, or says why not. It asks for no probe, so whoever has not learned the scope yet uses [`Gate::check`] first.
    pub fn authorise(&self, request: Request, now: Timestamp) -> Result<Authorised, Denial> {
        self.check_after_probe(request.access(), now)?;
        Ok(Authorised::mint(request, self.key.clone(), self.generation))
    }

    /// Decides about a request before it is written, by the access that it needs. May ask for a probe.
    pub fn check(&self, access: Access, now: Timestamp) -> Result<(), Decision> {
        let Some(scope) = self.scope_to_check(access, now)? else { return Ok(()) };
        let belief = self.belief(scope);
        let younger = |span| belief.at.is_some_and(|at| at.within(span, now));
        let open = match belief.standing {
            Standing::Held => belief.cached && !younger(CACHE_LIFE),
            Standing::NotHeld => !younger(self.recheck),
            Standing::Unknown => true,
        };
        if open && self.may_ask(scope) { Err(Decision::NeedsProbe(scope)) } else { Ok(self.check_scope(scope, now)?) }
    }

    /// Like [`Gate::check`], when the probe is over. What we do not know by now stays unknown.
    pub fn check_after_probe(&self, access: Access, now: Timestamp) -> Result<(), Denial> {
        self.scope_to_check(access, now)?.map_or(Ok(()), |scope| self.check_scope(scope, now))
    }

    /// The scope that is left to check, if all else lets a request pass.
    fn scope_to_check(&self, access: Access, now: Timestamp) -> Result<Option<Scope>, Denial> {
        let needed = match access {
            Access::Session => return Err(Denial::SessionOnly),
            Access::Scope(scope) => Some(scope),
            Access::AnyKey | Access::AnyKeyOrSession | Access::Public => None,
        };
        if let Some(scope) = needed
            && self.ceiling.is_some_and(|ceiling| !ceiling.contains(scope))
        {
            return Err(self.refuse(scope, RefusalCause::Ceiling));
        }
        self.blocked(now).map_or(Ok(needed), |at| Err(Denial::KeyRejected(at)))
    }

    /// Decides by what we know of a scope.
    fn check_scope(&self, scope: Scope, now: Timestamp) -> Result<(), Denial> {
        let belief = self.belief(scope);
        let cause = match belief.standing {
            Standing::Held if !belief.cached || belief.at.is_some_and(|at| at.within(CACHE_LIFE, now)) => return Ok(()),
            Standing::Held => RefusalCause::Unverified(belief.cause.unwrap_or(Cause::Outdated)),
            Standing::NotHeld => RefusalCause::NotHeld { origin: belief.origin.unwrap_or(Origin::Probe), at: belief.at },
            Standing::Unknown => RefusalCause::Unverified(belief.cause.unwrap_or(Cause::NotAsked)),
        };
        Err(self.refuse(scope, cause))
    }

    /// All probes: one for the key and one for each scope. The one for `admin` is left out if there is no use for that scope.
    pub fn all_probes(&self) -> Vec<Probe> {
        let scopes = Scope::ALL.into_iter().filter(|&scope| self.may_ask(scope));
        std::iter::once(Probe::Key).chain(scopes.map(Probe::Scope)).collect()
    }

    /// The probes for all that we do not know, that only an earlier process knew, or that was lost a while ago. There are none while calls
    /// with a rejected key are held back.
    pub fn open_probes(&self, now: Timestamp) -> Vec<Probe> {
        self.probes_of(now, None, |belief, scope| belief.standing == Standing::Unknown || belief.cached || self.lost_long_ago(scope, now))
    }

    /// Like [`Gate::open_probes`], but also for each scope that we found missing a while ago, and for a key that was accepted a while ago.
    /// This is for a caller who asks about the key itself.
    pub fn stale_probes(&self, now: Timestamp) -> Vec<Probe> {
        self.probes_of(now, Some(LIVE_LIFE), |belief, _| match belief.standing {
            Standing::Held => belief.cached,
            Standing::NotHeld => belief.cached || !belief.at.is_some_and(|at| at.within(self.recheck, now)),
            Standing::Unknown => true,
        })
    }

    /// Whether the key lost this scope so long ago that it may have the scope back. A key loses a scope if the API refuses a call for lack
    /// of it.
    pub fn lost_long_ago(&self, scope: Scope, now: Timestamp) -> bool {
        let own = self.answers.get(scope as usize).copied().flatten();
        own.is_some_and(|own| own.origin == Origin::Refused403 && !own.held && !own.at.within(self.recheck, now))
    }

    fn probes_of(&self, now: Timestamp, live: Option<Duration>, open: impl Fn(&Belief, Scope) -> bool) -> Vec<Probe> {
        if self.blocked(now).is_some() {
            return Vec::new();
        }
        let open = |probe: &Probe| match probe {
            Probe::Key => !matches!(self.state, KeyState::Live(at) if live.is_none_or(|span| at.within(span, now))),
            Probe::Scope(scope) => open(&self.belief(*scope), *scope),
        };
        self.all_probes().into_iter().filter(open).collect()
    }

    /// The requests of these probes. They are fixed, and they have no side effects. They pass without any scope, since we send them to
    /// learn the scopes.
    pub fn probes(&self, wanted: &[Probe]) -> Vec<(Probe, Authorised)> {
        let allowed = wanted.iter().filter(|probe| !matches!(probe, Probe::Scope(scope) if !self.may_ask(*scope)));
        allowed.filter_map(|&probe| Some((probe, Authorised::mint(probe.request()?, self.key.clone(), self.generation)))).collect()
    }

    /// Notes what probes found out.
    ///
    /// A failed probe does not change what we know about a scope. We only note why it failed.
    pub fn learn(&mut self, outcomes: &[(Probe, Verdict)], now: Timestamp) {
        for (probe, verdict) in outcomes {
            match (probe, verdict) {
                (_, Verdict::Live) => self.alive(now),
                (_, Verdict::Rejected) => self.state = KeyState::Rejected(now),
                (Probe::Key, Verdict::Unknown(cause)) => {
                    if matches!(self.state, KeyState::Unknown(_)) {
                        self.state = KeyState::Unknown(cause.clone());
                    }
                }
                (Probe::Scope(scope), Verdict::Held) => self.answer(*scope, true, Origin::Probe, now),
                (Probe::Scope(scope), Verdict::NotHeld) => {
                    // A lost scope may come back, however often we ask in vain. So it stays marked as lost.
                    let lost = self.answers.get(*scope as usize).copied().flatten().is_some_and(|own| own.origin == Origin::Refused403);
                    self.answer(*scope, false, if lost { Origin::Refused403 } else { Origin::Probe }, now);
                }
                (Probe::Scope(scope), Verdict::Unknown(cause)) => {
                    if *cause == Cause::KeyRejected {
                        self.state = KeyState::Rejected(now);
                    }
                    if let Some(slot) = self.causes.get_mut(*scope as usize) {
                        *slot = Some(cause.clone());
                    }
                }
                (Probe::Key, Verdict::Held | Verdict::NotHeld) => {}
            }
        }
    }

    /// Notes that the API refused a call for lack of this scope, although the gate had let the call pass.
    pub fn shrink(&mut self, scope: Scope, now: Timestamp) {
        self.answer(scope, false, Origin::Refused403, now);
    }

    /// Whether the API accepts the key as far as we know, from this process or from an earlier one. The other way round, nobody knows whether
    /// there is such a key at all.
    pub fn is_accepted(&self) -> bool {
        match &self.state {
            KeyState::Live(_) => true,
            KeyState::Rejected(_) => false,
            // Only keys that were accepted have scopes.
            KeyState::Unknown(_) => self.answers.iter().any(Option::is_some),
        }
    }

    /// Notes that the API accepted the key.
    pub fn alive(&mut self, now: Timestamp) {
        self.state = KeyState::Live(now);
        self.blocked = None;
    }

    /// Notes that the API rejected the key. `block` holds calls back for 30 s.
    pub fn reject(&mut self, now: Timestamp, block: bool) {
        self.state = KeyState::Rejected(now);
        if block {
            self.blocked = Some(now);
        }
    }

    /// Whether tools can be listed without asking the API. For that, we must know each scope that we may ask about, from this process or
    /// from the last hour. And no scope may have been lost so long ago that the key may have it back.
    pub fn settled(&self, now: Timestamp) -> bool {
        Scope::ALL.into_iter().filter(|&scope| self.may_ask(scope)).all(|scope| {
            let belief = self.belief(scope);
            belief.standing != Standing::Unknown
                && !self.lost_long_ago(scope, now)
                && (!belief.cached || belief.at.is_some_and(|at| at.within(CACHE_LIFE, now)))
        })
    }

    /// What the next process should know; `None` if there is nothing.
    pub fn remember(&self) -> Option<Remembered> {
        let facts = Scope::ALL.into_iter().zip(self.answers);
        let scopes: Vec<Fact> =
            facts.filter_map(|(scope, answer)| answer.map(|a| Fact { scope, held: a.held, at: a.at.as_millis() })).collect();
        (!scopes.is_empty()).then_some(Remembered { form: FORM, scopes })
    }

    /// Adds what an earlier process knew. It replaces nothing that this process learned, and it leaves out what claims to be from the
    /// future.
    pub fn recall(&mut self, remembered: &Remembered, now: Timestamp) {
        if remembered.form != FORM {
            return;
        }
        for fact in &remembered.scopes {
            let at = Timestamp::from_millis(fact.at);
            if let Some(slot) = self.answers.get_mut(fact.scope as usize)
                && slot.is_none()
                && at.age(now).is_some()
            {
                *slot = Some(Known { held: fact.held, origin: Origin::Cache, at });
            }
        }
    }

    /// Whether the API rejected the key so recently that every call is refused without asking.
    pub fn is_blocked(&self, now: Timestamp) -> bool {
        self.blocked(now).is_some()
    }

    /// When the API rejected the key, if that was so recently that we do not try the key again.
    fn blocked(&self, now: Timestamp) -> Option<Timestamp> {
        self.blocked.filter(|at| at.within(REJECTION_LIFE, now))
    }

    fn may_ask(&self, scope: Scope) -> bool {
        scope != Scope::Admin || self.destructive
    }

    fn answer(&mut self, scope: Scope, held: bool, origin: Origin, at: Timestamp) {
        self.alive(at);
        if let (Some(slot), Some(cause)) = (self.answers.get_mut(scope as usize), self.causes.get_mut(scope as usize)) {
            *slot = Some(Known { held, origin, at });
            *cause = None;
        }
    }

    /// What we know about a scope. If we learned nothing about it itself, it follows from another one: if the key holds a stronger scope,
    /// it holds this one. If it lacks a weaker scope, it lacks this one.
    fn belief(&self, scope: Scope) -> Belief {
        let cause = self.causes.get(scope as usize).cloned().flatten();
        let own = self.answers.get(scope as usize).copied().flatten();
        let known = || Scope::ALL.into_iter().zip(self.answers).filter_map(|(other, answer)| answer.map(|a| (other, a)));
        let above = || known().find(|(other, a)| *other > scope && a.held);
        let below = || known().find(|(other, a)| *other < scope && !a.held);
        let (answer, origin) = match own {
            Some(answer) => (answer, answer.origin),
            None => match above().or_else(below) {
                Some((_, answer)) => (answer, Origin::Implied),
                None => return Belief::unknown(Some(cause.unwrap_or(Cause::NotAsked))),
            },
        };
        Belief {
            standing: if answer.held { Standing::Held } else { Standing::NotHeld },
            origin: Some(origin),
            at: Some(answer.at),
            cached: answer.origin == Origin::Cache,
            cause,
        }
    }

    fn refuse(&self, needed: Scope, cause: RefusalCause) -> Denial {
        let beliefs = self.beliefs();
        let (held, unknown) = (beliefs.held(), beliefs.unknowns());
        Denial::Refused(Refusal { needed, held, unknown, ceiling: self.ceiling, cause, renewal: Renewal::default() })
    }
}
