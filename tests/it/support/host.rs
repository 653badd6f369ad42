//! A host whose user can be asked.

use serde_json::{Value, json};

use super::{Server, modern};

/// How a client asks the person in front of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Era {
    /// With a handshake: by a request of the server.
    Handshake,
    /// Without one: by the result of the call.
    Modern,
}

/// A host that can ask a person.
pub struct Host {
    /// The server.
    pub server: Server,
    era: Era,
}

impl Host {
    /// Starts the server with this API and key, and learns the scopes.
    pub fn new(base_url: &str, key: &str, era: Era, arguments: &[&str]) -> Self {
        let mut server = Server::start(arguments, &[("VIDEOSEARCH_BASE_URL", base_url), ("VIDEOSEARCH_API_KEY", key)]);
        if era == Era::Handshake {
            let client = json!({"name": "test", "version": "1"});
            let capabilities = json!({"elicitation": {}});
            server.request("initialize", json!({"protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": client}));
            server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        }
        let mut host = Self { server, era };
        // From now on the scopes are known, and nothing is sent to learn them.
        host.call("get_key_info", &json!({}), |_| unreachable!());
        host
    }

    /// The parameters of a call.
    pub fn params(&self, tool: &str, arguments: &Value) -> Value {
        let params = json!({"name": tool, "arguments": arguments});
        match self.era {
            Era::Handshake => params,
            Era::Modern => {
                let mut params = modern(params);
                params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {"form": {}}});
                params
            }
        }
    }

    /// Calls a tool. `reply` answers the question, if there is one. Returns the question and the result.
    pub fn call(&mut self, tool: &str, arguments: &Value, reply: impl Fn(&Value) -> Value) -> (Option<Value>, Value) {
        let id = self.server.ask("tools/call", self.params(tool, arguments));
        match self.era {
            Era::Handshake => {
                let message = self.server.wait_for(|message| {
                    message["id"] == id && message.get("method").is_none() || message["method"] == "elicitation/create"
                });
                if message.get("method").is_none() {
                    return (None, message["result"].clone());
                }
                self.server.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": reply(&message["params"])}));
                (Some(message["params"].clone()), self.server.answer(id)["result"].clone())
            }
            Era::Modern => {
                let result = self.server.answer(id)["result"].clone();
                if result["resultType"] != "input_required" {
                    return (None, result);
                }
                let question = result["inputRequests"]["confirm"]["params"].clone();
                let answer = self.again(tool, arguments, &result["requestState"], &reply(&question));
                (Some(question), answer)
            }
        }
    }

    /// Repeats a call with a state and a reply.
    pub fn again(&mut self, tool: &str, arguments: &Value, state: &Value, reply: &Value) -> Value {
        let answer = self.again_whole(tool, arguments, state, reply);
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    /// The same. Gives the whole answer, which may be an error of the protocol.
    pub fn again_whole(&mut self, tool: &str, arguments: &Value, state: &Value, reply: &Value) -> Value {
        let mut params = self.params(tool, arguments);
        params["requestState"] = state.clone();
        params["inputResponses"] = json!({"confirm": reply});
        self.server.request("tools/call", params)
    }
}

/// The text of a result.
pub fn said(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {result}"))
}

/// Agrees to a question.
pub fn yes(question: &Value) -> Value {
    assert_eq!(question["requestedSchema"]["required"], json!(["confirm"]), "{question}");
    json!({"action": "accept", "content": {"confirm": true}})
}
