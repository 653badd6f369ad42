//! `download_export`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{describe, document::Document};
use crate::{
    api::{
        exports::{DownloadExport, GetExport},
        ids::ExportId,
    },
    client::{self, Download},
    session::CallError,
    tools::{
        Answer, Context, Effect, Spec, Step, ToolError,
        schema::{Kind, Member},
        text,
    },
};

/// The only media type that an export has.
const JSON: &str = "application/json";
/// After how many further bytes the client is told how far it is.
const PIECE: u64 = 1 << 20;

/// Save a finished export in the download directory.
#[derive(Deserialize, JsonSchema)]
pub struct SaveExport {
    export_id: ExportId,
    #[schemars(length(max = 120))]
    file_name: Option<String>,
}

impl Spec for SaveExport {
    type Endpoint = DownloadExport;
    const NAME: &'static str = "download_export";
    const TITLE: &'static str = "Download export";
    // The account stays as it is, but a file is made on this machine.
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] =
        &[Member::always("path", Kind::Text), Member::always("size_bytes", Kind::Count), Member::always("sha256", Kind::Text)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let id = text::id(self.export_id.as_str());
        let name = self.file_name.unwrap_or_else(|| format!("{}.json", self.export_id));
        // Before anything is sent: without a place for the file there is nothing to ask for.
        let mut save = cx.files.save(&name).await?;
        let export_id = self.export_id.clone();
        let mut download = match cx.session.download(&DownloadExport { export_id: self.export_id }, &cx.deadline).await {
            Ok(download) => download,
            Err(error) => return Err(why(cx, export_id, error).await),
        };
        check(&download)?;
        let (mut told, mut document) = (0, Document::default());
        while let Some(piece) = download.chunk(&cx.deadline).await? {
            document.take(&piece);
            save.write(piece).await?;
            if download.arrived() >= told + PIECE {
                told = download.arrived();
                report(cx, &download).await;
            }
        }
        if let Some(error) = wrong(&document) {
            return Err(why(cx, export_id, error.into()).await);
        }
        let saved = save.finish().await?;
        let path = cx.files.shown(&saved.path);
        let mut answer = Answer::new(format!("Export {id} saved: {}", text::line(&path, 1000)));
        if saved.path.file_name().is_none_or(|kept| kept != name.as_str()) {
            answer.note("The file could not have the name that was asked for: a name has no directory, and does not begin with a dot.");
        }
        if !saved.path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            answer.note("The file is JSON, whatever its name says.");
        }
        let size = text::size(saved.size);
        let exact = if size.ends_with('B') { format!(" ({} bytes)", saved.size) } else { String::new() };
        answer.line(format!("{size}{exact}, SHA-256 {}", saved.sha256));
        answer.fact("export_id", id);
        answer.fact("path", path);
        answer.fact("size_bytes", saved.size);
        answer.fact("sha256", saved.sha256);
        Ok(answer)
    }
}

/// The error with what the record of the export says about it: it failed, or its file goes somewhere else.
async fn why(cx: &Context<'_>, export_id: ExportId, error: CallError) -> ToolError {
    let refused = matches!(&error, CallError::Upstream(error) if error.status.is_some_and(|status| matches!(status, 200 | 400..500)));
    let export = if refused { cx.session.call(&GetExport { export_id }, &cx.deadline).await.ok() } else { None };
    let told = export.and_then(|export| describe::nothing_to_download(&export.0));
    ToolError::from(error).noted(told.into_iter().map(|told| told.trim_end_matches('.').to_owned()).collect())
}

/// Refuses what is no export. A proxy may answer with a page of its own.
fn check(download: &Download) -> Result<(), ToolError> {
    let kind = download.media_type().unwrap_or("of no type").trim();
    if kind.eq_ignore_ascii_case(JSON) {
        return Ok(());
    }
    let reason = format!("an export is JSON, and the answer is {}", text::line(kind, 80));
    Err(client::Error::new(client::Kind::Decode { path: ".".into(), reason }).into())
}

/// What is wrong with a document that has arrived: it is an error with a good status, or no whole JSON.
fn wrong(document: &Document) -> Option<Box<client::Error>> {
    let mut error = match document.error() {
        Some(problem) => {
            let mut error = client::Error::new(client::Kind::Status);
            error.request_id.clone_from(&problem.request_id);
            error.problem = Some(problem);
            error
        }
        None if document.is_whole() => return None,
        None => {
            let reason = "an export is one JSON document, and this is none or not all of it; nothing was saved".to_owned();
            client::Error::new(client::Kind::Decode { path: ".".into(), reason })
        }
    };
    error.status = Some(200);
    Some(error)
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files")]
async fn report(cx: &Context<'_>, download: &Download) {
    let Some(progress) = cx.progress else { return };
    let message = format!("{} of {}", text::size(download.arrived()), text::size(download.length()));
    progress(Step { done: download.arrived() as f64, total: Some(download.length() as f64), message }).await;
}
