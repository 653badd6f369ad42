//! `list_videos`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::video;
use crate::{
    api::indexes::ListIndexVideos,
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
    /// Default 50.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// From the page before.
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
        let cursor = page.next_cursor();
        let mut by_status: BTreeMap<String, u64> = BTreeMap::new();
        let mut by_media_type: BTreeMap<&str, u64> = BTreeMap::new();
        for item in &page.data {
            *by_status.entry(item.status.to_lowercase()).or_default() += 1;
            *by_media_type.entry(&item.media_type).or_default() += 1;
        }
        let states: Vec<_> = by_status.iter().map(|(status, n)| format!("{n} {}", text::line(status, 40))).collect();
        let mut answer = Answer::new(format!(
            "{} on this page of {}{}{}",
            text::count(page.data.len(), "item"),
            list.index_id,
            if states.is_empty() { String::new() } else { format!(": {}", states.join(", ")) },
            if cursor.is_some() { "" } else { "; no more pages" },
        ));
        answer.fact("index_id", list.index_id.as_str());
        answer.fact("videos_returned", page.data.len());
        answer.fact("has_more", cursor.is_some());
        answer.fact("by_status", json!(by_status));
        answer.fact("by_media_type", json!(by_media_type));
        answer.paging(Paging { size: "limit", cursor: "cursor" }, cursor);
        answer.began(list.cursor.as_deref());
        answer.rows("videos", page.data.iter().map(video::row).collect());
        Ok(answer)
    }
}
