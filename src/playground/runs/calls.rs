//! The model calls of a run: one for each segment that has begun and ended, one for each result of an item as a whole, one for each retry.
//!
//! The playground calls no model. It counts the tokens that the texts would have, about four characters to a token.

use serde_json::Value;

use super::{Facts, Item, Millis, Phase, Piece, Progress, Status, extraction, outcome::Outcome, reading, stamp, summary::Failure};
use crate::{api::results::ModelCall, playground::ACCOUNT};

/// All calls of a run until now, oldest first.
pub fn calls(progress: &Progress, now: Millis) -> Vec<ModelCall> {
    let facts = progress.facts;
    let mut calls = Vec::new();
    for item in &progress.items {
        for step in &item.steps {
            if let Phase::Finished { since, until, outcome } = step.first {
                calls.push(segment_call(facts, item.item, step.piece, outcome, "segment_extraction", (since, until)));
            }
        }
        if let Some(call) = video_call(facts, item) {
            calls.push(call);
        }
    }
    for retry in &facts.retries {
        let state = retry.at(facts, now);
        let place = facts
            .items
            .iter()
            .find(|item| item.video_id == retry.video_id)
            .and_then(|item| Some((item, item.pieces.iter().find(|piece| piece.segment_id == retry.segment_id)?)));
        if let (Some((item, piece)), Some(since), Some(until), Some(outcome)) = (place, state.started, state.ended, state.outcome) {
            let mut call = segment_call(facts, item, piece, outcome, "segment_retry", (since, until));
            call.llm_call_id = format!("call:{}", retry.retry_id);
            calls.push(call);
        }
    }
    calls
}

fn segment_call(facts: &Facts, item: &Item, piece: &Piece, outcome: Outcome, purpose: &str, span: (Millis, Millis)) -> ModelCall {
    let failure = Failure::of(piece, outcome);
    let answer = outcome.field_extraction.then(|| Value::Object(extraction::of_segment(&facts.prompt, piece)).to_string());
    let schema = Value::Object(facts.prompt.json_schema.clone()).to_string();
    let asked = tokens(&[&facts.prompt.prompt_text, &schema, &extraction::transcript(piece)]);
    let answered = tokens(&[answer.as_deref().unwrap_or_default()]);
    ModelCall {
        llm_call_id: format!("call:{}:{}", facts.run_id, piece.segment_id),
        segment_id: Some(piece.segment_id.clone()),
        purpose: purpose.into(),
        status: if failure.is_some() { "failed" } else { "completed" }.into(),
        input_tokens: asked,
        output_tokens: answered,
        total_tokens: asked + answered,
        video_seconds: piece.seconds(),
        segment_start_time: Some(piece.start),
        segment_end_time: Some(piece.end),
        prompt_text: Some(facts.prompt.prompt_text.clone()),
        response_text: answer,
        error_message: failure.map(|failure| failure.message),
        ..blank(facts, item, span)
    }
}

fn video_call(facts: &Facts, item: &super::ItemProgress) -> Option<ModelCall> {
    let config = facts.prompt.video_level.as_ref()?;
    let result = reading::video_result(facts, item).filter(|result| result.llm_attempted)?;
    let (_, ended) = item.span();
    let ended = ended?;
    let answer = result.raw_llm_response.unwrap_or_default();
    let asked = result.rendered_prompt_char_count.div_ceil(CHARS_PER_TOKEN);
    let answered = tokens(&[&answer]);
    Some(ModelCall {
        llm_call_id: format!("call:{}:{}", facts.run_id, item.item.video_id),
        purpose: "video_level_extraction".into(),
        status: Status::Completed.as_str().into(),
        input_tokens: asked,
        output_tokens: answered,
        total_tokens: asked + answered,
        prompt_text: Some(config.instructions_text.clone()),
        response_text: Some(answer),
        ..blank(facts, item.item, (ended, ended))
    })
}

fn blank(facts: &Facts, item: &Item, (since, until): (Millis, Millis)) -> ModelCall {
    ModelCall {
        prompt_run_id: Some(facts.run_id.clone()),
        prompt_id: Some(facts.prompt.prompt_id.clone()),
        video_id: Some(item.video_id.clone()),
        user_id: ACCOUNT.to_owned(),
        model: facts.model().to_owned(),
        schema_used: Some(facts.prompt.prompt_id.clone()),
        invoked_at: stamp(since),
        completed_at: Some(stamp(until)),
        created_at: Some(stamp(since)),
        duration_ms: Some(until - since),
        ..ModelCall::default()
    }
}

const CHARS_PER_TOKEN: u64 = 4;

/// About as many tokens as the texts would have.
fn tokens(texts: &[&str]) -> u64 {
    let chars: usize = texts.iter().map(|text| text.chars().count()).sum();
    u64::try_from(chars).unwrap_or(u64::MAX).div_ceil(CHARS_PER_TOKEN)
}
