//! `search_playground` and `filter_playground`: media without an index. The API calls them its playground.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    filter::{AnyCondition, GivenCondition},
    hits::{self, Asked},
    read,
};
use crate::{
    api::{
        Scope,
        ids::RunId,
        search::{PlaygroundFilter, PlaygroundSearch},
        videos::ListPlaygroundVideos,
    },
    tools::{
        Answer, Context, Detail, Effect, Spec, ToolError,
        answer::Paging,
        schema::{Kind, Member},
        text,
    },
};

/// How many hits a page of the filter has by default, as in the API.
const DEFAULT_PAGE: u32 = 50;

/// Find moments in media without an index, by words.
#[derive(Deserialize, JsonSchema)]
pub struct SearchOutside {
    #[schemars(length(min = 1, max = 10_000))]
    query: String,
    #[schemars(range(min = 1, max = 100))]
    top_k: Option<u32>,
    run_id: Option<RunId>,
    #[serde(default)]
    detail: Detail,
}

impl Spec for SearchOutside {
    type Endpoint = PlaygroundSearch;
    const NAME: &'static str = "search_playground";
    const TITLE: &'static str = "Search unindexed media";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::always("total_results", Kind::Count), Member::always("results", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let top_k = self.top_k.unwrap_or(hits::DEFAULT_TOP_K);
        let search = PlaygroundSearch { query: self.query, top_k: Some(top_k), run_id: self.run_id };
        let response = cx.session.fetch(&search, &cx.deadline).await?;
        let page = read::hits(response, usize::try_from(top_k).unwrap_or(usize::MAX), self.detail)?;
        let sought = text::line(&search.query, 80);
        let mut answer = Answer::new(format!("{} for \"{sought}\" in media without an index", text::count(page.rows.len(), "hit")));
        answer.fact("query", search.query.as_str());
        let empty = page.rows.is_empty();
        let asked = Asked { words: Some(&search.query), detail: self.detail, ..Asked::default() };
        hits::write(cx, &mut answer, "", &asked, page).await;
        if empty {
            explain(cx, &mut answer).await;
            hits::note_language(&mut answer, &asked, "");
        }
        Ok(answer)
    }
}

/// Find segments of media without an index by extracted fields.
#[derive(Deserialize, JsonSchema)]
pub struct FilterOutside {
    /// As in `filter_videos`.
    #[schemars(length(min = 1, max = 4))]
    conditions: Vec<AnyCondition>,
    #[schemars(range(min = 1, max = 100))]
    page_size: Option<u32>,
    cursor: Option<String>,
    #[schemars(with = "Option<Vec<RunId>>")]
    run_ids: Option<Vec<String>>,
    #[serde(default)]
    detail: Detail,
}

impl Spec for FilterOutside {
    type Endpoint = PlaygroundFilter;
    const NAME: &'static str = "filter_playground";
    const TITLE: &'static str = "Filter unindexed media";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] =
        &[Member::always("total_results", Kind::Count), Member::maybe("next_cursor", Kind::Text), Member::always("results", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let conditions = GivenCondition::read_all(self.conditions)?;
        let page_size = self.page_size.unwrap_or(DEFAULT_PAGE);
        let search =
            PlaygroundFilter { conditions, page_size: Some(page_size), cursor: self.cursor, run_ids: self.run_ids, index_ids: None };
        let response = cx.session.fetch(&search, &cx.deadline).await?;
        let mut page = read::hits(response, usize::try_from(page_size).unwrap_or(usize::MAX), self.detail)?;
        let cursor = page.next_cursor.take();
        let more = if cursor.is_some() { "" } else { "; no more pages" };
        let mut answer = Answer::new(format!("{} on this page in media without an index{more}", text::count(page.rows.len(), "hit")));
        let conditions = search.conditions.iter().map(|c| json!({"field": c.field, "operator": c.operator, "value": c.value}));
        answer.fact("conditions", conditions.collect::<Value>());
        answer.fact("has_more", cursor.is_some());
        answer.paging(Paging { size: "page_size", cursor: "cursor" }, cursor.as_deref());
        answer.began(search.cursor.as_deref());
        let empty = page.rows.is_empty() && search.cursor.is_none();
        let asked = Asked { search_type: Some("filter"), conditions: &search.conditions, detail: self.detail, ..Asked::default() };
        hits::write(cx, &mut answer, "", &asked, page).await;
        if empty {
            explain(cx, &mut answer).await;
        }
        Ok(answer)
    }
}

/// Says how much there is to search, if nothing was found.
async fn explain(cx: &Context<'_>, answer: &mut Answer) {
    let deadline = cx.deadline.at_most(super::why::WITHIN);
    if !cx.session.may(Scope::Read, &deadline).await {
        answer.note("Why nothing was found cannot be told: media can only be listed with the scope read.");
        return;
    }
    let list = ListPlaygroundVideos { limit: Some(100), cursor: None };
    match cx.session.call(&list, &deadline).await {
        Ok(media) if media.data.is_empty() => answer.note("There are no media without an index, so there was nothing to search."),
        Ok(media) => {
            let processed = media.data.iter().filter(|video| video.metadata_keys.as_ref().is_some_and(|keys| !keys.is_empty())).count();
            let least = if media.next_cursor().is_some() { "at least " } else { "" };
            let are = if media.data.len() == 1 { "is" } else { "are" };
            answer.note(format!(
                "Without an index there {are} {least}{}, {processed} of them with results of a run, in which nothing fits. Only results of runs are searched.",
                text::count(media.data.len(), "item")
            ));
        }
        Err(_) => answer.note("What there was to search could not be looked up."),
    }
}
