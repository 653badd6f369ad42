//! The members that the contract of the official server names, in the form `json`: each is there, null where there is nothing to say.
//!
//! The contract's file has only the arguments. What the tools answer is told in prose, of which [`ANSWERS`] is the copy. Where an answer, or
//! a part of it, is what the API says, the description of the API tells its members.

use serde_json::{Value, json};
use videosearch_mcp::tools::catalog;

use crate::{
    openapi::answered,
    support::{EVERYTHING, Playground, Server, example},
};

/// Where the members of an answer are that are the API's own.
enum Part {
    /// There are none, or the contract has its own for them.
    None,
    /// The answer itself.
    Whole,
    /// A member that is a thing of the API.
    Member(&'static str),
    /// A member that is a list of such things.
    Rows(&'static str),
}
use Part::{Member, None, Rows, Whole};

const HIT: &str = "score content duration video_name segment video_id segment_id start_time end_time";
const IMAGE: &str = "matched_image_timestamp matched_image_score shot_timestamp score content duration video_name";
const FUSED: &str = "fused_score text_score image_score text_rank image_rank match_type score content duration video_name";
const SEGMENT: &str = "time_range duration operations segment_id start_time end_time";
const RUN: &str = "run_id status progress media_breakdown operations configuration video_level billing stop_state";
const STATES: &str = "by_status by_run_status segment_status_totals videos_with_processing_details";
const STARTED: &str = "message export_id status destination_type destination_connector_id destination_subpath";

/// Each tool with the members of its answer, those of each row, and what of it is the API's own.
#[rustfmt::skip] // A table.
const ANSWERS: [(&str, &str, &str, Part); 48] = [
    ("search_videos", "query index_id total_results segment_enrichment results", HIT, None),
    ("search_videos_by_image", "index_id search_type total_results results", IMAGE, None),
    ("multimodal_search", "index_id search_type text_query has_image text_weight image_weight total_results results", FUSED, None),
    ("filter_videos", "index_id search_type conditions total_results has_more next_cursor results", "video_name", None),
    ("list_indexes", "total_indexes user_indexes tip", "", Rows("user_indexes")),
    ("get_index", "index_id name", "", Whole),
    ("list_prompts", "total_count active_count prompts", "schema_fields", Rows("prompts")),
    ("get_video", "video_id processing_summary processing_status", "", None),
    ("get_video_segments", "video_id run_id total_segments has_more segments", SEGMENT, Rows("segments")),
    ("list_prompt_runs", "scope index_id total_runs runs", "run_id status", None),
    ("estimate_prompt_run", "prompt_id target estimated_mt sufficient_balance current_balance_mt breakdown", "", None),
    ("execute_prompt", "message run_id status prompt_name target total_media", "", None),
    ("get_prompt_run_status", RUN, "", None),
    ("cancel_prompt_run", "message run note", "", None),
    ("get_prompt_run_results", "run_id video_id total_results has_more results", "", Rows("results")),
    ("get_prompt_run_video_result", "run_id video_id status", "", Whole),
    ("get_prompt_run_failed_segments", "run_id", "", Whole),
    ("retry_prompt_run_segment", "retry_id status", "", Whole),
    ("get_prompt_run_segment_retry_status", "retry_id status", "", Whole),
    ("create_prompt", "message prompt", "", Member("prompt")),
    ("get_prompt", "schema_fields", "", Whole),
    ("update_prompt", "message prompt", "", Member("prompt")),
    ("test_prompt_schema", "valid", "", Whole),
    ("get_prompt_usage", "prompt_id", "", Whole),
    ("create_gcs_connector", "message connector", "", None),
    ("create_s3_connector", "message connector", "", None),
    ("create_azure_connector", "message connector", "", None),
    ("list_connectors", "total_connectors by_provider connectors", "last_test", None),
    ("test_connector", "connector_id success error_message", "", None),
    ("browse_connector_files", "connector_id filter total_files total_size by_extension files", "size_human", Rows("files")),
    ("create_import_job", "message job", "", Member("job")),
    ("list_import_jobs", "total_jobs filter by_status jobs", "", Rows("jobs")),
    ("get_import_job", "failed_files skipped_files", "", Whole),
    ("cancel_import_job", "message job note", "", Member("job")),
    ("create_index", "message index", "", Member("index")),
    ("list_videos", "index_id videos_returned has_more next_cursor by_media_type videos", "video_id title status duration_seconds", None),
    ("get_videos_status", "total_videos statuses", "", Rows("statuses")),
    ("export_index_metadata", "index_id prompt_run_ids", "", None),
    ("export_prompt_run", "run_id", "", None),
    ("get_export_status", "file_size_human tip", "", Whole),
    ("get_export_download_url", "download_url", "", Whole),
    ("create_webhook", "message webhook secret important", "", Member("webhook")),
    ("list_webhooks", "total_webhooks by_status webhooks", "", Rows("webhooks")),
    ("get_webhook", "webhook_id", "", Whole),
    ("update_webhook", "message webhook", "", Member("webhook")),
    ("list_webhook_events", "total_events by_category events", "", None),
    ("test_webhook", "webhook_id success status_code error", "", Whole),
    ("list_webhook_deliveries", "webhook_id filter total_deliveries by_status by_event_type deliveries", "", Rows("deliveries")),
];

/// The members of the API that the contract itself leaves out of an answer.
const LEFT_OUT: [(&str, &str); 3] = [
    ("list_webhook_deliveries", "payload response_body"),
    ("create_webhook", "secret"),
    // Pictures are for show_moment.
    ("get_video_segments", "gif_data thumbnail_data"),
];

#[test]
fn every_member_of_the_contract_is_there() {
    let playground = Playground::start(&[]);
    let flags = [&EVERYTHING[..], &["--output", "json", "--reveal-secrets"]].concat();
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &flags);
    let listed = server.request("tools/list", json!({}))["result"]["tools"].take();
    let (mut gaps, mut retry) = (Vec::new(), Value::Null);
    for (name, members, of_rows, part) in &ANSWERS {
        let tool = catalog::find(name).unwrap();
        let mut arguments = example(tool);
        if *name == "get_prompt_run_segment_retry_status" {
            arguments["retry_id"] = retry.clone();
        }
        let result = server.call(name, arguments.clone());
        let answer: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
        assert!(result["isError"] != true, "{name}: {answer}");
        // Nulls must not break the promise of the output schema.
        let described = listed.as_array().unwrap().iter().find(|row| row["name"] == *name).unwrap();
        let fits = jsonschema::validator_for(&described["outputSchema"]).unwrap().is_valid(&answer);
        assert!(fits, "{name}: {} for {answer}", described["outputSchema"]);
        retry = answer["retry_id"].clone();
        let shared = match *name {
            "list_videos" | "get_videos_status" => STATES,
            "export_index_metadata" | "export_prompt_run" => STARTED,
            _ => "",
        };
        lacking(&mut gaps, name, &answer, members.split(' ').chain(shared.split(' ')));
        let rows = members.split(' ').filter_map(|member| answer[member].as_array()).next_back().cloned().unwrap_or_default();
        assert!(of_rows.is_empty() || !rows.is_empty(), "{name} has no rows: {answer}");
        for row in &rows {
            lacking(&mut gaps, &format!("a row of {name}"), row, of_rows.split(' '));
        }
        // All that the API says comes where everything is asked for.
        let whole = if tool.input_schema()["properties"].get("detail").is_some() {
            arguments["detail"] = json!("full");
            server.call(name, arguments)["structuredContent"].clone()
        } else {
            answer
        };
        let (things, list) = match part {
            None => continue,
            Whole => (vec![whole], false),
            Member(member) => (vec![whole[member].clone()], false),
            Rows(member) => (whole[member].as_array().unwrap().clone(), true),
        };
        assert!(!things.is_empty(), "{name} has no rows");
        let left_out = LEFT_OUT.iter().find(|(tool, _)| tool == name).map_or("", |(_, members)| members);
        let described = answered(tool.method.as_str(), tool.path, list);
        let wanted: Vec<_> =
            described.iter().map(String::as_str).filter(|member| !left_out.split(' ').any(|left| left == *member)).collect();
        for thing in &things {
            lacking(&mut gaps, &format!("the API's part of {name}"), thing, wanted.iter().copied());
        }
    }
    gaps.dedup();
    assert!(gaps.is_empty(), "{gaps:#?}");
}

/// Notes the members that a thing lacks.
fn lacking<'a>(gaps: &mut Vec<String>, what: &str, thing: &Value, members: impl Iterator<Item = &'a str>) {
    let missing: Vec<_> = members.filter(|member| !member.is_empty() && thing.get(*member).is_none()).collect();
    if !missing.is_empty() {
        gaps.push(format!("{what} lacks {}", missing.join(" ")));
    }
}
