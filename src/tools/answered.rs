//! Calls that cost and only pass one request on, and their first answers.
//!
//! As with `execute_prompt`, an identical call soon after starts nothing: it gets the first answer again, and nothing is sent. If the
//! first answer was lost, the request is repeated with its idempotency key. Whoever wants it done again gives a key of their own.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Map, Value};

use super::{Answer, runs::REPEAT_WITHIN};
use crate::{api::Request, consent::Stake};

/// How many calls are remembered. Those whose answer was lost are remembered beside them.
const MOST: usize = 64;

/// What a process remembers of such calls, the newest last.
#[derive(Debug, Default)]
pub struct Answered(Mutex<VecDeque<Kept>>);

#[derive(Debug)]
struct Kept {
    call: String,
    key: Option<String>,
    at: Instant,
    /// `None` if the answer was lost.
    answer: Option<Answer>,
}

/// What became of an earlier call.
pub enum Earlier {
    /// It was answered, so long ago.
    Answered(Box<Answer>, Duration),
    /// Its answer was lost. It was sent with this key.
    Lost(String),
}

impl Answered {
    /// The newest of the identical calls of the last minutes. If this call has a key of its own, only one with the same key counts.
    pub fn find(&self, call: &str, own_key: Option<&str>) -> Option<Earlier> {
        let kept = self.kept();
        let same =
            |kept: &&Kept| kept.call == call && kept.at.elapsed() < REPEAT_WITHIN && (own_key.is_none() || kept.key.as_deref() == own_key);
        let found = kept.iter().rev().find(same)?;
        match (&found.answer, &found.key) {
            (Some(answer), _) => Some(Earlier::Answered(Box::new(answer.clone()), found.at.elapsed())),
            (None, Some(key)) => Some(Earlier::Lost(key.clone())),
            (None, None) => None,
        }
    }

    /// Remembers a call, its key, and its answer if there is one.
    pub fn keep(&self, call: String, key: Option<String>, answer: Option<Answer>) {
        let mut kept = self.kept();
        kept.retain(|kept| kept.at.elapsed() < REPEAT_WITHIN && (kept.call != call || kept.key != key));
        // One whose answer was lost is worth more than an answer.
        let answered = |kept: &Kept| kept.answer.is_some();
        if kept.iter().filter(|kept| answered(kept)).count() >= MOST
            && let Some(oldest) = kept.iter().position(answered)
        {
            kept.remove(oldest);
        }
        kept.push_back(Kept { call, key, at: Instant::now(), answer });
    }

    /// Forgets a call that did nothing.
    pub fn forget(&self, call: &str, key: Option<&str>) {
        self.kept().retain(|kept| kept.call != call || kept.key.as_deref() != key);
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a call is billed. One without an idempotency key cuts media into segments, and runs a prompt only if it names one.
pub fn is_billed(stake: Stake, keyed: bool, arguments: &Map<String, Value>) -> bool {
    stake == Stake::Cost && (keyed || arguments.contains_key("prompt_id"))
}

/// What a request asks for.
pub fn asked(request: &Request) -> String {
    format!("{} {}", request.target(), request.body().map(|body| String::from_utf8_lossy(body)).unwrap_or_default())
}

/// The answer to a call that was made before. `keyed` says whether the tool takes idempotency keys.
pub fn again(mut answer: Answer, ago: Duration, keyed: bool) -> Answer {
    answer.fact("started", false);
    answer.note(format!("This is the answer of {} s ago: nothing was sent and nothing is billed again.", ago.as_secs()));
    answer.close(if keyed {
        "To do it once more, which costs again, repeat the call with an `idempotency_key` of your own: any new text."
    } else {
        "To do it once more, which costs again, use execute_prompt with an `idempotency_key` of your own."
    });
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(answered: &Answered, call: &str, key: Option<&str>) -> Option<String> {
        answered.find(call, key).map(|earlier| match earlier {
            Earlier::Answered(answer, _) => format!("{answer:?}").contains("first").to_string(),
            Earlier::Lost(key) => key,
        })
    }

    #[test]
    fn a_call_is_known_by_what_it_asks_and_by_its_own_key() {
        let answered = Answered::default();
        answered.keep("a".into(), Some("k".into()), None);
        assert_eq!((found(&answered, "a", None), found(&answered, "b", None)), (Some("k".into()), None));
        answered.keep("a".into(), Some("k".into()), Some(Answer::new("first")));
        assert_eq!(found(&answered, "a", None).as_deref(), Some("true"));
        assert_eq!((found(&answered, "a", Some("k")).as_deref(), found(&answered, "a", Some("other"))), (Some("true"), None));
        for n in 0..MOST {
            answered.keep(n.to_string(), None, Some(Answer::new("x")));
        }
        assert_eq!(found(&answered, "a", None), None, "it is bounded");
        answered.keep("lost".into(), Some("l".into()), None);
        for n in 0..MOST * 2 {
            answered.keep(format!("more {n}"), None, Some(Answer::new("x")));
        }
        assert_eq!(found(&answered, "lost", None).as_deref(), Some("l"), "what is not known is kept");
    }
}
