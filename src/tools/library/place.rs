//! Which segment a moment is. Pages through the segments of a video until the wanted ones are found.

use serde_json::{Map, Value};

use crate::{
    api::{
        ids::{RunId, SegmentId, VideoId},
        page::Rows,
        segments::{ListSegments, Segment},
    },
    tools::{ArgumentError, Context, ToolError, names::handle, text},
};

/// How many pages of 100 segments are looked through for the moments of one video.
const MAX_PAGES: usize = 60;

/// Times that differ by less are the same: a handle has three decimals.
const ROUNDED: f64 = 0.01;

/// Which segment is meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// The segment with this id.
    Id(SegmentId),
    /// The segment that covers most of the range, in seconds.
    Range(f64, f64),
    /// The only segment: for a picture or a short clip nobody needs to name a moment.
    Only,
}

/// The search for one segment among those of a video.
pub struct Pick {
    wanted: Wanted,
    best: Option<(f64, Segment)>,
    nearest: Option<(f64, String)>,
    /// How many segments were seen. Only the search for the only one needs it.
    seen: usize,
    /// Whether nothing that comes later can be better.
    done: bool,
    /// Whether there are segments that nobody looked at.
    cut: bool,
}

impl Pick {
    /// A search that has seen nothing yet.
    pub fn new(wanted: Wanted) -> Self {
        Self { wanted, best: None, nearest: None, seen: 0, done: false, cut: false }
    }

    /// Looks at the next segment in order of time.
    pub fn look(&mut self, segment: &Segment) {
        self.seen += 1;
        match &self.wanted {
            Wanted::Id(id) if segment.segment_id == id.as_str() => {
                self.best = Some((0.0, segment.clone()));
                self.done = true;
            }
            Wanted::Id(_) => {}
            Wanted::Only => {
                self.done = self.seen > 1;
                self.best = (self.seen == 1).then(|| (0.0, segment.clone()));
            }
            Wanted::Range(start, end) => {
                let overlap = end.min(segment.end_time) - start.max(segment.start_time);
                // A point in time has no length, so a segment that covers it has overlap 0. Where two segments meet, the later one counts.
                // The segment of a picture is itself a point. A range with a length must share some of it: to touch is not to cover.
                let point = segment.end_time <= segment.start_time;
                let covers = overlap > 0.0 || (overlap >= 0.0 && (point || (start >= end && *start < segment.end_time)));
                if !covers && self.nearest.as_ref().is_none_or(|(distance, _)| -overlap < *distance) {
                    self.nearest =
                        Some((-overlap, format!("{} {}", segment.segment_id, text::range(segment.start_time, segment.end_time))));
                }
                if covers && self.best.as_ref().is_none_or(|(most, _)| overlap > *most) {
                    self.best = Some((overlap, segment.clone()));
                }
                self.done = self.best.is_some() && segment.end_time >= *end;
            }
        }
    }

    /// The segment that was found. The error says why none was.
    pub fn found(self, video_id: &VideoId) -> Result<Segment, ToolError> {
        let why = match (self.best, self.wanted) {
            (Some((_, segment)), _) => return Ok(segment),
            (None, Wanted::Id(_) | Wanted::Range(..)) if self.cut => format!(
                "{video_id} has more than {} segments, and the wanted one is not among those; get_video_segments reads on from there",
                self.seen
            ),
            (None, Wanted::Id(id)) => format!("{video_id} has no segment {id}"),
            (None, Wanted::Only) if self.seen > 1 => format!(
                "{video_id} has several segments; say which moment: a handle <video_id>@<start>-<end>, `segment_id`, or `time` in seconds"
            ),
            (None, Wanted::Only) => format!("{video_id} has no segments yet"),
            (None, Wanted::Range(start, end)) => {
                let when = if start < end { text::range(start, end) } else { text::clock(start) };
                match self.nearest {
                    Some((_, segment)) => format!("{video_id} has no segment at {when}; the nearest is {}", text::line(&segment, 240)),
                    None => format!("{video_id} has no segments yet, so nothing is known of {when}"),
                }
            }
        };
        Err(ToolError::NoSuchMoment(why))
    }
}

/// Puts the ids of segments in place of handles, for calls that take no other name of a segment. A call that changes or costs something
/// must not reach another segment than the one that was meant, so only one with just these times will do.
pub async fn settle(cx: &Context<'_>, handles: &[String], arguments: &mut Map<String, Value>) -> Result<(), ToolError> {
    let run_id = arguments.get("run_id").and_then(Value::as_str).and_then(|run| RunId::parse(run).ok());
    for name in handles {
        let given = arguments.get(name).and_then(Value::as_str).and_then(handle);
        let Some((video, start, end)) = given else { continue };
        let video_id = VideoId::parse(video).map_err(|rule| ArgumentError(format!("`{name}`: {rule}")))?;
        let found = exact(cx, &video_id, (start, end), run_id.as_ref().map(ToString::to_string)).await?;
        arguments.insert(name.clone(), found.segment_id.into());
    }
    Ok(())
}

/// The segment with just these times in this run. Without a run it is the one where a search found the moment, or else the latest.
pub async fn exact(cx: &Context<'_>, video_id: &VideoId, times: (f64, f64), run_id: Option<String>) -> Result<Segment, ToolError> {
    let source = if run_id.is_none() { cx.memory.source_of(video_id.as_str(), times.0, times.1) } else { None };
    if source.is_some() {
        match exact_in(cx, video_id, times, source).await {
            // The run is gone, or was cut otherwise since.
            Err(error) if error.is_missing() => {}
            found => return found,
        }
    }
    exact_in(cx, video_id, times, run_id).await
}

async fn exact_in(cx: &Context<'_>, of: &VideoId, (start, end): (f64, f64), run_id: Option<String>) -> Result<Segment, ToolError> {
    let latest_run = Some(run_id.is_none());
    let list = ListSegments { video_id: of.clone(), run_id, latest_run, limit: Some(100), cursor: None };
    let found = find_one(cx, list, Wanted::Range(start, end), None).await?;
    let is_same = |a: f64, b: f64| (a - b).abs() < ROUNDED;
    if is_same(found.start_time, start) && is_same(found.end_time, end) {
        return Ok(found);
    }
    let (range, nearest) = (text::range(start, end), text::moment(of.as_str(), found.start_time, found.end_time));
    Err(ToolError::NoSuchMoment(format!("{of} has no segment at just {range}; the nearest is {} ({nearest})", found.segment_id)))
}

/// The segments that a search came past.
#[derive(Default)]
pub struct Seen {
    /// In order of time, from the first.
    pub segments: Vec<Segment>,
    /// Where the next page begins. `None` if these are all.
    pub next: Option<String>,
}

/// Pages through the segments of a video until all searches are done.
pub async fn find(cx: &Context<'_>, list: ListSegments, picks: &mut [Pick]) -> Result<(), ToolError> {
    page(cx, list, picks, None).await
}

async fn page(cx: &Context<'_>, mut list: ListSegments, picks: &mut [Pick], mut seen: Option<&mut Seen>) -> Result<(), ToolError> {
    for _ in 0..MAX_PAGES {
        let page: Rows<Segment> = cx.session.call(&list, &cx.deadline).await?;
        for segment in &page.data {
            picks.iter_mut().filter(|pick| !pick.done).for_each(|pick| pick.look(segment));
        }
        let next = page.next_cursor().map(str::to_owned);
        if let Some(seen) = seen.as_deref_mut() {
            seen.next.clone_from(&next);
            seen.segments.extend(page.data);
        }
        match next {
            Some(cursor) if picks.iter().any(|pick| !pick.done) => list.cursor = Some(cursor),
            _ => return Ok(()),
        }
    }
    for pick in picks {
        pick.cut = true;
    }
    Ok(())
}

/// Pages through the segments of a video until the wanted one is there. Keeps what it came past, if that is wanted.
pub async fn find_one(cx: &Context<'_>, list: ListSegments, wanted: Wanted, seen: Option<&mut Seen>) -> Result<Segment, ToolError> {
    let video_id = list.video_id.clone();
    let mut picks = [Pick::new(wanted)];
    page(cx, list, &mut picks, seen).await?;
    let [pick] = picks;
    pick.found(&video_id)
}
