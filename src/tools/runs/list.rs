//! `list_prompt_runs`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::describe;
use crate::{
    api::{
        ids::VideoId,
        runs::{ListIndexRuns, ListRuns},
        videos::ListVideoRuns,
    },
    client,
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, ToolError,
        answer::Paging,
        names::{IndexName, Named},
        schema::{Kind, Member},
        text,
    },
};

/// How many runs are listed by default.
const DEFAULT_LIMIT: u32 = 20;
/// The most runs that the API lists.
const MAX: u32 = 200;
/// The most runs that it lists per page of an index.
const MAX_OF_INDEX: u32 = 100;

/// List prompt runs, newest first: your own, or of an index or video.
#[derive(Deserialize, JsonSchema)]
pub struct ListPromptRuns {
    /// Index id or name.
    index_id: Option<IndexName>,
    /// Not with `index_id`.
    video_id: Option<VideoId>,
    /// Default 20; at most 200, with `index_id` 100.
    #[schemars(range(min = 1))]
    limit: Option<u32>,
    /// With `index_id`.
    cursor: Option<String>,
}

impl Spec for ListPromptRuns {
    type Endpoint = ListRuns;
    const NAME: &'static str = "list_prompt_runs";
    const TITLE: &'static str = "List runs";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] =
        &[Member::always("total_runs", Kind::Count), Member::maybe("next_cursor", Kind::Text), Member::always("runs", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let most = if self.index_id.is_some() { MAX_OF_INDEX } else { MAX };
        let asked = self.limit.unwrap_or(DEFAULT_LIMIT);
        let limit = asked.min(most);
        let began = self.cursor.clone();
        if self.cursor.is_some() && self.index_id.is_none() {
            return Err(ArgumentError("`cursor` works only together with `index_id`".into()).into());
        }
        let (scope, id, page) = match (self.index_id, self.video_id) {
            (Some(_), Some(_)) => return Err(ArgumentError("give `index_id` or `video_id`, not both".into()).into()),
            (Some(name), None) => {
                let mut indexes = Named::new(name, None);
                let index_id = indexes.one(cx).await?;
                let mut list = ListIndexRuns { index_id, limit: Some(limit), cursor: self.cursor };
                let page = loop {
                    match cx.session.call(&list, &cx.deadline).await {
                        Ok(page) => break page,
                        Err(error) => (list.index_id, _) = indexes.retry(cx, error).await?,
                    }
                };
                ("index", Some(list.index_id.to_string()), page)
            }
            (None, Some(video_id)) => {
                let list = ListVideoRuns { video_id, limit: Some(limit) };
                let page = cx.session.call(&list, &cx.deadline).await?;
                ("video", Some(list.video_id.to_string()), page)
            }
            (None, None) => ("user", None, cx.session.call(&ListRuns { limit: Some(limit) }, &cx.deadline).await?),
        };
        let cursor = page.next_cursor().map(str::to_owned);
        let mut runs = page.data;
        // A list that is not paged may hold more than was asked for.
        runs.truncate(limit as usize);
        let place = id.as_ref().map(|id| format!(" of {scope} {id}")).unwrap_or_default();
        // What all rows share is said once.
        let index = runs.first().and_then(describe::index_name);
        let shared = index.filter(|name| runs.len() > 1 && runs.iter().all(|run| describe::index_name(run) == Some(name)));
        let on = shared.map(|name| format!(", all on \"{}\"", text::line(name, 80))).unwrap_or_default();
        let mut answer = Answer::new(format!("{}{place}{on}, newest first", text::count(runs.len(), "run")));
        answer.fact("index_name", shared);
        answer.fact("scope", scope);
        answer.fact("index_id", None::<String>);
        if let Some(id) = id {
            answer.fact(if scope == "index" { "index_id" } else { "video_id" }, id);
        }
        answer.fact("total_runs", runs.len());
        if scope == "index" {
            answer.fact("has_more", cursor.is_some());
        }
        answer.paging(Paging { size: "limit", cursor: "cursor" }, cursor.as_deref());
        if runs.is_empty() && began.is_none() && cursor.is_none() && !client::was_cut() {
            answer.note(match scope {
                "index" => "No prompt was run over this index yet.",
                "video" => "No prompt run covers this item.",
                _ => "No prompt was run yet.",
            });
        }
        answer.began(began.as_deref());
        let full_page = runs.len() == limit as usize && scope != "index" && limit < MAX;
        answer.rows("runs", runs.iter().map(|run| describe::row(run, shared.is_none())).collect());
        // A model reads the prompt's name. Name and id together would cost more than a page may.
        answer.leave_to_json(["prompt_id"]);
        if full_page {
            answer.close(format!("There may be more: ask with limit up to {MAX} (now {limit})."));
        }
        if asked > most {
            let of_index = if scope == "index" { " of an index" } else { "" };
            answer.note(format!("`limit` was lowered from {asked} to {most}, the most that the API lists{of_index}"));
        }
        Ok(answer)
    }
}
