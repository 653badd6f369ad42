//! Exports: starting them, following them, and getting their files.
//!
//! `create` starts them, `status` and `wait` follow them, `link` makes links, `download` writes a file into the directory that the user
//! allows, and `describe` puts an export into words. The other tools pass one call on. Nothing here may know what the file of an export holds.

mod create;
mod describe;
mod document;
mod download;
mod link;
mod status;
mod wait;

use crate::{
    api::{
        exports::{Export, ListExports},
        page::Rows,
    },
    tools::{
        Answer, Context, Effect, Local, Spec, Tool, ToolError,
        catalog::Family,
        proxy::{Show, may_go_on},
        schema::Member,
    },
};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "exports", about: "exports of indexes and runs as files", tools: &TOOLS };

static TOOLS: [Tool; 7] = [
    Tool::of::<create::ExportIndexMetadata>()
        .words("dump backup; everything extracted json collection whole")
        .instead(&["tabulate_prompt_run", "search_sql"])
        .sends_with("destination_connector_id", "The export will go to the bucket of this connector.")
        .example(r#"{"index_id": "idx_early_cinema"}"#),
    Tool::of::<create::ExportPromptRun>()
        .words("dump put hand; results file json bucket")
        .instead(&["tabulate_prompt_run", "get_run_matches", "search_sql"])
        .sends_with("destination_connector_id", "The export will go to the bucket of this connector.")
        .example(r#"{"run_id": "run_scene_catalogue_damaged"}"#),
    Tool::of::<ListExports>().words("past earlier which").example(r#"{"limit": 10}"#),
    Tool::of::<status::GetExportStatus>().words("ready finished done state far").example(r#"{"export_id": "exp_scene_catalogue_damaged"}"#),
    Tool::of::<link::GetDownloadUrl>()
        .words("link signed address share browser")
        .example(r#"{"export_id": "exp_scene_catalogue_damaged"}"#),
    Tool::of::<download::SaveExport>()
        .words("save store; disk local computer machine file")
        .local(Local::Files)
        .composed()
        .example(r#"{"export_id": "exp_scene_catalogue_damaged"}"#),
    Tool::of::<wait::WaitForExport>()
        .words("until finished done")
        .composed()
        .example(r#"{"export_id": "exp_scene_catalogue_damaged", "max_wait_seconds": 1}"#),
];

/// How many exports the API lists if nobody says how many, and how many at most.
const LISTED: (u32, u32) = (50, 100);

impl Spec for ListExports {
    type Endpoint = Self;
    const NAME: &'static str = "list_exports";
    const TITLE: &'static str = "List exports";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = Rows::<Export>::OUTPUT;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let exports = cx.session.call(&self, &cx.deadline).await?;
        let listed = exports.data.len();
        let mut answer = exports.show();
        may_go_on(&mut answer, listed, self.limit, LISTED.0, Some(LISTED.1), "");
        Ok(answer)
    }
}
