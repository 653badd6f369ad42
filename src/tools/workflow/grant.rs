//! `grant_media_access`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    api::{
        ids::{RunId, SegmentId, VideoId},
        links::{GrantMedia, Intent},
    },
    session::CallError,
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        advice::advise,
        links,
        schema::{Kind, Member},
        text,
    },
};

/// A part of the code for an item whose media are nowhere that an address could lead to.
const NOT_STORED: &str = "not_stored";

/// Get an address that downloads a video's file for a while.
#[derive(Deserialize, JsonSchema)]
pub struct GrantMediaAccess {
    video_id: VideoId,
    run_id: Option<RunId>,
    segment_id: Option<SegmentId>,
}

impl Spec for GrantMediaAccess {
    type Endpoint = GrantMedia;
    const NAME: &'static str = "grant_media_access";
    const TITLE: &'static str = "Grant media access";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] =
        &[Member::maybe("url", Kind::Text), Member::maybe("filename", Kind::Text), Member::maybe("expires_at", Kind::Text)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let call = GrantMedia { video_id: self.video_id, run_id: self.run_id, segment_id: self.segment_id, intent: Intent::Download };
        let id = text::id(call.video_id.as_str());
        let grant = match cx.session.call(&call, &cx.deadline).await {
            Ok(grant) => grant,
            // The item is there, and has no file. That is an answer, too.
            Err(CallError::Upstream(error)) if error.code().is_some_and(|code| code.contains(NOT_STORED)) => {
                let mut answer = Answer::new(format!("There is no file of {id} to download"));
                answer.fact("video_id", call.video_id.as_str());
                answer.note(format!("The API says: {}", text::line(&error.to_string(), 300)));
                answer.close(advise(cx.offer, &["show_moments"], "shows its stills."));
                return Ok(answer);
            }
            Err(error) => return Err(error.into()),
        };
        if !links::is_link(&grant.url) {
            let mut answer = Answer::new(format!("There is no address that downloads {id}"));
            answer.fact("video_id", call.video_id.as_str());
            answer.note(links::NONE);
            return Ok(answer);
        }
        let expires = grant.expires_at.or_else(|| links::expiry(&grant.url));
        let until = expires.as_deref().map(|at| format!(", until {}", text::line(at, 40))).unwrap_or_default();
        let name = grant.filename.as_deref().map(|name| format!(" \"{}\"", text::line(name, 200))).unwrap_or_default();
        let mut answer = Answer::new(format!("Download of {id}{name}{until}"));
        answer.line(text::line(&grant.url, 8_000));
        answer.fact("video_id", call.video_id.as_str());
        answer.fact("url", grant.url);
        answer.fact("filename", grant.filename);
        answer.fact("mime_type", grant.mime_type);
        answer.fact("expires_at", expires);
        answer.note("Whoever has the address can load the file.");
        Ok(answer)
    }
}
