//! What a model reads about a quota or a budget that is used up: which it is, how much of it is used, and when that ends.
//!
//! A model that is told to try again later does so at once, and again. So a limit that lasts is never called passing.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::text;
use crate::api::{Problem, time::instant};

/// The code of a pause of everything that a model writes, for all accounts.
const PAUSED: &str = "llm_budget_guard_open";
/// The members of the details that say when a limit is new.
const RESETS: [&str; 3] = ["reset_time", "reset_at", "resets_at"];

/// What to do about a limit.
#[derive(Debug, PartialEq)]
pub struct UsedUp {
    /// In words: what is used up, and when to go on.
    pub next: String,
    /// After how many seconds that is, if known.
    pub wait: Option<u64>,
}

/// What to do about a limit, if the API speaks of one that lasts or says when it is new. `told` is the wait that the answer asks for, in
/// seconds.
pub fn of(problem: &Problem, told: Option<u64>, now: DateTime<Utc>) -> Option<UsedUp> {
    let none = Map::new();
    let details = problem.details.as_ref().unwrap_or(&none);
    let resets = RESETS.iter().filter_map(|name| details.get(*name)).find_map(time);
    let paused = problem.code == PAUSED;
    if !paused && !problem.is_lasting_limit() && resets.is_none() {
        return None;
    }
    let until_new = resets.map(|at| u64::try_from((at - now).num_seconds()).unwrap_or_default().max(1));
    let wait = until_new.or(told);
    let when = match (resets, wait) {
        (Some(at), Some(seconds)) => {
            let at = at.format("%Y-%m-%d %H:%M UTC");
            format!("It is new at {at}, in {}: until then the same call fails.", text::wait(seconds))
        }
        (_, Some(seconds)) => format!("Try again in {}, not before.", text::wait(seconds)),
        _ if paused => "The API does not say for how long. Searching and reading go on; no call of this account ends the pause.".to_owned(),
        _ if problem.code == "resource_quota_exceeded" => {
            "Trying again does not help: delete what is no longer needed, or the account's owner asks for a higher limit.".to_owned()
        }
        _ => "The API does not say when it is new. Tell the user, and do not repeat the call: a short wait does not help.".to_owned(),
    };
    let next = match amounts(details) {
        Some(amounts) => format!("{amounts} {when}"),
        None => when,
    };
    Some(UsedUp { next, wait })
}

/// How much of what is used: `Indexes: 5 of 5 are used, and 1 is reserved.`
fn amounts(details: &Map<String, Value>) -> Option<String> {
    let resource = details.get("resource").and_then(Value::as_str).map(|resource| text::line(&resource.replace('_', " "), 80));
    let in_bytes = resource.as_deref().is_some_and(|resource| resource.contains("bytes"));
    let amount = |name: &str| {
        let amount = details.get(name)?.as_f64()?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes of media")]
        let said = if in_bytes { text::size(amount.max(0.0) as u64) } else { text::number(amount) };
        Some(said)
    };
    let used = match (amount("used"), amount("limit")) {
        (Some(used), Some(limit)) => format!("{used} of {limit} are used"),
        (Some(used), None) => format!("{used} are used"),
        (None, Some(limit)) => format!("the limit of {limit} is reached"),
        (None, None) if resource.is_some() => "the limit is reached".to_owned(),
        (None, None) => return None,
    };
    let reserved = amount("reserved").filter(|reserved| reserved != "0");
    let reserved = reserved.map(|reserved| format!(", {reserved} reserved by what is under way")).unwrap_or_default();
    let mut name = resource.unwrap_or_else(|| "the limit".to_owned());
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Some(format!("{name}: {used}{reserved}."))
}

/// A time as text, or as seconds since 1970.
fn time(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::String(text) => instant(text),
        other => DateTime::from_timestamp(other.as_i64()?, 0),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(code: &str, details: Value, wait: Option<u64>) -> Option<UsedUp> {
        let details = details.as_object().cloned().filter(|details| !details.is_empty());
        let problem = Problem { code: code.to_owned(), details, ..Problem::default() };
        of(&problem, wait, instant("2026-11-28T09:00:30Z").unwrap())
    }

    #[test]
    fn a_limit_says_how_much_is_used_and_until_when() {
        let tomorrow = "It is new at 2026-11-29 00:00 UTC, in 15 h: until then the same call fails.";
        for (code, details, next, wait) in [
            (
                "resource_quota_exceeded",
                json!({"resource": "indexes", "limit": 5, "used": 5, "reserved": 0}),
                "Indexes: 5 of 5 are used. Trying again does not help: delete what is no longer needed, or the account's owner asks for a higher limit.",
                None,
            ),
            (
                "resource_rate_quota_exceeded",
                json!({"resource": "ingested_bytes_per_day", "limit": 53_687_091_200_u64, "reset_time": "2026-11-29T00:00:00Z"}),
                &format!("Ingested bytes per day: the limit of 50.0 GB is reached. {tomorrow}"),
                Some(53_970),
            ),
            ("llm_user_budget_exceeded", json!({"reset_time": "2026-11-29T00:00:00"}), tomorrow, Some(53_970)),
            ("llm_daily_budget_exceeded", json!({"reset_at": 1_795_910_400}), tomorrow, Some(53_970)),
            (
                "quota_of_next_year",
                json!({"used": 4, "limit": 5, "reserved": 1, "reset_time": "2026-11-28T09:01:00Z"}),
                "The limit: 4 of 5 are used, 1 reserved by what is under way. It is new at 2026-11-28 09:01 UTC, in 30 s: until then the same call fails.",
                Some(30),
            ),
        ] {
            let found = told(code, details, None).unwrap();
            assert_eq!((found.next.as_str(), found.wait), (next, wait), "{code}");
        }
    }

    #[test]
    fn without_a_time_nothing_is_called_passing() {
        for code in ["llm_user_budget_exceeded", "resource_rate_quota_exceeded", PAUSED] {
            let found = told(code, json!({}), None).unwrap();
            assert!(found.next.contains("does not say") && found.wait.is_none(), "{code}: {found:?}");
            assert_eq!(told(code, json!({"reset_time": "soon"}), Some(7_200)).unwrap().next, "Try again in 120 min, not before.", "{code}");
        }
        assert_eq!(told("rate_limit_exceeded", json!({}), Some(3)), None);
        assert_eq!(told("resource_video_not_found", json!({"resource": "video"}), None), None);
    }
}
