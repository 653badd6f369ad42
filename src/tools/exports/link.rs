//! `get_export_download_url`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::describe::{NO_PLACE, nothing_to_download};
use crate::{
    api::exports::{GetExport, MintDownloadUrl},
    client,
    tools::{
        Answer, Context, Effect, Spec, ToolError, links,
        proxy::one,
        schema::{Kind, Member},
        text,
    },
};

/// The longest link, in characters.
const MOST_LINK: usize = 8_000;

/// Make a short-lived download link for a finished export.
#[derive(Deserialize, JsonSchema)]
pub struct GetDownloadUrl {
    #[serde(flatten)]
    call: MintDownloadUrl,
}

impl Spec for GetDownloadUrl {
    type Endpoint = MintDownloadUrl;
    const NAME: &'static str = "get_export_download_url";
    const TITLE: &'static str = "Get download link";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] =
        &[Member::always("export_id", Kind::Text), Member::always("status", Kind::Text), Member::maybe("download_url", Kind::Text)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let mut made = cx.session.call(&self.call, &cx.deadline).await?;
        let id = text::id(self.call.export_id.as_str());
        if made.export_id != self.call.export_id.as_str() {
            let reason = format!("it is {}, and the link was asked for {id}", text::id(&made.export_id));
            return Err(client::Error::new(client::Kind::Decode { path: "export_id".into(), reason }).into());
        }
        let told = made.download_url.take().filter(|link| !link.is_empty());
        let is_none = told.as_deref().is_some_and(|link| !(link.starts_with("https:") && links::is_link(link)));
        if let Some(link) = told.filter(|_| !is_none) {
            made.download_url = Some(link.clone());
            let heading = format!("Download link of {id}. Whoever has it can read the file for some minutes");
            let mut answer = one(heading, &made, &["export_id", "status", "download_url"]);
            // Half a link leads nowhere.
            answer.line(text::line(&link, MOST_LINK));
            return Ok(answer);
        }
        let status = text::line(&made.status.to_lowercase(), 40);
        let mut answer = one(format!("There is no download link of {id} ({status})"), &made, &["export_id", "status", "destination_type"]);
        if is_none {
            answer.note("What the API gave is no https address.");
        }
        let export = cx.session.call(&GetExport { export_id: self.call.export_id }, &cx.deadline).await;
        answer.close(match export.map(|export| nothing_to_download(&export.0)) {
            Ok(Some(why)) => why,
            Ok(None) if cx.files.can_save() => {
                "The API makes links only where it is reached by https. download_export gets the file with the key.".to_owned()
            }
            Ok(None) => format!("The API makes links only where it is reached by https, and {NO_PLACE}."),
            Err(_) => "get_export_status says how it stands and where its file goes.".to_owned(),
        });
        Ok(answer)
    }
}
