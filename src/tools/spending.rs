//! How a tool keeps to the price that was agreed to and to the limits, and counts what it spends.

use std::time::Duration;

use super::{
    Context, ToolError, consent,
    refused::OverLimit,
    runs::{Fingerprint, REPEAT_WITHIN, is_key_of, sent_by_another},
    text,
};
use crate::{
    consent::{Entry, LedgerError, Spending, Unconfirmed},
    session::Session,
};

/// The argument that limits what a call may cost.
pub const MAX_MT: &str = "max_mt";
/// What a plan says of a call that leads to runs later.
pub const COSTS_LATER: &str = "It leads to runs whose cost cannot be known before they start.";
/// Why such a call has no price.
pub const UNKNOWN_RUNS: &str =
    "It leads to runs that are not known yet. estimate_prompt_run prices the same prompt over media that are there.";
/// The setting of the limit of a day.
const MAX_A_DAY: &str = "VIDEOSEARCH_MAX_MT_PER_DAY";
/// For this long a request that is repeated under its idempotency key is the spending of before.
pub const COUNTED_FOR: Duration = Duration::from_hours(1);

/// A call that costs, as it goes out.
#[derive(Debug)]
#[must_use = "if nothing is started, undo it"]
pub struct Order {
    /// Its idempotency key. Empty if the call carries none.
    pub key: String,
    /// Whether an identical call went out under this key before. Then nothing was counted for this one.
    pub again: bool,
    call: Fingerprint,
    /// What was counted for it.
    entry: Option<Entry>,
    /// The name under which it is claimed among several processes.
    claim: Option<String>,
}

/// Which idempotency key a call has before it goes out.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    /// One of the caller's own.
    Own(&'a str),
    /// That of an identical call of this process whose answer was lost.
    Lost(&'a str),
    /// None yet: it gets one with this prefix.
    New(&'static str),
    /// None, and it carries none.
    Without,
}

impl Context<'_> {
    /// Checks a price against the limits of the call and of the server, so that nobody is asked about a call that these refuse. What was
    /// counted before does not count again.
    pub async fn within_limits(&self, price: Option<f64>, max_mt: Option<f64>, counted: bool) -> Result<(), OverLimit> {
        for (most, setting) in [(max_mt, MAX_MT), (self.rules.most_per_run, "VIDEOSEARCH_MAX_MT_PER_RUN")] {
            match (most, price) {
                (Some(most), Some(price)) if price > most => return Err(OverLimit::One { estimated: price, most, setting }),
                (Some(_), None) => return Err(OverLimit::unknown(setting)),
                _ => {}
            }
        }
        let Some(most) = self.rules.most_per_day.filter(|_| !counted) else { return Ok(()) };
        let Some(price) = price else { return Err(OverLimit::unknown(MAX_A_DAY)) };
        match self.rules.ledger.spent(&self.session.fingerprint().await).await {
            Ok(spent) if spent + price > most => Err(OverLimit::Day { estimated: price, spent, most }),
            Ok(_) => Ok(()),
            Err(error) => Err(OverLimit::Uncounted(error.to_string())),
        }
    }

    /// Whether an identical call went out a short while ago under the key that this one would have, so that it is the same spending.
    pub async fn is_counted(&self, call: Fingerprint, key: Key<'_>) -> Result<bool, ToolError> {
        match key {
            Key::Own(key) if self.memory.starts.counts(call, key) => Ok(true),
            Key::Own(key) => {
                let name = self.claim_of(call.under(key)).await;
                Ok(self.rules.ledger.claimed(&name, COUNTED_FOR).await.map_err(uncounted)?.is_some())
            }
            Key::Lost(_) => Ok(true),
            Key::New(prefix) => Ok(self.claimed(&self.claim_of(call).await, prefix).await?.is_some()),
            Key::Without => Ok(false),
        }
    }

    /// Settles the idempotency key of a call, and counts its price against the limit of the day, if there is one. Do this last, just before
    /// the request goes out. Where several processes count together, they send identical calls of a short while under one key. Under a key of
    /// the caller's own they count such a call once; two that send it in the same moment count it twice, which is too much and never too little.
    pub async fn order(&self, call: Fingerprint, key: Key<'_>, price: Option<f64>) -> Result<Order, ToolError> {
        let mut order = Order { key: String::new(), again: false, call, entry: None, claim: None };
        let mut claim = None;
        match key {
            Key::Own(key) => {
                let name = self.claim_of(call.under(key)).await;
                // Both are joined: what either of them counted stays.
                let claimed = self.rules.ledger.join(&name, COUNTED_FOR).await.map_err(uncounted)?.is_some();
                (order.key, order.again) = (key.to_owned(), self.memory.starts.joins(call, key) || claimed);
                claim = Some((name, "", COUNTED_FOR)).filter(|_| !order.again);
            }
            Key::Lost(key) => (order.key, order.again) = (key.to_owned(), true),
            Key::New(prefix) => {
                order.key = Session::key_for(None, prefix)?;
                let name = self.claim_of(call).await;
                let found = match self.claimed(&name, prefix).await? {
                    Some(_) => self.rules.ledger.join(&name, REPEAT_WITHIN).await.map_err(uncounted)?,
                    None => None,
                };
                match found {
                    Some(key) => (order.key, order.again) = (key, true),
                    None => claim = Some((name, prefix, REPEAT_WITHIN)),
                }
            }
            Key::Without => {}
        }
        if !order.again {
            order.entry = self.count(price).await?;
        }
        // Counted before it is claimed: whoever finds the claim counts nothing. So if this fails, the count stays: the claim may be made all
        // the same, a moment later.
        if let Some((name, prefix, within)) = claim {
            match self.rules.ledger.claim(&name, &order.key, within).await.map_err(uncounted)? {
                None => order.claim = Some(name),
                Some(key) => {
                    // Another process was faster.
                    self.give_back(&mut order).await;
                    if !is_key_of(&key, prefix) {
                        return Err(sent_by_another(&key));
                    }
                    (order.key, order.again) = (key, true);
                }
            }
        }
        if !order.key.is_empty() {
            self.memory.starts.count(call, &order.key);
        }
        Ok(order)
    }

    /// Takes back an order that certainly did nothing. Returns whether it is taken back. It stays if an identical call went out under the same
    /// key before or beside it: that one may have done something, and counted nothing.
    pub async fn undo(&self, mut order: Order) -> bool {
        if order.again {
            return false;
        }
        if let Some(name) = &order.claim {
            match self.rules.ledger.release(name, &order.key).await {
                Ok(true) => {}
                Ok(false) => return false,
                Err(error) => {
                    tracing::debug!(%error, "a call that did nothing stays claimed for a while");
                    return false;
                }
            }
        }
        let alone = self.memory.starts.uncount(order.call, &order.key);
        if alone {
            self.give_back(&mut order).await;
        }
        alone
    }

    /// Takes back what was counted, because nothing was started. If that fails, the count stays too high, which is the safe side.
    pub async fn give_back(&self, order: &mut Order) {
        if let Some(entry) = order.entry.take()
            && let Err(error) = self.rules.ledger.give_back(entry).await
        {
            tracing::warn!(%error, "a run that did not start stays counted");
        }
    }

    /// Counts a price against the limit of the day, if there is one.
    async fn count(&self, price: Option<f64>) -> Result<Option<Entry>, OverLimit> {
        let Some(most) = self.rules.most_per_day else { return Ok(None) };
        let Some(price) = price else { return Err(OverLimit::unknown(MAX_A_DAY)) };
        match self.rules.ledger.spend(&self.session.fingerprint().await, price, most).await {
            Ok(Spending::Counted(entry)) => Ok(Some(entry)),
            Ok(Spending::Over(spent)) => Err(OverLimit::Day { estimated: price, spent, most }),
            Err(error) => Err(OverLimit::Uncounted(error.to_string())),
        }
    }

    /// The name of a call among all processes, which reveals neither key nor arguments.
    async fn claim_of(&self, call: Fingerprint) -> String {
        call.of_caller(&consent::whose(self).await)
    }

    /// The key under which another process sent a call. It is of no use to another tool than the one that sent it.
    async fn claimed(&self, name: &str, prefix: &str) -> Result<Option<String>, ToolError> {
        match self.rules.ledger.claimed(name, REPEAT_WITHIN).await.map_err(uncounted)? {
            Some(key) if !is_key_of(&key, prefix) => Err(sent_by_another(&key)),
            found => Ok(found),
        }
    }
}

fn uncounted(error: LedgerError) -> ToolError {
    Unconfirmed::Uncounted(error.0).into()
}

/// What needs consent here and what may be spent, in one line. Who reads it before a call need not learn it from refusals.
pub async fn standing(cx: &Context<'_>) -> String {
    let rules = cx.rules;
    let counted = async {
        rules.ledger.check().await?;
        match rules.most_per_day {
            Some(_) => rules.ledger.spent(&cx.session.fingerprint().await).await.map(Some),
            None => Ok(None),
        }
    };
    let spent = match counted.await {
        Ok(Some(mt)) => format!(" ({} mt spent today)", text::number(mt)),
        Ok(None) => String::new(),
        Err(error) => format!("; whatever costs or deletes is refused, since it cannot be counted: {error}"),
    };
    let limits = rules.limits().unwrap_or_else(|| "no limit of mt".to_owned());
    format!("Consent: {}. Spending: {limits}{spent}.", rules.asked_about())
}

/// What stands in an error if an identical call went out before under this key, and its answer was lost.
pub fn may_have_started(key: &str) -> String {
    format!(
        "an identical call before may have been carried out; repeat the call with idempotency_key {key}, so that nothing is done or billed twice"
    )
}

/// Checks that a price is not higher than what was agreed to.
pub fn not_dearer(then: Option<f64>, now: Option<f64>) -> Result<(), Unconfirmed> {
    match (then.map(text::number), now.map(text::number)) {
        (None, Some(told)) if now > Some(0.0) => Err(Unconfirmed::Priced { now: told }),
        (Some(then), None) => Err(Unconfirmed::Unpriced { then }),
        (Some(told), Some(dearer)) if now > then => Err(Unconfirmed::Dearer { then: told, now: dearer }),
        _ => Ok(()),
    }
}
