//! The gate of one key.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    Authorised, Belief, Beliefs, Cause, KeyState, Origin, Probe, Remembered, Standing, Timestamp, Verdict,
    remembered::{FORM, Fact},
};
use crate::{
    api::{
        Access, Request, Scope, Scopes, ids::WebhookId, indexes::ListIndexes, prompts::TestSchema, runs::ListRuns, service::DeleteWebhook,
        service::ValidateKey,
    },
    key::ApiKey,
};

/// For so long an earlier process is believed without asking again.
const CACHE_LIFE: Duration = Duration::from_hours(1);
/// For so long the API's word that a scope is missing is believed, unless something else is set; after that it is asked once more.
const REFUSAL_LIFE: Duration = Duration::from_mins(1);
/// For so long a rejected key is not tried again.
const REJECTION_LIFE: Duration = Duration::from_secs(30);
/// An identifier in the API's form that no generator gives out.
const NO_WEBHOOK: &str = "00000000-0000-0000-0000-000000000000";

/// Whether a question comes for the first time, or the probe it led to is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// For the first time: asking the API is possible.
    First,
    /// Again: what is not known now stays unknown.
    AfterProbe,
}

/// Why a request does not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// For lack of scope.
    Refused(Refusal),
    /// Not before this scope has been probed.
    NeedsProbe(Scope),
    /// The API rejected the key then, lately enough that asking again is useless.
    KeyRejected(Timestamp),
    /// The endpoint takes session tokens only, which have no way in here.
    SessionOnly,
}

/// A refusal for lack of scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The scope that the request needs.
    pub needed: Scope,
    /// The scopes held, ceiling applied.
    pub held: Scopes,
    /// The scopes of which nothing is known, ceiling applied.
    pub unknown: Scopes,
    /// The ceiling, if there is one.
    pub ceiling: Option<Scopes>,
    /// What it rests on.
    pub cause: RefusalCause,
}

/// What a refusal rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusalCause {
    /// The key does not hold the scope.
    NotHeld {
        /// How that is known.
        origin: Origin,
        /// Since when.
        at: Option<Timestamp>,
    },
    /// The API itself refused this very call for lack of the scope.
    Told,
    /// The configuration takes the scope away, whatever the key holds.
    Ceiling,
    /// It could not be found out, for this reason.
    Unverified(Cause),
}

/// A scope's own answer.
#[derive(Clone, Copy, Debug)]
struct Known {
    held: bool,
    origin: Origin,
    at: Timestamp,
}

/// What is believed about one key, and the decisions that follow from it.
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
    /// A gate for a key of which nothing is known. `ceiling` has its implications filled in; `destructive` is whether `admin` is of
    /// any use, and so may be asked for.
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

    /// The same gate, with another span for which a missing scope is believed.
    #[must_use]
    pub fn rechecking_after(mut self, span: Duration) -> Self {
        self.recheck = span;
        self
    }

    /// The key.
    pub fn key(&self) -> &ApiKey {
        &self.key
    }

    /// The number of the key.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// What is believed now.
    pub fn beliefs(&self) -> Beliefs {
        let bare = Scope::ALL.map(|scope| self.belief(scope));
        Beliefs { bare, ceiling: self.ceiling, key: self.state.clone(), generation: self.generation }
    }

    /// Lets a request pass, or says why not.
    pub fn authorise(&self, request: Request, now: Timestamp, asked: Asked) -> Result<Authorised, Decision> {
        self.check(request.access(), now, asked)?;
        Ok(Authorised::mint(request, self.key.clone(), self.generation))
    }

    /// Decides on a request before there is one.
    pub fn check(&self, access: Access, now: Timestamp, asked: Asked) -> Result<(), Decision> {
        let needed = match access {
            Access::Session => return Err(Decision::SessionOnly),
            Access::Scope(scope) => Some(scope),
            Access::AnyKey | Access::AnyKeyOrSession | Access::Public => None,
        };
        if let Some(scope) = needed
            && self.ceiling.is_some_and(|ceiling| !ceiling.contains(scope))
        {
            return Err(self.refuse(scope, RefusalCause::Ceiling));
        }
        if let Some(at) = self.blocked(now) {
            return Err(Decision::KeyRejected(at));
        }
        needed.map_or(Ok(()), |scope| self.check_scope(scope, now, asked))
    }

    fn check_scope(&self, scope: Scope, now: Timestamp, asked: Asked) -> Result<(), Decision> {
        let belief = self.belief(scope);
        let younger = |span| belief.at.is_some_and(|at| at.within(span, now));
        let may_ask = asked == Asked::First && self.may_ask(scope);
        match belief.standing {
            Standing::Held if !belief.cached || younger(CACHE_LIFE) => Ok(()),
            Standing::NotHeld if younger(self.recheck) || !may_ask => {
                let origin = belief.origin.unwrap_or(Origin::Probe);
                Err(self.refuse(scope, RefusalCause::NotHeld { origin, at: belief.at }))
            }
            _ if may_ask => Err(Decision::NeedsProbe(scope)),
            Standing::Held => Err(self.refuse(scope, RefusalCause::Unverified(belief.cause.unwrap_or(Cause::Outdated)))),
            _ => Err(self.refuse(scope, RefusalCause::Unverified(belief.cause.unwrap_or(Cause::NotAsked)))),
        }
    }

    /// The probes of everything worth asking: the key and all scopes, `admin` only where it is of use.
    pub fn all_probes(&self) -> Vec<Probe> {
        let scopes = Scope::ALL.into_iter().filter(|&scope| self.may_ask(scope));
        std::iter::once(Probe::Key).chain(scopes.map(Probe::Scope)).collect()
    }

    /// The probes of what is not known, is known from an earlier process only, or was lost a while ago. Empty while the key is rejected.
    pub fn open_probes(&self, now: Timestamp) -> Vec<Probe> {
        self.probes_of(now, |belief, scope| belief.standing == Standing::Unknown || belief.cached || self.lost_long_ago(scope, now))
    }

    /// As [`Gate::open_probes`], and also of every scope that was found missing a while ago: for whoever asks about the key itself.
    pub fn stale_probes(&self, now: Timestamp) -> Vec<Probe> {
        self.probes_of(now, |belief, _| match belief.standing {
            Standing::Held => belief.cached,
            Standing::NotHeld => belief.cached || !belief.at.is_some_and(|at| at.within(self.recheck, now)),
            Standing::Unknown => true,
        })
    }

    /// Whether a scope that the key held was lost to a refused call so long ago that it may have been given back.
    pub fn lost_long_ago(&self, scope: Scope, now: Timestamp) -> bool {
        let own = self.answers.get(scope as usize).copied().flatten();
        own.is_some_and(|own| own.origin == Origin::Refused403 && !own.held && !own.at.within(self.recheck, now))
    }

    fn probes_of(&self, now: Timestamp, open: impl Fn(&Belief, Scope) -> bool) -> Vec<Probe> {
        if self.blocked(now).is_some() {
            return Vec::new();
        }
        let open = |probe: &Probe| match probe {
            Probe::Key => !matches!(self.state, KeyState::Live(_)),
            Probe::Scope(scope) => open(&self.belief(*scope), *scope),
        };
        self.all_probes().into_iter().filter(open).collect()
    }

    /// The fixed requests behind probes. They have no side effects, and need no scope to be sent, since finding out is their purpose.
    pub fn probes(&self, wanted: &[Probe]) -> Vec<(Probe, Authorised)> {
        let allowed = wanted.iter().filter(|probe| !matches!(probe, Probe::Scope(scope) if !self.may_ask(*scope)));
        allowed.filter_map(|&probe| Some((probe, Authorised::mint(probe_request(probe)?, self.key.clone(), self.generation)))).collect()
    }

    /// Takes in what probes found out.
    ///
    /// A failed attempt is remembered as the cause of unknowns, but unseats nothing that was known.
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
                    // A scope that was lost stays one that may come back, however often it is asked for in vain.
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

    /// Takes in that the API refused a call that had passed, for lack of this scope.
    pub fn shrink(&mut self, scope: Scope, now: Timestamp) {
        self.answer(scope, false, Origin::Refused403, now);
    }

    /// Whether the API took the key when it was last asked.
    pub fn is_live(&self) -> bool {
        matches!(self.state, KeyState::Live(_))
    }

    /// Takes in that the API took the key.
    pub fn alive(&mut self, now: Timestamp) {
        self.state = KeyState::Live(now);
        self.blocked = None;
    }

    /// Takes in that the API rejected the key. `block` keeps calls back for 30 s.
    pub fn reject(&mut self, now: Timestamp, block: bool) {
        self.state = KeyState::Rejected(now);
        if block {
            self.blocked = Some(now);
        }
    }

    /// Whether a list of tools can be made without asking: whatever can be asked is known, from this process or from the last hour, and
    /// nothing was lost so long ago that it may have come back.
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

    /// Takes in what an earlier process knew. What this process knows itself, and what claims to be from the future, stays.
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

    /// When the key was rejected, if that is so lately that it is not tried again.
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

    /// A scope's own answer, else what the order makes of the others': a stronger one held, or a weaker one not held.
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

    fn refuse(&self, needed: Scope, cause: RefusalCause) -> Decision {
        let beliefs = self.beliefs();
        Decision::Refused(Refusal { needed, held: beliefs.held(), unknown: beliefs.unknowns(), ceiling: self.ceiling, cause })
    }
}

/// The request of a probe. `None` cannot happen: all of them can be written.
fn probe_request(probe: Probe) -> Option<Request> {
    let request = match probe {
        Probe::Key => Request::of(&ValidateKey {}, None),
        Probe::Scope(Scope::Search) => Request::of(&ListIndexes { include_defaults: None }, None),
        Probe::Scope(Scope::Read) => Request::of(&ListRuns { limit: Some(1) }, None),
        Probe::Scope(Scope::Write) => {
            let object = |value: Value| if let Value::Object(map) = value { map } else { Map::new() };
            let json_schema = object(json!({"type": "object", "properties": {"ok": {"type": "boolean"}}}));
            Request::of(&TestSchema { json_schema, sample_data: object(json!({"ok": true})) }, None)
        }
        Probe::Scope(Scope::Admin) => Request::of(&DeleteWebhook { webhook_id: WebhookId::parse(NO_WEBHOOK).ok()? }, None),
    };
    request.ok()
}
