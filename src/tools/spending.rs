//! How a tool keeps to the price that was agreed to and to the limits, and counts what it spends.

use super::{Context, ToolError, refused::OverLimit, text};
use crate::consent::{Entry, Spending, Unconfirmed};

/// The argument that limits what a call may cost.
pub const MAX_MT: &str = "max_mt";
/// The setting of the limit of a day.
const MAX_A_DAY: &str = "VIDEOSEARCH_MAX_MT_PER_DAY";

impl Context<'_> {
    /// Checks a price against the limits of the call and of the server, so that nobody is asked about a call that these refuse.
    pub async fn within_limits(&self, price: Option<f64>, max_mt: Option<f64>) -> Result<(), OverLimit> {
        for (most, setting) in [(max_mt, MAX_MT), (self.rules.most_per_run, "VIDEOSEARCH_MAX_MT_PER_RUN")] {
            match (most, price) {
                (Some(most), Some(price)) if price > most => return Err(OverLimit::One { estimated: price, most, setting }),
                (Some(_), None) => return Err(OverLimit::Unknown { setting }),
                _ => {}
            }
        }
        let Some(most) = self.rules.most_per_day else { return Ok(()) };
        let Some(price) = price else { return Err(OverLimit::Unknown { setting: MAX_A_DAY }) };
        match self.rules.ledger.spent(&self.session.fingerprint().await).await {
            Ok(spent) if spent + price > most => Err(OverLimit::Day { estimated: price, spent, most }),
            Ok(_) => Ok(()),
            Err(error) => Err(OverLimit::Uncounted(error.to_string())),
        }
    }

    /// Counts a price against the limit of the day, if there is one. Do this last, just before the request goes out.
    pub async fn charge(&self, price: Option<f64>) -> Result<Charge, ToolError> {
        let Some(most) = self.rules.most_per_day else { return Ok(Charge(None)) };
        let Some(price) = price else { return Err(OverLimit::Unknown { setting: MAX_A_DAY }.into()) };
        let account = self.session.fingerprint().await;
        match self.rules.ledger.spend(&account, price, most).await {
            Ok(Spending::Counted(entry)) => Ok(Charge(Some(entry))),
            Ok(Spending::Over(spent)) => Err(OverLimit::Day { estimated: price, spent, most }.into()),
            Err(error) => Err(OverLimit::Uncounted(error.to_string()).into()),
        }
    }

    /// Takes back what was counted, because nothing was started. If that fails, the count stays too high, which is the safe side.
    pub async fn give_back(&self, charge: Charge) {
        if let Some(entry) = charge.0
            && let Err(error) = self.rules.ledger.give_back(entry).await
        {
            tracing::warn!(%error, "a run that did not start stays counted");
        }
    }
}

/// What needs consent here and what may be spent, in one line. Who reads it before a call need not learn it from refusals.
pub async fn standing(cx: &Context<'_>) -> String {
    let rules = cx.rules;
    let spent = match rules.most_per_day {
        Some(_) => rules.ledger.spent(&cx.session.fingerprint().await).await.ok(),
        None => None,
    };
    let spent = spent.map(|mt| format!(" ({} mt spent today)", text::number(mt))).unwrap_or_default();
    let limits = rules.limits().unwrap_or_else(|| "no limit of mt".to_owned());
    format!("Consent: {}. Spending: {limits}{spent}.", rules.asked_about())
}

/// What was counted against the limit of the day.
#[derive(Debug)]
#[must_use = "if nothing is started, give it back"]
pub struct Charge(Option<Entry>);

/// Checks that a price is not higher than what was agreed to.
pub fn not_dearer(then: Option<f64>, now: Option<f64>) -> Result<(), Unconfirmed> {
    let told = |price: Option<f64>| price.map_or_else(|| "an unknown number of".to_owned(), text::number);
    match (then, now) {
        // Nothing has become known meanwhile.
        (None, None) => Ok(()),
        (None, Some(now)) if now > 0.0 => Err(Unconfirmed::Priced { now: text::number(now) }),
        (_, Some(now)) if then.is_none_or(|then| now <= then) => Ok(()),
        _ => Err(Unconfirmed::Dearer { then: told(then), now: told(now) }),
    }
}
