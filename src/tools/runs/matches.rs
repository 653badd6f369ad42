//! How the results of a run over all its media are shown, filtered and unfiltered.
//!
//! The description of the API leaves the shape of the two lists open. We read `{data, pagination}` and `{results, next_cursor}`, and of a
//! row whatever names its segment, its time and what was extracted.

use serde_json::{Map, Value, json};

use crate::{
    api::{
        facade::{GetRunMatches, ResultLevel, RunMatches, View},
        ids::{RunId, VideoId},
        runs::GetFailedSegments,
    },
    client,
    session::CallError,
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        answer::Row,
        excerpt,
        prompts::selection,
        proxy::Show,
        schema::{Kind, Member},
        search::drop_pictures,
        text,
    },
};

/// How many results a page has at most, and how many pages are read to find out which media a run has.
const MOST_ROWS: u32 = 50;
const MOST_PAGES: usize = 20;
/// The most characters of what was extracted in a line.
const EXTRACTED: usize = 500;

impl Show for RunMatches {
    const OUTPUT: &'static [Member] = &[
        Member::always("run_id", Kind::Text),
        Member::always("status", Kind::Text),
        Member::maybe("filtered_cursor", Kind::Text),
        Member::maybe("unfiltered_cursor", Kind::Text),
        Member::always("results", Kind::Rows),
    ];

    fn show(self) -> Answer {
        let lists = [("filtered", "filtered_cursor", self.filtered), ("unfiltered", "unfiltered_cursor", self.unfiltered)];
        let lists: Vec<_> = lists.into_iter().filter_map(|(name, cursor, list)| Some((name, cursor, list?))).collect();
        // A prompt without a selection selects everything. Of a summary that does not tell its selection nobody knows.
        let selects =
            self.selection_summary.as_ref().is_none_or(|summary| summary.get("selection_filter").is_none_or(|filter| !filter.is_null()));
        let told: Vec<String> = lists.iter().map(|(name, _, list)| format!("{} {name}", items(list).len())).collect();
        let told = match lists.as_slice() {
            [] => "no results".to_owned(),
            [(_, _, list), ..] if !selects => text::count(items(list).len(), "result"),
            _ => told.join(", "),
        };
        let mut answer = Answer::new(format!("Run {} ({}): {told}", text::id(&self.run_id), text::line(&self.status, 40)));
        answer.fact("run_id", self.run_id);
        answer.fact("status", self.status);
        if let Some(summary) = self.selection_summary {
            if selects {
                answer.line(format!("Selection: {}", excerpt::brief(&Value::Object(summary.clone()), EXTRACTED)));
            }
            answer.fact("selection_summary", Value::Object(summary));
        }
        let same = matches!(lists.as_slice(), [(.., one), (.., other)] if !items(one).is_empty() && items(one) == items(other));
        let several = lists.len() > 1 && !same;
        let mut rows = Vec::new();
        // A list inside of a member is not read again with fewer rows, and a cursor would skip what is missing.
        let lost = client::was_cut() && lists.iter().any(|(_, _, list)| items(list).len() > 1);
        if lost {
            answer.note("Results of this page are missing, and a cursor would skip them: ask again with a smaller `limit`.");
        }
        for (name, cursor, list) in &lists {
            if let Some(next) = next_cursor(list).filter(|_| !lost) {
                answer.line_of_whole(format!("More {name} results: {cursor}={next}"));
                answer.fact_of_whole(cursor, next);
            }
            if same && !rows.is_empty() {
                answer.note("Both lists are the same on this page, and stand here once.");
                continue;
            }
            rows.extend(items(list).iter().map(|item| row(item, several.then_some(*name))));
        }
        if rows.is_empty() && !lost && lists.iter().all(|(_, _, list)| next_cursor(list).is_none()) {
            let is_chosen = selects && matches!(lists.as_slice(), [("filtered", ..)]);
            answer.note(match self.result_level {
                _ if is_chosen => "Its selection takes no result of the run; view=unfiltered lists the others, if there are any.",
                ResultLevel::Video => {
                    "The run has no results of whole media: its prompt asks for none, they are not made yet, or its media are gone."
                }
                ResultLevel::Segment => "The run has no results yet, or its media are gone.",
            });
        }
        answer.rows("results", rows);
        answer
    }
}

impl Spec for GetRunMatches {
    type Endpoint = Self;
    const NAME: &'static str = "get_run_matches";
    const TITLE: &'static str = "Get run matches";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = RunMatches::OUTPUT;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let found = cx.session.call(&self, &cx.deadline).await?;
        let is_empty = found.filtered.as_ref().is_some_and(|list| items(list).is_empty());
        let selection = found.selection_summary.as_ref().and_then(|summary| summary.get("selection_filter")?.as_object()).cloned();
        let mut answer = found.show();
        if let Some(selection) = selection.filter(|_| is_empty) {
            for fault in selection::faults_in(cx, &self.run_id, &selection).await {
                answer.note(format!("Its selection takes nothing, because {fault}."));
            }
        }
        Ok(answer)
    }
}

/// The media of a run, from its results and its failures, and whether there may be more of them. The record of a run over chosen media
/// does not name them. It is an error if not all results can be read: a part of the media would pass for the whole.
pub async fn media(cx: &Context<'_>, run_id: &RunId) -> Result<(Vec<VideoId>, bool), CallError> {
    let mut list = GetRunMatches {
        run_id: run_id.clone(),
        result_level: None,
        view: Some(View::Unfiltered),
        limit: Some(MOST_ROWS),
        filtered_cursor: None,
        unfiltered_cursor: None,
        video_id: None,
    };
    let mut found: Vec<String> = Vec::new();
    let mut more = false;
    for _ in 0..MOST_PAGES {
        let Some(page) = cx.session.call(&list, &cx.deadline).await?.unfiltered else { break };
        for id in items(&page).iter().filter_map(|item| item.get("video_id")?.as_str()) {
            if !found.iter().any(|known| known == id) {
                found.push(id.to_owned());
            }
        }
        list.unfiltered_cursor = next_cursor(&page).map(str::to_owned);
        more = list.unfiltered_cursor.is_some();
        if !more {
            break;
        }
    }
    if let Ok(failures) = cx.session.call(&GetFailedSegments { run_id: run_id.clone() }, &cx.deadline).await {
        let failed = failures.videos.into_iter().map(|video| video.video_id).filter(|id| !found.contains(id)).collect::<Vec<_>>();
        found.extend(failed);
    }
    Ok((found.into_iter().filter_map(|id| VideoId::parse(id).ok()).collect(), more))
}

fn items(list: &Map<String, Value>) -> &[Value] {
    let rows = ["data", "results", "items"].into_iter().find_map(|name| list.get(name)?.as_array());
    rows.map(Vec::as_slice).unwrap_or_default()
}

fn next_cursor(list: &Map<String, Value>) -> Option<&str> {
    let next = |members: &'_ Map<String, Value>| members.get("next_cursor").and_then(Value::as_str).map(str::len);
    let page = list.get("pagination").and_then(Value::as_object);
    let more = page.and_then(|page| page.get("has_more")).and_then(Value::as_bool);
    let holder = page.filter(|page| next(page).is_some()).unwrap_or(list);
    holder.get("next_cursor").and_then(Value::as_str).filter(|cursor| more != Some(false) && !cursor.is_empty())
}

fn row(item: &Value, list: Option<&str>) -> Row {
    let mut value = item.clone();
    drop_pictures(&mut value);
    let member = |name: &str| value.get(name).filter(|found| !found.is_null());
    let video = member("video_id").and_then(Value::as_str).map(text::id).unwrap_or_default();
    let times = member("start_time").and_then(Value::as_f64).zip(member("end_time").and_then(Value::as_f64));
    let mut line = match times {
        Some((start, end)) => format!("{} {}", text::moment(&video, start, end), text::range(start, end)),
        None => video,
    };
    if let Some(list) = list {
        line.push_str(&format!(" ({list})"));
    }
    let extracted = ["extracted_metadata", "metadata", "result"].into_iter().find_map(member).cloned();
    line.push_str(&format!(" {}", excerpt::brief(extracted.as_ref().unwrap_or(&value), EXTRACTED)));
    let mut facts = json!({
        "video_id": member("video_id"),
        "segment_id": member("segment_id"),
        "start_time": times.map(|(start, _)| text::rounded(start, 3)),
        "end_time": times.map(|(_, end)| text::rounded(end, 3)),
        "list": list,
        "extracted_metadata": extracted,
    });
    text::prune(&mut facts);
    Row { line, value: facts }
}
