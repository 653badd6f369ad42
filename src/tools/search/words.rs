//! `search_videos`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    hits::{self, Asked},
    read,
    searched::Searched,
};
use crate::{
    api::{ids::RunId, search::TextSearch},
    tools::{
        Answer, Context, Detail, Effect, Spec, ToolError,
        names::{IndexName, Named},
        schema::{Kind, Member},
        text,
    },
};

/// Find moments by what happens, is seen or said in them, in plain words. Each hit: handle `<video_id>@<start>-<end>` for `show_moment`, time,
/// title, score (0 to 1), matching text. `weak`: may be unrelated.
#[derive(Deserialize, JsonSchema)]
pub struct SearchVideos {
    /// What to look for.
    #[schemars(length(min = 1, max = 10_000))]
    query: String,
    /// Index id or name, or `all`.
    index_id: Option<IndexName>,
    #[schemars(range(min = 1, max = 100))]
    top_k: Option<u32>,
    /// These extracted fields only.
    search_fields: Option<Vec<String>>,
    /// These runs only.
    #[schemars(with = "Option<Vec<RunId>>")]
    run_ids: Option<Vec<String>>,
    /// Several, instead of `index_id`.
    index_ids: Option<Vec<IndexName>>,
    /// full: all of each hit.
    #[serde(default)]
    detail: Detail,
}

impl Spec for SearchVideos {
    type Endpoint = TextSearch;
    const NAME: &'static str = "search_videos";
    const TITLE: &'static str = "Search videos";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::always("total_results", Kind::Count), Member::always("results", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let mut indexes = Named::new(self.index_id, self.index_ids);
        let (index_id, index_ids) = indexes.ids(cx).await?;
        let mut search = TextSearch {
            index_id,
            query: self.query,
            top_k: Some(self.top_k.unwrap_or(hits::DEFAULT_TOP_K)),
            search_fields: self.search_fields,
            run_ids: self.run_ids,
            index_ids,
        };
        let response = loop {
            match cx.session.fetch(&search, &cx.deadline).await {
                Ok(response) => break response,
                Err(error) => (search.index_id, search.index_ids) = indexes.retry(cx, error).await?,
            }
        };
        let most = usize::try_from(search.top_k.unwrap_or(hits::DEFAULT_TOP_K)).unwrap_or(usize::MAX);
        let page = read::hits(response, most, self.detail)?;
        let searched = Searched {
            index_id: &search.index_id,
            index_ids: search.index_ids.as_deref(),
            run_ids: search.run_ids.as_deref(),
            search_fields: search.search_fields.as_deref(),
        };
        let mut answer = searched.answer(&page, &format!("for \"{}\"", text::line(&search.query, 80)));
        answer.fact("query", search.query.as_str());
        let asked = Asked { words: Some(&search.query), detail: self.detail, ..Asked::default() };
        searched.write(cx, &mut answer, &asked, page).await;
        Ok(answer)
    }
}
