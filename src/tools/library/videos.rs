//! `list_videos` and `list_playground_videos`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{status::Sums, video};
use crate::{
    api::{
        indexes::ListIndexVideos,
        page::Rows,
        videos::{ListPlaygroundVideos, Video},
    },
    client,
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        answer::Paging,
        names::{IndexName, Named},
        schema::{Kind, Member},
        text,
    },
};

/// List the videos, audio and images of an index with their status.
#[derive(Deserialize, JsonSchema)]
pub struct ListVideos {
    /// Index id or name.
    index_id: IndexName,
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    cursor: Option<String>,
}

impl Spec for ListVideos {
    type Endpoint = ListIndexVideos;
    const NAME: &'static str = "list_videos";
    const TITLE: &'static str = "List videos";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] =
        &[Member::always("videos_returned", Kind::Count), Member::maybe("next_cursor", Kind::Text), Member::always("videos", Kind::Rows)];
    const INSTEAD: &'static [&'static str] = &["search_videos", "list_indexes"];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let mut indexes = Named::new(self.index_id, None);
        let index_id = indexes.one(cx).await?;
        let mut list = ListIndexVideos { index_id, limit: self.limit, cursor: self.cursor };
        let page = loop {
            match cx.session.call(&list, &cx.deadline).await {
                Ok(page) => break page,
                Err(error) => (list.index_id, _) = indexes.retry(cx, error).await?,
            }
        };
        let mut answer = listed(&page, list.index_id.as_str());
        answer.fact("index_id", list.index_id.as_str());
        answer.began(list.cursor.as_deref());
        if page.data.is_empty() && list.cursor.is_none() && page.next_cursor().is_none() && !client::was_cut() {
            answer.note("This index is empty: nothing was added to it yet.");
        }
        Ok(answer)
    }
}

/// List the videos, audio and images that are in no index.
#[derive(Deserialize, JsonSchema)]
pub struct ListPlaygroundVideosTool {
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    cursor: Option<String>,
}

impl Spec for ListPlaygroundVideosTool {
    type Endpoint = ListPlaygroundVideos;
    const NAME: &'static str = "list_playground_videos";
    const TITLE: &'static str = "List loose videos";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = ListVideos::OUTPUT;
    const INSTEAD: &'static [&'static str] = &["list_indexes"];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let list = ListPlaygroundVideos { limit: self.limit, cursor: self.cursor };
        let page = cx.session.call(&list, &cx.deadline).await?;
        let mut answer = listed(&page, "the account's playground");
        answer.began(list.cursor.as_deref());
        if page.data.is_empty() && list.cursor.is_none() && page.next_cursor().is_none() && !client::was_cut() {
            answer.note("All media are in indexes. An upload without an index puts media here.");
        }
        Ok(answer)
    }
}

/// A page of items with what they add up to.
fn listed(page: &Rows<Video>, of: &str) -> Answer {
    let cursor = page.next_cursor();
    let mut sums = Sums::default();
    let mut by_media_type: BTreeMap<&str, u64> = BTreeMap::new();
    for item in &page.data {
        sums.add(&item.status, item.processing_status.as_deref());
        *by_media_type.entry(&item.media_type).or_default() += 1;
    }
    let states = sums.line();
    let mut answer = Answer::new(format!(
        "{} on this page of {of}{}{}",
        text::count(page.data.len(), "item"),
        if states.is_empty() { String::new() } else { format!(": {states}") },
        if cursor.is_some() { "" } else { "; no more pages" },
    ));
    answer.fact("videos_returned", page.data.len());
    answer.fact("has_more", cursor.is_some());
    sums.write(&mut answer);
    answer.fact("by_media_type", json!(by_media_type));
    answer.paging(Paging { size: "limit", cursor: "cursor" }, cursor);
    answer.rows("videos", page.data.iter().map(video::row).collect());
    answer
}
