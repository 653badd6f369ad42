//! Conversations with the library: sessions, their turns, and answers as a stream of events.
//!
//! The published description leaves most shapes open. We chose the members that the documents name, and read an answer with and without an
//! object around it.

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error},
};
use serde_json::Value;

use super::{
    Access, Body, Repeat, Scope, endpoint,
    ids::{IndexId, RunId, SessionId},
    keys::Message,
    null_as_default,
    page::Rows,
    reader, state,
    stream::EventStream,
};

/// The longest question, in characters.
pub const MAX_MESSAGE: usize = 8_000;

/// Opens a session.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the name says it")]
pub struct CreateSession {
    pub title: Option<String>,
}

endpoint!(CreateSession, Post, "/chat/sessions", Access::Scope(Scope::Search), ChatSession, BODY = Body::MembersIfAny);

/// List chat sessions, newest first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListSessions {}

endpoint!(ListSessions, Get, "/chat/sessions", Access::Scope(Scope::Search), Rows<ChatSession>);

/// Read a chat session.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the name says it")]
pub struct GetSession {
    pub session_id: SessionId,
}

endpoint!(GetSession, Get, "/chat/sessions/{session_id}", Access::Scope(Scope::Search), ChatSession);

/// Delete a chat session and its turns.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the name says it")]
pub struct DeleteSession {
    pub session_id: SessionId,
}

endpoint!(DeleteSession, Delete, "/chat/sessions/{session_id}", Access::Scope(Scope::Search), Message);

/// List the questions and answers of a chat session.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the name says it")]
pub struct ListTurns {
    pub session_id: SessionId,
}

endpoint!(ListTurns, Get, "/chat/sessions/{session_id}/turns", Access::Scope(Scope::Search), Rows<ChatTurn>);

/// Asks and waits for the whole answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct AskTurn {
    pub session_id: SessionId,
    pub message: String,
    pub scope: Option<ChatScope>,
    pub idempotency_key: Option<String>,
}

endpoint!(
    AskTurn,
    Post,
    "/chat/sessions/{session_id}/turns",
    Access::Scope(Scope::Search),
    TurnAnswer,
    REPEAT = Repeat::Keyed("chat-turn"),
);

/// Asks and follows the answer. Its key is in the body only: a caller that knows it, and the session, takes the answer up with the same call.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct StreamTurn {
    pub session_id: SessionId,
    pub message: String,
    pub scope: Option<ChatScope>,
    pub idempotency_key: Option<String>,
}

endpoint!(
    StreamTurn,
    Post,
    "/chat/sessions/{session_id}/turns/stream",
    Access::Scope(Scope::Search),
    EventStream,
    REPEAT = Repeat::Keyed("chat-turn"),
);

/// Where an answer may come from. All of the library if nothing is named.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct ChatScope {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_ids: Option<Vec<IndexId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_run_ids: Option<Vec<RunId>>,
}

/// A conversation.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct ChatSession {
    pub session_id: String,
    pub title: Option<String>,
    pub turn_count: Option<u64>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
}

impl<'de> Deserialize<'de> for ChatSession {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Plain {
            #[serde(alias = "id")]
            session_id: String,
            #[serde(default, alias = "name")]
            title: Option<String>,
            #[serde(default)]
            turn_count: Option<u64>,
            #[serde(default)]
            created_at: Option<String>,
            #[serde(default)]
            updated_at: Option<String>,
        }

        let names = [("session_id", "id"), ("title", "name")];
        let Plain { session_id, title, turn_count, created_at, updated_at } = unwrapped(deserializer, "session", &names)?;
        Ok(Self { session_id, title, turn_count, created_at, updated_at })
    }
}

/// A question and its answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "NamedTurn")]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct ChatTurn {
    pub turn_id: String,
    pub session_id: String,
    pub status: String,
    pub user_message: Option<Value>,
    pub assistant_message: Option<Value>,
    pub effective_scope: Option<Value>,
    pub tool_trace: Option<Value>,
    pub result_sets: Option<Value>,
    pub stats: Option<Value>,
    pub error: Option<Value>,
    pub created_at: Option<String>,
}

/// The same as it comes, with either name of its id, or both.
#[derive(Default, Deserialize)]
#[serde(default)]
struct NamedTurn {
    turn_id: Option<String>,
    id: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    session_id: String,
    #[serde(deserialize_with = "state::folded")]
    status: String,
    user_message: Option<Value>,
    assistant_message: Option<Value>,
    effective_scope: Option<Value>,
    tool_trace: Option<Value>,
    result_sets: Option<Value>,
    stats: Option<Value>,
    error: Option<Value>,
    created_at: Option<String>,
}

impl From<NamedTurn> for ChatTurn {
    fn from(named: NamedTurn) -> Self {
        Self {
            turn_id: named.turn_id.or(named.id).unwrap_or_default(),
            session_id: named.session_id,
            status: named.status,
            user_message: named.user_message,
            assistant_message: named.assistant_message,
            effective_scope: named.effective_scope,
            tool_trace: named.tool_trace,
            result_sets: named.result_sets,
            stats: named.stats,
            error: named.error,
            created_at: named.created_at,
        }
    }
}

/// The answer to a question.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct TurnAnswer {
    pub turn: ChatTurn,
}

impl<'de> Deserialize<'de> for TurnAnswer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut turn: Value = unwrapped(deserializer, "turn", &[])?;
        if let Some(members) = turn.as_object_mut()
            && members.get("assistant_message").is_none_or(Value::is_null)
            && let Some(answer) = members.remove("answer")
        {
            members.insert("assistant_message".to_owned(), answer);
        }
        Ok(Self { turn: reader::tolerant(turn).map_err(D::Error::custom)? })
    }
}

/// Reads a thing that may be the only member of interest of an object around it. Of two names for the same, one counts.
fn unwrapped<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D, member: &str, names: &[(&str, &str)]) -> Result<T, D::Error> {
    let mut value = Value::deserialize(deserializer)?;
    if let Some(inner) = value.get_mut(member).filter(|inner| inner.is_object()) {
        value = inner.take();
    }
    for (name, other) in names {
        if let Some(members) = value.as_object_mut()
            && let Some(first) = members.get(*name)
        {
            let second = if first.is_null() { name } else { other };
            members.remove(*second);
        }
    }
    reader::tolerant(value).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sessions_and_turns_are_read_with_and_without_an_object_around_them() {
        for body in [
            json!({"session_id": "s", "title": null}),
            json!({"session_id": "s", "id": "t", "name": null, "title": null}),
            json!({"session": {"id": "s", "more": 1}, "request_id": "r"}),
        ] {
            assert_eq!(serde_json::from_value::<ChatSession>(body).unwrap().session_id, "s");
        }
        let odd = json!({"session": {"id": "s", "title": 7, "turn_count": "many", "created_at": 1_795_826_700, "updated_at": {}}});
        let read = serde_json::from_value::<ChatSession>(odd).unwrap();
        assert_eq!((read.session_id.as_str(), read.title, read.turn_count, read.updated_at), ("s", None, None, None));
        assert!(serde_json::from_value::<ChatSession>(json!({"title": "t"})).is_err());
        for body in [
            json!({"turn": {"turn_id": "t", "status": "completed"}}),
            json!({"id": "t", "status": "completed", "user_message": [1]}),
            json!({"id": "u", "turn_id": "t", "status": "completed"}),
        ] {
            let turn = serde_json::from_value::<TurnAnswer>(body).unwrap().turn;
            assert_eq!((turn.turn_id.as_str(), turn.status.as_str()), ("t", "completed"));
        }
        let bare = json!({"turn_id": "t", "status": "completed", "answer": "words"});
        assert_eq!(serde_json::from_value::<TurnAnswer>(bare).unwrap().turn.assistant_message, Some(json!("words")));
        let rows: Rows<ChatSession> = serde_json::from_value(json!({"sessions": [{"id": "s"}], "total": 1})).unwrap();
        assert_eq!(rows.data.len(), 1);
    }
}
