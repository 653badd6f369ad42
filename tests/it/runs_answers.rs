//! What a model reads about runs, prompts, the library and its key: plain, complete, and never misleading.

use serde_json::{Value, json};

use crate::support::{Server, shared};

fn server(arguments: &[&str]) -> Server {
    Server::with_key(&shared().base_url, &shared().api_key, arguments)
}

#[test]
fn an_unknown_tool_is_told_what_is_not_possible_and_no_tool_that_costs() {
    let mut server = server(&[]);
    let mut told = |name: &str| {
        let answer = server.request("tools/call", json!({"name": name, "arguments": {}}));
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        answer["error"]["message"].as_str().unwrap().to_owned()
    };
    for name in [
        "execute_prompts",
        "run_prompt",
        "excute_prompt",
        "cancel_run",
        "cancel_prompt_runs",
        "create_prompt",
        "upload_video",
        "export_index",
    ] {
        let text = told(name);
        assert!(!text.contains("`execute_prompt`") && !text.contains("`cancel_prompt_run`"), "{text}");
        assert!(text.contains("cannot upload, import, export"), "{text}");
    }
    assert!(told("search_video").contains("did you mean `search_videos`?"));
    assert!(told("list_prompt").contains("did you mean `list_prompts`?"));
}

#[test]
fn a_limit_of_this_server_is_named_as_one() {
    let mut limited = server(&["--read-only"]);
    let text = limited.error("execute_prompt", json!({}));
    assert!(text.contains("this server is limited to `search, read`") && text.contains("VIDEOSEARCH_READ_ONLY / --read-only"), "{text}");
    let (text, facts) = limited.ok("get_key_info", json!({}));
    assert!(text.contains("Ceiling: this server is limited to `search, read`") && !text.contains("above this server"), "{text}");
    assert_eq!(facts["ceiling"], json!(["search", "read"]));
}

#[test]
fn what_the_api_does_not_tell_is_said() {
    let (text, facts) = server(&[]).ok("get_key_info", json!({}));
    assert!(text.contains("Ceiling: none") && text.contains("The API does not tell a key its expiry"), "{text}");
    assert!(facts["ceiling"] == "none" && facts["expiry"].as_str().unwrap().contains("does not tell"), "{facts}");
}

#[test]
fn the_handshake_says_what_is_not_possible_here() {
    let mut server = Server::start(&["--playground"], &[]);
    let told: Value = server.initialize();
    let told = told["instructions"].as_str().unwrap();
    assert!(told.contains("Not possible here: uploading") && told.contains("most complete one, not the newest"), "{told}");
}
