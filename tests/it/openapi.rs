//! The playground's answers against the published description of the API.
//!
//! `openapi.json` is that description without its prose. `openapi.py` derives it. A noun with a test file of its own has a function there
//! that calls each of its operations through [`Check::ask`], and a line in [`NOUNS`].

use std::sync::LazyLock;

use serde_json::{Value, json};
use videosearch_mcp::{playground::routes::routes, tools::catalog};

use crate::support::{Answer, EVERYTHING, Playground, Reply, Seen, Server, Upstream, example, example_of, shared, spelled, upload_root};

static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("openapi.json")).unwrap());

/// All operations: method, path, and what is said of them. `x-access` is a scope, or `public`, `any` (any credential), `key` or `session`.
pub fn operations() -> impl Iterator<Item = (String, &'static str, &'static Value)> {
    DESCRIPTION["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, operation)| (method.to_uppercase(), path.as_str(), operation))
    })
}

/// The operation with this method and path.
fn operation(template: &str) -> &'static Value {
    let (method, path) = template.split_once(' ').unwrap();
    DESCRIPTION["paths"][path].get(method.to_lowercase()).unwrap_or_else(|| panic!("{template} is not described"))
}

/// The members that the answer of an operation always has, or each thing of the list that it is.
pub fn answered(method: &str, path: &str, list: bool) -> Vec<String> {
    let answers = operation(&format!("{method} {path}"))["responses"].as_object().unwrap();
    let answer =
        answers.iter().find(|(status, _)| status.starts_with('2')).map(|(_, answer)| &answer["content"]["application/json"]["schema"]);
    let answer = resolved(answer.unwrap());
    let thing = if list { items(&answer).unwrap_or_else(|| panic!("{method} {path} answers no list: {answer}")) } else { answer };
    thing["required"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What a list holds: the answer itself, or its member `data` or another that is a list.
fn items(answer: &Value) -> Option<Value> {
    let list = if answer["items"].is_object() {
        answer
    } else {
        answer["properties"].as_object()?.values().find(|member| member["items"].is_object())?
    };
    Some(resolved(&list["items"]))
}

/// A schema with its references and its parts put together.
fn resolved(schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|at| at.strip_prefix("#/components/schemas/")) {
        return resolved(&DESCRIPTION["components"]["schemas"][name]);
    }
    let mut whole = schema.clone();
    for part in schema["allOf"].as_array().into_iter().flatten().map(resolved) {
        for (name, value) in part["properties"].as_object().into_iter().flatten() {
            whole["properties"][name] = value.clone();
        }
        let mut required = whole["required"].as_array().cloned().unwrap_or_default();
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
        whole["required"] = Value::Array(required);
    }
    whole
}

fn assert_fits(schema: &Value, body: &Value, label: &str) {
    let errors = misfits(schema, body, &DESCRIPTION["components"]["schemas"]);
    assert!(errors.is_empty(), "{label}: {errors:#?}");
}

/// Where and why a body does not fit a schema.
fn misfits(schema: &Value, body: &Value, parts: &Value) -> Vec<String> {
    let mut root = schema.clone();
    root["components"] = json!({"schemas": parts});
    let validator = jsonschema::validator_for(&root).unwrap();
    validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).take(5).collect()
}

/// What calls the operations of one noun and returns nothing: [`Check`] looks at the answers.
type Calls = fn(&mut Check<'_>);

/// The nouns with a test file of their own. The order does not matter.
#[rustfmt::skip] // One line each, so that nouns can be added side by side.
const NOUNS: &[Calls] = &[
    crate::attachments::calls,
    crate::automations::calls,
    crate::connectors::calls,
    crate::imports::calls,
    crate::events::calls,
    crate::exports::calls,
    crate::chat::calls,
    crate::library::calls,
    crate::facade::calls,
    crate::markers::calls,
    crate::prompts::calls,
    crate::sql::calls,
    crate::uploads::calls,
    crate::webhooks::calls,
];

/// Requests endpoints and checks their answers.
pub struct Check<'a> {
    pub playground: &'a Playground,
    done: Vec<String>,
}

impl Check<'_> {
    /// Calls an operation, which must succeed, with the key that holds all scopes, or as the owner if it takes no key. `template` is its
    /// method and path in the description. Returns the body.
    pub fn ask(&mut self, template: &str, path: &str, body: Option<&Value>) -> Value {
        let (method, _) = template.split_once(' ').unwrap();
        let reply = if operation(template)["x-access"] == "session" {
            self.playground.as_owner(method, path, body)
        } else {
            self.playground.with_key(&self.playground.api_key, method, path, body)
        };
        self.look(template, &reply);
        reply.json()
    }

    /// Checks an answer to a request that was made in another way.
    pub fn look(&mut self, template: &str, reply: &Reply) {
        let answers = &operation(template)["responses"];
        let Some(described) = answers.get(reply.status.to_string()).filter(|_| reply.status < 300) else {
            panic!("{template} answered {}: {}", reply.status, reply.json())
        };
        match described["content"].as_object() {
            // The description says nothing about a body. Only an answer without content must have none.
            None => assert!(reply.status != 204 || reply.body.is_empty(), "{template}"),
            Some(types) if reply.content_type.starts_with("application/json") => {
                assert_fits(&types["application/json"]["schema"], &reply.json(), template);
            }
            Some(types) => {
                assert!(types.keys().any(|known| reply.content_type.starts_with(known.as_str())), "{template}: {}", reply.content_type);
            }
        }
        self.done.push(template.to_owned());
    }
}

#[test]
fn every_answer_fits_the_description() {
    let playground = Playground::start(&[]);
    let mut check = Check { playground: &playground, done: Vec::new() };
    let (index, video, run, damaged) =
        ("idx_early_cinema", "vid_great_train_robbery_1903", "run_scene_catalogue_early_cinema", "run_scene_catalogue_damaged");
    let picture = {
        let bytes = playground.with_key(&playground.api_key, "GET", "/videos/segments/seg_great_train_robbery_1903_001/thumbnail", None);
        assert_eq!((bytes.status, bytes.content_type.as_str()), (200, "image/jpeg"));
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes.body)
    };
    let request = json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [video]}});
    let gets = [
        ("GET /auth/validate", "/auth/validate".to_owned()),
        ("GET /indexes", "/indexes".to_owned()),
        ("GET /indexes/{index_id}", format!("/indexes/{index}")),
        ("GET /indexes/{index_id}/videos", format!("/indexes/{index}/videos?limit=3")),
        ("GET /indexes/{index_id}/prompt-runs", format!("/indexes/{index}/prompt-runs")),
        ("GET /videos/{video_id}", format!("/videos/{video}")),
        ("GET /videos/{video_id}/segments", format!("/videos/{video}/segments?latest_run=true")),
        ("GET /videos/{video_id}/prompt-runs", format!("/videos/{video}/prompt-runs")),
        ("GET /prompts", "/prompts".to_owned()),
        ("GET /prompts/{prompt_id}", "/prompts/prompt_action_log".to_owned()),
        ("GET /prompt-runs", "/prompt-runs".to_owned()),
        ("GET /prompt-runs/{run_id}", format!("/prompt-runs/{damaged}")),
        ("GET /prompt-runs/{run_id}/results", format!("/prompt-runs/{run}/results?video_id={video}")),
        ("GET /prompt-runs/{run_id}/llm-calls", format!("/prompt-runs/{damaged}/llm-calls")),
        ("GET /prompt-runs/{run_id}/videos/{video_id}/video-result", format!("/prompt-runs/{run}/videos/{video}/video-result")),
        ("GET /prompt-runs/{run_id}/failed-segments", format!("/prompt-runs/{damaged}/failed-segments")),
        ("GET /usage", "/usage".to_owned()),
        ("GET /usage/history", "/usage/history".to_owned()),
        ("GET /usage/details", "/usage/details".to_owned()),
        ("GET /usage/breakdown", "/usage/breakdown".to_owned()),
        ("GET /usage/metric-types", "/usage/metric-types".to_owned()),
        ("GET /rate-limit/status", "/rate-limit/status".to_owned()),
        ("GET /billing/pricing", "/billing/pricing".to_owned()),
        ("GET /mcp/status", "/mcp/status".to_owned()),
        ("GET /mcp/tools", "/mcp/tools".to_owned()),
        ("GET /mcp/config", "/mcp/config?platform=cursor".to_owned()),
        ("GET /api-keys", "/api-keys".to_owned()),
        ("GET /videos/segments/{segment_id}/thumbnail", "/videos/segments/seg_great_train_robbery_1903_001/thumbnail".to_owned()),
    ];
    for (template, path) in &gets {
        check.ask(template, path, None);
    }
    let condition = json!({"field": "people_count", "operator": "greater_than", "type": "integer", "value": 1});
    let posts = [
        (
            "POST /auth/processing-activity",
            "/auth/processing-activity".to_owned(),
            json!({"event_id": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "surface": "sdk", "reason": "authentication"}),
        ),
        ("POST /indexes/{index_id}/search", format!("/indexes/{index}/search"), json!({"query": "a train is robbed"})),
        ("POST /indexes/{index_id}/image-search", format!("/indexes/{index}/image-search"), json!({"image_data": picture, "top_k": 5})),
        (
            "POST /indexes/{index_id}/multimodal-search",
            format!("/indexes/{index}/multimodal-search"),
            json!({"text_query": "train", "image_data": picture}),
        ),
        ("POST /search/filter/{index_id}", format!("/search/filter/{index}"), json!({"conditions": [condition], "page_size": 4})),
        ("POST /videos/batch", "/videos/batch".to_owned(), json!({"video_ids": [video]})),
        ("POST /videos/batch/status", "/videos/batch/status".to_owned(), json!({"video_ids": [video]})),
        ("POST /videos/batch/segments", "/videos/batch/segments".to_owned(), json!({"video_ids": [video]})),
        ("POST /prompts/test-schema", "/prompts/test-schema".to_owned(), json!({"json_schema": {"type": "object"}, "sample_data": {}})),
        ("POST /prompt-runs/estimate", "/prompt-runs/estimate".to_owned(), request.clone()),
        ("POST /mcp/playground", "/mcp/playground".to_owned(), json!({"tool_name": "list_indexes", "arguments": {}})),
    ];
    for (template, path, body) in &posts {
        check.ask(template, path, Some(body));
    }
    let started = check.ask("POST /prompt-runs/execute", "/prompt-runs/execute", Some(&request));
    check.ask("POST /prompt-runs/{run_id}/cancel", &format!("/prompt-runs/{}/cancel", started["run_id"].as_str().unwrap()), None);
    let segment = format!("/prompt-runs/{damaged}/videos/vid_damaged_reel_1906/segments/seg_damaged_reel_1906_003");
    let retry = check.ask("POST /prompt-runs/{run_id}/videos/{video_id}/segments/{segment_id}/retry", &format!("{segment}/retry"), None);
    check.ask(
        "GET /prompt-runs/{run_id}/videos/{video_id}/segments/{segment_id}/retries/{retry_id}",
        &format!("{segment}/retries/{}", retry["retry_id"].as_str().unwrap()),
        None,
    );
    check.ask("POST /rate-limit/refresh", "/rate-limit/refresh", None);
    let key = check.ask("POST /api-keys", "/api-keys", Some(&json!({"name": "k"})));
    let id = key["key_id"].as_str().unwrap().to_owned();
    check.ask("GET /api-keys/{key_id}", &format!("/api-keys/{id}"), None);
    let rotated = check.ask("POST /api-keys/{key_id}/rotate", &format!("/api-keys/{id}/rotate"), None);
    let id = rotated["new_key"]["key_id"].as_str().unwrap().to_owned();
    check.ask("POST /api-keys/{key_id}/revoke", &format!("/api-keys/{id}/revoke"), None);
    check.ask("DELETE /api-keys/{key_id}", &format!("/api-keys/{id}"), None);

    for calls in NOUNS {
        calls(&mut check);
    }
    let name = |method: &str, path: String| format!("{method} {path}");
    let served = routes()
        .iter()
        .flat_map(|route| spelled(route.path).into_iter().map(|path| name(route.method.as_str(), path)).collect::<Vec<_>>())
        .collect::<Vec<_>>();
    let missed: Vec<_> = served.iter().filter(|name| !check.done.contains(name)).collect();
    assert!(missed.is_empty(), "not checked: {missed:?}");
}

#[test]
fn errors_fit_the_description() {
    let playground = Playground::start(&[]);
    let error = json!({"$ref": "#/components/schemas/AnyError"});
    let key = playground.api_key.as_str();
    let cases = [
        (401, playground.with_key("sk_live_wrong", "GET", "/indexes", None)),
        (404, playground.with_key(key, "GET", "/indexes/none", None)),
        (404, playground.with_key(key, "GET", "/no/such/path", None)),
        (405, playground.with_key(key, "DELETE", "/indexes", None)),
        (422, playground.with_key(key, "POST", "/indexes/idx_early_cinema/search", Some(&json!({})))),
        (400, playground.with_key(key, "POST", "/indexes/idx_early_cinema/image-search", Some(&json!({"image_data": "bm8gcGljdHVyZQ=="})))),
    ];
    for (status, reply) in cases {
        assert_eq!(reply.status, status, "{}", reply.json());
        assert_fits(&error, &reply.json(), &status.to_string());
    }
}

/// What the description says of the operation of a request: the one whose path has the most words of it.
fn described(seen: &Seen) -> Option<(&'static str, &'static Value)> {
    let given: Vec<&str> = seen.target.split('?').next().unwrap().split('/').collect();
    let same = |path: &str| -> Option<usize> {
        let wanted: Vec<&str> = path.split('/').collect();
        let fits = wanted.len() == given.len() && wanted.iter().zip(&given).all(|(name, part)| name.starts_with('{') || name == part);
        fits.then(|| wanted.iter().filter(|name| !name.starts_with('{')).count())
    };
    let of_method = operations().filter(|(method, ..)| *method == seen.method);
    of_method
        .filter_map(|(_, path, operation)| Some((same(path)?, path, operation)))
        .max_by_key(|found| found.0)
        .map(|found| (found.1, found.2))
}

#[test]
fn every_body_that_is_sent_fits_the_description() {
    // What would change something is refused, so that nothing has an effect.
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|seen| match (seen.method.as_str(), seen.target.as_str()) {
        ("GET", _) | (_, "/chat/sessions" | "/prompts/test-schema") => Answer::Pass,
        _ => Answer::json(400, &json!({"error": {"code": "stop_here", "message": "The call passed."}})),
    });
    let flags = [&EVERYTHING[..], &["--upload-root", upload_root(), "--confirm", "never"]].concat();
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &flags);
    let schema = json!({"type": "object", "properties": {"mood": {"type": "string"}}});
    let with = |name: &str, members: Value| {
        let mut arguments = example_of(name);
        arguments.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        (name.to_owned(), arguments)
    };
    let video_level = json!({"video_level": {"instructions_text": "Sum up.", "json_schema": schema}});
    // A struct inside of a body is as free of nulls as the body itself.
    let more = [
        ("ask_library".to_owned(), json!({"message": "trains?", "run_ids": ["run_scene_catalogue_early_cinema"]})),
        ("ask_library".to_owned(), json!({"message": "trains?", "index_ids": ["idx_early_cinema"]})),
        ("search_media".to_owned(), json!({"filters": [{"field": "subject", "value": "train"}]})),
        with("create_prompt", video_level.clone()),
        with("update_prompt", video_level),
        with("create_prompt", json!({"semantic_indexing": {"disabled_segment_fields": ["mood"]}})),
        with("update_prompt", json!({"semantic_indexing": {"disabled_video_level_fields": ["mood"]}})),
    ];
    let waits = |name: &str| name.starts_with("wait_for_") || name == "watch_processing";
    let all = catalog::all().filter(|tool| !catalog::is_pair(tool) && !waits(tool.name)).map(|tool| (tool.name.to_owned(), example(tool)));
    // What a server always sends counts as required in these parts, and who asks may leave it out.
    let mut parts = DESCRIPTION["components"]["schemas"].clone();
    parts["PromptVideoLevelConfig"]["required"] = json!(["instructions_text", "json_schema"]);
    parts["PromptSemanticIndexingConfig"]["required"] = json!([]);
    let mut looked_at = 0;
    for (tool, arguments) in all.chain(more) {
        upstream.take();
        server.call(&tool, arguments);
        for seen in upstream.take() {
            let Ok(body) = serde_json::from_slice::<Value>(&seen.body) else { continue };
            let Some((path, operation)) = described(&seen) else { panic!("{tool}: {} {} is not described", seen.method, seen.target) };
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            // The README says that the API refuses the type in a filter of a workflow, which the description wants. The playground's own
            // addresses are none of a cloud.
            let known = |misfit: &String| path == "/workflow/search" && misfit.contains("\"type\"") || misfit.contains("playground://");
            let misfits: Vec<String> = misfits(schema, &body, &parts).into_iter().filter(|misfit| !known(misfit)).collect();
            assert!(misfits.is_empty(), "{tool}: {} {path} {body}: {misfits:#?}", seen.method);
            looked_at += 1;
        }
    }
    assert!(looked_at > 40, "{looked_at} bodies");
}
