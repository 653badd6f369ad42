//! What a tool may use.

use std::time::Duration;

use super::{Memory, Offer, Progress, consent::Agreement, names::Listed};
use crate::{
    consent::{Person, Rules},
    files::Files,
    session::{Deadline, Session},
};

/// How long a read may take that only adds to an answer.
const ASIDE: Duration = Duration::from_secs(6);

/// What a tool may use.
#[derive(Clone)]
pub struct Context<'a> {
    /// The way to the API, through the gate.
    pub session: &'a Session,
    /// Which tools can be called and how, so that no advice names another one.
    pub offer: &'a Offer,
    /// What this process remembers between calls.
    pub memory: &'a Memory,
    /// When the call must be over.
    pub deadline: Deadline,
    /// The user's files that tools may read and write.
    pub files: &'a Files,
    /// Where progress goes, if the client wants it.
    pub progress: Option<&'a Progress>,
    /// Whether a viewer draws the answer. What it draws, the tool gives it with [`super::Answer::view`].
    pub viewed: bool,
    /// What needs consent, and what may be spent.
    pub rules: &'a Rules,
    /// How the person behind the call can be asked.
    pub person: Person<'a>,
    /// The videos that the call has listed.
    pub(super) listed: Listed,
    /// What was agreed to before, once the call is under way.
    pub(super) agreement: Option<&'a Agreement<'a>>,
}

impl<'a> Context<'a> {
    /// A context of a call that begins now. Nobody can be asked, and nobody hears of progress.
    pub fn new(session: &'a Session, offer: &'a Offer, memory: &'a Memory, files: &'a Files, rules: &'a Rules) -> Self {
        let (deadline, person) = (Deadline::default(), Person::Nobody);
        let (progress, viewed, listed, agreement) = (None, false, Listed::default(), None);
        Self { session, offer, memory, deadline, files, progress, viewed, rules, person, listed, agreement }
    }

    /// Whether the call changes something. What a name meant a while ago is not good enough for that.
    pub fn changes_something(&self) -> bool {
        self.agreement.is_some()
    }

    /// Until when to wait for a read that only adds to an answer. Without what it tells, there is still an answer.
    pub fn aside(&self) -> Deadline {
        self.deadline.at_most(ASIDE)
    }
}
