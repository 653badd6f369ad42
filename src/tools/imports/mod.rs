//! Import jobs: starting, listing, reading, stopping and waiting for them.
//!
//! `describe` puts a job into words, `gone` finds out what it names in vain, and `wait` waits for one. The other tools pass one call on, `list`, `read` and `pages` with a few facts
//! added.
//! Nothing here may know how a connector finds its files.

mod describe;
mod gone;
mod list;
mod pages;
mod read;
mod wait;

use crate::{
    api::{
        imports::{self, ImportFile, ImportJob, ImportOutput, Items},
        state,
    },
    consent::Stake,
    tools::{
        Answer, Context, Tool, ToolError,
        answer::Paging,
        catalog::Family,
        consent::Plan,
        destination,
        proxy::{Noun, Planned, Show, rows},
        refused::InTheWay,
        schema::{Kind, Member},
        spending::{COSTS_LATER, UNKNOWN_RUNS},
        text,
    },
};

/// What is said of a job that was cancelled, and of one that had ended by then.
const CANCELLED: &str = "Import cancelled; imported files stay";
const HAD_ENDED: &str = "The import had ended before; imported files stay";

/// The tools of this family.
pub static FAMILY: Family = Family { name: "imports", about: "imports of files into indexes", tools: &TOOLS };

static TOOLS: [Tool; 8] = [
    Tool::done::<imports::CreateImportJob>("create_import_job", "Import files", "Import job created")
        .words("import ingest bring load pull copy; videos clips folder bucket storage s3 gcs azure start importing")
        .example(r#"{"connector_id": "conn_sample_bucket", "index_id": "idx_early_cinema", "source_prefix": "nothing/here/"}"#),
    Tool::of::<list::ListImportJobs>().words("running recent importing past history"),
    Tool::of::<read::GetImportJob>().words("how far state progress finished").example(r#"{"job_id": "import_sample"}"#),
    Tool::planned_done::<imports::CancelImportJob>("cancel_import_job", "Cancel import", CANCELLED)
        .words("running importing rest")
        .overwrites()
        .example(r#"{"job_id": "import_sample"}"#),
    Tool::planned_done::<imports::RetryImportJob>(
        "retry_import_job",
        "Retry import",
        "Failed and cancelled files, if there are any, will be tried again",
    )
    .words("repeat; failed files once more again work")
    .overwrites()
    .example(r#"{"job_id": "import_sample"}"#),
    Tool::of::<imports::ListImportOutputs>()
        .words("imported videos ids came result became made new produced output")
        .example(r#"{"job_id": "import_sample"}"#),
    Tool::of::<imports::ListImportFiles>()
        .words("which files failed skipped reasons why missing come")
        .example(r#"{"job_id": "import_sample"}"#),
    Tool::of::<wait::WaitForImport>()
        .words("until finished done")
        .composed()
        .example(r#"{"job_id": "import_sample", "max_wait_seconds": 1}"#),
];

impl Planned for imports::CancelImportJob {
    const STAKE: Stake = Stake::Change;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let job = cx.session.call(&imports::GetImportJob { job_id: self.job_id.clone() }, &cx.deadline).await?;
        if job.is_over() {
            let what = format!("the import job has already ended: {}", job.line());
            return Err(InTheWay::new(what, "There is nothing to stop.").into());
        }
        let mut answer = Answer::new(format!("Would cancel the import job {}", job.line()));
        answer.line("Imported files stay.");
        answer.fact("job", job.facts());
        // It goes on meanwhile.
        Ok(Plan::change(answer).meaning(job.job_id))
    }
}

impl Planned for imports::RetryImportJob {
    const STAKE: Stake = Stake::Cost;
    const BILLED: bool = false;

    /// A prompt run that was asked for starts over what is imported, and nobody knows what it will cost.
    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let job = cx.session.call(&imports::GetImportJob { job_id: self.job_id.clone() }, &cx.deadline).await?;
        let mut answer = Answer::new(format!("Would try the failed and cancelled files of the import job again: {}", job.line()));
        answer.fact("job", job.facts());
        if let Some(why) = gone::Gone::look_for_places(cx, &job).await.no_retry(&job) {
            answer.line(format!("{why}, so it can only fail."));
        }
        let fresh = [("files".to_owned(), serde_json::to_value(&self.files).unwrap_or_default())];
        let places = destination::places(&fresh.into_iter().collect(), cx).await?;
        for place in &places {
            answer.line(place.said.as_str());
        }
        let runs = describe::wants_run(&job);
        if runs {
            answer.line(COSTS_LATER);
        }
        let meaning = format!("{}\n{}", job.job_id, destination::meaning(&places));
        Ok(Plan::cost(answer, (!runs).then_some(0.0)).unpriced(UNKNOWN_RUNS).meaning(meaning))
    }
}

impl Noun for ImportJob {
    const NOUN: &'static str = "import job";
    const MEMBER: &'static str = "job";
    const LIST: &'static str = "jobs";
    const TOTAL: &'static str = "total_jobs";
    const COUNTED: &'static [(&'static str, &'static str)] = &[("by_status", "status")];
    const LONG: &'static [&'static str] = &["outputs", "video_ids", "failed_files", "skipped_files", "phase", "source_kind", "execution"];
    const TOLD: &'static [&'static str] = &[
        "job_id",
        "status",
        "phase",
        "source_kind",
        "connector_id",
        "target_index_id",
        "source_prefix",
        "file_pattern",
        "recursive",
        "created_at",
        "progress",
        "outputs",
        "execution",
        "video_ids",
        "failed_files",
        "skipped_files",
        "error_message",
    ];

    fn line(&self) -> String {
        describe::line(self)
    }

    fn said<'s>(&self, said: &'s str) -> &'s str {
        if said == CANCELLED && self.is_over() && !state::is_one_of(&self.status, &["cancelled"]) { HAD_ENDED } else { said }
    }

    fn advice(&self) -> Option<String> {
        (!self.is_over()).then(|| format!("Next: wait_for_import with job_id={}.", text::id(&self.job_id)))
    }
}

/// A page of what belongs to a job.
impl<T: Noun> Show for Items<T> {
    const OUTPUT: &'static [Member] =
        &[Member::always("total", Kind::Count), Member::maybe("next_cursor", Kind::Text), Member::always("items", Kind::Rows)];

    fn show(self) -> Answer {
        let shown = self.items.len();
        let total = usize::try_from(self.total).unwrap_or(usize::MAX);
        let part = if shown < total { format!("{shown} of ") } else { String::new() };
        let mut answer = Answer::new(format!("{part}{}", text::count(total, T::NOUN)));
        answer.fact("total", self.total);
        answer.leave_to_json(T::LONG.iter().copied());
        answer.paging(Paging { size: "limit", cursor: "cursor" }, self.next_cursor.as_deref().filter(|cursor| !cursor.is_empty()));
        answer.rows("items", rows(&self.items));
        answer
    }
}

impl Noun for ImportOutput {
    const NOUN: &'static str = "output";
    const LIST: &'static str = "items";
    const TOTAL: &'static str = "total";

    fn line(&self) -> String {
        let part = if self.part_count > 1 {
            let range = text::range(self.source_start_seconds, self.source_end_seconds);
            format!(", part {} of {} {range}", self.part_index + 1, self.part_count)
        } else {
            String::new()
        };
        format!(
            "{} \"{}\" {}, from {}{part}",
            text::id(&self.video_id),
            text::line(&self.title, 80),
            text::line(&self.status, 40),
            text::line(&self.file_name, 200)
        )
    }
}

impl Noun for ImportFile {
    const NOUN: &'static str = "file";
    const LIST: &'static str = "items";
    const TOTAL: &'static str = "total";

    fn line(&self) -> String {
        let why = self.skip_reason.as_deref().map(|why| text::line(why, 300));
        let why = why.or_else(|| self.failure.as_ref().map(describe::failure));
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        format!("{} {}{why}", text::line(&self.file_name, 300), text::line(&self.status, 40))
    }
}
