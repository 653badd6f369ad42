//! `watch_processing`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    api::{
        Scope,
        events::{ProcessingEvent, StreamEvents},
        ids::{IndexId, RunId, VideoId},
        reader,
        runs::GetRun,
        stream::Event,
        videos::GetVideo,
    },
    client::Events,
    session::{CallError, Deadline},
    tools::{
        Answer, Context, Effect, Spec, Step, ToolError,
        answer::Row,
        excerpt,
        names::{IndexName, Named},
        runs::describe,
        schema::{Kind, Member},
        text,
        waiting::{late, unclear},
    },
};

/// The default wait in seconds, and the longest: the answer still comes before clients give up at 60 s.
const DEFAULT_WAIT: u64 = 45;
/// At most so many events are answered.
const MOST_EVENTS: usize = 100;
/// The pauses before a stream that broke off is opened again, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(300), Duration::from_secs(5));
/// The event that says that the stream is in trouble.
const TROUBLE: &str = "processing.stream_error";
/// The event that says that the stream could not go on after the event that was named. Only the playground is known to send it.
const RESET: &str = "processing.stream_reset";
/// After one of these, nothing more happens to a run.
const ENDS: [&str; 4] = ["prompt_run.completed", "prompt_run.failed", "prompt_run.cancelled", "prompt_run.partial_completed"];

/// Follow processing events until the run ends, at most 45 seconds.
#[derive(Deserialize, JsonSchema)]
pub struct WatchProcessing {
    run_id: Option<RunId>,
    video_id: Option<VideoId>,
    index_id: Option<IndexName>,
    /// After this event id.
    #[schemars(length(max = 200))]
    after: Option<String>,
    #[schemars(range(min = 0, max = 45))]
    max_wait_seconds: Option<u64>,
}

/// What came so far.
#[derive(Default)]
struct Seen {
    events: Vec<ProcessingEvent>,
    last_id: Option<String>,
    /// Whether the run that is followed has ended.
    over: bool,
    /// What to say if the stream has ended and the state of the run does not tell whether the run has.
    unclear: Option<String>,
    /// The event that the API was to go on after, and does not know.
    unknown: Option<String>,
    /// What the API said of trouble with the stream, or why it broke off.
    trouble: Option<String>,
}

impl Spec for WatchProcessing {
    type Endpoint = StreamEvents;
    const NAME: &'static str = "watch_processing";
    const TITLE: &'static str = "Watch processing";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[
        Member::always("total_events", Kind::Count),
        Member::always("finished", Kind::Flag),
        Member::maybe("last_event_id", Kind::Text),
        Member::always("events", Kind::Rows),
    ];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let until = Deadline::after(Duration::from_secs(self.max_wait_seconds.unwrap_or(DEFAULT_WAIT)));
        let index_id = match self.index_id {
            Some(name) => Named::new(name, None).listed(cx).await?.and_then(|ids| ids.into_iter().next()),
            None => None,
        };
        // To the stream any id is one of which nothing happens.
        if let Some(video_id) = self.video_id.clone()
            && cx.session.may(Scope::Read, &cx.deadline).await
        {
            cx.session.call(&GetVideo { video_id }, &cx.deadline).await?;
        }
        let call = StreamEvents {
            run_id: self.run_id,
            index_id,
            video_ids: self.video_id.map(|id| id.to_string()),
            event_types: None,
            batch_size: None,
        };
        let mut seen = Seen { last_id: self.after, ..Seen::default() };
        let (mut opened, mut pause) = (false, PAUSES.0);
        loop {
            // The first answer may take a moment longer than the wait, so that a short wait is no failure.
            let opening = if opened { until } else { cx.deadline };
            match cx.session.events(&call, seen.last_id.as_deref(), &opening).await {
                Ok(mut events) => {
                    opened = true;
                    let ended = follow(cx, &mut events, &call, &until, &mut seen).await;
                    if ended && !seen.over {
                        look(cx, &call, &late(cx, &until), &mut seen).await;
                    }
                }
                Err(error @ (CallError::Refused(_) | CallError::Key(_))) => return Err(error.into()),
                Err(error) if !opened => return Err(error.into()),
                Err(error) => seen.trouble = Some(error.to_string()),
            }
            if seen.over || seen.unclear.is_some() || seen.events.len() >= MOST_EVENTS || until.remaining() <= pause {
                break;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
        Ok(told(seen, &call))
    }
}

/// Looks whether the run that is followed has ended. A stream may end with its run, and may not have told of an end that was long ago.
async fn look(cx: &Context<'_>, call: &StreamEvents, deadline: &Deadline, seen: &mut Seen) {
    let Some(run_id) = call.run_id.clone() else { return };
    if let Ok(run) = cx.session.call(&GetRun { run_id }, deadline).await {
        (seen.over, seen.unclear) = (describe::is_over(&run), unclear(&run));
    }
}

/// Reads one stream to its end, to the end of the run, or to the end of the wait. Returns whether the API ended it in order.
async fn follow(cx: &Context<'_>, events: &mut Events, call: &StreamEvents, until: &Deadline, seen: &mut Seen) -> bool {
    while !seen.over && seen.events.len() < MOST_EVENTS {
        match events.next(until).await {
            Ok(Some(event)) => take(cx, &event, call, seen).await,
            Ok(None) => return true,
            // At the end of the wait this is no trouble.
            Err(_) if until.remaining().is_zero() => return false,
            Err(error) => {
                seen.trouble = Some(error.to_string());
                return false;
            }
        }
    }
    false
}

async fn take(cx: &Context<'_>, event: &Event, call: &StreamEvents, seen: &mut Seen) {
    if event.event == TROUBLE {
        let told = serde_json::from_str::<Value>(&event.data).unwrap_or_else(|_| Value::from(event.data.as_str()));
        seen.trouble = Some(excerpt::brief(&told, 200));
        return;
    }
    if event.event == RESET {
        seen.unknown = seen.last_id.take();
        return;
    }
    // What is no event of the API tells nothing, but its id counts.
    seen.last_id = event.id.clone().or(seen.last_id.take());
    let data = serde_json::from_str::<Value>(&event.data).unwrap_or_default();
    let Ok(happened) = reader::tolerant::<ProcessingEvent>(data) else { return };
    seen.trouble = None;
    seen.last_id = Some(happened.event_id.clone());
    let followed = call.run_id.as_ref().is_some_and(|run| happened.run_id.as_deref() == Some(run.as_str()));
    seen.over |= followed && ENDS.contains(&happened.event_type.as_str());
    report(cx, &happened, seen.events.len()).await;
    seen.events.push(happened);
}

#[expect(clippy::cast_precision_loss, reason = "a count of events")]
async fn report(cx: &Context<'_>, event: &ProcessingEvent, before: usize) {
    let Some(progress) = cx.progress else { return };
    progress(Step { done: (before + 1) as f64, total: None, message: line(event) }).await;
}

fn line(event: &ProcessingEvent) -> String {
    let time = event.created_at.as_deref().unwrap_or_default();
    let time = time.split(['T', '.']).nth(1).unwrap_or(time);
    let mut line = format!("{} {}", text::line(time, 20), text::line(&event.event_type, 60)).trim_start().to_owned();
    for (name, id) in [("run", &event.run_id), ("video", &event.video_id), ("segment", &event.segment_id), ("index", &event.index_id)] {
        if let Some(id) = id.as_deref().filter(|id| !id.is_empty()) {
            line.push_str(&format!(" {name} {}", text::id(id)));
        }
    }
    let Some(payload) = &event.payload else { return line };
    let number = |name: &str| payload.get(name).and_then(Value::as_u64);
    if let (Some(done), Some(total)) = (number("completed_segments"), number("total_segments")) {
        line.push_str(&format!(", {}", text::part(done, total, "segment")));
    }
    for name in ["export_id", "job_id", "title", "error_message"] {
        if let Some(told) = payload.get(name).and_then(Value::as_str).filter(|told| !told.is_empty()) {
            line.push_str(&format!(", {name} {}", text::line(told, 120)));
        }
    }
    line
}

fn told(seen: Seen, call: &StreamEvents) -> Answer {
    let mut answer = Answer::new(text::count(seen.events.len(), "event"));
    answer.fact("total_events", seen.events.len());
    answer.fact("finished", seen.over);
    answer.fact("last_event_id", seen.last_id.as_deref());
    if seen.events.is_empty() {
        answer.line("Nothing happened while this watched. Without an `after` or a run, a watch begins with what happens next.");
    }
    let rows = seen.events.iter().map(|event| Row { line: line(event), value: serde_json::to_value(event).unwrap_or_default() });
    answer.rows("events", rows.collect());
    answer.leave_to_json(["user_id"]);
    if let Some(unknown) = &seen.unknown {
        answer.note(format!(
            "The API does not know the event `{}`, or no longer. So this begins with the oldest event that it keeps, and may repeat some.",
            text::line(unknown, 80)
        ));
    }
    if let Some(trouble) = &seen.trouble {
        answer.note(format!("The stream broke off: {}.", text::line(trouble, 200).trim_end_matches('.')));
    }
    seen.unclear.iter().for_each(|unclear| answer.note(unclear.as_str()));
    if seen.over {
        answer.close("The run has ended. get_prompt_run_status says how it went.");
    } else if let Some(id) = &seen.last_id {
        let filters = [("run_id", call.run_id.as_ref().map(RunId::as_str)), ("video_id", call.video_ids.as_deref())];
        let filters = filters.into_iter().chain([("index_id", call.index_id.as_ref().map(IndexId::as_str))]);
        let same: Vec<String> = filters.filter_map(|(name, id)| Some(format!(" {name}={}", text::id(id?)))).collect();
        answer.close(format!("To go on: watch_processing with after={}{}.", text::id(id), same.concat()));
    }
    answer
}
