//! The segment results of a run over many media, a page at a time.
//!
//! The API reads results one item at a time. So the items are listed, and the results of several are read at once: at most
//! [`AT_ONCE`] requests at a time and [`MOST_CALLS`] per page. A page that needs more ends early, with a place from which the next one goes on.

use ring::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::table;
use crate::{
    api::{
        self,
        ids::{IndexId, RunId, VideoId},
        indexes::ListIndexVideos,
        page::Rows as Page,
        results::SegmentResult,
        runs::ListResults,
        videos::{ListPlaygroundVideos, Video},
    },
    session::CallError,
    tools::{Answer, Context, ToolError, answer::Row, text, together::together, warnings::Warnings},
};

/// How many requests go out at once.
const AT_ONCE: usize = 7;
/// How many requests a page may cost.
const MOST_CALLS: usize = 40;
/// How many results a request asks for, and how many items a page of a list has.
const PAGE: u32 = 100;

/// Which media to look at.
pub enum Source {
    /// These.
    Named(Vec<VideoId>),
    /// These, which the results of the run name. While the run goes on there come more of them.
    Found(Vec<VideoId>),
    /// Those of an index.
    Index(IndexId),
    /// Those without an index.
    Outside,
}

impl Source {
    /// What tells it from others, in a few letters. Media that come after this place change nothing before it.
    pub fn mark(&self, place: &Place) -> String {
        let (kind, ids) = match self {
            Self::Named(ids) => ("named", ids.as_slice()),
            Self::Found(ids) => ("found", ids.get(..=place.item).unwrap_or(ids)),
            Self::Index(_) => ("index", [].as_slice()),
            Self::Outside => ("outside", [].as_slice()),
        };
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(kind.as_bytes());
        let index = if let Self::Index(index) = self { Some(index.as_str()) } else { None };
        for id in index.into_iter().chain(ids.iter().map(VideoId::as_str)) {
            hash.update(b" ");
            hash.update(id.as_bytes());
        }
        api::hex(hash.finish().as_ref().get(..6).unwrap_or_default())
    }
}

/// Where a page begins.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    /// The run.
    #[serde(rename = "r")]
    pub run_id: String,
    /// The mark of the media that the rows are of, in a cursor. Counts of other media mean nothing.
    #[serde(rename = "s", default)]
    pub source: String,
    /// The cursor of the page of the list of media.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    list: Option<String>,
    /// Which item of that page.
    #[serde(rename = "i", default)]
    item: usize,
    /// The cursor of the page of that item's results.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    results: Option<String>,
    /// How many results of that page come before.
    #[serde(rename = "o", default)]
    offset: usize,
    /// How many items had results before.
    #[serde(rename = "n", default)]
    covered: u64,
}

/// A segment and what was extracted from it.
pub struct Segment {
    video_id: String,
    segment_id: String,
    start: Option<f64>,
    end: Option<f64>,
    failed: bool,
    warning: Option<String>,
    /// What was extracted.
    pub metadata: Map<String, Value>,
}

/// A page of rows.
pub struct Rows {
    /// The rows.
    pub rows: Vec<Segment>,
    /// The titles of the items that they are of.
    pub titles: Vec<(String, String)>,
    /// Where the next page begins.
    pub next: Option<Place>,
    /// How many items had results, on this page and those before.
    pub covered: u64,
    /// Whether all media of the run were meant to be looked at.
    pub is_whole: bool,
    /// Where pages of results begin: with which row, at which place, with how many items before.
    starts: Vec<(usize, Place)>,
    stopped: Option<String>,
    /// Named items that the run does not cover.
    foreign: Vec<String>,
}

/// A page of media.
struct Items {
    items: Vec<(VideoId, String)>,
    next: Option<String>,
}

impl Rows {
    /// Reads at most `limit` rows from a place on.
    pub async fn read(cx: &Context<'_>, run_id: &RunId, source: &Source, from: Option<Place>, limit: usize) -> Result<Self, ToolError> {
        let mut place = from.unwrap_or_else(|| Place { run_id: run_id.to_string(), ..Place::default() });
        let is_whole = !matches!(source, Source::Named(_));
        let mut out = Self {
            rows: Vec::new(),
            titles: Vec::new(),
            next: None,
            covered: place.covered,
            is_whole,
            starts: Vec::new(),
            stopped: None,
            foreign: Vec::new(),
        };
        let mut calls = 0;
        loop {
            if calls >= MOST_CALLS {
                return Ok(out.paused_at(place));
            }
            if let Source::Index(_) | Source::Outside = source {
                calls += 1;
            }
            let media = match media(cx, run_id, source, place.list.clone()).await {
                Ok(media) => media,
                Err(error) if out.rows.is_empty() => return Err(error.into()),
                Err(error) => return Ok(out.stopped_at(place, &error)),
            };
            while place.item < media.items.len() {
                if out.rows.len() >= limit || calls >= MOST_CALLS {
                    return Ok(out.paused_at(place));
                }
                // As many items at once as the rest of the page probably needs.
                let seen = place.item.max(1);
                let usual = if place.item == 0 { 10 } else { out.rows.len().div_ceil(seen).max(1) };
                let wanted = (limit - out.rows.len()).div_ceil(usual).clamp(1, AT_ONCE).min(MOST_CALLS - calls);
                let batch: Vec<&(VideoId, String)> = media.items.iter().skip(place.item).take(wanted).collect();
                let reads = batch.iter().enumerate().map(|(n, (video_id, _))| {
                    let cursor = if n == 0 { place.results.clone() } else { None };
                    let list = ListResults { run_id: run_id.clone(), video_id: video_id.clone(), limit: Some(PAGE), cursor };
                    async move { cx.session.call(&list, &cx.deadline).await }
                });
                calls += batch.len();
                let answers = together(reads).await;
                for ((video_id, title), answer) in batch.iter().zip(answers) {
                    match answer {
                        Ok(page) => {
                            if out.take(&mut place, video_id, title, page, limit) {
                                return Ok(out.paused_at(place));
                            }
                            if place.results.is_some() {
                                // The item has further results. They come before those of the next item.
                                break;
                            }
                        }
                        // A run says of an item that it does not cover that there is no such item.
                        Err(CallError::Upstream(error)) if error.is_missing() => {
                            place.past_item();
                            if !is_whole {
                                out.foreign.push(video_id.to_string());
                            }
                        }
                        Err(error) if out.rows.is_empty() => return Err(error.into()),
                        Err(error) => return Ok(out.stopped_at(place, &error)),
                    }
                }
            }
            match media.next {
                Some(next) => place = Place { list: Some(next), item: 0, ..place },
                None => return Ok(out),
            }
        }
    }

    /// Takes the rows of an item. Returns true if the page is full before they end; the place is then that of the next row.
    fn take(&mut self, place: &mut Place, video_id: &VideoId, title: &str, page: Page<SegmentResult>, limit: usize) -> bool {
        let next = page.next_cursor().map(str::to_owned);
        if self.rows.len() >= limit && page.data.len() > place.offset {
            // The next page begins with this item and counts it.
            return true;
        }
        self.starts.push((self.rows.len(), Place { covered: self.covered, ..place.clone() }));
        if place.results.is_none() && place.offset == 0 && !page.data.is_empty() {
            self.covered += 1;
        }
        if !page.data.is_empty() && !title.is_empty() && !self.titles.iter().any(|(id, _)| id == video_id.as_str()) {
            self.titles.push((video_id.to_string(), title.to_owned()));
        }
        for (position, result) in page.data.into_iter().enumerate().skip(place.offset) {
            if self.rows.len() >= limit {
                place.offset = position;
                return true;
            }
            self.rows.push(Segment {
                video_id: video_id.to_string(),
                failed: result.field_extraction_error.as_deref().is_some_and(|error| !error.is_empty()),
                segment_id: result.segment_id,
                warning: result.processing_warning,
                start: result.start_time,
                end: result.end_time,
                metadata: result.metadata,
            });
        }
        match next {
            Some(next) => (place.results, place.offset) = (Some(next), 0),
            None => place.past_item(),
        }
        false
    }

    fn paused_at(mut self, place: Place) -> Self {
        self.next = Some(Place { covered: self.covered, ..place });
        self
    }

    fn stopped_at(mut self, place: Place, error: &CallError) -> Self {
        self.stopped = Some(text::line(&error.to_string(), 200));
        self.paused_at(place)
    }

    /// Where a page begins whose first row is this one.
    pub fn place_of(&self, row: usize) -> Option<Place> {
        let (first, place) = self.starts.iter().rev().find(|(first, _)| *first <= row)?;
        let beyond = row - first;
        // An item counts with its first row.
        let counts = beyond > 0 && place.results.is_none() && place.offset == 0;
        Some(Place { offset: place.offset + beyond, covered: place.covered + u64::from(counts), ..place.clone() })
    }

    /// Whether any of the rows has something at this path.
    pub fn have(&self, path: &str) -> bool {
        self.rows.iter().any(|row| match table::at(&row.metadata, path) {
            Value::Null => false,
            Value::Array(items) => !items.is_empty(),
            _ => true,
        })
    }

    /// The names of the members that the rows have.
    pub fn names(&self, most: usize) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.rows.iter().flat_map(|row| row.metadata.keys()) {
            if names.len() < most && !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// Says what the rows do not show.
    pub fn notes(&self, answer: &mut Answer) {
        let failed = self.rows.iter().filter(|row| row.failed).count();
        if failed > 0 {
            answer.note(format!("{} failed and have empty cells.", text::count(failed, "segment")));
            answer.close("diagnose_prompt_run says why.");
        }
        Warnings::of(self.rows.iter().map(|row| row.warning.as_deref())).note(answer, "row");
        if !self.foreign.is_empty() {
            answer.note(format!("Not covered by this run: {}.", text::names(self.foreign.iter().map(String::as_str), 10)));
        }
        if let Some(error) = &self.stopped {
            answer.note(format!("Reading stopped early: {error}. The cursor goes on from there."));
        }
    }
}

impl Place {
    fn past_item(&mut self) {
        self.item += 1;
        (self.results, self.offset) = (None, 0);
    }
}

impl Segment {
    /// The row with these cells.
    pub fn written(&self, columns: &[String], cells: Vec<String>, as_csv: bool) -> Row {
        let time = |time: Option<f64>| time.map(text::number).unwrap_or_default();
        let line = if as_csv {
            let head = [text::id(&self.video_id), time(self.start), time(self.end)];
            table::csv(&head.into_iter().chain(cells).collect::<Vec<_>>())
        } else {
            let video = text::id(&self.video_id);
            let place = match self.start.zip(self.end) {
                Some((start, end)) => format!("{} {}", text::moment(&video, start, end), text::range(start, end)),
                None => video,
            };
            let told = columns.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
            let told: Vec<String> = told.map(|(path, cell)| format!("{}: {cell}", text::line(path, 80))).collect();
            format!("{place} {}", told.join(" | "))
        };
        let values: Map<String, Value> = columns.iter().map(|path| (path.clone(), table::at(&self.metadata, path))).collect();
        let mut value = json!({
            "video_id": self.video_id,
            "segment_id": self.segment_id,
            "start_time": self.start.map(|start| text::rounded(start, 3)),
            "end_time": self.end.map(|end| text::rounded(end, 3)),
            "failed": self.failed.then_some(true),
        });
        text::prune(&mut value);
        if let Value::Object(members) = &mut value {
            members.insert("values".into(), Value::Object(values));
        }
        Row { line, value }
    }
}

/// A page of the media to look at.
async fn media(cx: &Context<'_>, run_id: &RunId, source: &Source, cursor: Option<String>) -> Result<Items, CallError> {
    let page = match source {
        Source::Named(ids) | Source::Found(ids) => {
            let items = ids.iter().map(|id| (id.clone(), String::new())).collect();
            return Ok(Items { items, next: None });
        }
        Source::Index(index_id) => {
            let list = ListIndexVideos { index_id: index_id.clone(), limit: Some(PAGE), cursor };
            cx.session.call(&list, &cx.deadline).await?
        }
        Source::Outside => cx.session.call(&ListPlaygroundVideos { limit: Some(PAGE), cursor }, &cx.deadline).await?,
    };
    let next = page.next_cursor().map(str::to_owned);
    let items = page.data.into_iter().filter(|video| may_have_results(video, run_id));
    let items = items.filter_map(|video| Some((VideoId::parse(video.video_id).ok()?, video.title))).collect();
    Ok(Items { items, next })
}

/// Whether an item may have results of a run. An item that tells of runs, but not of this one, has none.
fn may_have_results(video: &Video, run_id: &RunId) -> bool {
    let runs = video.processing_status.as_deref().unwrap_or_default();
    runs.is_empty() || runs.iter().any(|run| run.run_id == run_id.as_str())
}
