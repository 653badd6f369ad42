//! `list_chat_turns`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::cited;
use crate::{
    api::{
        chat::{ChatTurn, ListTurns},
        page::Rows,
    },
    tools::{Answer, Context, Effect, Spec, ToolError, proxy::Show, schema::Member, text},
};

/// The most characters of an answer in its row.
pub const MOST_IN_ROW: usize = 400;
/// The most characters of the latest answer.
const MOST_OF_LATEST: usize = 12_000;

/// List the questions and answers of a chat session.
#[derive(Deserialize, JsonSchema)]
pub struct ListTurnsTool {
    #[serde(flatten)]
    call: ListTurns,
}

impl Spec for ListTurnsTool {
    type Endpoint = ListTurns;
    const NAME: &'static str = "list_chat_turns";
    const TITLE: &'static str = "List chat turns";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = Rows::<ChatTurn>::OUTPUT;

    /// Tells the latest answer whole, and what it cites: whoever asked may have had to go before it came.
    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let turns = cx.session.call(&self.call, &cx.deadline).await?;
        let latest = latest(&turns.data).map(|turn| (cited::words(turn.assistant_message.as_ref()), cited::citations(turn)));
        let mut answer = turns.show();
        if let Some((words, citations)) = latest {
            if words.chars().count() > MOST_IN_ROW {
                answer.line(format!("The latest answer: {}", text::line(&words, MOST_OF_LATEST)));
            }
            for citation in citations {
                answer.line(format!("The latest answer cites {}", citation.line));
            }
        }
        Ok(answer)
    }
}

/// The latest turn that has an answer. The API does not say in which order it lists them.
fn latest(turns: &[ChatTurn]) -> Option<&ChatTurn> {
    turns.iter().filter(|turn| turn.assistant_message.is_some()).max_by_key(|turn| turn.created_at.as_deref())
}
