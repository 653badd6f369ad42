//! `show_moments`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, json};
use tokio::sync::Semaphore;

use super::{
    many::batch,
    picture::{self, Outcome, Small},
    place::{self, Pick, Wanted},
    segments, view,
};
use crate::{
    api::{
        ids::{SegmentId, VideoId},
        segments::{GetThumbnail, ListSegments, Segment, VideoSegments},
    },
    imaging,
    session::CallError,
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, ToolError,
        answer::Row,
        args::can_be_title,
        names::{self, Library, MomentRef, Part, Place},
        schema::{Kind, Member},
        text,
        together::together,
    },
};

/// How many videos are paged through at a time.
const PAGED_AT_ONCE: usize = 4;
/// The most characters of a moment's own text in its line.
const LINE_TEXT: usize = 110;

/// Compare up to 12 moments: one numbered contact sheet and a line for each. For one moment in detail: `show_moment`.
#[derive(Deserialize, JsonSchema)]
pub struct ShowMoments {
    /// Handles `<video_id>@<start>-<end>`, or segment ids.
    moments: Vec<String>,
}

impl Spec for ShowMoments {
    type Endpoint = GetThumbnail;
    const NAME: &'static str = "show_moments";
    const TITLE: &'static str = "Show several moments";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::always("moments", Kind::Rows)];
    const INSTEAD: &'static [&'static str] = &["search_videos"];
    const PICTURED: bool = true;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let given = self.moments.len();
        let mut seen = BTreeSet::new();
        let mut moments: Vec<Moment> =
            self.moments.into_iter().filter(|text| seen.insert(text.trim().to_owned())).map(|given| Moment::read(cx, given)).collect();
        let distinct = moments.len();
        let rest: Vec<String> = moments.split_off(distinct.min(imaging::MAX_TILES)).into_iter().map(|moment| moment.given).collect();
        if moments.is_empty() {
            return Err(ArgumentError("`moments` wants at least 1 handle or segment id".into()).into());
        }
        let looked_up = locate(cx, &mut moments).await;
        if moments.iter().all(|moment| moment.found.is_err()) {
            return Err(all_failed(moments));
        }
        let videos = moments.iter().filter_map(|moment| moment.video.as_ref()).map(ToString::to_string).collect();
        let (shown, titles) = tokio::join!(pictures(cx, &moments), names::titles(cx, videos));
        let missing: Vec<Option<String>> = shown.iter().map(picture::why_missing).collect();
        for (moment, missing) in moments.iter_mut().zip(&missing) {
            moment.doubt(missing.is_some(), looked_up);
        }
        if !moments.iter().any(|moment| moment.found.is_ok()) {
            return Err(all_failed(moments));
        }
        let sheet = picture::sheet(cx, shown).await;

        let shown = missing.iter().filter(|why| why.is_none()).count();
        let of =
            if shown == moments.len() { text::count(shown, "moment") } else { text::part(count(shown), count(moments.len()), "moment") };
        let (common, several) = common_run(&moments);
        let from = common.as_deref().map(|run| {
            let told = if several { " where no other is named" } else { "" };
            format!(", from run {}{told}", text::id(run))
        });
        let mut answer = Answer::new(format!("{of} on one numbered sheet{}", from.unwrap_or_default()));
        let rows = moments.iter().zip(&missing).zip(1..).map(|((moment, missing), number)| {
            let title = moment.video.as_ref().and_then(|video| titles.get(video.as_str()));
            moment.row(number, title, missing.as_deref(), common.as_deref())
        });
        let rows: Vec<Row> = rows.collect();
        if cx.viewed {
            answer.view(view::sheet(&rows));
        }
        answer.rows("moments", rows);
        match sheet {
            Ok(Some(sheet)) => answer.picture(sheet),
            Ok(None) => answer.note("There is no picture of any of these moments."),
            Err(why) => answer.note(format!("The sheet could not be made: {why}.")),
        }
        if distinct < given {
            answer.note("A moment that was given twice is shown once.");
        }
        if !rest.is_empty() {
            let rest = text::names(rest.iter().map(String::as_str), rest.len());
            answer.note(format!("Only the first {} are shown; call again with the others: {rest}.", imaging::MAX_TILES));
        }
        Ok(answer)
    }
}

/// One of the moments to show.
struct Moment {
    given: String,
    /// The title that stands in place of the video's id.
    title: Option<String>,
    /// Its video, if it is known.
    video: Option<VideoId>,
    wanted: Wanted,
    found: Result<Segment, ToolError>,
    /// Whether only its picture can show that there is such a segment. Nothing else is known of it then.
    unproven: bool,
}

impl Moment {
    fn read(cx: &Context<'_>, given: String) -> Self {
        let given = given.trim().to_owned();
        let (title, video, wanted) = match MomentRef(given.clone()).place(cx) {
            Ok(Place { video, part: Part::Range(start, end) }) => (None, Some(video), Wanted::Range(start, end)),
            Ok(Place { video, part: Part::Segment(segment) }) => (None, Some(video), Wanted::Id(segment)),
            // The id of a segment or of a video: its text does not tell.
            Ok(Place { part: Part::Whole, .. }) => (None, None, SegmentId::parse(given.as_str()).map_or(Wanted::Only, Wanted::Id)),
            Err(_) => {
                let (title, wanted) = match names::handle(&given) {
                    Some((title, start, end)) => (title, Wanted::Range(start, end)),
                    None => (given.as_str(), Wanted::Only),
                };
                (Some(title).filter(|title| can_be_title(title)).map(str::to_owned), None, wanted)
            }
        };
        let what = "it is neither a handle <video_id>@<start>-<end>, the start first, nor a segment id";
        let found = Err(ToolError::NoSuchMoment(what.into()));
        // A time that is no range names no segment, so nothing needs to be looked up.
        let wanted = if names::broken_range(&given).is_some() { Wanted::Only } else { wanted };
        Self { given, title, video, wanted, found, unproven: false }
    }

    /// Takes an id that was not found for that of a segment. The API gives the picture of a segment for its id alone.
    fn suppose(&mut self) {
        if let (Wanted::Id(id), Err(ToolError::NoSuchMoment(_))) = (&self.wanted, &self.found) {
            self.found = Ok(Segment { segment_id: id.to_string(), thumbnail_available: true, ..Segment::default() });
            self.unproven = true;
        }
    }

    /// Gives up an id that was only supposed to be a segment's, if there is no picture either.
    fn doubt(&mut self, no_picture: bool, looked_up: bool) {
        if self.unproven && no_picture {
            let why = if looked_up { "no segment and no video with this id was found" } else { "it could not be looked up" };
            self.found = Err(ToolError::NoSuchMoment(format!("{why}, and there is no picture of it")));
        }
    }

    /// The run in whose results a search found it.
    fn source(&self, cx: &Context<'_>) -> Option<String> {
        match (&self.video, &self.wanted) {
            (Some(video), Wanted::Range(start, end)) => cx.memory.source_of(video.as_str(), *start, *end),
            _ => None,
        }
    }

    /// The run that its text is from.
    fn run(&self) -> Option<&str> {
        self.found.as_ref().ok()?.from_run_id.as_deref()
    }

    /// The line and the structure of this moment. The line names its run if that is not the common one.
    fn row(&self, number: usize, title: Option<&str>, no_picture: Option<&str>, common: Option<&str>) -> Row {
        let mut members = Map::new();
        members.insert("number".into(), json!(number));
        let segment = match &self.found {
            Ok(segment) => segment,
            Err(error) => {
                let why = text::line(&error.to_string(), 240);
                members.insert("moment".into(), json!(self.given));
                members.insert("error".into(), json!(why));
                return Row { line: format!("{number}. {}: not found: {why}", text::line(&self.given, 240)), value: members.into() };
            }
        };
        let mut line = format!("{number}. ");
        if let Some(video) = self.video.as_ref().filter(|_| !self.unproven) {
            let handle = text::moment(video.as_str(), segment.start_time, segment.end_time);
            line.push_str(&format!("{handle} {}", text::range(segment.start_time, segment.end_time)));
            members.insert("moment".into(), json!(handle));
            members.insert("video_id".into(), json!(video.as_str()));
            members.insert("start_time".into(), text::rounded(segment.start_time, 3));
            members.insert("end_time".into(), text::rounded(segment.end_time, 3));
        } else {
            line.push_str(&self.given);
        }
        members.insert("segment_id".into(), json!(segment.segment_id));
        if let Some(title) = title.filter(|title| !title.is_empty()) {
            line.push_str(&format!(" \"{}\"", text::line(title, 48)));
            members.insert("video_name".into(), json!(title));
        }
        if let Some(run) = self.run() {
            members.insert("run_id".into(), json!(run));
            if Some(run) != common {
                line.push_str(&format!(" run {}", text::id(run)));
            }
        }
        let content = text::sentence(&segments::content(segment), LINE_TEXT);
        if !content.is_empty() {
            line.push_str(&format!(" {content}"));
            members.insert("content".into(), json!(content));
        }
        if let Some(why) = no_picture {
            line.push_str(&format!(" (no picture: {why})"));
            members.insert("error".into(), json!(format!("no picture: {why}")));
        }
        Row { line, value: members.into() }
    }
}

/// The run that most moments are from, and whether others are from another.
fn common_run(moments: &[Moment]) -> (Option<String>, bool) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    moments.iter().filter_map(Moment::run).for_each(|run| *counts.entry(run).or_default() += 1);
    let several = counts.len() > 1;
    (counts.into_iter().max_by_key(|(_, count)| *count).map(|(run, _)| run.to_owned()), several)
}

/// Finds the segments of all moments. Several videos are read in one call if the API can do that. The rest is found by paging, each video
/// once. Titles and unknown ids are looked up in the library, once for all. Returns whether all that had to be looked up was.
async fn locate(cx: &Context<'_>, moments: &mut [Moment]) -> bool {
    let mut library = None;
    if moments.iter().any(|moment| moment.title.is_some()) {
        library = Library::read(cx).await;
        for moment in moments.iter_mut() {
            let Some(title) = &moment.title else { continue };
            let unread = || ToolError::NoSuchMoment(format!("the title \"{}\" could not be looked up", text::line(title, 80)));
            match library.as_ref().ok_or_else(unread).and_then(|library| library.titled(title)) {
                Ok(video) => moment.video = Some(video),
                Err(error) => moment.found = Err(error),
            }
        }
    }
    let targets: BTreeSet<_> = moments.iter().filter_map(|moment| Some((moment.video.as_ref()?.to_string(), moment.source(cx)))).collect();
    let open = |moment: &Moment| moment.video.is_none() && matches!(moment.wanted, Wanted::Id(_));
    // One video is paged through, unless an id may be that of another segment of it.
    let many = if targets.len() > 1 || (!targets.is_empty() && moments.iter().any(open)) { batch(cx, &targets).await } else { Vec::new() };
    for moment in moments.iter_mut() {
        if let Some(video) = &moment.video {
            let source = moment.source(cx);
            // Without a run they are those of the latest, and not those that another moment was found in.
            let is_of_run = |known: &VideoSegments| {
                known.run_id == source || source.is_none() && !targets.contains(&(known.video_id.clone(), known.run_id.clone()))
            };
            if let Some(segments) = many.iter().find(|known| known.video_id == video.as_str() && is_of_run(known)) {
                let mut pick = Pick::new(moment.wanted.clone());
                segments.segments.iter().for_each(|segment| pick.look(segment));
                moment.found = pick.found(video);
            }
        } else if let Wanted::Id(id) = &moment.wanted {
            let of = |video: &VideoSegments| video.segments.iter().find(|segment| segment.segment_id == id.as_str()).cloned();
            let known = many.iter().find_map(|video| Some((VideoId::parse(video.video_id.as_str()).ok()?, of(video)?)));
            if let Some((video, segment)) = known {
                (moment.video, moment.found) = (Some(video), Ok(segment));
            }
        }
    }
    let unknown = moments.iter().any(open);
    if unknown {
        if library.is_none() {
            library = Library::read(cx).await;
        }
        if let Some(library) = &library {
            look_up(cx, library, moments, open).await;
        }
    }
    page_all(cx, moments).await;
    moments.iter_mut().for_each(Moment::suppose);
    !unknown || library.is_some()
}

/// Looks up ids of which nothing is known: that of a video with one segment, or that of a segment.
async fn look_up(cx: &Context<'_>, library: &Library, moments: &mut [Moment], open: impl Fn(&Moment) -> bool) {
    for moment in moments.iter_mut().filter(|moment| open(moment) && library.has(&moment.given)) {
        moment.video = VideoId::parse(moment.given.as_str()).ok();
        moment.wanted = Wanted::Only;
    }
    let ids: Vec<String> = moments.iter().filter(|moment| open(moment)).map(|moment| moment.given.clone()).collect();
    if ids.is_empty() {
        return;
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    for (video, segment) in library.segments(cx, &ids).await {
        for moment in moments.iter_mut().filter(|moment| moment.video.is_none() && moment.given == segment.segment_id) {
            (moment.video, moment.found) = (Some(video.clone()), Ok(segment.clone()));
        }
    }
}

/// Pages through the videos of all moments that are not found yet.
async fn page_all(cx: &Context<'_>, moments: &mut [Moment]) {
    // By the video, and by the run in whose results a search found the moment.
    let mut by_video: BTreeMap<(String, Option<String>), (VideoId, Vec<(usize, Wanted)>)> = BTreeMap::new();
    for (at, moment) in moments.iter().enumerate().filter(|(_, moment)| moment.found.is_err()) {
        if let Some(video) = &moment.video {
            by_video
                .entry((video.to_string(), moment.source(cx)))
                .or_insert_with(|| (video.clone(), Vec::new()))
                .1
                .push((at, moment.wanted.clone()));
        }
    }
    let places = Semaphore::new(PAGED_AT_ONCE);
    let work = by_video.into_iter().map(|((_, run), (video, wanted))| async {
        let _place = places.acquire().await;
        if let Some(run) = run {
            let found = page(cx, video.clone(), Some(run), wanted.clone()).await;
            if found.iter().all(|(_, found)| found.is_ok()) {
                return found;
            }
        }
        page(cx, video, None, wanted).await
    });
    for (at, found) in together(work).await.into_iter().flatten() {
        if let Some(moment) = moments.get_mut(at) {
            moment.found = found;
        }
    }
}

/// Pages through what a run, or else the latest, has of one video for all moments in it.
async fn page(
    cx: &Context<'_>,
    video: VideoId,
    run_id: Option<String>,
    wanted: Vec<(usize, Wanted)>,
) -> Vec<(usize, Result<Segment, ToolError>)> {
    let (at, mut picks): (Vec<usize>, Vec<Pick>) = wanted.into_iter().map(|(at, wanted)| (at, Pick::new(wanted))).unzip();
    let latest_run = run_id.is_none().then_some(true);
    let list = ListSegments { video_id: video.clone(), run_id, latest_run, limit: Some(100), cursor: None };
    let paged = place::find(cx, list, &mut picks).await;
    let mut failed = paged.err();
    let why = failed.as_ref().map(|error| text::line(&error.to_string(), 240));
    // What could not be read has not been looked through for any of them.
    let mut told = |nothing| match &why {
        Some(why) => failed.take().unwrap_or_else(|| ToolError::NoSuchMoment(why.clone())),
        None => nothing,
    };
    at.into_iter().zip(picks).map(|(at, pick)| (at, pick.found(&video).map_err(&mut told))).collect()
}

/// The pictures of the moments that were found, each segment once.
async fn pictures(cx: &Context<'_>, moments: &[Moment]) -> Vec<Outcome<Small>> {
    let side = imaging::tile_side(moments.len());
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wanted: Vec<&Segment> = Vec::new();
    for segment in moments.iter().filter_map(|moment| moment.found.as_ref().ok()) {
        first.entry(segment.segment_id.as_str()).or_insert_with(|| {
            wanted.push(segment);
            wanted.len() - 1
        });
    }
    let got = together(wanted.into_iter().map(|segment| picture::small(cx, segment, side))).await;
    let of = |moment: &Moment| {
        let segment = moment.found.as_ref().ok()?;
        got.get(*first.get(segment.segment_id.as_str())?).cloned()
    };
    moments.iter().map(|moment| of(moment).unwrap_or(Outcome::None)).collect()
}

/// Why no moment was found. An error that stopped the calls themselves is returned as it is: a missing scope, for example.
fn all_failed(moments: Vec<Moment>) -> ToolError {
    let mut reasons = Vec::new();
    for moment in moments {
        match moment.found {
            Err(ToolError::NoSuchMoment(why)) => reasons.push(format!("{}: {why}", text::line(&moment.given, 240))),
            Err(ToolError::Call(CallError::Upstream(error))) if error.is_missing() => {
                reasons.push(format!("{}: {error}", text::line(&moment.given, 240)));
            }
            Err(error) => return error,
            Ok(_) => {}
        }
    }
    ToolError::NoSuchMoment(reasons.join("; "))
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
