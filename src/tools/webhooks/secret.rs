//! `create_webhook` and `rotate_webhook_secret`: the two calls that show a signing secret, once.
//!
//! A secret in an answer goes through a model and its provider. So it is kept in a file that only the user can read, and the answer names the
//! file. To a caller at another machine, the answer says who has the secret instead. `--reveal-secrets` gives the member of the contract.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Noun, check::note_parts};
use crate::{
    api::{
        ids::WebhookId,
        webhooks::{self, RotateSecret, SigningSecret},
    },
    session::CallError,
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        schema::{Kind, Member},
        text,
    },
};

/// Call a URL of yours when something happens.
#[derive(Deserialize, JsonSchema)]
pub struct CreateWebhook {
    #[serde(flatten)]
    call: webhooks::CreateWebhook,
    #[schemars(length(max = 255))]
    idempotency_key: Option<String>,
}

impl Spec for CreateWebhook {
    type Endpoint = webhooks::CreateWebhook;
    const NAME: &'static str = "create_webhook";
    const TITLE: &'static str = "Create webhook";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] = &[
        Member::always("message", Kind::Text),
        Member::always("webhook", Kind::Object),
        Member::maybe("secret", Kind::Text),
        Member::maybe("secret_file", Kind::Text),
        Member::always("important", Kind::Text),
    ];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        cx.files.can_hand_over().await?;
        let mut call = self.call;
        // Without a list it hears of all indexes.
        call.index_ids = call.index_ids.filter(|ids| !super::means_all(ids));
        let (made, _) = cx.session.call_keyed(&call, self.idempotency_key.as_deref(), &cx.deadline).await?;
        let mut answer = Answer::new(format!("Webhook created: {}", made.webhook.line()));
        answer.fact("message", "Webhook created");
        answer.fact("webhook", json!(made.webhook));
        hand_over(cx, &mut answer, &made.webhook.webhook_id, "secret", &made.secret).await;
        note_parts(&mut answer, &made.webhook.events);
        answer.close(match made.webhook.webhook_id.as_str() {
            "" => "The API's answer does not say the webhook's id; list_webhooks does".to_owned(),
            id => format!("test_webhook webhook_id={} sends a signed test event", text::id(id)),
        });
        Ok(answer)
    }
}

/// Replace the signing secret of a webhook at once.
#[derive(Deserialize, JsonSchema)]
pub struct RotateWebhookSecret {
    webhook_id: WebhookId,
}

impl Spec for RotateWebhookSecret {
    type Endpoint = RotateSecret;
    const NAME: &'static str = "rotate_webhook_secret";
    const TITLE: &'static str = "Rotate secret";
    const EFFECT: Effect = Effect::Overwrite;
    const OUTPUT: &'static [Member] = &[
        Member::always("webhook_id", Kind::Text),
        Member::maybe("new_secret", Kind::Text),
        Member::maybe("secret_file", Kind::Text),
        Member::always("important", Kind::Text),
    ];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        cx.files.can_hand_over().await?;
        let call = RotateSecret { webhook_id: self.webhook_id };
        let rotated = cx.session.call(&call, &cx.deadline).await.map_err(|error| match &error {
            CallError::Upstream(upstream) if upstream.uncertain => {
                let dead = "the old secret may be dead already; call this again for a new one that can be read";
                ToolError::from(error).noted(vec![dead.to_owned()])
            }
            _ => error.into(),
        })?;
        let webhook_id = call.webhook_id.as_str();
        let mut answer = Answer::new(format!("The webhook {} has a new signing secret", text::id(webhook_id)));
        answer.fact("webhook_id", webhook_id);
        hand_over(cx, &mut answer, webhook_id, "new_secret", &rotated.new_secret).await;
        Ok(answer)
    }
}

/// Says where a secret is. It exists already, so nothing here fails: if it cannot be kept, the answer says how to get another one.
async fn hand_over(cx: &Context<'_>, answer: &mut Answer, webhook_id: &str, member: &str, secret: &SigningSecret) {
    let important = if secret.0.trim().is_empty() {
        "The API gave no signing secret. Call rotate_webhook_secret for one".to_owned()
    } else if cx.files.reveals_secrets() {
        answer.line(format!("{member}: {}", secret.0));
        answer.fact(member, secret.0.as_str());
        "Give the receiver this secret now; the API does not show it again".to_owned()
    } else {
        match cx.files.keep_secret(&format!("webhook-{webhook_id}"), &secret.0).await {
            Ok(kept) if cx.files.are_remote() => format!(
                "Whoever runs this server has the secret, as the file {} on its machine. The receiver needs it to check X-Webhook-Signature",
                text::line(&cx.files.shown(&kept.path), 300)
            ),
            Err(_) if cx.files.are_remote() => {
                "The secret could not be kept. The log of this server says why. Once that is mended, call rotate_webhook_secret for a new one"
                    .to_owned()
            }
            Ok(kept) => {
                if kept.replaceable {
                    answer.note("other users of this machine can replace the file of the secret: they can write to its directory");
                }
                let path = kept.path.display().to_string();
                answer.line(format!("secret_file: {}", text::line(&path, 500)));
                answer.fact("secret_file", path);
                let old = if member == "new_secret" { "; the old one is dead, also in a file that holds it" } else { "" };
                format!("Only the user can read this file. The receiver needs the secret in it to check X-Webhook-Signature{old}")
            }
            Err(error) => {
                let (what, next) = (text::line(&error.what, 300), text::line(&error.next, 300));
                format!("The secret could not be kept: {what}. {next} If it is nowhere, call rotate_webhook_secret for a new one")
            }
        }
    };
    answer.close(important.clone());
    answer.fact("important", important);
}
