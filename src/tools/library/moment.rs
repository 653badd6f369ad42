//! `show_moment`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    other_runs::{self, Elsewhere},
    picture,
    place::{self, Seen, Wanted},
    segments, speech, view,
};
use crate::{
    api::{
        ids::{RunId, SegmentId, VideoId},
        segments::{ListSegments, Segment},
    },
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, ToolError, links,
        names::{self, MomentRef, Part, Seconds, handle},
        schema::{Kind, Member},
        search::drop_pictures,
        text,
        warnings::Warnings,
    },
};

/// Look at one moment: its picture, time range, extracted metadata, spoken words, links. Name the moment by a search's handle,
/// a `segment_id`, or a time.
#[derive(Deserialize, JsonSchema)]
pub struct ShowMoment {
    /// Video id, handle `<video_id>@<start>-<end>`, or segment id.
    video_id: Option<MomentRef>,
    /// The segment; alone or with its video.
    segment_id: Option<SegmentId>,
    /// Seconds from the start, or `1:01:20`.
    time: Option<Seconds>,
    /// Default: the latest.
    run_id: Option<RunId>,
}

impl Spec for ShowMoment {
    type Endpoint = ListSegments;
    const NAME: &'static str = "show_moment";
    const TITLE: &'static str = "Show a moment";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[
        Member::always("segment_id", Kind::Text),
        Member::always("start_time", Kind::Number),
        Member::always("end_time", Kind::Number),
        Member::maybe("metadata", Kind::Object),
    ];
    const INSTEAD: &'static [&'static str] = &["search_videos"];
    const PICTURED: bool = true;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let (given, segment_id) = named(self.video_id, self.segment_id)?;
        let run_id = self.run_id.map(|run| run.to_string());
        let latest_run = run_id.is_none().then_some(true);
        let mut place = given.place(cx)?;
        let (mut looked_up, mut by_source) = (false, true);
        let (list, segment, seen) = loop {
            let kept = place.clone();
            if self.time.is_some() && (segment_id.is_some() || matches!(place.part, Part::Segment(_))) {
                return Err(ArgumentError("give a segment or `time`, not both: they may name different moments".into()).into());
            }
            let wanted = match (&segment_id, self.time, place.part) {
                (Some(segment), ..) => Wanted::Id(segment.clone()),
                (None, Some(Seconds(time)), Part::Whole | Part::Range(..)) => Wanted::Range(time, time),
                (None, _, Part::Range(start, end)) => Wanted::Range(start, end),
                (None, _, Part::Segment(segment)) => Wanted::Id(segment),
                (None, None, Part::Whole) => Wanted::Only,
            };
            let source = match wanted {
                Wanted::Range(start, end) if by_source && run_id.is_none() => cx.memory.source_of(place.video.as_str(), start, end),
                _ => None,
            };
            let latest_run = latest_run.filter(|_| source.is_none());
            let run_id = source.clone().or_else(|| run_id.clone());
            let list = ListSegments { video_id: place.video, run_id, latest_run, limit: Some(100), cursor: None };
            let mut seen = cx.viewed.then(Seen::default);
            match place::find_one(cx, list.clone(), wanted, seen.as_mut()).await {
                Ok(segment) => break (list, segment, seen),
                Err(_) if source.is_some() => (place, by_source) = (kept, false),
                Err(error) if looked_up => return Err(error),
                Err(error) => (place, looked_up) = (given.retry(cx, error).await?, true),
            }
        };

        if let Some((_, start, end)) = handle(&given.0).filter(|_| segment_id.is_some())
            && (segment.end_time < start || end < segment.start_time)
        {
            let at = text::range(segment.start_time, segment.end_time);
            return Err(ArgumentError(format!("`video_id` and `segment_id` name different moments: that segment is at {at}")).into());
        }

        let video_id = &list.video_id;
        let titled = [video_id.to_string()].into();
        let about = async {
            let video = other_runs::video(cx, video_id).await;
            // Boxed, because almost no client has a viewer.
            let around = seen.map(|seen| Box::pin(view::around(cx, video.as_ref().map(view::Item::of), list.clone(), &segment, seen)));
            let others = async {
                match video.clone() {
                    Some(video) => Elsewhere::of(cx, video, video_id, &segment).await,
                    None => Elsewhere::default(),
                }
            };
            let around = async {
                match around {
                    Some(around) => Some(around.await),
                    None => None,
                }
            };
            tokio::join!(others, around)
        };
        let (picture, titles, (others, around)) = tokio::join!(picture::of(cx, &segment), names::titles(cx, titled), about);
        let title = titles.get(video_id.as_str());
        let view = around.map(|around| around.view(video_id, &segment, title, others.said(), run_id.as_deref()));
        let mut answer = answer(video_id, title, segment, picture);
        others.write(&mut answer);
        if let Some(view) = view {
            answer.view(view);
        }
        Ok(answer)
    }
}

/// What a call names: a moment, or a video with the segment of it. A handle is taken in place of the id of a segment, too.
fn named(video: Option<MomentRef>, segment: Option<SegmentId>) -> Result<(MomentRef, Option<SegmentId>), ArgumentError> {
    match (video, segment) {
        (Some(moment), None) => Ok((moment, None)),
        (video, Some(segment)) => match (handle(segment.as_str()), video) {
            (Some((of, ..)), Some(video)) if video.0 != of && video.0 != segment.as_str() => {
                Err(ArgumentError("`video_id` and `segment_id` name different moments; give one of them".into()))
            }
            (Some(_), _) => Ok((MomentRef(segment.to_string()), None)),
            (None, Some(video)) => Ok((video, Some(segment))),
            (None, None) => Ok((MomentRef(segment.to_string()), Some(segment))),
        },
        (None, None) => Err(ArgumentError("missing argument `video_id` (a handle, a video id or a segment id)".into())),
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
    Warnings::of(std::iter::once(segment.processing_warning.as_deref())).note(&mut answer, "segment");
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
