//! What the viewer of a moment draws besides the picture: the time line of the item, words, and a link that plays it.
//!
//! A client gets it only if it has such a viewer. No model reads it, so each text is short and the number of segments is limited.

use std::time::Duration;

use serde_json::{Value, json};

use super::{other_runs, place::Seen, segments};
use crate::{
    api::{
        ids::VideoId,
        links::SignUrl,
        page::Rows,
        segments::{ListSegments, Segment},
        videos::Video,
    },
    imaging,
    tools::{Context, answer::Row, links, text},
};

/// How long the answer waits for what only the viewer needs.
const WITHIN: Duration = Duration::from_secs(6);
/// The most segments of a time line. Of a longer one it is the part around the moment.
const MOST_SEGMENTS: usize = 300;
/// The most further pages of segments that are read for it.
const MORE_PAGES: usize = 4;
/// The most characters of what is said of one segment on the time line.
const SEGMENT_TEXT: usize = 120;
/// The most characters of the spoken words of the moment, and of each field.
const MOMENT_TEXT: usize = 1_200;
const FIELD_TEXT: usize = 300;
/// The most fields.
const MOST_FIELDS: usize = 24;

/// The item of the moment, as far as the viewer needs it.
pub struct Item {
    uri: Option<String>,
    length: Option<f64>,
}

impl Item {
    /// From what the API says of it. Stills have nothing to play.
    pub fn of(video: &Video) -> Self {
        let plays = !video.media_type.eq_ignore_ascii_case("image") && video.video_uri.starts_with("gs://");
        Self { uri: plays.then(|| video.video_uri.clone()), length: video.duration_seconds }
    }
}

/// What is around a moment.
pub struct Around {
    segments: Vec<Segment>,
    whole: bool,
    length: Option<f64>,
    link: Option<Value>,
}

/// Reads what is around a moment. What cannot be read in time is left out.
pub async fn around(cx: &Context<'_>, item: Option<Item>, mut list: ListSegments, moment: &Segment, mut seen: Seen) -> Around {
    let deadline = cx.deadline.at_most(WITHIN);
    let (uri, length) = item.map_or((None, None), |item| (item.uri, item.length));
    let link = async {
        let signed = cx.session.call(&SignUrl { gcs_uri: uri?, force_refresh: None }, &deadline).await.ok()?;
        let expires = signed.expires_at.or_else(|| links::expiry(&signed.signed_url));
        links::is_link(&signed.signed_url).then(|| json!({"url": signed.signed_url, "expires_at": expires}))
    };
    // As many as the time line shows, if the moment is to stand in its middle.
    let enough = (place_of(moment, &seen.segments) + MOST_SEGMENTS / 2).max(MOST_SEGMENTS);
    let rest = async {
        for _ in 0..MORE_PAGES {
            let Some(cursor) = seen.next.take_if(|_| seen.segments.len() < enough) else { break };
            list.cursor = Some(cursor);
            let Ok(page) = cx.session.call(&list, &deadline).await else { return false };
            let page: Rows<Segment> = page;
            seen.next = page.next_cursor().map(str::to_owned);
            seen.segments.extend(page.data);
        }
        seen.next.is_none()
    };
    let (link, whole) = tokio::join!(link, rest);
    Around { segments: seen.segments, whole, length, link }
}

impl Around {
    /// What the viewer draws of a moment.
    pub fn view(self, video_id: &VideoId, moment: &Segment, title: Option<&str>, said: Option<&str>, run_id: Option<&str>) -> Value {
        let from =
            place_of(moment, &self.segments).saturating_sub(MOST_SEGMENTS / 2).min(self.segments.len().saturating_sub(MOST_SEGMENTS));
        let whole = self.whole && self.segments.len() <= MOST_SEGMENTS;
        let line: Vec<_> = self.segments.iter().skip(from).take(MOST_SEGMENTS).map(part).collect();
        let spoken = other_runs::of(moment).or_else(|| said.map(str::to_owned));
        json!({
            "kind": "moment",
            "video_id": video_id.as_str(),
            "moment": {
                "handle": text::moment(video_id.as_str(), moment.start_time, moment.end_time),
                "segment_id": text::id(&moment.segment_id),
                "start_time": text::rounded(moment.start_time, 3),
                "end_time": text::rounded(moment.end_time, 3),
                "segment_status": segments::state(moment),
                "spoken": spoken.map(|said| text::line(&said, MOMENT_TEXT)),
                "content": moment.metadata_text.as_deref().map(|content| text::line(content, MOMENT_TEXT)),
                "fields": fields(moment),
            },
            "video_name": title.map(|title| text::line(title, 200)),
            "run_id": run_id.map(text::id),
            "duration_seconds": self.length,
            "segments": line,
            "is_whole": whole,
            "link": self.link,
        })
    }
}

/// Which of the segments the moment is.
fn place_of(moment: &Segment, segments: &[Segment]) -> usize {
    segments.iter().position(|segment| segment.segment_id == moment.segment_id).unwrap_or_default()
}

/// A segment on the time line.
fn part(segment: &Segment) -> Value {
    let spoken = other_runs::of(segment);
    let content = if spoken.is_some() { None } else { Some(segments::content(segment)).filter(|content| !content.is_empty()) };
    json!({
        "segment_id": text::id(&segment.segment_id),
        "start_time": text::rounded(segment.start_time, 3),
        "end_time": text::rounded(segment.end_time, 3),
        "spoken": spoken.map(|said| text::line(&said, SEGMENT_TEXT)),
        "content": content.map(|content| text::line(&content, SEGMENT_TEXT)),
    })
}

/// What a run extracted: names and texts.
fn fields(moment: &Segment) -> Vec<[String; 2]> {
    let members = moment.metadata.iter().flatten().take(MOST_FIELDS);
    // No more of a picture in base64 than of any other text.
    members
        .map(|(name, value)| [text::line(name, 80), text::line(&written(value), FIELD_TEXT)])
        .filter(|[_, text]| !text.is_empty())
        .collect()
}

/// A value as people write it: `a, b`, and `water tank (object)` for what has several members.
fn written(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => items.iter().map(written).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", "),
        Value::Object(members) => {
            let mut texts = members.values().map(written).filter(|text| !text.is_empty());
            let first = texts.next().unwrap_or_default();
            let rest = texts.collect::<Vec<_>>().join(", ");
            if rest.is_empty() { first } else { format!("{first} ({rest})") }
        }
    }
}

/// What the viewer draws of several moments: their rows, and how their pictures lie on the sheet.
pub fn sheet(rows: &[Row]) -> Value {
    let moments: Vec<_> = rows.iter().map(|row| row.value.clone()).collect();
    json!({"kind": "moments", "moments": moments, "columns": imaging::columns(rows.len()), "gap": imaging::GAP})
}
