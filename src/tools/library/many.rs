//! `get_videos` and `get_videos_segments`, which read several items at once.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{segments, status, video};
use crate::{
    api::{
        ids::{RunId, VideoId},
        page::Rows,
        segments::{BatchSegments, SegmentTarget, VideoSegments},
        videos::{BatchVideos, Video, VideoWithDetails},
    },
    client,
    session::CallError,
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        answer::Row,
        names,
        schema::{Kind, Member},
        text,
        warnings::Warnings,
    },
};

/// The largest answer about many videos that is looked through, in bytes. A larger one costs more than paging does.
const MAX_BATCH_BYTES: usize = 2 << 20;

/// Read up to 100 media items at once.
#[derive(Deserialize, JsonSchema)]
pub struct GetVideos {
    #[schemars(length(min = 1, max = 100))]
    video_ids: Vec<VideoId>,
}

impl Spec for GetVideos {
    type Endpoint = BatchVideos;
    const NAME: &'static str = "get_videos";
    const TITLE: &'static str = "Get videos";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::always("total_videos", Kind::Count), Member::always("videos", Kind::Rows)];
    const INSTEAD: &'static [&'static str] = &["search_videos"];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let (video_ids, notes) = names::for_titles(cx, self.video_ids).await;
        let call = BatchVideos { video_ids: video_ids.iter().map(ToString::to_string).collect() };
        let found = cx.session.call(&call, &cx.deadline).await?.data;
        let mut sums = status::Sums::default();
        for item in &found {
            sums.add(&item.status, item.processing_status.as_deref());
        }
        let mut answer = Answer::new(match found.len() {
            0 => "None of these items exists".to_owned(),
            n => format!("{}: {}", text::count(n, "item"), sums.line()),
        });
        answer.fact("total_videos", found.len());
        sums.write(&mut answer);
        status::missing(&mut answer, &video_ids, found.iter().map(|item| item.video_id.as_str()));
        for note in notes {
            answer.note(note);
        }
        answer.rows("videos", found.into_iter().map(row).collect());
        Ok(answer)
    }
}

fn row(item: VideoWithDetails) -> Row {
    let video = Video {
        video_id: item.video_id,
        title: item.title,
        status: item.status,
        duration_seconds: item.duration_seconds,
        media_type: item.media_type,
        ..Video::default()
    };
    let Row { mut line, mut value } = video::row(&video);
    status::runs(item.processing_status.as_deref(), &mut line, &mut value);
    Row { line, value }
}

/// Read the segments of up to 50 items, with what a run (default: the latest) found.
#[derive(Deserialize, JsonSchema)]
pub struct GetVideosSegments {
    #[schemars(length(min = 1, max = 50))]
    video_ids: Vec<VideoId>,
    run_id: Option<RunId>,
}

impl Spec for GetVideosSegments {
    type Endpoint = BatchSegments;
    const NAME: &'static str = "get_videos_segments";
    const TITLE: &'static str = "Get segments of videos";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[
        Member::always("total_videos", Kind::Count),
        Member::always("total_segments", Kind::Count),
        Member::always("segments", Kind::Rows),
    ];
    const INSTEAD: &'static [&'static str] = &["search_videos"];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let (video_ids, notes) = names::for_titles(cx, self.video_ids).await;
        let ids = || video_ids.iter().map(ToString::to_string);
        let run_id = self.run_id.as_ref().map(ToString::to_string);
        let call = match &run_id {
            None => BatchSegments { video_ids: Some(ids().collect()), targets: None },
            Some(run) => {
                let targets = ids().map(|video_id| SegmentTarget { video_id, run_id: Some(run.clone()) });
                BatchSegments { video_ids: None, targets: Some(targets.collect()) }
            }
        };
        let found = cx.session.call(&call, &cx.deadline).await?.data;
        let total: usize = found.iter().map(|item| item.segments.len()).sum();
        let mut answer = Answer::new(format!("{} of {}", text::count(total, "segment"), text::count(found.len(), "item")));
        answer.fact("total_videos", found.len());
        answer.fact("total_segments", total);
        let mut rows = Vec::new();
        if run_id.is_none() {
            name_runs(&mut answer, &found);
        }
        for item in &found {
            if item.segments.is_empty() {
                let why = match &run_id {
                    _ if client::was_cut() => {
                        "they were not read, since the answer was too large or not as it should be; ask for fewer items at once".to_owned()
                    }
                    Some(run) => format!("the run {} does not cover it", text::id(run)),
                    None => "nothing has processed it".to_owned(),
                };
                answer.line(format!("{} has no segments here: {why}", text::id(&item.video_id)));
            }
            for segment in &item.segments {
                cx.memory.keep_segment(&segment.segment_id, &item.video_id);
                let Row { line, mut value } = segments::row(segment, None);
                if let Some(members) = value.as_object_mut() {
                    members.insert("video_id".into(), item.video_id.as_str().into());
                    members.insert("run_id".into(), item.run_id.as_deref().into());
                }
                text::prune(&mut value);
                rows.push(Row { line: format!("{} {line}", text::id(&item.video_id)), value });
            }
        }
        status::missing(&mut answer, &video_ids, found.iter().map(|item| item.video_id.as_str()));
        for note in notes {
            answer.note(note);
        }
        answer.leave_to_json(segments::ONLY_JSON);
        answer.rows("segments", rows);
        let all = found.iter().flat_map(|item| &item.segments);
        Warnings::of(all.map(|segment| segment.processing_warning.as_deref())).note(&mut answer, "segment");
        Ok(answer)
    }
}

/// Says which runs the segments were read by: once if it is one run, else with the items of each.
fn name_runs(answer: &mut Answer, found: &[VideoSegments]) {
    let mut runs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for item in found.iter().filter(|item| !item.segments.is_empty()) {
        if let Some(run) = &item.run_id {
            runs.entry(run).or_default().push(&item.video_id);
        }
    }
    let several = runs.len() > 1;
    for (run, items) in runs {
        let items = if several { format!(": {}", text::names(items.iter().copied(), items.len())) } else { String::new() };
        answer.line(format!("From run {}{items}", text::id(run)));
    }
}

/// The segments of several videos, of the given run or else the latest, in one call. Nothing if the API cannot do that, or if the answer is
/// very large.
pub async fn batch(cx: &Context<'_>, wanted: &BTreeSet<(String, Option<String>)>) -> Vec<VideoSegments> {
    let call = if wanted.iter().all(|(_, run_id)| run_id.is_none()) {
        BatchSegments { video_ids: Some(wanted.iter().map(|(video_id, _)| video_id.clone()).collect()), targets: None }
    } else {
        let targets = wanted.iter().cloned().map(|(video_id, run_id)| SegmentTarget { video_id, run_id });
        BatchSegments { video_ids: None, targets: Some(targets.collect()) }
    };
    let answered = match cx.session.fetch(&call, &cx.deadline).await {
        // Each target must exist, and ids without a run need not.
        Err(CallError::Upstream(error)) if error.is_missing() && call.targets.is_some() => {
            let ids = wanted.iter().map(|(video_id, _)| video_id.clone()).collect::<BTreeSet<_>>();
            let call = BatchSegments { video_ids: Some(ids.into_iter().collect()), targets: None };
            cx.session.fetch(&call, &cx.deadline).await
        }
        answered => answered,
    };
    match answered {
        Ok(response) if response.body.len() <= MAX_BATCH_BYTES => {
            let mut videos = client::decode_as::<Rows<VideoSegments>>(&response).map(|rows| rows.data).unwrap_or_default();
            for VideoSegments { run_id, segments, .. } in &mut videos {
                let unnamed = segments.iter_mut().filter(|segment| segment.from_run_id.is_none());
                unnamed.for_each(|segment| segment.from_run_id.clone_from(run_id));
            }
            videos
        }
        _ => Vec::new(),
    }
}
