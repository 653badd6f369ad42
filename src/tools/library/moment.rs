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
        Answer, Context, Effect, Family, Spec, ToolError, links, names,
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
    /// Video id, or a handle `<video_id>@<start>-<end>`.
    video_id: VideoId,
    /// The segment.
    segment_id: Option<SegmentId>,
    /// Seconds from the start.
    #[schemars(range(min = 0.0))]
    time: Option<f64>,
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
        let (video_id, range) = handle(self.video_id);
        let wanted = match (self.segment_id, self.time, range) {
            (Some(segment), ..) => Wanted::Id(segment),
            (None, Some(time), _) => Wanted::Range(time, time),
            (None, None, Some((start, end))) => Wanted::Range(start, end),
            (None, None, None) => Wanted::Only,
        };
        let latest_run = self.run_id.is_none().then_some(true);
        let list = ListSegments { video_id, run_id: self.run_id.map(|run| run.to_string()), latest_run, limit: Some(100), cursor: None };
        let (list, segment) = find(cx, list, &wanted).await?;

        let titled = [list.video_id.to_string()].into();
        let (picture, titles, others) =
            tokio::join!(picture::of(cx, &segment), names::titles(cx, titled), Elsewhere::of(cx, &list.video_id, &segment));
        let title = titles.get(list.video_id.as_str());
        let mut answer = answer(&list.video_id, title, segment, picture);
        others.write(&mut answer);
        Ok(answer)
    }
}

/// Splits a handle into its video and range. A `@` may be part of an id, so only a well-formed end counts.
fn handle(given: VideoId) -> (VideoId, Option<(f64, f64)>) {
    let parts = given.as_str().rsplit_once('@').and_then(|(video, range)| {
        let (start, end) = range.split_once('-')?;
        let (start, end) = (start.parse::<f64>().ok()?, end.parse::<f64>().ok()?);
        let sane = start.is_finite() && end.is_finite() && start >= 0.0 && end >= start;
        sane.then_some(()).and_then(|()| Some((VideoId::parse(video).ok()?, (start, end))))
    });
    match parts {
        Some((video, range)) => (video, Some(range)),
        None => (given, None),
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
    let run = segment.from_run_id.as_deref().map(|run| format!(", from run {}", text::line(run, 200))).unwrap_or_default();
    answer.line(format!("Segment {} ({}{run})", text::line(&segment.segment_id, 200), segments::state(&segment)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_read_and_odd_ids_are_left_alone() {
        let read = |text: &str| {
            let (video, range) = handle(VideoId::parse(text).unwrap());
            (video.to_string(), range)
        };
        assert_eq!(read("v@12-31.5"), ("v".into(), Some((12.0, 31.5))));
        assert_eq!(read("a@b@0-1"), ("a@b".into(), Some((0.0, 1.0))));
        for odd in ["v", "v@x-y", "v@5", "v@9-3", "@1-2", "v@-1-2", "v@inf-inf"] {
            assert_eq!(read(odd), (odd.into(), None));
        }
    }
}
