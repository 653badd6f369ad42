//! How the tools that wait follow something to its end.

use std::time::Duration;

use super::{Answer, Context, Step, ToolError, proxy::must_be, text};
use crate::{
    api::{Endpoint, state},
    session::{CallError, Deadline},
};

/// The tools whose calls wait until something has ended, and have little to do until then.
const WAITING: [&str; 5] = ["wait_for_prompt_run", "wait_for_export", "wait_for_import", "watch_processing", "ask_library"];
/// The default wait in seconds, and the longest: the answer still comes before clients give up at 60 s.
const DEFAULT_WAIT: u64 = 45;
/// The pause between two looks, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(300), Duration::from_secs(3));

/// How much longer than the wait a look may take. There is a state to tell already.
const LATE: Duration = Duration::from_secs(2);

/// How long the first look may take in any case. Without it there is no state to tell.
const FIRST: Duration = Duration::from_secs(5);

/// Whether a call of this tool waits until something has ended.
pub fn waits(tool: &str) -> bool {
    WAITING.contains(&tool)
}

/// What a waiting tool looks at.
pub trait Moves {
    /// Whether nothing will change any more.
    fn is_over(&self) -> bool;
    /// The API's word for how it stands.
    fn state(&self) -> &str;
    /// Its id.
    fn id(&self) -> &str;
    /// When it ended, if the API says that beside the state.
    fn ended_at(&self) -> Option<&str> {
        None
    }
    /// How it stands after so many looks.
    fn step(&self, looks: f64) -> Step;
}

/// How it stood at the end of a wait.
pub struct Seen<T> {
    /// The last answer.
    pub last: T,
    /// What to say if the last look failed, so that this answer is from before.
    pub stale: Option<&'static str>,
    /// What to say if the API does not tell whether it goes on. Then there is nothing to wait for.
    pub unclear: Option<String>,
}

impl<T> Seen<T> {
    /// Says what is uncertain about it.
    pub fn note(&self, answer: &mut Answer) {
        self.stale.into_iter().for_each(|stale| answer.note(stale));
        self.unclear.iter().for_each(|unclear| answer.note(unclear.as_str()));
    }
}

/// A state of the API in words.
pub fn word(state: &str) -> String {
    let word = text::line(&state.to_lowercase(), 40);
    if word.is_empty() { "state unknown".to_owned() } else { word }
}

/// What to say of something whose state tells neither that it goes on nor that it is over.
pub fn unclear(it: &impl Moves) -> Option<String> {
    if it.is_over() || state::is_under_way(it.state()) {
        return None;
    }
    let told = match it.state().trim() {
        "" => "The API gives no state".to_owned(),
        state => format!("The API gives a state that this server does not know: \"{}\"", text::line(state, 40)),
    };
    let ended = it.ended_at().map(|at| format!("; completed_at is set, to {}", text::line(at, 40))).unwrap_or_default();
    Some(format!("{told}{ended}. So whether it goes on is not known, and nothing waits for it."))
}

/// Looks until what has this id is over, at most so many seconds, with growing pauses.
pub async fn until_over<E>(cx: &Context<'_>, id: &str, look: &E, seconds: Option<u64>) -> Result<Seen<E::Output>, ToolError>
where
    E: Endpoint<Output: Moves + Send + Sync>,
{
    let until = Deadline::after(Duration::from_secs(seconds.unwrap_or(DEFAULT_WAIT)));
    let first = cx.deadline.at_most((until.remaining() + LATE).max(FIRST));
    let mut last = cx.session.call(look, &first).await?;
    must_be(id, last.id())?;
    let (mut pause, mut failed, mut looks, mut told) = (PAUSES.0, false, 0.0, -1.0);
    loop {
        looks += 1.0;
        report(cx, last.step(looks), &mut told).await;
        let left = until.remaining();
        let unclear = unclear(&last);
        if last.is_over() || unclear.is_some() || left.is_zero() {
            let stale = failed.then_some("The last look failed; this is how it stood before.");
            return Ok(Seen { last, stale, unclear });
        }
        tokio::time::sleep(pause.min(left)).await;
        pause = (pause * 3 / 2).min(PAUSES.1);
        // A look that fails does not end the wait: it goes on whether it is watched or not.
        match cx.session.call(look, &late(cx, &until)).await {
            Ok(seen) if seen.id() == last.id() => (last, failed) = (seen, false),
            Err(error @ (CallError::Refused(_) | CallError::Key(_))) if !until.remaining().is_zero() => return Err(error.into()),
            Ok(_) | Err(_) => failed = true,
        }
    }
}

/// When a look must be over that only renews what is known.
pub fn late(cx: &Context<'_>, until: &Deadline) -> Deadline {
    cx.deadline.at_most(until.remaining() + LATE)
}

/// Sends progress. Its value must rise, so nothing is sent if a look found nothing new.
async fn report(cx: &Context<'_>, step: Step, told: &mut f64) {
    let Some(progress) = cx.progress else { return };
    if step.done > *told {
        *told = step.done;
        progress(step).await;
    }
}
