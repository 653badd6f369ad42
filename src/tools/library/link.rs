//! `get_video_link`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::failed::{explain, has_failed};
use crate::{
    api::{ids::VideoId, links::SignUrl, videos::GetVideo},
    session::CallError,
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, ToolError,
        advice::advise,
        links,
        schema::{Kind, Member},
        text,
    },
};

/// Get a link that plays an item for a while, without a key.
#[derive(Deserialize, JsonSchema)]
pub struct GetVideoLink {
    video_id: Option<VideoId>,
    /// Instead: a gs:// address.
    gcs_uri: Option<String>,
}

impl Spec for GetVideoLink {
    type Endpoint = SignUrl;
    const NAME: &'static str = "get_video_link";
    const TITLE: &'static str = "Get a link";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::maybe("signed_url", Kind::Text), Member::maybe("expires_at", Kind::Text)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let (gcs_uri, named) = match (self.gcs_uri, self.video_id) {
            (Some(uri), None) => (uri, None),
            (None, Some(video_id)) => {
                let video = cx.session.call(&GetVideo { video_id }, &cx.deadline).await?;
                (video.video_uri.clone(), Some(video))
            }
            _ => return Err(ArgumentError("give either `video_id` or `gcs_uri`".into()).into()),
        };
        let signing = SignUrl { gcs_uri: gcs_uri.clone(), force_refresh: None };
        let of = named.as_ref().map_or_else(|| text::line(&gcs_uri, 200), |video| text::id(&video.video_id));
        let link = match (cx.session.call(&signing, &cx.deadline).await, &named) {
            (Ok(link), _) if links::is_link(&link.signed_url) => link,
            (Ok(_), _) => {
                let mut answer = Answer::new(format!("There is no link to {of}"));
                answer.fact("video_id", named.map(|video| video.video_id));
                answer.fact("gcs_uri", gcs_uri);
                answer.note(links::NONE);
                return Ok(answer);
            }
            // The item is there, and its media are nowhere that a link could lead to. That is an answer, too.
            (Err(CallError::Upstream(error)), Some(video)) if matches!(error.status, Some(400 | 404 | 422)) => {
                let mut answer = Answer::new(format!("There is no link to {of}: it is at {}", text::line(&gcs_uri, 200)));
                answer.fact("video_id", video.video_id.as_str());
                answer.fact("video_uri", gcs_uri.as_str());
                answer.note(format!("The API says: {}", text::line(&error.to_string(), 300)));
                if has_failed(&video.status) {
                    explain(cx, video, &mut answer).await;
                } else {
                    answer.close(advise(cx.offer, &["show_moments"], "shows its stills."));
                }
                return Ok(answer);
            }
            (Err(error), _) => return Err(error.into()),
        };
        let expires = link.expires_at.or_else(|| links::expiry(&link.signed_url));
        let until = expires.as_deref().map(|at| format!(", until {}", text::line(at, 40))).unwrap_or_default();
        let mut answer = Answer::new(format!("Link to {of}{until}"));
        answer.line(text::line(&link.signed_url, 4_000));
        answer.fact("video_id", named.map(|video| video.video_id));
        answer.fact("gcs_uri", gcs_uri);
        answer.fact("signed_url", link.signed_url);
        answer.fact("expires_at", expires);
        answer.note("Whoever has the link can load the media.");
        Ok(answer)
    }
}
