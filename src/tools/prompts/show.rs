//! What a prompt, its usage, a draft and a verdict on a schema look like.

use serde_json::{Map, Value, json};

use super::fields;
use crate::{
    api::{
        facade::{Defined, Definition},
        prompts::{Prompt, PromptUsage, SchemaVerdict},
    },
    tools::{
        Answer, excerpt,
        proxy::{Noun, Show, one},
        schema::{Kind, Member},
        text,
    },
};

/// The most characters of a prompt's text and schema. Who reads one prompt wants to see all of it.
const WHOLE: usize = 12_000;

impl Noun for Prompt {
    const NOUN: &'static str = "prompt";
    const LIST: &'static str = "prompts";
    const TOTAL: &'static str = "total_count";
    const LONG: &'static [&'static str] = &["prompt_text", "json_schema", "video_level", "semantic_indexing"];
    const TOLD: &'static [&'static str] = &["prompt_id", "user_id", "name", "description", "is_active", "schema_fields"];
    const ALONE: &'static [Member] = &[
        Member::always("prompt_id", Kind::Text),
        Member::always("name", Kind::Text),
        Member::always("json_schema", Kind::Object),
        Member::always("schema_fields", Kind::Rows),
    ];
    const ROOM: usize = WHOLE;

    fn line(&self) -> String {
        let mut line = format!("{} \"{}\"", text::id(&self.prompt_id), text::line(&self.name, 100));
        if !self.is_active {
            line.push_str(" (inactive)");
        }
        if !self.description.trim().is_empty() {
            line.push_str(&format!(": {}", text::line(&self.description, 500)));
        }
        line.push_str(&format!(" | fields: {}", fields::listing(&fields::of(&self.json_schema))));
        if let Some(level) = &self.video_level {
            line.push_str(&format!(" | per video: {}", fields::listing(&fields::of(&level.json_schema))));
        }
        line
    }

    fn facts(&self) -> Value {
        let mut facts = json!(self);
        if let Value::Object(members) = &mut facts {
            members.insert("schema_fields".into(), fields::paths(&fields::of(&self.json_schema)));
        }
        facts
    }
}

impl Noun for PromptUsage {
    const NOUN: &'static str = "prompt";
    const LIST: &'static str = "prompts";
    const TOTAL: &'static str = "total_count";
    const TOLD: &'static [&'static str] = &["prompt_id", "name", "is_active", "is_in_use", "created_at", "schema_properties_count"];
    const ALONE: &'static [Member] = &[Member::always("prompt_id", Kind::Text), Member::maybe("is_in_use", Kind::Flag)];

    fn line(&self) -> String {
        format!(
            "{} \"{}\" {}, {}, {}, created {}",
            text::id(&self.prompt_id),
            text::line(&self.name, 100),
            match self.is_in_use {
                Some(true) => "is in use",
                Some(false) => "is not in use",
                None => "may be in use: the API does not say",
            },
            if self.is_active { "active" } else { "inactive" },
            text::count(usize::try_from(self.schema_properties_count).unwrap_or(usize::MAX), "field"),
            text::line(&self.created_at, 40)
        )
    }
}

impl Show for SchemaVerdict {
    const OUTPUT: &'static [Member] = &[Member::always("valid", Kind::Flag), Member::maybe("error", Kind::Text)];

    fn show(self) -> Answer {
        let head = if self.valid { "Valid" } else { "Not valid" };
        let told = [Some(self.message.as_str()), self.error.as_deref()];
        let told: Vec<String> = told.into_iter().flatten().filter(|told| !told.is_empty()).map(|told| text::line(told, 600)).collect();
        let mut answer = one(format!("{head}: {}", told.join(" ")), &self, &["valid", "message", "error", "validated_data"]);
        if !self.valid {
            answer.failed();
        }
        answer
    }
}

impl Show for Defined {
    const OUTPUT: &'static [Member] =
        &[Member::always("saved", Kind::Flag), Member::maybe("prompt_id", Kind::Text), Member::always("schema_fields", Kind::Rows)];

    fn show(self) -> Answer {
        let saved = self.saved || self.prompt.is_some();
        let id = self.prompt_id.clone().or_else(|| self.prompt.as_ref().map(|prompt| prompt.prompt_id.clone())).filter(|_| saved);
        let written = written(&self);
        let fields = fields::of(&written.json_schema);
        let head = match &id {
            Some(id) => format!("Saved as {}", text::id(id)),
            None => "Draft, not saved".to_owned(),
        };
        let mut answer = Answer::new(format!("{head}: \"{}\": {}", text::line(&written.name, 100), text::line(&written.description, 500)));
        answer.line(format!("fields: {}", fields::listing(&fields)));
        answer.line(format!("prompt_text: {}", text::line(&written.prompt_text, WHOLE)));
        if id.is_none() {
            // Whoever wants to save a draft needs its schema.
            answer.line(format!("json_schema: {}", excerpt::brief(&json!(written.json_schema), WHOLE)));
            if let Some(level) = &written.video_level {
                answer.line(format!("video_level: {}", excerpt::brief(&json!(level), WHOLE)));
            }
        }
        // All that was said about the prompt is in `definition`. The same in other members would only cost tokens.
        answer.fact("saved", saved);
        answer.fact("prompt_id", id);
        answer.fact("definition", json!(written));
        answer.fact("schema_fields", fields::paths(&fields));
        let known = ["name", "description", "prompt_text", "json_schema", "video_level", "semantic_indexing"];
        for (name, other) in self.others.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            answer.line(format!("{}: {}", text::line(name, 80), excerpt::plain(other, 600)));
            answer.fact(name, other.clone());
        }
        if !saved {
            answer.close("create_prompt saves a draft.");
        }
        answer
    }
}

/// The prompt that was written, wherever the answer has it.
fn written(defined: &Defined) -> Definition {
    if let Some(definition) = &defined.definition {
        return definition.clone();
    }
    let others = || Value::Object(defined.others.clone());
    let prompt = defined.prompt.as_ref().map(|prompt| json!(prompt));
    let draft = defined.draft.clone().map(|draft| draft.get("definition").cloned().unwrap_or(draft));
    let found = prompt.or(draft).unwrap_or_else(others);
    serde_json::from_value::<Map<String, Value>>(found)
        .ok()
        .and_then(|members| serde_json::from_value(Value::Object(members)).ok())
        .unwrap_or_default()
}
