//! The workflow facade: calls that do several steps at once. What it starts and finds are ordinary runs and results.
//!
//! Start with [`mount`]. `process` starts runs, `search` finds results and keeps its pages, `results` reads a run over all its media, and `grant`
//! gives out the address of a file.

mod grant;
mod process;
mod results;
mod search;

use super::mount::Mount;

/// Mounts the operations of the facade.
pub fn mount(mount: Mount) -> Mount {
    mount.write(process::process).accepted().write(search::search).read(search::page).read(results::results).about(grant::grant)
}

/// Calls that take more than the parameters of their path.
#[cfg(test)]
pub const SAMPLES: super::tests::round_trip::Samples = &[
    (
        "POST /workflow/process",
        r#"{"prompt_id": "ID", "video_ids": ["ID"], "index_id": "ID", "segmentation_mode": "fixed", "fixed_segment_duration_seconds": 300,
            "advanced_transcription": false, "create_image_embeddings": true, "prompt_instruction": null, "import_job_id": null,
            "index_name": null}"#,
    ),
    (
        "POST /workflow/search",
        r#"{"filters": [{"field": "a[].b", "operator": "equals", "value": "TEXT"}, {"field": "l", "operator": "is_empty"}],
            "result_level": "video", "prompt_run_ids": ["ID"], "limit": 50, "query": null, "video_ids": null, "index_id": null,
            "index_name": null}"#,
    ),
    ("POST /workflow/media-grants", r#"{"video_id": "ID", "run_id": "ID", "segment_id": "ID", "intent": "download"}"#),
    ("GET /workflow/search/page", r#"{"cursor": "TEXT"}"#),
    (
        "GET /workflow/runs/{run_id}/results",
        r#"{"result_level": "segment", "view": "both", "limit": 50, "filtered_cursor": "TEXT", "unfiltered_cursor": "TEXT", "video_id": "ID"}"#,
    ),
];
