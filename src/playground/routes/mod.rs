//! The handlers, one file per family, and the list of all that are served. Nouns with a folder of their own are in `NOUNS`.
//!
//! Handlers know the wire types and the store. Of HTTP they know only the status of a refusal. Start with [`routes`]. [`super::mount`] says
//! what a handler looks like.

mod account;
mod filter;
mod keys;
pub mod mcp;
pub(super) mod results;
pub(super) mod runs;
mod search;
mod segments;
mod usage;

use super::{
    automations, connectors, deletions, imports, indexes, markers, media,
    mount::{Mount, Routes},
    prompts, videos, webhooks, workflow,
};

pub use runs::execute_on_imported;

/// The nouns that have a folder of their own: each mounts its handlers. The order does not matter.
#[rustfmt::skip] // One line each, so that nouns can be added side by side.
const NOUNS: &[fn(Mount) -> Mount] = &[
    automations::mount,
    connectors::mount,
    super::chat::mount,
    deletions::mount,
    imports::mount,
    indexes::mount,
    markers::mount,
    media::mount,
    prompts::mount,
    super::sql::mount,
    videos::mount,
    super::events::mount,
    super::exports::mount,
    webhooks::mount,
    workflow::mount,
];

/// Every endpoint of the playground.
pub fn routes() -> Routes {
    let mount = Mount::default()
        .read(account::validate_key)
        .read(account::announce_processing)
        .write(keys::create_key)
        .created()
        .read(keys::list_keys)
        .read(keys::get_key)
        .write(keys::rotate_key)
        .write(keys::revoke_key)
        .write(keys::delete_key)
        .read(search::text_search)
        .read(search::image_search)
        .read(search::multimodal_search)
        .read(search::playground_search)
        .read(search::multi_run_search)
        .read(filter::filter_search)
        .read(filter::playground_filter)
        .read(segments::list_segments)
        .read(segments::batch_segments)
        .raw(segments::get_thumbnail)
        .read(runs::estimate_run)
        .write_meant(runs::execute_run, runs::spell_out)
        .read(runs::list_runs)
        .read(runs::get_run)
        .write(runs::cancel_run)
        .read(results::list_results)
        .read(results::get_video_result)
        .read(results::get_failed_segments)
        .read(results::list_model_calls)
        .write(results::retry_segment)
        .read(results::get_segment_retry)
        .about(mcp::get_mcp_status)
        .about(mcp::get_mcp_config)
        .about(mcp::list_mcp_tools)
        .about(mcp::run_mcp_tool)
        .read(usage::get_usage)
        .read(usage::get_usage_history)
        .read(usage::list_usage_details)
        .read(usage::get_usage_breakdown)
        .read(usage::list_metric_types)
        .about(usage::get_rate_limits)
        .about(usage::refresh_rate_limits)
        .read(usage::get_pricing);
    NOUNS.iter().fold(mount, |mount, noun| noun(mount)).routes()
}
