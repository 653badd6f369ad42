//! Decides when a request is sent again, as a pure function of what happened and of a random draw.

use std::time::{Duration, SystemTime};

use httpdate::parse_http_date;
use ring::rand::{SecureRandom, SystemRandom};

use super::{Error, Kind};

/// The first wait is a random time up to this. The limit doubles with each further wait.
const BASE: Duration = Duration::from_millis(200);
/// The limit of a random wait never grows past this.
const CAP: Duration = Duration::from_secs(4);
/// The longest wait that the API may ask for. If it asks for more, the call fails and says when to try again.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest wait that is told, in seconds: a year.
const LONGEST: u64 = 31_536_000;
/// How long it may take to connect, with name resolution and TLS.
pub(super) const CONNECT: Duration = Duration::from_millis(1_750);
/// A call that cannot connect fails within this time, all attempts together.
const CONNECT_IN_ALL: Duration = Duration::from_secs(2);

/// How an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// No connection, so nothing was sent.
    Connect,
    /// The connection broke, before or within the answer.
    Cut,
    /// No byte of an answer in time.
    Silence,
    /// The answer began and was not complete in time.
    Stalled,
    /// An error status. `lasting` means that a short wait is useless, since the code says that a quota or a budget is used up.
    Status { status: u16, retry_after: Option<Duration>, lasting: bool },
    /// Anything that another attempt does not change, for example a redirect or a body that is too large.
    Final,
}

/// What we know when we decide.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    pub(super) failure: Failure,
    /// Whether sending it twice does no more than sending it once.
    pub(super) repeatable: bool,
    /// How often it was repeated already.
    pub(super) repeats: u32,
    pub(super) max_repeats: u32,
    /// The time since the first attempt began.
    pub(super) elapsed: Duration,
    /// The time until the call's deadline.
    pub(super) remaining: Duration,
    /// Drawn evenly from 0 to 1.
    pub(super) dice: f64,
}

/// How long to wait before sending again; `None` to give up.
pub(super) fn wait_before_repeat(now: &Situation) -> Option<Duration> {
    if !now.repeatable || now.repeats >= now.max_repeats {
        return None;
    }
    let drawn = BASE.saturating_mul(1 << now.repeats.min(8)).min(CAP).mul_f64(now.dice.clamp(0.0, 1.0));
    let wait = match now.failure {
        Failure::Status { status: 429 | 500..=599, retry_after, lasting: false } => match retry_after {
            // The API may tell many calls the same time. A random part spreads them.
            Some(told) if told <= PATIENCE => told + drawn.min(BASE),
            Some(_) => return None,
            None => drawn,
        },
        Failure::Cut | Failure::Silence => drawn,
        Failure::Connect if now.elapsed + drawn + CONNECT <= CONNECT_IN_ALL => drawn,
        Failure::Connect | Failure::Stalled | Failure::Final | Failure::Status { .. } => return None,
    };
    (wait < now.remaining).then_some(wait)
}

/// Reads `Retry-After`: seconds or a date. A part of a second counts as a whole one, and of several values the first counts. From a date we
/// subtract the `Date` of the answer if it has one, else `now`.
pub(super) fn parse_retry_after(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let first = value.split(',').next().unwrap_or_default().trim();
    let (whole, part) = first.split_once('.').unwrap_or((first, "0"));
    let is_number = [whole, part].iter().all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    if is_number {
        // What is too long for a number is longer than anybody waits.
        let seconds = whole.parse::<u64>().unwrap_or(LONGEST).min(LONGEST);
        return Some(Duration::from_secs(seconds + u64::from(part.bytes().any(|digit| digit != b'0'))));
    }
    let until = parse_http_date(value).ok()?;
    let from = date.and_then(|date| parse_http_date(date).ok()).unwrap_or(now);
    Some(until.duration_since(from).unwrap_or_default())
}

/// Whether the API may have done what a failed request asked for.
pub(super) fn may_have_happened(failure: Failure, error: &Error) -> bool {
    match failure {
        Failure::Connect => false,
        Failure::Cut | Failure::Silence | Failure::Stalled => true,
        Failure::Status { status, .. } => status >= 500,
        Failure::Final => matches!(error.kind, Kind::TooLarge { .. }),
    }
}

/// An even draw from 0 to 1.
pub(super) fn dice() -> f64 {
    let mut bytes = [0; 4];
    // Without random numbers, each wait is half as long as it may be. That is good enough.
    SystemRandom::new().fill(&mut bytes).map_or(0.5, |()| f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: Failure = Failure::Status { status: 503, retry_after: None, lasting: false };

    fn situation(failure: Failure) -> Situation {
        Situation {
            failure,
            repeatable: true,
            repeats: 0,
            max_repeats: 3,
            elapsed: Duration::ZERO,
            remaining: Duration::from_secs(50),
            dice: 0.5,
        }
    }

    fn told(status: u16, seconds: u64) -> Failure {
        Failure::Status { status, retry_after: Some(Duration::from_secs(seconds)), lasting: false }
    }

    #[test]
    fn what_may_help_is_repeated_and_nothing_else() {
        let status = |status| Failure::Status { status, retry_after: None, lasting: false };
        for (failure, expect) in [
            (Failure::Connect, true),
            (Failure::Cut, true),
            (Failure::Silence, true),
            (Failure::Stalled, false),
            (Failure::Final, false),
            (status(429), true),
            (status(500), true),
            (status(502), true),
            (status(599), true),
            (status(400), false),
            (status(401), false),
            (status(403), false),
            (status(404), false),
            (status(408), false),
            (status(409), false),
            (status(422), false),
            (Failure::Status { status: 429, retry_after: None, lasting: true }, false),
        ] {
            assert_eq!(wait_before_repeat(&situation(failure)).is_some(), expect, "{failure:?}");
            let write = Situation { repeatable: false, ..situation(failure) };
            assert_eq!(wait_before_repeat(&write), None, "unkeyed write: {failure:?}");
        }
    }

    #[test]
    fn waits_grow_by_chance_and_end() {
        for (repeats, dice, millis) in [(0, 1.0, 200), (0, 0.0, 0), (0, 0.5, 100), (1, 1.0, 400), (2, 1.0, 800)] {
            let now = Situation { repeats, dice, ..situation(STATUS) };
            assert_eq!(wait_before_repeat(&now), Some(Duration::from_millis(millis)));
        }
        let many = Situation { repeats: 40, max_repeats: 50, dice: 1.0, ..situation(STATUS) };
        assert_eq!(wait_before_repeat(&many), Some(CAP));
        assert_eq!(wait_before_repeat(&Situation { repeats: 3, ..situation(STATUS) }), None);
        assert_eq!(wait_before_repeat(&Situation { max_repeats: 0, ..situation(STATUS) }), None);
    }

    #[test]
    fn the_upstream_is_waited_for_within_reason() {
        let at_least = |failure| wait_before_repeat(&Situation { dice: 0.0, ..situation(failure) });
        assert_eq!(at_least(told(429, 2)), Some(Duration::from_secs(2)));
        assert_eq!(at_least(told(503, 20)), Some(Duration::from_secs(20)));
        assert_eq!(at_least(told(429, 21)), None);
        let late = Situation { remaining: Duration::from_secs(2), ..situation(told(429, 3)) };
        assert_eq!(wait_before_repeat(&late), None);
    }

    #[test]
    fn failing_to_connect_ends_within_two_seconds() {
        let after = |millis| wait_before_repeat(&Situation { elapsed: Duration::from_millis(millis), ..situation(Failure::Connect) });
        assert!(after(0).is_some() && after(150).is_some());
        assert!(after(200).is_none() && after(1_750).is_none());
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let cases = [
            ("7", None, Some(7)),
            (" 0 ", None, Some(0)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", None, Some(10)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some("Sun, 06 Nov 1994 08:49:42 GMT"), Some(5)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", None, Some(0)),
            ("soon", None, None),
            ("-1", None, None),
            ("3.5", None, Some(4)),
            ("3.0", None, Some(3)),
            ("2, 3", None, Some(2)),
            ("99999999999999999999", None, Some(LONGEST)),
            ("1.", None, None),
            (".5", None, None),
        ];
        for (value, date, seconds) in cases {
            assert_eq!(parse_retry_after(value, date, now), seconds.map(Duration::from_secs), "{value}");
        }
    }
}
