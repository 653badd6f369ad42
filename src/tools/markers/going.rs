//! Which markers go with what is deleted: notes that people wrote by hand, and that nobody can make again.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::{
    api::{
        markers::{ListMarkers, PlacedMarker, ResourceType},
        segments::{BatchSegments, SegmentTarget},
    },
    session::CallError,
    tools::{Answer, Context, proxy::Noun, text},
};

/// How many markers are named.
const NAMED: usize = 5;
/// How many items one request for segments names, and how many requests are made.
const BATCH: usize = 50;
const MOST_REQUESTS: usize = 20;

/// Names the markers on things that are deleted, and on the segments of media that are. The media may be given with their runs. Without them,
/// only the segments of their newest runs are known. `older` says whether there may be other runs than those. Gives the ids of the markers.
pub async fn going(
    cx: &Context<'_>,
    answer: &mut Answer,
    things: &[(ResourceType, &str)],
    media: &[SegmentTarget],
    older: bool,
) -> Vec<String> {
    let Ok(all) = cx.session.call(&ListMarkers {}, &cx.deadline).await else {
        answer.line("Which markers go with it is not known: they could not be read.");
        return Vec::new();
    };
    let is_on_segment = |placed: &PlacedMarker| placed.resource_type == ResourceType::Segment.as_str();
    let is_of_things =
        |placed: &PlacedMarker| things.iter().any(|(kind, id)| placed.resource_type == kind.as_str() && placed.resource_id == *id);
    let wanted: HashSet<&str> = all.data.iter().filter(|placed| is_on_segment(placed)).map(|placed| placed.resource_id.as_str()).collect();
    let segments = of_media(cx, &wanted, media).await;
    if segments.is_err() {
        answer.line("Which markers on segments go with it is not known: the segments could not be read.");
    } else if segments.as_ref().is_ok_and(|found| found.len() < wanted.len()) {
        if older {
            answer.note("Whether there are markers on segments of its older runs was not looked for. They go with it, too.");
        }
        if media.len() > BATCH * MOST_REQUESTS {
            answer.note(format!("Markers were looked for on the segments of its first {} media only.", BATCH * MOST_REQUESTS));
        }
    }
    let segments = segments.unwrap_or_default();
    let going: Vec<&PlacedMarker> =
        all.data.iter().filter(|placed| is_of_things(placed) || is_on_segment(placed) && segments.contains(&placed.resource_id)).collect();
    if !going.is_empty() {
        let go = if going.len() == 1 { "goes" } else { "go" };
        answer.line(format!("{} {go} with it:", text::count(going.len(), PlacedMarker::NOUN)));
        going.iter().take(NAMED).for_each(|placed| answer.line(placed.line()));
        if going.len() > NAMED {
            answer.line(format!("and {}", text::count(going.len() - NAMED, "more marker")));
        }
        answer.fact("total_markers", going.len());
        answer.fact("markers", going.iter().take(NAMED).map(|placed| said(placed)).collect::<Value>());
    }
    going.into_iter().filter_map(|placed| placed.marker.marker_id.clone()).collect()
}

fn said(placed: &PlacedMarker) -> Value {
    let mut value = json!(placed);
    text::prune(&mut value);
    value
}

/// Which of the wanted segments are of these media.
async fn of_media(cx: &Context<'_>, wanted: &HashSet<&str>, media: &[SegmentTarget]) -> Result<HashSet<String>, CallError> {
    let mut found = HashSet::new();
    for targets in media.chunks(BATCH).take(MOST_REQUESTS) {
        if found.len() >= wanted.len() {
            break;
        }
        let batch = BatchSegments { video_ids: None, targets: Some(targets.to_vec()) };
        for item in cx.session.call(&batch, &cx.deadline).await?.data {
            found.extend(item.segments.into_iter().map(|segment| segment.segment_id).filter(|id| wanted.contains(id.as_str())));
        }
    }
    Ok(found)
}
