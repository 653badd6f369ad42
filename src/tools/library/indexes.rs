//! `list_indexes`, and how an index is shown.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::{
    api::indexes::{self, Index},
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        answer::Row,
        names::list_indexes,
        proxy::Noun,
        schema::{Kind, Member},
        text,
    },
};

/// List the indexes (collections of videos) that can be searched. Start here.
#[derive(Deserialize, JsonSchema)]
pub struct ListIndexesTool {
    /// Shared ones too; default true.
    include_defaults: Option<bool>,
}

impl Spec for ListIndexesTool {
    type Endpoint = indexes::ListIndexes;
    const NAME: &'static str = "list_indexes";
    const TITLE: &'static str = "List indexes";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[
        Member::always("total_indexes", Kind::Count),
        Member::always("user_indexes", Kind::Rows),
        Member::maybe("default_indexes", Kind::Rows),
    ];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let indexes = if self.include_defaults.unwrap_or(true) {
            list_indexes(cx, &cx.deadline).await?
        } else {
            let own = cx.session.call(&indexes::ListIndexes { include_defaults: Some(false) }, &cx.deadline).await?.data;
            // Whoever has seen these goes on with them, and what is remembered may lack one.
            cx.memory.forget_indexes();
            own
        };
        let mut answer = Answer::new(match indexes.len() {
            0 => "No indexes yet.".to_owned(),
            n => text::count(n, Index::NOUN),
        });
        if indexes.is_empty() {
            answer.close("create_index makes one.");
        }
        answer.fact("total_indexes", indexes.len());
        let (shared, own): (Vec<_>, Vec<_>) = indexes.into_iter().partition(|index| index.is_default);
        if !shared.is_empty() {
            let mut facts = Vec::with_capacity(shared.len());
            for Row { line, value } in shared.iter().map(row) {
                answer.line(line);
                facts.push(value);
            }
            answer.fact("default_indexes", facts);
        }
        answer.rows("user_indexes", own.iter().map(row).collect());
        answer.leave_to_json(["user_id"]);
        answer.script_fact("tip", "Give an `index_id`, or the name of an index, to search_videos or list_videos.");
        Ok(answer)
    }
}

impl Noun for Index {
    const NOUN: &'static str = "index";
    const LIST: &'static str = "indexes";
    const TOTAL: &'static str = "total_indexes";
    const TOLD: &'static [&'static str] = &["index_id", "name", "is_default", "description", "user_id", "sort_order"];
    const ALONE: &'static [Member] = &[Member::always("index_id", Kind::Text), Member::always("name", Kind::Text)];

    fn line(&self) -> String {
        let mut line = format!("{} \"{}\"", text::id(&self.index_id), text::line(&self.name, 80));
        if self.is_default {
            line.push_str(" (shared)");
        }
        if let Some(description) = self.description.as_deref().filter(|description| !description.trim().is_empty()) {
            line.push_str(": ");
            line.push_str(&text::line(description, 200));
        }
        line
    }
}

fn row(index: &Index) -> Row {
    let description = index.description.as_deref().filter(|description| !description.trim().is_empty());
    let value = json!({"index_id": index.index_id, "name": index.name, "description": description, "is_default": index.is_default, "created_at": index.created_at, "user_id": index.user_id});
    Row { line: index.line(), value }
}
