//! `search_runs`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    hits::{self, Asked},
    read,
    why::Nothing,
};
use crate::{
    api::{
        ids::RunId,
        search::{Aggregation, MultiRunSearch},
    },
    tools::{
        Answer, ArgumentError, Context, Detail, Effect, Spec, ToolError,
        names::{IndexName, Named},
        schema::{Kind, Member},
        text,
    },
};

/// How many hits a run gives by default, as in the API.
const DEFAULT_PER_RUN: u32 = 5;
/// The most hits that are shown.
const MOST_HITS: usize = 250;

/// Search the results of several prompt runs at once, by words.
#[derive(Deserialize, JsonSchema)]
pub struct SearchRuns {
    #[schemars(length(min = 1, max = 10_000))]
    query: String,
    #[schemars(with = "Option<Vec<RunId>>", length(min = 1, max = 50))]
    run_ids: Option<Vec<String>>,
    /// All its runs.
    index_id: Option<IndexName>,
    aggregation: Option<Aggregation>,
    #[schemars(range(min = 1, max = 50))]
    top_k: Option<u32>,
    #[serde(default)]
    detail: Detail,
}

impl Spec for SearchRuns {
    type Endpoint = MultiRunSearch;
    const NAME: &'static str = "search_runs";
    const TITLE: &'static str = "Search several runs";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::always("total_results", Kind::Count), Member::always("results", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let mut named = match (&self.run_ids, self.index_id) {
            (None, None) => return Err(ArgumentError("give `run_ids` or `index_id`".into()).into()),
            (_, None) => None,
            (_, Some(name)) => Some(Named::new(name, None)),
        };
        let index_id = match &mut named {
            Some(named) => Some(named.one(cx).await?),
            None => None,
        };
        let top_k = Some(self.top_k.unwrap_or(DEFAULT_PER_RUN));
        let mut search = MultiRunSearch { query: self.query, run_ids: self.run_ids, index_id, aggregation: self.aggregation, top_k };
        let response = loop {
            match (cx.session.fetch(&search, &cx.deadline).await, &mut named) {
                (Ok(response), _) => break response,
                (Err(error), None) => return Err(error.into()),
                (Err(error), Some(named)) => search.index_id = Some(named.retry(cx, error).await?.0),
            }
        };
        let page = read::hits(response, MOST_HITS, self.detail)?;
        let runs = match &search.run_ids {
            Some(runs) => text::count(runs.len(), "run"),
            None => format!("the runs of {}", search.index_id.as_ref().map(ToString::to_string).unwrap_or_default()),
        };
        let mut answer =
            Answer::new(format!("{} for \"{}\" in {runs}", text::count(page.rows.len(), "hit"), text::line(&search.query, 80)));
        answer.fact("query", search.query.as_str());
        let empty = page.rows.is_empty();
        let place = search.index_id.as_ref().map(ToString::to_string).unwrap_or_default();
        let asked = Asked { words: Some(&search.query), detail: self.detail, ..Asked::default() };
        hits::write(cx, &mut answer, &place, &asked, page).await;
        if empty {
            let nothing = Nothing {
                index_ids: search.index_id.iter().map(crate::api::ids::Id::as_str).collect(),
                run_ids: search.run_ids.as_deref().unwrap_or_default(),
                conditions: &[],
                filters: &[],
                search_fields: &[],
                is_counted: false,
            };
            nothing.explain(cx, &mut answer).await;
            hits::note_language(&mut answer, &asked, "");
        }
        Ok(answer)
    }
}
