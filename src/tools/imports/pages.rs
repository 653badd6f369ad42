//! `list_import_outputs` and `list_import_files`: pages of what belongs to a job.

use super::{describe, gone::Gone};
use crate::{
    api::{
        ids::JobId,
        imports::{GetImportJob, ImportFile, ImportOutput, Items, ListImportFiles, ListImportOutputs},
    },
    client,
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        proxy::{Noun, Show},
        schema::Member,
        text,
        waiting::word,
    },
};

impl Spec for ListImportOutputs {
    type Endpoint = Self;
    const NAME: &'static str = "list_import_outputs";
    const TITLE: &'static str = "List imported media";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = Items::<ImportOutput>::OUTPUT;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let page = cx.session.call(&self, &cx.deadline).await?;
        let gone = Gone::look_for_media(cx, &page.items).await;
        let mut answer = shown(cx, page, self.cursor.as_deref(), self.job_id, "It has made no media").await;
        gone.note_media(&mut answer);
        Ok(answer)
    }
}

impl Spec for ListImportFiles {
    type Endpoint = Self;
    const NAME: &'static str = "list_import_files";
    const TITLE: &'static str = "List import files";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = Items::<ImportFile>::OUTPUT;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let page = cx.session.call(&self, &cx.deadline).await?;
        let none = if self.failed_only == Some(true) { "None of its files failed" } else { "It has found no file" };
        Ok(shown(cx, page, self.cursor.as_deref(), self.job_id, none).await)
    }
}

/// A page of what belongs to a job, or why there is nothing of it.
async fn shown<T: Noun>(cx: &Context<'_>, page: Items<T>, cursor: Option<&str>, job_id: JobId, none: &str) -> Answer {
    let is_none = page.items.is_empty() && cursor.is_none() && page.next_cursor.is_none();
    let mut answer = page.show();
    answer.began(cursor);
    if is_none {
        why_none(cx, &mut answer, job_id, none).await;
    }
    answer
}

/// Says how the job stands whose list is empty.
async fn why_none(cx: &Context<'_>, answer: &mut Answer, job_id: JobId, none: &str) {
    if client::was_cut() {
        return;
    }
    let stands = match cx.session.call(&GetImportJob { job_id }, &cx.deadline).await {
        Ok(job) => format!(". The job is {}: {}", word(&job.status), describe::standing(&job)),
        Err(_) => String::new(),
    };
    answer.note(text::line(&format!("{none}{stands}."), 300));
}
