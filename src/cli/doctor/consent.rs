//! What somebody must agree to before it happens, and what may be spent.

use super::{
    check::{Finding, Judged},
    exam::Exam,
};
use crate::{
    cli::word::word,
    consent::{ASKED_ABOVE, Confirm, Rules},
    tools::text,
};

/// Whether confirmations work as the settings want them.
pub fn confirmations(exam: &Exam) -> Judged {
    let config = exam.config()?;
    let rules = Rules::new(config);
    let exposed = match rules.seals.check() {
        Ok(exposed) => exposed,
        Err(why) => {
            let remedy = "Write at least 32 random characters into the file, or take VIDEOSEARCH_STATE_SECRET_FILE away.";
            return Ok(Finding::fail(why, remedy));
        }
    };
    let mut found = match rules.confirm() {
        Confirm::Auto => {
            format!("auto: whatever deletes, and runs above {} mt where the client can ask the user", text::number(ASKED_ABOVE))
        }
        Confirm::Cost => "cost: whatever deletes or costs".to_owned(),
        Confirm::Always => "always: every change".to_owned(),
        Confirm::Never => "never: nothing is asked".to_owned(),
    };
    for (most, what) in [(rules.most_per_run, "run"), (rules.most_per_day, "day")] {
        if let Some(most) = most {
            found.push_str(&format!("; at most {} mt a {what}", text::number(most)));
        }
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
