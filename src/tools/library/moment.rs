//! `show_moment`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{other_runs::Elsewhere, picture, segments, speech};
use crate::{
    api::{
        ids::{RunId, SegmentId, VideoId},
        page::Rows,
        segments::{ListSegments, Segment},
    },
    tools::{
        Answer, ArgumentError, Context, Effect, Family, Spec, ToolError, links,
        names::{self, MomentRef, Part, Seconds},
        schema::{Kind, Member},
        search::drop_pictures,
        text,
    },
};

/// How many pages of 100 segments are looked through for one moment.
const MAX_PAGES: usize = 20;

/// Look at one moment: its picture, time range, extracted metadata, spoken words if any, and links. Name the moment by a search's handle,
/// a `segment_id`, or a time.
#[derive(Deserialize, JsonSchema)]
pub struct ShowMoment {
    /// Video id, handle `<video_id>@<start>-<end>`, or segment id.
    video_id: Option<MomentRef>,
    /// The segment; alone or with its video.
    segment_id: Option<SegmentId>,
    /// Seconds from the start, or `1:01:20`.
    time: Option<Seconds>,
    /// Metadata of this run; default the latest. Spoken words come from any run.
    run_id: Option<RunId>,
}

/// Which segment is meant.
enum Wanted {
    Id(SegmentId),
    /// The segment that covers most of the range.
    Range(f64, f64),
    /// The one there is: pictures and short clips need no moment.
    Only,
}

impl Spec for ShowMoment {
    type Endpoint = ListSegments;
    const NAME: &'static str = "show_moment";
    const TITLE: &'static str = "Show a moment";
    const FAMILY: Family = Family::Library;
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[
        Member::always("segment_id", Kind::Text),
        Member::always("start_time", Kind::Number),
        Member::always("end_time", Kind::Number),
        Member::maybe("metadata", Kind::Object),
    ];
    const INSTEAD: &'static [&'static str] = &["search_videos"];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let given = match (self.video_id, &self.segment_id) {
            (Some(moment), _) => moment,
            (None, Some(segment)) => MomentRef(segment.to_string()),
            (None, None) => return Err(ArgumentError("missing argument `video_id` (a handle, a video id or a segment id)".into()).into()),
        };
        let run_id = self.run_id.map(|run| run.to_string());
        let latest_run = run_id.is_none().then_some(true);
        let mut place = given.place(cx)?;
        let mut looked_up = false;
        let (list, segment) = loop {
            let wanted = match (&self.segment_id, self.time, place.part) {
                (Some(segment), ..) => Wanted::Id(segment.clone()),
                (None, Some(Seconds(time)), Part::Whole | Part::Range(..)) => Wanted::Range(time, time),
                (None, _, Part::Range(start, end)) => Wanted::Range(start, end),
                (None, _, Part::Segment(segment)) => Wanted::Id(segment),
                (None, None, Part::Whole) => Wanted::Only,
            };
            let list = ListSegments { video_id: place.video, run_id: run_id.clone(), latest_run, limit: Some(100), cursor: None };
            match find(cx, list, &wanted).await {
                Ok(found) => break found,
                Err(error) if looked_up => return Err(error),
                Err(error) => (place, looked_up) = (given.retry(cx, error).await?, true),
            }
        };

        let titled = [list.video_id.to_string()].into();
        let (picture, titles, others) =
            tokio::join!(picture::of(cx, &segment), names::titles(cx, titled), Elsewhere::of(cx, &list.video_id, &segment));
        let title = titles.get(list.video_id.as_str());
        let mut answer = answer(&list.video_id, title, segment, picture);
        others.write(&mut answer);
        Ok(answer)
    }
}

/// Pages through the segments until the wanted one is there.
async fn find(cx: &Context<'_>, mut list: ListSegments, wanted: &Wanted) -> Result<(ListSegments, Segment), ToolError> {
    let mut best: Option<(f64, Segment)> = None;
    let mut nearest: Option<(f64, String)> = None;
    let mut last_end = 0.0_f64;
    for _ in 0..MAX_PAGES {
        let page: Rows<Segment> = cx.session.call(&list, &cx.deadline).await?;
        let next = page.next_cursor().map(str::to_owned);
        if matches!(wanted, Wanted::Only) {
            return only(page, next.is_some(), &list.video_id).map(|segment| (list, segment));
        }
        for segment in page.data {
            last_end = last_end.max(segment.end_time);
            match wanted {
                Wanted::Id(id) if segment.segment_id == id.as_str() => return Ok((list, segment)),
                Wanted::Id(_) | Wanted::Only => {}
                Wanted::Range(start, end) => {
                    let overlap = end.min(segment.end_time) - start.max(segment.start_time);
                    // A point in time has no length, so covering it counts as overlap 0; between two segments the later one begins there.
                    // The segment of a picture is such a point itself.
                    let point = segment.end_time <= segment.start_time;
                    let covers = overlap >= 0.0 && (start < end || *start < segment.end_time || point);
                    if !covers && nearest.as_ref().is_none_or(|(distance, _)| -overlap < *distance) {
                        nearest = Some((-overlap, format!("{} {}", segment.segment_id, text::range(segment.start_time, segment.end_time))));
                    }
                    if covers && best.as_ref().is_none_or(|(most, _)| overlap > *most) {
                        best = Some((overlap, segment));
                    }
                }
            }
        }
        if let (Wanted::Range(_, end), Some(_)) = (wanted, &best)
            && last_end >= *end
        {
            break;
        }
        match next {
            Some(cursor) => list.cursor = Some(cursor),
            None => break,
        }
    }
    match (best, wanted) {
        (Some((_, segment)), _) => Ok((list, segment)),
        (None, Wanted::Id(id)) => Err(ToolError::NoSuchMoment(format!("{} has no segment {id}", list.video_id))),
        (None, Wanted::Range(start, _)) => Err(ToolError::NoSuchMoment(match nearest {
            Some((_, segment)) => {
                format!("{} has no segment at {}; the nearest is {}", list.video_id, text::clock(*start), text::line(&segment, 240))
            }
            None => format!("{} has no segments yet, so nothing is known of {}", list.video_id, text::clock(*start)),
        })),
        (None, Wanted::Only) => Err(ToolError::NoSuchMoment(format!("{} has no segments yet", list.video_id))),
    }
}

/// The only segment of a first page.
fn only(page: Rows<Segment>, more: bool, video_id: &VideoId) -> Result<Segment, ToolError> {
    let mut segments = page.data.into_iter();
    match (segments.next(), segments.next()) {
        (Some(segment), None) if !more => Ok(segment),
        (None, _) => Err(ToolError::NoSuchMoment(format!("{video_id} has no segments yet"))),
        _ => Err(ToolError::NoSuchMoment(format!(
            "{video_id} has several segments; say which moment: a handle <video_id>@<start>-<end>, `segment_id`, or `time` in seconds"
        ))),
    }
}

fn answer(video_id: &VideoId, title: Option<&str>, segment: Segment, picture: picture::Outcome) -> Answer {
    let (start, end) = (segment.start_time, segment.end_time);
    let title = title.filter(|title| !title.is_empty());
    let mut answer = Answer::new(format!(
        "{} {}{}",
        text::moment(video_id.as_str(), start, end),
        text::range(start, end),
        title.map(|title| format!(" \"{}\"", text::line(title, 80))).unwrap_or_default()
    ));
    answer.fact("video_id", video_id.as_str());
    answer.fact("video_name", title);
    answer.fact("segment_id", segment.segment_id.as_str());
    answer.fact("start_time", text::rounded(start, 3));
    answer.fact("end_time", text::rounded(end, 3));
    answer.fact("segment_status", segments::state(&segment));
    answer.fact("from_run_id", segment.from_run_id.as_deref());
    let run = segment.from_run_id.as_deref().map(|run| format!(", from run {}", text::id(run))).unwrap_or_default();
    answer.line(format!("Segment {} ({}{run})", text::id(&segment.segment_id), segments::state(&segment)));
    if let Some(failure) = segment.failure_message.as_deref().or(segment.error_message.as_deref()) {
        answer.line(format!("Failure: {}", text::line(failure, 300)));
        answer.fact("error_message", failure);
    }
    if let Some(metadata) = &segment.metadata {
        let mut metadata = Value::Object(metadata.clone());
        text::prune(&mut metadata);
        drop_pictures(&mut metadata);
        if let Some(transcript) = speech::of(&metadata) {
            answer.line(format!("Spoken: {}", text::line(&transcript, 2000)));
            answer.fact("transcript", transcript);
        }
        if metadata.as_object().is_some_and(|members| !members.is_empty()) {
            answer.line(format!("Metadata: {metadata}"));
            answer.fact("metadata", metadata);
        }
    } else if let Some(content) = segment.metadata_text.as_deref().filter(|text| !text.trim().is_empty()) {
        answer.line(text::line(content, 2000));
        answer.fact("metadata_text", content);
    }
    let links = links_of(&segment);
    if !links.is_empty() {
        let links = Value::Object(links);
        let expiry = links::earliest(&links);
        answer.line(format!("Links{}: {links}", expiry.as_deref().map(|end| format!(" (valid until {end})")).unwrap_or_default()));
        answer.fact("links", links);
        answer.fact("links_expire_at", expiry);
    }
    match picture {
        picture::Outcome::Shown(picture) => answer.picture(picture),
        picture::Outcome::None => answer.note("There is no picture of this moment."),
        picture::Outcome::Failed(why) => answer.note(format!("The picture could not be shown: {why}.")),
    }
    answer
}

/// The links that the API gave for a segment.
fn links_of(segment: &Segment) -> Map<String, Value> {
    let all = [
        ("gcs_uri", &segment.gcs_uri),
        ("thumbnail_uri", &segment.thumbnail_uri),
        ("thumbnail_gcs_uri", &segment.thumbnail_gcs_uri),
        ("gif_uri", &segment.gif_uri),
        ("gif_gcs_uri", &segment.gif_gcs_uri),
    ];
    all.into_iter().filter_map(|(name, link)| Some((name.to_owned(), json!(link.as_deref().filter(|link| !link.is_empty())?)))).collect()
}
