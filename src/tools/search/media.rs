//! `search_media`: the search of the workflow facade, by words or by filters, page by page.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    hits::{self, Asked},
    read, untyped,
    why::Nothing,
};
use crate::{
    api::{
        Endpoint,
        facade::{AboutHits, ResultLevel, SearchMedia, SearchMediaPage},
        filter::Condition,
        ids::{IndexId, RunId, VideoId},
    },
    client,
    tools::{
        Answer, ArgumentError, Context, Detail, Effect, Spec, ToolError,
        answer::Paging,
        excerpt,
        names::{ALL, IndexName, Named, folded},
        schema::{Kind, Member},
        text,
    },
};

/// How many hits a page has by default, as in the API.
const DEFAULT_LIMIT: u32 = 10;
/// The most hits of a page.
const MOST_HITS: usize = 50;

/// Search all media, or some, by words or by filters.
#[derive(Deserialize, JsonSchema)]
pub struct SearchMediaTool {
    #[schemars(length(min = 1, max = 10_000))]
    query: Option<String>,
    /// Instead of `query`: field, operator, value.
    #[schemars(with = "Option<Vec<Map<String, Value>>>", length(min = 1, max = 4))]
    filters: Option<Vec<Map<String, Value>>>,
    result_level: Option<ResultLevel>,
    video_ids: Option<Vec<VideoId>>,
    prompt_run_ids: Option<Vec<RunId>>,
    index_id: Option<IndexName>,
    #[schemars(length(min = 1, max = 200))]
    index_name: Option<String>,
    #[schemars(range(min = 1, max = 50))]
    limit: Option<u32>,
    cursor: Option<String>,
    detail: Option<Detail>,
}

impl Spec for SearchMediaTool {
    type Endpoint = SearchMedia;
    const NAME: &'static str = "search_media";
    const TITLE: &'static str = "Search all media";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] =
        &[Member::always("mode", Kind::Text), Member::maybe("next_cursor", Kind::Text), Member::always("data", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let detail = self.detail.unwrap_or_default();
        if let Some(cursor) = &self.cursor {
            if !self.has_only_a_cursor() {
                return Err(ArgumentError("`cursor` stands alone: the next page is that of the same search".into()).into());
            }
            let next = SearchMediaPage { cursor: cursor.clone() };
            let response = cx.session.fetch(&next, &cx.deadline).await?;
            let told = Told { search: None, detail, began: Some(cursor) };
            return told.answer(cx, response).await;
        }
        let filters = self.filters.map(untyped::read).transpose()?;
        // The word for all indexes is no name, so the API is not asked for an index that is called so.
        let (all, index_name) = match self.index_name {
            Some(name) if self.index_id.is_none() && folded(&name) == ALL => (Some(IndexName(name)), None),
            name => (None, name),
        };
        let by_name = index_name.clone().filter(|_| self.index_id.is_none()).map(IndexName);
        let mut named = self.index_id.or(all).map(|name| Named::new(name, None));
        let index_id = match &mut named {
            Some(named) => only(named.ids(cx).await?),
            None => None,
        };
        // The API looks for the name itself. If it finds none, it may be an id, or spelt in another way.
        let mut named = named.or_else(|| by_name.map(|name| Named::new(name, None)));
        let mut search = SearchMedia {
            query: self.query,
            filters,
            result_level: self.result_level,
            video_ids: self.video_ids,
            prompt_run_ids: self.prompt_run_ids,
            index_id,
            index_name,
            limit: Some(self.limit.unwrap_or(DEFAULT_LIMIT)),
            cursor: None,
        };
        SearchMedia::RULE(&search).map_err(ArgumentError)?;
        let response = loop {
            match (cx.session.fetch(&search, &cx.deadline).await, &mut named) {
                (Ok(response), _) => break response,
                (Err(error), None) => return Err(error.into()),
                (Err(error), Some(named)) => {
                    (search.index_id, search.index_name) = (only(named.retry(cx, error).await?), None);
                }
            }
        };
        Told { search: Some(&search), detail, began: None }.answer(cx, response).await
    }
}

/// The index that a name stands for. To search all of them is to name none.
fn only((index, others): (IndexId, Option<Vec<String>>)) -> Option<IndexId> {
    others.is_none_or(|others| others.len() < 2).then_some(index)
}

impl SearchMediaTool {
    fn has_only_a_cursor(&self) -> bool {
        self.query.is_none()
            && self.filters.is_none()
            && self.result_level.is_none()
            && self.video_ids.is_none()
            && self.prompt_run_ids.is_none()
            && self.index_id.is_none()
            && self.index_name.is_none()
            && self.limit.is_none()
    }
}

/// What an answer tells of.
struct Told<'a> {
    /// The search of a first page.
    search: Option<&'a SearchMedia>,
    detail: Detail,
    began: Option<&'a str>,
}

impl Told<'_> {
    async fn answer(&self, cx: &Context<'_>, response: client::Response) -> Result<Answer, ToolError> {
        let about = client::decode_as::<AboutHits>(&response)?;
        // Neither call can be made again with fewer hits: a search counts as another one then, and a page has the size of its search.
        let kept = response.kept_rows();
        let mut page = read::hits(response, MOST_HITS, self.detail)?;
        let cursor = page.next_cursor.take().filter(|_| kept.is_none());
        let query = self.search.and_then(|search| search.query.as_deref());
        let sought = query.map(|query| format!(" for \"{}\"", text::line(query, 80))).unwrap_or_default();
        let more = if cursor.is_some() || kept.is_some() { "" } else { "; no more pages" };
        let mut answer = Answer::new(format!("{} on this page{sought}{more}", text::count(page.rows.len(), "hit")));
        answer.fact("mode", about.mode.as_str());
        answer.fact("query", query);
        answer.fact("result_level", about.result_level.as_str());
        answer.fact("scope", Value::Object(about.scope));
        answer.fact("coverage", Value::Object(about.coverage.clone()));
        if let Some(kept) = kept {
            let fit = kept.saturating_sub(1).max(1);
            answer.note(format!("Hits of this page are missing, and its cursor would skip them: search again with limit={fit}."));
        } else {
            answer.fact_of_whole("pagination", json!(about.pagination));
        }
        answer.paging(Paging { size: "limit", cursor: "cursor" }, cursor.as_deref());
        answer.began(self.began);
        for warning in &about.warnings {
            answer.note(excerpt::plain(warning.get("message").unwrap_or(warning), 300));
        }
        if about.pagination.truncated {
            answer.note(format!(
                "Only the first {} hits can be paged through; narrow the search for others.",
                about.pagination.result_window
            ));
        }
        let conditions: Vec<Condition> = self
            .search
            .and_then(|search| search.filters.as_ref())
            .into_iter()
            .flatten()
            .filter_map(|filter| filter.readings().next())
            .collect();
        let empty = page.rows.is_empty() && self.began.is_none();
        let asked = Asked {
            words: query,
            conditions: &conditions,
            detail: self.detail,
            rows: Some("data"),
            continued: self.began.is_some(),
            ..Asked::default()
        };
        hits::write(cx, &mut answer, "", &asked, page).await;
        if empty {
            self.explain(cx, &mut answer, &about.coverage).await;
            hits::note_language(&mut answer, &asked, "");
        }
        Ok(answer)
    }

    async fn explain(&self, cx: &Context<'_>, answer: &mut Answer, coverage: &Map<String, Value>) {
        let counted = looked_at(coverage);
        let is_counted = counted.is_some();
        if let Some(counted) = counted {
            answer.note(counted);
        }
        let Some(search) = self.search else { return };
        let runs: Vec<String> = search.prompt_run_ids.iter().flatten().map(ToString::to_string).collect();
        let filters = search.filters.as_deref().unwrap_or_default();
        if search.index_id.is_some() || !runs.is_empty() || !filters.is_empty() {
            let index_ids = search.index_id.iter().map(crate::api::ids::Id::as_str).collect();
            Nothing { index_ids, run_ids: &runs, conditions: &[], filters, search_fields: &[], is_counted }.explain(cx, answer).await;
        }
    }
}

/// How much was looked at, from what the API counts: `It looked at 5 runs, 21 media, 187 segments.`
fn looked_at(coverage: &Map<String, Value>) -> Option<String> {
    let said = coverage.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| {
        let noun = text::line(&name.trim_start_matches("searched_").replace('_', " "), 60);
        match (value.as_u64(), noun.strip_suffix('s')) {
            (Some(n), Some(one)) => text::count(usize::try_from(n).unwrap_or(usize::MAX), one),
            (Some(n), None) => format!("{n} {noun}"),
            (None, _) => format!("{noun} {}", excerpt::plain(value, 100)),
        }
    });
    let said: Vec<String> = said.take(8).collect();
    (!said.is_empty()).then(|| format!("It looked at {}.", said.join(", ")))
}
