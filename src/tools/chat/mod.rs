//! Conversations with the library. `ask` asks a question, and `cited` says where an answer comes from.

mod ask;
mod cited;
mod opened;
mod turns;

pub use opened::Chats;
use serde_json::{Value, json};

use crate::{
    api::chat::{ChatSession, ChatTurn, DeleteSession, GetSession, ListSessions, ListTurns},
    tools::{
        Context, Tool, ToolError,
        catalog::Family,
        consent::Plan,
        proxy::{Noun, Planned, must_be, one},
        schema::{Kind, Member},
        text,
    },
};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "chat", about: "questions to the library", tools: &TOOLS };

const SESSION: &str = r#"{"session_id": "chat_sample"}"#;

static TOOLS: [Tool; 5] = [
    Tool::of::<ask::AskLibrary>()
        .words("talk discuss answer continue; chat question conversation")
        .composed()
        .example(r#"{"message": "Where is a train robbed?", "session_id": "chat_sample"}"#),
    Tool::proxy::<ListSessions>("list_chat_sessions", "List chat sessions").words("conversations past earlier old asked history"),
    Tool::proxy::<GetSession>("get_chat_session", "Get chat session").words("conversation details one").example(SESSION),
    Tool::of::<turns::ListTurnsTool>().words("conversation messages said questions answers transcript asked").example(SESSION),
    Tool::deletes::<DeleteSession>("delete_chat_session", "Delete chat session").words("conversation history").example(SESSION),
];

impl Noun for ChatSession {
    const NOUN: &'static str = "chat session";
    const MEMBER: &'static str = "session";
    const LIST: &'static str = "sessions";
    const TOTAL: &'static str = "total_sessions";
    const NONE: (&'static str, &'static str) = ("No question was asked yet.", "ask_library asks one.");
    const TOLD: &'static [&'static str] = &["session_id", "title", "turn_count", "updated_at"];
    const ALONE: &'static [Member] = &[Member::always("session_id", Kind::Text)];

    fn line(&self) -> String {
        let title = self.title.as_deref().map(|title| format!(" \"{}\"", text::line(title, 120))).unwrap_or_default();
        let turns = self.turn_count.map(|turns| format!(", {}", text::count(usize::try_from(turns).unwrap_or(usize::MAX), "turn")));
        let updated = self.updated_at.as_deref().or(self.created_at.as_deref());
        let updated = updated.map(|at| format!(", last used {}", text::line(at, 40))).unwrap_or_default();
        format!("{}{title}{}{updated}", text::id(&self.session_id), turns.unwrap_or_default())
    }
}

impl Noun for ChatTurn {
    const NOUN: &'static str = "turn";
    const LIST: &'static str = "turns";
    const TOTAL: &'static str = "total_turns";
    const NONE: (&'static str, &'static str) = ("No question was asked in this session yet.", "ask_library with this session_id asks one.");
    const COUNTED: &'static [(&'static str, &'static str)] = &[("by_status", "status")];
    const LONG: &'static [&'static str] = &["tool_trace", "result_sets", "stats", "effective_scope"];

    fn line(&self) -> String {
        let question = cited::words(self.user_message.as_ref());
        let answer = cited::words(self.assistant_message.as_ref());
        let state = if self.status == "completed" || self.status.is_empty() {
            String::new()
        } else {
            format!(" ({})", text::line(&self.status, 40))
        };
        format!("{}{state} Q: {} A: {}", text::id(&self.turn_id), text::line(&question, 200), text::line(&answer, turns::MOST_IN_ROW))
    }
}

impl Planned for DeleteSession {
    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let session = cx.session.call(&GetSession { session_id: self.session_id.clone() }, &cx.deadline).await?;
        must_be(self.session_id.as_str(), &session.session_id)?;
        let turns = cx.session.call(&ListTurns { session_id: self.session_id.clone() }, &cx.deadline).await?;
        let (count, at_least) = (turns.data.len(), if turns.next_cursor().is_some() { "at least " } else { "" });
        let heading = format!("Would delete the chat session {} and its {at_least}{}", session.line(), text::count(count, "turn"));
        let mut answer = one(heading, &session, ChatSession::TOLD);
        answer.fact("turns", count);
        Ok(Plan::loss(answer, session.title.as_deref().unwrap_or_default()))
    }
}

/// An object with the given member, or nothing.
fn member<'a>(value: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| value.get(*name)).filter(|found| !found.is_null() && **found != json!(""))
}
