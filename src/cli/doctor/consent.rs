//! What somebody must agree to before it happens, and what may be spent.

use std::path::Path;

use super::{
    check::{Finding, Judged},
    exam::Exam,
    settings::{NoRoom, looked_at, room},
};
use crate::{
    cli::word::word,
    consent::{Confirm, Rules},
    ledger::judge,
};

/// Whether confirmations work as the settings want them.
pub async fn confirmations(exam: &Exam) -> Judged {
    let config = exam.config()?;
    let rules = Rules::new(config);
    let exposed = match rules.seals.check().await {
        Ok(exposed) => exposed,
        Err(why) => {
            let remedy = "Write at least 32 random characters into the file, or take VIDEOSEARCH_STATE_SECRET_FILE away.";
            return Ok(Finding::fail(why, remedy));
        }
    };
    let found = rules.asked_about();
    let found = rules.limits().map_or_else(|| found.clone(), |limits| format!("{found}; {limits}"));
    // The same directory is only a warning where nothing is counted in it.
    if let Some(directory) = rules.ledger.directory()
        && let Err(NoRoom { found: trouble, remedy }) = counted(exam, directory, rules.most_per_day.is_some())
    {
        let what = "what was used and spent is counted there, so calls that need consent or cost are refused";
        return Ok(Finding::fail(format!("{found}; but {trouble}, and {what}"), remedy));
    }
    if exposed && let Some(file) = &config.state_secret_file {
        let place = exam.shown(file);
        let remedy = format!("chmod 600 {}, and put a new secret into it", word(&place));
        return Ok(Finding::warn(format!("{found}; but others can read {place}, and agree to calls in your name with it"), remedy));
    }
    if config.state_dir.is_none() && !config.playground && (config.state_secret_file.is_some() || rules.most_per_day.is_some()) {
        let remedy = "Set VIDEOSEARCH_STATE_DIR for every other command.";
        let found =
            format!("{found}; what was used and spent is kept in the Redis of VIDEOSEARCH_HTTP_SHARED_STATE, so only `http` starts");
        return Ok(Finding::warn(found, remedy));
    }
    if rules.confirm() == Confirm::Never && config.allow_destructive {
        let remedy = "Leave out VIDEOSEARCH_CONFIRM=never or --allow-destructive, unless no model chooses the calls.";
        return Ok(Finding::warn(format!("{found}, and a single call deletes"), remedy));
    }
    Ok(Finding::ok(found))
}

/// Whether calls with this key can be counted in a directory, and with `sums` what they spend.
fn counted(exam: &Exam, directory: &Path, sums: bool) -> Result<(), NoRoom> {
    let Ok(judged) = room(exam) else { return Ok(()) };
    judged?;
    let key = exam.key().ok().filter(|_| sums);
    let account = key.and_then(|key| Some(key.fingerprint(exam.base().ok()?)));
    looked_at(exam, directory, move |directory| judge::needed(directory, account.as_deref()))
}
