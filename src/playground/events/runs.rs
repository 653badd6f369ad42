//! The events of a run. They follow from its facts, as its states do.

use serde_json::{Value, json};

use crate::playground::runs::{Facts, ItemProgress, Millis, Phase, Progress, Status};

/// After which parts of its segments a run tells how far it is.
const QUARTERS: [usize; 3] = [1, 2, 3];

/// Something that happens in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEvent {
    /// When.
    pub at: Millis,
    /// The name of the event.
    pub name: &'static str,
    /// What the event says.
    pub data: Value,
    /// The index that it concerns.
    pub index_id: Option<String>,
}

/// All events of a run, in order of time, if nobody stops it from now on.
///
/// The run tells when its first segment begins, after each quarter of its segments, and when it ends. Each item tells when its first
/// segment begins and when its last one ends. An item that a stop has cut off does not tell an end.
pub fn of_run(facts: &Facts) -> Vec<RunEvent> {
    // Retries come after the end, and what was told of the run stays.
    let whole = Progress::at(facts, Progress::at(facts, Millis::MAX).ends);
    let mut events = Vec::new();
    let mut add = |at, name, data, index_id| events.push(RunEvent { at, name, data, index_id });
    let ends: Vec<Millis> = whole.steps().filter_map(|(_, step)| span(step.first).map(|(_, until)| until)).collect();
    let begins = whole.steps().find_map(|(_, step)| span(step.first)).map(|(since, _)| since);
    if let Some(begins) = begins {
        add(begins, "prompt_run.started", of(&whole, Status::Processing, 0), run_index(facts));
    }
    for item in &whole.items {
        for (at, name) in of_item(item) {
            let (video_id, title) = (&item.item.video_id, &item.item.title);
            let data = json!({"video_id": video_id, "title": title, "run_id": facts.run_id, "index_id": item.item.index_id});
            add(at, name, data, item.item.index_id.clone());
        }
    }
    let total = whole.steps().count();
    for quarter in QUARTERS {
        let done = (total * quarter).div_ceil(4);
        if let Some(&at) = done.checked_sub(1).and_then(|last| ends.get(last))
            && at < whole.ends
        {
            add(at, "prompt_run.progress", of(&whole, Status::Processing, done), run_index(facts));
        }
    }
    let name = match whole.status {
        Status::Cancelled => "prompt_run.cancelled",
        Status::Failed => "prompt_run.failed",
        Status::CompletedWithFailures => "prompt_run.partial_completed",
        Status::Pending | Status::Processing | Status::Completed => "prompt_run.completed",
    };
    add(whole.ends, name, of(&whole, whole.status, ends.len()), run_index(facts));
    events.sort_by_key(|event| event.at);
    // In a short run two quarters can end with the same segment.
    events.dedup_by(|one, other| one.name == "prompt_run.progress" && one == other);
    events
}

/// When a segment was processed for the first time. A retry later does not change that.
fn span(phase: Phase) -> Option<(Millis, Millis)> {
    match phase {
        Phase::Finished { since, until, .. } => Some((since, until)),
        _ => None,
    }
}

fn of_item(item: &ItemProgress<'_>) -> Vec<(Millis, &'static str)> {
    let spans: Vec<_> = item.steps.iter().map(|step| span(step.first)).collect();
    let Some(begins) = spans.iter().flatten().map(|(since, _)| *since).min() else { return Vec::new() };
    let mut events = vec![(begins, "media.processing.started")];
    // If somebody stopped the run in the middle of the item, there is no word for that, and the end of the run tells it.
    let ended = spans.iter().copied().collect::<Option<Vec<_>>>().and_then(|spans| spans.iter().map(|(_, until)| *until).max());
    let failed = item.steps.iter().all(|step| step.first.failed());
    match ended {
        Some(at) if failed => events.push((at, "media.processing.failed")),
        Some(at) => events.push((at, "media.processing.completed")),
        None => {}
    }
    events
}

fn of(run: &Progress<'_>, status: Status, done: usize) -> Value {
    let (facts, total) = (run.facts, run.steps().count());
    json!({
        "run_id": facts.run_id,
        "prompt_id": facts.prompt.prompt_id,
        "prompt_name": facts.prompt.name,
        "index_id": run_index(facts),
        "status": status.as_str(),
        "total_media": facts.items.len(),
        "total_segments": total,
        "completed_segments": done,
    })
}

/// The index that a run was started on, or else the one that all its media are of.
pub fn run_index(facts: &Facts) -> Option<String> {
    let started_on = facts.settings.context.get("index_id").and_then(Value::as_str);
    let of_first = || facts.items.first().and_then(|item| item.index_id.as_deref());
    let of_all = || of_first().filter(|index| facts.items.iter().all(|item| item.index_id.as_deref() == Some(index)));
    started_on.or_else(of_all).map(ToOwned::to_owned)
}
