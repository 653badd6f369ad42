//! Faults: failures that the options of the start describe, to test how callers react to them.
//!
//! A fault is written `KIND[:PROBABILITY][,every=K][,times=N][,path=TEXT][,retry-after=SECONDS]`:
//!
//! - `KIND` is a status from 400 to 599, or one of these words. A status is answered in the API's envelope. `html` answers 502 with a page
//!   like that of a proxy. `reset` resets the connection before the answer. `cut` carries the request out and ends the answer in the
//!   middle. `hang` gives no answer at all.
//! - `PROBABILITY` is a number from 0 to 1; the default is 1. It uses a generator with a fixed seed, so that a test run can be repeated.
//! - `every=K`: only each K-th request that fits. `times=N`: at most N times. `path=TEXT`: only paths that contain this text.
//! - `retry-after=SECONDS` is sent together with a status.
//!
//! If several faults fit a request, the first one is used.

use std::{
    str::FromStr,
    sync::{Mutex, PoisonError},
};

use axum::{
    body::Body,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use super::Refusal;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// This status, in the API's envelope.
    Status(StatusCode),
    /// A page of a proxy.
    Html,
    /// The connection is reset before an answer.
    Reset,
    /// The answer ends in the middle.
    Cut,
    /// No answer.
    Hang,
}

/// One fault and the requests that it hits.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    kind: Kind,
    probability: f64,
    every: u64,
    times: u64,
    path: String,
    retry_after: Option<u64>,
}

/// Why a text is not a fault.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// The first word is not a known kind.
    #[error("`{0}` is not a kind of fault; valid: a status from 400 to 599, html, reset, cut, hang")]
    Kind(String),
    /// The probability is not a number from 0 to 1.
    #[error("`{0}` is not a probability from 0 to 1")]
    Probability(String),
    /// A later part is not a known option or has no valid value.
    #[error("`{0}` is not an option of a fault; valid: every=K with K from 1, times=N, path=TEXT, retry-after=SECONDS")]
    Option(String),
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut parts = text.split(',').map(str::trim);
        let head = parts.next().unwrap_or_default();
        let (kind, probability) = head.split_once(':').unwrap_or((head, "1"));
        let mut fault = Self {
            kind: read_kind(kind).ok_or_else(|| FaultError::Kind(kind.to_owned()))?,
            probability: probability
                .parse()
                .ok()
                .filter(|probability| (0.0..=1.0).contains(probability))
                .ok_or_else(|| FaultError::Probability(probability.to_owned()))?,
            every: 1,
            times: u64::MAX,
            path: String::new(),
            retry_after: None,
        };
        for part in parts {
            let wrong = || FaultError::Option(part.to_owned());
            let (name, value) = part.split_once('=').ok_or_else(wrong)?;
            let number = || value.parse::<u64>().map_err(|_| wrong());
            match name {
                "every" => fault.every = number().and_then(|every| if every == 0 { Err(wrong()) } else { Ok(every) })?,
                "times" => fault.times = number()?,
                "path" if !value.is_empty() => value.clone_into(&mut fault.path),
                "retry-after" => fault.retry_after = Some(number()?),
                _ => return Err(wrong()),
            }
        }
        Ok(fault)
    }
}

fn read_kind(word: &str) -> Option<Kind> {
    Some(match word {
        "html" => Kind::Html,
        "reset" => Kind::Reset,
        "cut" => Kind::Cut,
        "hang" => Kind::Hang,
        _ => {
            let status = word.parse().ok().filter(|status| (400..=599).contains(status))?;
            Kind::Status(StatusCode::from_u16(status).ok()?)
        }
    })
}

/// All faults of a playground, with their counters.
pub struct Faults {
    state: Mutex<State>,
}

struct State {
    rules: Vec<Rule>,
    generator: u64,
}

struct Rule {
    fault: Fault,
    seen: u64,
}

/// A fault that hits a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    /// What goes wrong.
    pub kind: Kind,
    retry_after: Option<u64>,
}

impl Faults {
    /// The faults in the order in which they are tried.
    pub fn new(faults: Vec<Fault>) -> Self {
        let rules = faults.into_iter().map(|fault| Rule { fault, seen: 0 }).collect();
        Self { state: Mutex::new(State { rules, generator: 0 }) }
    }

    /// The fault that hits a request for this path, if there is one.
    pub fn strike(&self, path: &str) -> Option<Strike> {
        // The counters are complete after every step, so a panic elsewhere leaves them usable.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { rules, generator } = &mut *state;
        for Rule { fault, seen } in rules {
            if !path.contains(&fault.path) {
                continue;
            }
            *seen += 1;
            if fault.times == 0 || !seen.is_multiple_of(fault.every) || draw(generator) >= fault.probability {
                continue;
            }
            fault.times -= 1;
            return Some(Strike { kind: fault.kind, retry_after: fault.retry_after });
        }
        None
    }
}

impl Strike {
    /// The answer, for the kinds that give one of their own.
    pub fn answer(self) -> Response {
        match self.kind {
            Kind::Status(status) => {
                let code = match status {
                    StatusCode::TOO_MANY_REQUESTS => "rate_limit_exceeded",
                    StatusCode::UNAUTHORIZED => "authentication_invalid_api_key",
                    StatusCode::FORBIDDEN => "authorization_insufficient_scope",
                    _ => "scripted_fault",
                };
                let mut refusal = Refusal::new(status, code, "The playground was started with this fault.");
                refusal.retry_after = self.retry_after;
                refusal.into_response()
            }
            Kind::Html | Kind::Reset | Kind::Cut | Kind::Hang => {
                let page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
                (StatusCode::BAD_GATEWAY, [(CONTENT_TYPE, "text/html")], Body::from(page)).into_response()
            }
        }
    }
}

/// The next number, at least 0 and less than 1, by `SplitMix64`.
fn draw(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    // A double holds 32 bits exactly, and 32 bits are fine enough for a probability.
    f64::from(u32::try_from(mixed >> 32).unwrap_or(u32::MAX)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(text: &str, requests: usize) -> Vec<bool> {
        let faults = Faults::new(vec![text.parse().unwrap()]);
        (0..requests).map(|_| faults.strike("/api/v2/indexes").is_some()).collect()
    }

    #[test]
    fn faults_strike_as_often_as_they_say() {
        assert_eq!(strikes("500", 3), [true; 3]);
        assert_eq!(strikes("500,times=1", 3), [true, false, false]);
        assert_eq!(strikes("reset,every=2", 4), [false, true, false, true]);
        assert_eq!(strikes("cut,path=/videos", 2), [false; 2]);
        assert_eq!(strikes("hang:0", 2), [false; 2]);
        let tenth = strikes("429:0.1", 1000).into_iter().filter(|&strikes| strikes).count();
        assert!((70..130).contains(&tenth), "{tenth}");
        assert_eq!(strikes("429:0.5", 50), strikes("429:0.5", 50));
    }

    #[test]
    fn what_is_no_fault_is_named() {
        assert_eq!("200".parse::<Fault>(), Err(FaultError::Kind("200".into())));
        assert_eq!("slow".parse::<Fault>(), Err(FaultError::Kind("slow".into())));
        assert_eq!("500:2".parse::<Fault>(), Err(FaultError::Probability("2".into())));
        assert_eq!("500:x".parse::<Fault>(), Err(FaultError::Probability("x".into())));
        for part in ["every=0", "times=-1", "path=", "often", "retry-after=soon"] {
            assert_eq!(format!("500,{part}").parse::<Fault>(), Err(FaultError::Option(part.into())));
        }
    }
}
