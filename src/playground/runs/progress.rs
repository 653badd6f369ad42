//! Where a run is at one moment: the state of each segment, item and retry.

use std::sync::Arc;

use super::{
    Facts, Item, Millis, Piece, Retry,
    outcome::{Damage, Outcome},
};

/// The states of a run, an item or a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not begun.
    Pending,
    /// Under way.
    Processing,
    /// Ended, and all of it succeeded.
    Completed,
    /// Ended, and some of it failed.
    CompletedWithFailures,
    /// Ended, and all of it failed.
    Failed,
    /// Ended because somebody stopped it.
    Cancelled,
}

impl Status {
    /// The word the API uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::CompletedWithFailures => "completed_with_failures",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will happen, except retries.
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Pending | Self::Processing)
    }

    /// Whether searches can find the results.
    pub const fn is_searchable(self) -> bool {
        matches!(self, Self::Completed | Self::CompletedWithFailures)
    }
}

/// The state of one segment in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not begun.
    Pending,
    /// Under way.
    Processing {
        /// When it began.
        since: Millis,
    },
    /// Ended.
    Finished {
        /// When it began.
        since: Millis,
        /// When it ended.
        until: Millis,
        /// How.
        outcome: Outcome,
    },
    /// The segment never began, because the run was stopped.
    Cancelled {
        /// When the run stopped.
        at: Millis,
    },
}

impl Phase {
    /// The outcome, or `None` before there is one.
    pub const fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Finished { outcome, .. } => Some(outcome),
            _ => None,
        }
    }

    /// Whether the segment has ended and succeeded.
    pub const fn succeeded(self) -> bool {
        matches!(self, Self::Finished { outcome, .. } if outcome.succeeded())
    }

    /// Whether the segment has ended and failed.
    pub const fn failed(self) -> bool {
        matches!(self, Self::Finished { outcome, .. } if !outcome.succeeded())
    }
}

/// One segment with its state.
#[derive(Clone, Debug)]
pub struct Step<'a> {
    /// The segment.
    pub piece: &'a Piece,
    /// Its state after the first try alone. The run is charged by this state.
    pub first: Phase,
    /// Its state, including finished retries.
    pub phase: Phase,
}

/// One item with the states of its segments.
#[derive(Clone, Debug)]
pub struct ItemProgress<'a> {
    /// The item.
    pub item: &'a Arc<Item>,
    /// Its segments in order of time.
    pub steps: Vec<Step<'a>>,
    /// The state of the item in this run.
    pub status: Status,
}

impl ItemProgress<'_> {
    /// How many segments pass the test.
    pub fn count(&self, test: fn(Phase) -> bool) -> u64 {
        self.steps.iter().map(|step| u64::from(test(step.phase))).sum()
    }

    /// When the first segment began and when the last one ended, as far as they have.
    pub fn span(&self) -> (Option<Millis>, Option<Millis>) {
        let since = self.steps.iter().filter_map(|step| match step.phase {
            Phase::Processing { since } | Phase::Finished { since, .. } => Some(since),
            _ => None,
        });
        let until = self.steps.iter().filter_map(|step| match step.phase {
            Phase::Finished { until, .. } => Some(until),
            Phase::Cancelled { at } => Some(at),
            _ => None,
        });
        (since.min(), until.max().filter(|_| self.status.is_terminal()))
    }
}

/// A run at one moment.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// The stored facts of the run.
    pub facts: &'a Facts,
    /// The state of the run.
    pub status: Status,
    /// When the run ended, or when it will end if nobody stops it.
    pub ends: Millis,
    /// Its items.
    pub items: Vec<ItemProgress<'a>>,
}

/// A retry at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryState {
    /// Pending, processing, completed or failed.
    pub status: Status,
    /// When it began.
    pub started: Option<Millis>,
    /// When it ended.
    pub ended: Option<Millis>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

impl<'a> Progress<'a> {
    /// Where a run is at a moment.
    ///
    /// The run waits for the duration of one segment, and then processes its segments one after the other. If somebody stops it, the
    /// current segment still finishes, and the segments after it never begin.
    /// What was settled stays settled: if the clock has gone back since, the run is where it was then.
    pub fn at(facts: &'a Facts, now: Millis) -> Self {
        let timetable = Timetable::of(facts);
        let of_retries = now;
        let now = facts.settled.map_or(now, |settled| settled.max(now));
        let mut position = 0;
        let items: Vec<_> = facts
            .items
            .iter()
            .map(|item| {
                let steps: Vec<_> = item
                    .pieces
                    .iter()
                    .map(|piece| {
                        let first = timetable.phase(position, now, || Outcome::of(&facts.settings, item, piece));
                        position += 1;
                        Step { piece, first, phase: retried(facts, item, piece, first, of_retries) }
                    })
                    .collect();
                let status = ended(steps.iter().map(|step| step.phase)).unwrap_or_else(|| under_way(&steps));
                ItemProgress { item, steps, status }
            })
            .collect();
        let status = if now < timetable.ends {
            if now < timetable.begins { Status::Pending } else { Status::Processing }
        } else if facts.stop.is_some() {
            Status::Cancelled
        } else {
            ended(items.iter().flat_map(|item| &item.steps).map(|step| step.phase)).unwrap_or(Status::Processing)
        };
        Self { facts, status, ends: timetable.ends, items }
    }

    /// The state of one item. `None` if the run does not cover it.
    pub fn item(&self, video_id: &str) -> Option<&ItemProgress<'a>> {
        self.items.iter().find(|item| item.item.video_id == video_id)
    }

    /// All segments, each with its item.
    pub fn steps(&self) -> impl Iterator<Item = (&Arc<Item>, &Step<'a>)> {
        self.items.iter().flat_map(|item| item.steps.iter().map(|step| (item.item, step)))
    }
}

impl Retry {
    /// When it ends.
    pub fn ends(&self, facts: &Facts) -> Millis {
        self.created + 2 * facts.step
    }

    /// Where the retry is at a moment. It waits for the duration of one segment, and takes the same time again. What was settled stays so.
    pub fn at(&self, facts: &Facts, now: Millis) -> RetryState {
        let now = self.settled.map_or(now, |settled| settled.max(now));
        let (starts, ends) = (self.created + facts.step, self.ends(facts));
        let outcome = facts
            .items
            .iter()
            .find(|item| item.video_id == self.video_id)
            .and_then(|item| Some((item, item.pieces.iter().find(|piece| piece.segment_id == self.segment_id)?)))
            .map(|(item, piece)| Outcome::of_retry(&facts.settings, item, piece));
        let (status, started, ended) = if now < starts {
            (Status::Pending, None, None)
        } else if now < ends {
            (Status::Processing, Some(starts), None)
        } else if outcome.is_some_and(Outcome::succeeded) {
            (Status::Completed, Some(starts), Some(ends))
        } else {
            (Status::Failed, Some(starts), Some(ends))
        };
        RetryState { status, started, ended, outcome: outcome.filter(|_| ended.is_some()) }
    }
}

/// When the segments of a run begin and end.
struct Timetable {
    begins: Millis,
    step: Millis,
    /// When the run was stopped. No segment begins from then on.
    stopped: Option<Millis>,
    ends: Millis,
}

impl Timetable {
    fn of(facts: &Facts) -> Self {
        let step = facts.step.max(0);
        let pieces: usize = facts.items.iter().map(|item| item.pieces.len()).sum();
        let begins = facts.started + step;
        let all_done = begins + step * Millis::try_from(pieces).unwrap_or(Millis::MAX / 2 / step.max(1));
        let stopped = facts.stop.as_ref().map(|stop| stop.at);
        let ends = match stopped {
            None => all_done,
            Some(at) if at <= begins => at,
            Some(at) => {
                // The end of the segment that was being processed at that moment.
                let begun = (at - begins + step - 1).div_euclid(step.max(1));
                (begins + begun * step).min(all_done)
            }
        };
        Self { begins, step, stopped, ends }
    }

    fn phase(&self, position: Millis, now: Millis, outcome: impl FnOnce() -> Outcome) -> Phase {
        let since = self.begins + self.step * position;
        let until = since + self.step;
        if self.stopped.is_some_and(|at| since >= at) {
            return if now < self.ends { Phase::Pending } else { Phase::Cancelled { at: self.ends } };
        }
        if now < since {
            Phase::Pending
        } else if now < until {
            Phase::Processing { since }
        } else {
            Phase::Finished { since, until, outcome: outcome() }
        }
    }
}

/// The phase of a failed segment after its retries. A retry that succeeded mends the segment.
fn retried(facts: &Facts, item: &Item, piece: &Piece, phase: Phase, now: Millis) -> Phase {
    if !phase.failed() {
        return phase;
    }
    let mended = facts
        .retries
        .iter()
        .filter(|retry| retry.segment_id == piece.segment_id && retry.video_id == item.video_id)
        .map(|retry| retry.at(facts, now))
        .find(|state| state.status == Status::Completed);
    match mended {
        Some(RetryState { started: Some(since), ended: Some(until), outcome: Some(outcome), .. }) => {
            Phase::Finished { since, until, outcome }
        }
        _ => phase,
    }
}

/// The state of segments that have all ended. `None` while one has not.
fn ended(phases: impl Iterator<Item = Phase>) -> Option<Status> {
    let (mut succeeded, mut failed, mut cancelled) = (false, false, false);
    for phase in phases {
        match phase {
            Phase::Pending | Phase::Processing { .. } => return None,
            Phase::Cancelled { .. } => cancelled = true,
            Phase::Finished { outcome, .. } if outcome.succeeded() => succeeded = true,
            Phase::Finished { .. } => failed = true,
        }
    }
    Some(match (cancelled, succeeded, failed) {
        (true, ..) => Status::Cancelled,
        (_, true, true) => Status::CompletedWithFailures,
        (_, false, true) => Status::Failed,
        (_, _, false) => Status::Completed,
    })
}

/// The state of an item that has not ended.
fn under_way(steps: &[Step]) -> Status {
    if steps.iter().all(|step| step.phase == Phase::Pending) { Status::Pending } else { Status::Processing }
}

impl Piece {
    /// The damage that makes it fail.
    pub fn damage(&self) -> Option<&'static Damage> {
        self.damage.as_deref().map(Damage::of)
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        (self.end - self.start).max(0.0)
    }
}
