//! The rows of a search, as lines and as structure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    full::{self, drop_pictures},
    fused, language,
    look::{Look, look, name_of, whole_text},
    question::Question,
    read::Found,
    scripted,
};
use crate::{
    api::{filter::Condition, hit::HitPage, ids::IndexId},
    tools::{Answer, Context, Detail, answer::Row, excerpt, links, names, text, warnings::Warnings},
};

/// How many hits come back by default.
pub const DEFAULT_TOP_K: u32 = 10;
/// The most characters that `full` adds to the line of one of three hits.
const FULL_TEXT: usize = 1_740;
/// The most characters of a filtered value in a line.
const LINE_VALUE: usize = 80;
/// The parts of a question that hits are judged by.
#[derive(Debug, Default)]
pub struct Asked<'a> {
    /// The name of the search in the contract.
    pub search_type: Option<&'static str>,
    /// The words.
    pub words: Option<&'a str>,
    /// The conditions of a filter.
    pub conditions: &'a [Condition],
    /// How much is shown.
    pub detail: Detail,
    /// The member that holds the rows, if it is not `results`.
    pub rows: Option<&'static str>,
    /// Whether this is a later page. Its hits rank lower by nature, and the words are not known any more, so none is called weak.
    pub continued: bool,
    /// The ranking that counts for nothing where two are fused.
    pub without: Option<fused::Side>,
}

/// The indexes that a search looked in, in words. Other indexes replace the one of the path.
pub fn place(index_id: &IndexId, index_ids: Option<&[String]>) -> String {
    match others(index_ids) {
        Some(_) => text::names(index_ids.into_iter().flatten().map(String::as_str), 8),
        None => index_id.to_string(),
    }
}

/// The indexes that a search looked in.
pub fn searched<'a>(index_id: &'a IndexId, index_ids: Option<&'a [String]>) -> Vec<&'a str> {
    match index_ids.filter(|ids| !ids.is_empty()) {
        Some(ids) => ids.iter().map(String::as_str).collect(),
        None => vec![index_id.as_str()],
    }
}

/// The indexes that replace the one of the path, if there are any.
pub fn others(index_ids: Option<&[String]>) -> Option<Value> {
    index_ids.filter(|ids| !ids.is_empty()).map(|ids| json!(ids))
}

/// Writes hits into an answer: names, runs, rows, and what there is to say about weak ones.
pub async fn write(cx: &Context<'_>, answer: &mut Answer, index_id: &str, asked: &Asked<'_>, page: HitPage<Found>) {
    let found = page.rows;
    answer.fact("index_id", Some(index_id).filter(|id| !id.is_empty()));
    answer.fact("search_type", asked.search_type);
    answer.fact("total_results", found.len());
    let nameless = found.iter().map(|found| &found.hit).filter(|hit| name_of(hit).is_none());
    let nameless: BTreeSet<String> = nameless.map(|hit| hit.video_id.clone()).collect();
    let titles = names::titles(cx, nameless).await;

    let question = asked.words.map(Question::new);
    let looks: Vec<Look> = found.iter().map(|found| look(&found.hit, question.as_ref(), asked)).collect();
    let common = common_run(&found);
    let mut head = Vec::new();
    if let Some(run) = &common {
        let runs: BTreeSet<&str> = found.iter().filter_map(|found| found.hit.run_id.as_deref()).collect();
        answer.fact("run_ids", json!(runs));
        head.push(if runs.len() > 1 { format!("From run {run} where no other is named") } else { format!("From run {run}") });
    }
    // What all hits have in common is said once.
    let field =
        looks.first().and_then(|look| look.field.as_deref()).filter(|field| looks.iter().all(|look| look.field.as_deref() == Some(field)));
    let field = field.filter(|_| looks.len() > 1).map(str::to_owned);
    if let Some(field) = &field {
        head.push(format!("matched in {}", text::line(field, 120)));
        answer.fact("matched_field", field.as_str());
    }
    if !head.is_empty() {
        answer.line(head.join("; "));
    }
    let one_run = found.iter().all(|found| found.hit.run_id.as_deref() == common.as_deref());
    let mixed = found.iter().any(|other| found.first().is_some_and(|first| first.hit.match_type != other.hit.match_type));
    answer.leave_to_json(scripted::left_out(asked.search_type, asked.detail));
    // A rank would be read as nearness.
    answer.leave_to_json(found.iter().all(|found| fused::of(&found.hit, asked.without).is_some()).then_some("score"));
    if asked.detail == Detail::Concise {
        // Video and time name a moment, so a hit found by words needs no second id. The kind of match matters where hits differ in it.
        answer.leave_to_json(asked.words.map(|_| "segment_id"));
        answer.leave_to_json((asked.words.is_none() || !mixed).then_some("match_type"));
        answer.leave_to_json(one_run.then_some("run_id"));
    }
    let told: Vec<&str> = common.as_deref().into_iter().chain([index_id]).collect();
    // In a line, the transcript of one hit must not crowd out the rest.
    let room = FULL_TEXT.max(FULL_TEXT * 3 / found.len().max(1));
    let rows = found.iter().zip(&looks).enumerate().map(|(position, (found, look))| {
        cx.memory.keep_hit(&found.hit);
        let row = Shape {
            position: position + 1,
            title: name_of(&found.hit).or_else(|| titles.get(&found.hit.video_id)).unwrap_or_default(),
            found,
            look,
            field: look.field.as_deref().filter(|_| field.is_none()),
            run_in_line: found.hit.run_id.as_deref().filter(|run| common.as_deref() != Some(run)),
            mixed,
            near: fused::of(&found.hit, asked.without),
            search_type: asked.search_type,
            told: &told,
            room,
        };
        row.write(asked.detail)
    });
    answer.rows(asked.rows.unwrap_or("results"), rows.collect());
    if asked.search_type.is_none() && asked.rows.is_none() {
        scripted::enrichment(answer, found.len());
    }
    Warnings::of(found.iter().map(|found| found.hit.processing_warning.as_deref())).note(answer, "hit");
    if let Some(left_out) = titles.left_out() {
        answer.note(format!("Titles were left out: {left_out}."));
    }
    if !looks.is_empty() && looks.iter().all(|look| look.weak) {
        answer.note(no_close_match(asked));
        note_language(answer, asked, &descriptions(&found));
    }
}

/// Says that a question is in another language than the descriptions, if it is.
pub fn note_language(answer: &mut Answer, asked: &Asked<'_>, descriptions: &str) {
    if let Some(note) = asked.words.and_then(|words| language::note(words, descriptions)) {
        answer.note(note);
    }
}

fn no_close_match(asked: &Asked<'_>) -> String {
    let measure = match asked.words {
        Some(_) => "no hit scores 0.5 or holds half of the query's words",
        None => "no hit scores 0.5",
    };
    format!("No close match: {measure}. These are only the nearest.")
}

/// The hits' texts, to tell their language by.
fn descriptions(found: &[Found]) -> String {
    found.iter().map(|found| whole_text(&found.hit)).collect::<Vec<_>>().join("\n")
}

/// The run that most hits come from.
fn common_run(found: &[Found]) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for run in found.iter().filter_map(|found| found.hit.run_id.as_deref()) {
        *counts.entry(run).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(run, _)| run.to_owned())
}

/// What one row is made of.
struct Shape<'a> {
    position: usize,
    title: &'a str,
    found: &'a Found,
    look: &'a Look,
    /// The field that matched, where the hits differ in it.
    field: Option<&'a str>,
    /// The run, where it differs from that of most hits.
    run_in_line: Option<&'a str>,
    mixed: bool,
    /// How near it is, if its score is of a rank.
    near: Option<fused::Nearness>,
    search_type: Option<&'static str>,
    /// The ids that the answer names before the rows.
    told: &'a [&'a str],
    /// The most characters of what `full` adds to the line.
    room: usize,
}

impl Shape<'_> {
    fn write(&self, detail: Detail) -> Row {
        let hit = &self.found.hit;
        let (start, end) = (hit.start_time.or(hit.preview_start_time), hit.end_time.or(hit.preview_end_time));
        let kind = hit.result_type.as_deref().unwrap_or_default();
        let whole = kind == "video" || (kind.is_empty() && hit.segment_id.is_none() && start.is_none());
        let place = start.zip(end).filter(|_| !whole);
        let score = hit.fused_score.or(hit.reranked_score).or(hit.similarity_score).or(hit.matched_image_score);
        let near = self.near.as_ref().map(fused::Nearness::line);

        let mut line = format!("{}. ", self.position);
        let video = text::id(&hit.video_id);
        line.push_str(&match place {
            Some((start, end)) => format!("{} {}", text::moment(&video, start, end), text::range(start, end)),
            None => format!("{video} whole video"),
        });
        if !self.title.is_empty() {
            line.push_str(&format!(" \"{}\"", text::line(self.title, 48)));
        }
        if let Some(score) = near.or_else(|| score.map(text::score)) {
            line.push_str(&format!(" {score}"));
        }
        if self.look.weak {
            line.push_str(" weak");
        }
        if let Some(kind) = hit.match_type.as_deref().filter(|&kind| self.mixed && kind != "both") {
            line.push_str(&format!(" ({})", text::line(&kind.replace('_', " "), 20)));
        }
        if let Some(run) = self.run_in_line {
            line.push_str(&format!(" run {}", text::id(run)));
        }
        for (name, value) in &self.look.values {
            let shown = if value.is_null() { "none".to_owned() } else { excerpt::plain(value, LINE_VALUE) };
            line.push_str(&format!(" [{}={shown}]", text::line(name, 80)));
        }
        if let Some(field) = self.field {
            line.push_str(&format!(" {}:", text::line(field, 60)));
        }
        if !self.look.sentence.is_empty() {
            line.push(' ');
            line.push_str(&self.look.sentence);
        }
        let mut members = self.members(detail, place, score, whole);
        if let (Detail::Full, Value::Object(members)) = (detail, &members) {
            line.push(' ');
            line.push_str(&excerpt::brief(&full::said_once(members, self.told), self.room));
        }
        if let Value::Object(members) = &mut members {
            scripted::add(members, hit, place, self.search_type);
        }
        Row { line, value: members }
    }

    fn members(&self, detail: Detail, place: Option<(f64, f64)>, score: Option<f64>, whole: bool) -> Value {
        let hit = &self.found.hit;
        let mut everything = self.found.everything.clone().map_or(Value::Null, Value::Object);
        drop_pictures(&mut everything);
        let expiry = links::earliest(&everything);
        let mut members = match everything {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        let mut set = |name: &str, value: Value| {
            if !value.is_null() && members.get(name).is_none_or(Value::is_null) {
                members.insert(name.to_owned(), value);
            }
        };
        set("video_id", json!(hit.video_id));
        set("segment_id", json!(hit.segment_id.as_deref()));
        if whole {
            set("result_type", json!("video"));
            set("preview_segment_id", json!(hit.preview_segment_id));
        }
        if let Some((start, end)) = place {
            set("start_time", text::rounded(start, 3));
            set("end_time", text::rounded(end, 3));
        }
        set("video_name", if self.title.is_empty() { Value::Null } else { json!(self.title) });
        set("score", score.map_or(Value::Null, |score| text::rounded(score, 2)));
        if self.look.weak {
            set("weak", json!(true));
        }
        set("match_type", json!(hit.match_type));
        set("run_id", json!(hit.run_id));
        set("matched_field", json!(self.field));
        if !self.look.values.is_empty() {
            set("values", Value::Object(self.look.values.clone()));
        }
        set("links_expire_at", json!(expiry));
        set("content", if detail == Detail::Full { json!(whole_text(hit)) } else { json!(self.look.sentence) });
        Value::Object(members)
    }
}
