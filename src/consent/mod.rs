//! Consent: who must agree before a call does something that costs or destroys, and how that is proved.
//!
//! A tool that does so first makes a plan. [`Rules`] says whether somebody must agree to it. If the client can ask the person in front of it,
//! the person is asked, and a model cannot answer in their place. Otherwise the plan is the answer of the call, with a token for a second
//! call. What was agreed to is sealed ([`Seals`]): tool, arguments, key and price cannot be changed afterwards, and it holds once, for five
//! minutes.
//!
//! This layer decides and proves. It must not know tools, MCP or the API: a plan reaches it as texts and numbers, and the protocol layer
//! puts the question. Start with [`Rules::asks`].

mod seal;
mod unconfirmed;

use std::{path::PathBuf, pin::Pin, sync::Arc, time::Duration};

use serde_json::{Map, Value};

pub use seal::{Bound, LIFE, Sealed, Seals, Terms, Way};
pub use unconfirmed::Unconfirmed;

use crate::{config::Config, ledger::Ledger};
pub use crate::{
    config::Confirm,
    ledger::{Entry, LedgerError, Spending},
};

/// From this price on a person is asked where the client can ask, in mt.
pub const ASKED_ABOVE: f64 = 100.0;

/// What is at stake in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stake {
    /// Something is made or changed.
    Change,
    /// It costs media tokens.
    Cost,
    /// Something is deleted for good.
    Loss,
}

/// What this server may do on its own, from the settings. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Rules {
    confirm: Confirm,
    /// The most mt that one run may be estimated at.
    pub most_per_run: Option<f64>,
    /// The most mt that all runs of a day together may be estimated at.
    pub most_per_day: Option<f64>,
    /// What makes and reads confirmations.
    pub seals: Seals,
    /// What was used and spent.
    pub ledger: Ledger,
    /// Who calls, where several callers share a key. What one agrees to is nothing to another.
    pub caller: Arc<str>,
}

impl Rules {
    /// The rules of a configuration. Looks at nothing yet.
    pub fn new(config: &Config) -> Self {
        let shared = config.state_secret_file.clone();
        // A playground is gone with its process, and so is what was spent there.
        let directory = config.state_dir.clone().filter(|_| !config.playground);
        let ledger = match directory {
            Some(directory) if shared.is_some() || config.max_mt_per_day.is_some() => Ledger::in_directory(directory),
            directory => Ledger::in_memory(directory),
        };
        Self {
            confirm: config.confirm,
            most_per_run: config.max_mt_per_run,
            most_per_day: config.max_mt_per_day,
            seals: Seals::new(shared.map(|path: PathBuf| std::path::absolute(&path).unwrap_or(path))),
            ledger,
            caller: Arc::default(),
        }
    }

    /// Which calls need consent.
    pub fn confirm(&self) -> Confirm {
        self.confirm
    }

    /// Which calls need consent: the setting and what it means.
    pub fn asked_about(&self) -> String {
        match self.confirm {
            Confirm::Auto => format!("auto: whatever deletes, and runs above {ASKED_ABOVE} mt where the client can ask the user"),
            Confirm::Cost => "cost: whatever deletes or costs".to_owned(),
            Confirm::Always => "always: every change".to_owned(),
            Confirm::Never => "never: nothing is asked".to_owned(),
        }
    }

    /// What may be spent, in words. `None` if there is no limit.
    pub fn limits(&self) -> Option<String> {
        let run = self.most_per_run.map(|most| format!("at most {most} mt a run"));
        let day = self.most_per_day.map(|most| format!("at most {most} mt a day"));
        let limits: Vec<String> = run.into_iter().chain(day).collect();
        (!limits.is_empty()).then(|| limits.join("; "))
    }

    /// Whether somebody must agree to a call. A price of `None` is unknown, so it may be high.
    pub fn asks(&self, stake: Stake, price: Option<f64>, person: bool) -> bool {
        let costs = price.is_none_or(|mt| mt > 0.0);
        match (self.confirm, stake) {
            (Confirm::Never, _) | (Confirm::Auto | Confirm::Cost, Stake::Change) => false,
            (Confirm::Always, _) | (_, Stake::Loss) => true,
            (Confirm::Cost, Stake::Cost) => costs,
            (Confirm::Auto, Stake::Cost) => person && price.is_none_or(|mt| mt > ASKED_ABOVE),
        }
    }

    /// Whether the price of a call must be known before it is made.
    pub fn needs_price(&self, person: bool) -> bool {
        self.most_per_run.is_some() || self.most_per_day.is_some() || self.asks(Stake::Cost, None, person)
    }
}

/// What a person is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What will happen, in lines.
    pub message: String,
    /// What the person must type, in words. If there is nothing to type, a yes is enough.
    pub typed: Option<&'static str>,
    /// What a repeated call brings back.
    pub state: String,
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The person agreed, and filled in this.
    Accept(Map<String, Value>),
    /// The person said no.
    Decline,
    /// The person closed the question.
    Cancel,
    /// Nobody answered in time.
    Silence,
    /// The client could not ask; the text says why.
    Failure(String),
}

/// The member of an accepted question that holds the yes.
pub const YES: &str = "confirm";
/// The member of an accepted question that holds what was typed.
pub const TYPED: &str = "name";

/// Puts a question while the call waits.
pub trait Ask: Send + Sync {
    /// Puts it, and waits for the reply, so long at most.
    fn ask(&self, question: Question, within: Duration) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>>;
}

/// How the person behind a call can be asked.
#[derive(Clone, Copy)]
pub enum Person<'a> {
    /// Not at all.
    Nobody,
    /// While the call waits.
    Now(&'a dyn Ask),
    /// The question is the answer of the call, and the reply comes with a call that repeats it.
    Later {
        /// What the repeated call brought back.
        state: Option<&'a str>,
        /// The reply that came with it.
        reply: Option<&'a Reply>,
    },
}

impl Person<'_> {
    /// Whether somebody can be asked.
    pub fn can_be_asked(&self) -> bool {
        !matches!(self, Self::Nobody)
    }
}

impl std::fmt::Debug for Person<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nobody => "Nobody",
            Self::Now(_) => "Now",
            Self::Later { .. } => "Later",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(confirm: Confirm) -> Rules {
        Rules {
            confirm,
            most_per_run: None,
            most_per_day: None,
            seals: Seals::new(None),
            ledger: Ledger::in_memory(None),
            caller: Arc::default(),
        }
    }

    #[test]
    fn the_table_of_who_is_asked() {
        use Confirm::{Always, Auto, Cost, Never};
        use Stake::{Change, Loss};
        // Whether a change, a run of 0, of 100 and of 101 mt, one of an unknown price, and a loss need consent.
        let table = [
            (Never, false, [false; 6]),
            (Never, true, [false; 6]),
            (Auto, false, [false, false, false, false, false, true]),
            (Auto, true, [false, false, false, true, true, true]),
            (Cost, false, [false, false, true, true, true, true]),
            (Cost, true, [false, false, true, true, true, true]),
            (Always, false, [true; 6]),
            (Always, true, [true; 6]),
        ];
        for (confirm, person, expected) in table {
            let rules = rules(confirm);
            let cost = |price| rules.asks(Stake::Cost, price, person);
            let found = [
                rules.asks(Change, None, person),
                cost(Some(0.0)),
                cost(Some(100.0)),
                cost(Some(101.0)),
                cost(None),
                rules.asks(Loss, None, person),
            ];
            assert_eq!(found, expected, "{confirm:?} with a person: {person}");
            assert_eq!(rules.needs_price(person), expected[4], "{confirm:?} with a person: {person}");
        }
    }

    #[test]
    fn a_limit_needs_the_price() {
        for limited in
            [Rules { most_per_run: Some(1.0), ..rules(Confirm::Never) }, Rules { most_per_day: Some(1.0), ..rules(Confirm::Never) }]
        {
            assert!(limited.needs_price(false));
        }
    }
}
