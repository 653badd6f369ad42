//! Starts a run once: under which idempotency key a call is sent, what became of an earlier call like it, and the answer to the second.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{sync::OwnedMutexGuard, time::Instant};

use super::{
    describe,
    earlier::{self, Alike},
    starts::{Fingerprint, REPEAT_WITHIN, Slot, Start},
};
use crate::{
    api::{
        Endpoint, Repeat, Scope,
        facade::ProcessMedia,
        ids::RunId,
        run::PromptRun,
        runs::{GetRun, RunRequest},
        time,
    },
    session::{CallError, Session},
    tools::{
        Answer, Context, ToolError,
        spending::{Key, Order, may_have_started},
        text,
    },
};

/// How long to wait for the state of an earlier run, or for a price.
pub const LOOK_WITHIN: Duration = Duration::from_secs(4);

/// A run that started so long before its call was started by an earlier one, wherever the clocks of two machines differ a little.
const CLOCKS: TimeDelta = TimeDelta::seconds(2);

/// What a call says that was made before and sent again.
const ANSWER_LOST: &str = "The same call was made before, and its answer was lost or went to another process. It was repeated with the same idempotency key, so only one run was started.";

/// A call that starts a run, and that no identical call has made needless.
pub struct Starting {
    call: Fingerprint,
    began: DateTime<Utc>,
    /// What the keys begin with that this tool makes.
    prefix: &'static str,
    /// The call as it named its index at first, if that was looked up since.
    first: Option<Fingerprint>,
    /// A caller who gives a key means it: the API itself starts nothing twice under one key.
    own_key: Option<String>,
    /// Any other call holds the slot of its request.
    slot: Option<OwnedMutexGuard<Slot>>,
    /// The key of an identical call whose answer was lost, and when that was sent.
    lost: Option<(String, Instant)>,
    /// What is said of a run that is like this one and is billed, too.
    beside: Option<String>,
}

/// Why no run was started.
pub enum NotStarted {
    /// The call was not sent.
    Unsent(ToolError),
    /// It was sent and failed.
    Failed(CallError),
}

impl Starting {
    /// Begins. If an identical call has started a run, gives the answer that says so. `run` is what the call asks for, if a run can be
    /// compared with it, and `repeat` is of the endpoint. A key that cannot be sent is refused here, before anybody is asked about the call.
    pub async fn begin(
        cx: &Context<'_>,
        own_key: Option<String>,
        call: Fingerprint,
        run: Option<&RunRequest>,
        repeat: Repeat,
    ) -> Result<Result<Self, Answer>, ToolError> {
        let prefix = repeat.prefix().unwrap_or("call");
        let own_key = own_key.filter(|key| !key.trim().is_empty()).map(|key| Session::key_for(Some(&key), "")).transpose()?;
        let mut starting = Self { call, began: Utc::now(), prefix, first: None, own_key, slot: None, lost: None, beside: None };
        if starting.own_key.is_none() {
            let mut slot = cx.memory.starts.take(call, &cx.deadline).await?;
            let (earlier, beside) = Earlier::find(cx, &slot, run, prefix).await;
            starting.beside = beside;
            match earlier {
                Earlier::Run(first) => return Ok(Err(not_again(cx, &first))),
                Earlier::Unknown(key, _) if !is_key_of(&key, prefix) => return Err(sent_by_another(&key)),
                Earlier::Unknown(key, at) => starting.lost = Some((key, at)),
                Earlier::None => *slot = Slot::Free,
            }
            starting.slot = Some(slot);
        }
        Ok(Ok(starting))
    }

    /// Begins anew if the request names another index by now than at first: it may have been sent as it is now.
    pub async fn anew(
        &mut self,
        cx: &Context<'_>,
        call: Fingerprint,
        run: Option<&RunRequest>,
        repeat: Repeat,
    ) -> Result<Option<Answer>, ToolError> {
        if call == self.call {
            return Ok(None);
        }
        // Whoever waits for a slot holds none, so that no two calls wait for each other.
        self.slot = None;
        match Self::begin(cx, self.own_key.take(), call, run, repeat).await? {
            Ok(starting) => *self = Self { first: Some(self.first.unwrap_or(self.call)), ..starting },
            Err(not_again) => return Ok(Some(not_again)),
        }
        Ok(None)
    }

    fn key(&self) -> Key<'_> {
        match (&self.own_key, &self.lost) {
            (Some(key), _) => Key::Own(key),
            (None, Some((key, _))) => Key::Lost(key),
            (None, None) => Key::New(self.prefix),
        }
    }

    /// Whether what the call costs was counted before, by an identical call that went out under the same key.
    pub async fn is_counted(&self, cx: &Context<'_>) -> Result<bool, ToolError> {
        cx.is_counted(self.call, self.key()).await
    }

    /// Counts the price and sends the call once. After an error that may be mended, it can be sent again.
    pub async fn send<E: Endpoint>(&mut self, cx: &Context<'_>, call: &E, price: Option<f64>) -> Result<(E::Output, Order), NotStarted> {
        let order = cx.order(self.call, self.key(), price).await.map_err(NotStarted::Unsent)?;
        if order.again && self.own_key.is_none() && self.lost.is_none() {
            // Another process sent it.
            self.lost = Some((order.key.clone(), Instant::now()));
        }
        if let Some(slot) = &mut self.slot {
            // Written before the request is sent: a call that is given up halfway may have started the run.
            **slot = Slot::Sent { key: order.key.clone(), at: Instant::now() };
        }
        let error = match cx.session.call_keyed(call, Some(&order.key), &cx.deadline).await {
            Ok((output, _)) => return Ok((output, order)),
            Err(error) => error,
        };
        if !is_uncertain(&error) {
            let key = order.key.clone();
            if !cx.undo(order).await && self.own_key.is_none() && self.lost.is_none() {
                // Another process sends it under the same key.
                self.lost = Some((key, Instant::now()));
            }
            if let Some(slot) = &mut self.slot {
                // That this attempt failed says nothing of the one before.
                **slot = match &self.lost {
                    Some((key, at)) => Slot::Sent { key: key.clone(), at: *at },
                    None => Slot::Free,
                };
            }
        }
        Err(NotStarted::Failed(error))
    }

    /// Whether the API gave back a run that was started before under the caller's own key. Of what another process sent under it, the time of
    /// the run tells.
    pub fn is_replay(&self, cx: &Context<'_>, order: &Order, run_id: &str, executed_at: &str) -> bool {
        let is_older = || time::instant(executed_at).is_some_and(|at| at + CLOCKS < self.began);
        cx.memory.starts.knows(run_id) || self.own_key.is_some() && order.again && is_older()
    }

    /// The error of a call that failed, with the key of an identical one before that may have started a run.
    pub fn failed(&self, error: ToolError) -> ToolError {
        match (&self.lost, &error) {
            // This says so itself.
            (_, ToolError::Call(error)) if is_uncertain(error) => {}
            (Some((key, _)), _) => return error.noted(vec![may_have_started(key)]),
            (None, _) => {}
        }
        error
    }

    /// Remembers the run that was started, also for calls that name the same request as it was sent in the end.
    pub fn started(&mut self, cx: &Context<'_>, sent: Fingerprint, run_id: &str, key: &str, estimated_mt: Option<f64>) -> Start {
        let start = Start { run_id: run_id.to_owned(), key: key.to_owned(), estimated_mt, at: Instant::now() };
        if let Some(slot) = &mut self.slot {
            **slot = Slot::Started(start.clone());
        }
        // A call with its own key has no slot, and after a look-up the request names another index id than at first.
        cx.memory.starts.remember(sent, &start);
        if let Some(first) = self.first {
            cx.memory.starts.remember(first, &start);
        }
        start
    }

    /// Says so if this call was made before and its answer was lost, or if a run like its own is billed, too.
    pub fn note(&self, answer: &mut Answer) {
        if let Some(beside) = &self.beside {
            answer.note(beside.as_str());
        }
        if self.lost.is_some() {
            answer.note(ANSWER_LOST);
        }
    }
}

/// Whether a tool whose keys begin like this made the key.
pub fn is_key_of(key: &str, prefix: &str) -> bool {
    key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(':'))
}

/// The error of a call that asks for the same run as one of another tool before. The API takes a key only with the request that it came with
/// first, and under another key it would start another run.
pub fn sent_by_another(key: &str) -> ToolError {
    let of_facade = ProcessMedia::REPEAT.prefix().is_some_and(|prefix| is_key_of(key, prefix));
    let tool = if of_facade { "process_media" } else { "execute_prompt" };
    ToolError::Twin {
        what: format!("{tool} was called a short while ago for the same run, and what came of that is not known"),
        next: format!(
            "Repeat that call of {tool} unchanged, with idempotency_key {key}: nothing is started twice by that. list_prompt_runs says whether the run is there. To start another run, which costs again, give an `idempotency_key` of your own here: any new text."
        ),
    }
}

/// Whether a call may have been carried out although it failed.
fn is_uncertain(error: &CallError) -> bool {
    matches!(error, CallError::Upstream(error) if error.uncertain)
}

/// What came of a call. `replayed` says that the API gave back a run that was started before under the same idempotency key.
pub fn message(run_id: &str, replayed: bool) -> String {
    let run = text::id(run_id);
    if replayed {
        format!("Nothing was started: run {run} was started before with this idempotency key")
    } else {
        format!("Run {run} started")
    }
}

/// What an identical call has done already.
enum Earlier {
    /// It started this run.
    Run(Box<First>),
    /// It was sent with this key at this time, and what came of it is unknown.
    Unknown(String, Instant),
    /// Nothing that is known.
    None,
}

/// The run that an identical call started.
struct First {
    run_id: String,
    key: Option<String>,
    estimated_mt: Option<f64>,
    /// How long ago, if this process started it.
    age: Option<Duration>,
    /// Its state, if that can be read.
    now: Option<PromptRun>,
}

impl Earlier {
    /// Looks in the slot of the request, and then at the runs of other processes, if a run can be compared with the request. There may also be
    /// the run of another tool, whose key is of no use to one whose keys begin like this.
    /// Says also what run is like the request without being the same.
    async fn find(cx: &Context<'_>, slot: &Slot, request: Option<&RunRequest>, prefix: &str) -> (Self, Option<String>) {
        let mut unknown = Self::None;
        match slot {
            Slot::Sent { key, at } if at.elapsed() < REPEAT_WITHIN => {
                unknown = Self::Unknown(key.clone(), *at);
                if is_key_of(key, prefix) {
                    return (unknown, None);
                }
            }
            Slot::Started(start) => {
                let age = start.at.elapsed();
                let now = standing(cx, &start.run_id).await;
                if age < REPEAT_WITHIN || now.as_ref().is_some_and(|run| !describe::is_over(run)) {
                    let (run_id, key) = (start.run_id.clone(), Some(start.key.clone()));
                    let first = First { run_id, key, estimated_mt: start.estimated_mt, age: Some(age), now };
                    return (Self::Run(Box::new(first)), None);
                }
            }
            Slot::Free | Slot::Sent { .. } => {}
        }
        let alike = match request {
            Some(request) => earlier::alike(cx, request, true).await,
            None => Alike::default(),
        };
        let beside = alike.said();
        let found = match alike.same {
            Some(run) => {
                let estimated_mt = run.billing_estimated_mt.filter(|mt| *mt > 0.0);
                Self::Run(Box::new(First { run_id: run.run_id.clone(), key: None, estimated_mt, age: None, now: Some(run) }))
            }
            None => unknown,
        };
        (found, beside)
    }
}

/// The state of a run, if it can be read soon.
async fn standing(cx: &Context<'_>, run_id: &str) -> Option<PromptRun> {
    let deadline = cx.deadline.at_most(LOOK_WITHIN);
    if !cx.session.may(Scope::Read, &deadline).await {
        return None;
    }
    cx.session.call(&GetRun { run_id: RunId::parse(run_id).ok()? }, &deadline).await.ok()
}

/// The answer to a call that was made before.
fn not_again(cx: &Context<'_>, first: &First) -> Answer {
    let when = match (first.age, &first.now) {
        (Some(age), _) => format!(" {} ago", ago(age)),
        (None, Some(run)) => format!(" at {}", text::line(&describe::minute(&run.executed_at), 40)),
        (None, None) => String::new(),
    };
    let message =
        format!("Nothing was started: run {} was started with the same prompt, target and options{when}", text::id(&first.run_id));
    let standing = first.now.as_ref().map(describe::standing);
    let mut answer = Answer::new(match &standing {
        Some(standing) => format!("{message}; it stands at: {standing}"),
        None => message.clone(),
    });
    if let Some(mt) = first.estimated_mt {
        answer.line(format!("Estimated cost of that run: {} mt", text::number(mt)));
    }
    answer.fact("message", message);
    answer.fact("run_id", first.run_id.as_str());
    answer.fact("started", false);
    answer.fact("status", first.now.as_ref().map_or("unknown", |run| run.status.as_str()));
    if let Some(run) = &first.now {
        answer.fact("total_media", describe::media(run));
        answer.fact("media_done", describe::media_done(run));
        answer.fact("total_segments", run.segments());
        answer.fact("completed_segments", run.completed_segments);
        answer.fact("media_failed", Some(describe::media_failed(run)).filter(|n| *n > 0));
    }
    answer.fact("estimated_mt", first.estimated_mt.map(|mt| text::rounded(mt, 3)));
    answer.fact("idempotency_key", first.key.as_deref());
    if let Some(run) = &first.now {
        describe::advise(cx, &mut answer, run);
    }
    let insist =
        "To start another run all the same, which costs again, repeat the call with an `idempotency_key` of your own: any new text.";
    answer.fact("how_to_insist", insist);
    answer.close(insist);
    answer
}

fn ago(age: Duration) -> String {
    let seconds = age.as_secs();
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}
