//! Whether the settings are understood, and whether the state directory can be used.

use std::path::Path;

use super::{
    check::{Because, Finding, Judged},
    exam::Exam,
    names::{MOST_NAMES, misspelt},
};
use crate::{
    cli::word::word,
    config::SETTINGS,
    disk::{self, Doubt, PATIENCE, ReadError, unusable},
    key::SPELLINGS,
    ledger::{Fault, Why, judge},
    tools::text,
};

/// Whether every value can be used.
pub fn understood(exam: &Exam) -> Finding {
    let Some(first) = exam.faults.first() else {
        let set = set(exam);
        let set =
            if set.is_empty() { "none is set; the defaults apply".to_owned() } else { text::names(set.iter().map(String::as_str), 12) };
        let whose = exam.adopted.as_ref().map(|(entry, _)| format!("those of {entry}, since none are given here: ")).unwrap_or_default();
        return Finding::ok(format!("{whose}{set}"));
    };
    let found = exam.faults.iter().map(|fault| format!("{}: {}", fault.setting, fault.problem)).collect::<Vec<_>>().join("; ");
    Finding::fail(found, format!("Correct {} or take it away; until then the server does not start.", first.setting))
}

/// The names of what is set, variables and then flags.
pub fn set(exam: &Exam) -> Vec<String> {
    let names = SPELLINGS.iter().flat_map(|prefix| {
        SETTINGS.iter().filter_map(move |setting| Some(format!("{prefix}{}", setting.name.strip_prefix("VIDEOSEARCH_")?)))
    });
    let flags = super::server::arguments(&exam.flags);
    let flags = flags.iter().filter_map(|argument| argument.to_str()).filter(|argument| argument.starts_with("--"));
    names.filter(|name| exam.variable(name).is_some()).chain(flags.map(|flag| flag.split('=').next().unwrap_or(flag).to_owned())).collect()
}

/// Whether a variable was meant to be a setting but is not.
pub fn names(exam: &Exam) -> Finding {
    let strangers = misspelt(exam.variables.keys().map(String::as_str));
    let Some(first) = strangers.first() else { return Finding::ok("no variable is misspelt") };
    let told: Vec<String> = strangers.iter().map(ToString::to_string).collect();
    let found = format!("this program does not read {}", text::names(told.iter().map(String::as_str), MOST_NAMES));
    let remedy = match &first.meant {
        Some(meant) => format!("Rename {} to {meant}.", first.name),
        None => format!("Take {} away, or look its name up in the README.", first.name),
    };
    Finding::warn(found, remedy)
}

/// Whether the named toolsets and tools exist.
pub fn toolsets(exam: &Exam) -> Judged {
    let config = exam.config()?;
    if let Err(problem) = &exam.selection {
        return Ok(Finding::fail(problem, "Correct the name; until then the server does not start."));
    }
    let names = |list: &[String]| text::names(list.iter().map(String::as_str), MOST_NAMES);
    let mut found = config.toolsets.as_deref().map_or_else(|| "core, catalog (the default)".to_owned(), names);
    for (word, list) in [("and", &config.tools), ("without", &config.exclude_tools)] {
        if !list.is_empty() {
            found.push_str(&format!(", {word} {}", names(list)));
        }
    }
    if config.allow_destructive {
        found.push_str("; tools that delete are allowed");
    }
    Ok(Finding::ok(found))
}

/// Whether the directories for files are there. Without them the server runs, and only what needs them does not.
pub fn directories(exam: &Exam) -> Judged {
    let config = exam.config()?;
    let named = [("download directory", &config.download_dir), ("directory for secrets", &config.secrets_dir)];
    let named = named.into_iter().filter_map(|(what, path)| Some((what, path.as_ref()?)));
    let all: Vec<_> = config.upload_roots.iter().map(|root| ("directory for uploads", root)).chain(named).collect();
    if all.is_empty() {
        return Err("no directory for files is set".into());
    }
    for (what, path) in &all {
        let (place, looked_at) = (exam.shown(path), (*path).clone());
        let kind = disk::within(PATIENCE, move || std::fs::metadata(&looked_at).map(|data| data.is_dir()));
        let open = || config.secrets_dir.as_ref().filter(|secrets| secrets == path).and_then(|secrets| disk::lets_replace(secrets));
        let problem = match kind {
            None => "its file system does not answer".to_owned(),
            Some(Err(error)) => unusable(&error),
            Some(Ok(false)) => "it is no directory".to_owned(),
            Some(Ok(true)) if path.is_relative() => {
                let found = format!("the {what} {place} is a relative path; clients start the server in directories of their own choice");
                return Ok(Finding::warn(found, "Write the whole path."));
            }
            Some(Ok(true)) if let Some(mode) = open() => {
                let found = format!("others can replace what is in the {what} {place}: it has mode {mode:o}");
                return Ok(Finding::warn(found, format!("chmod 700 {}", word(&place))));
            }
            Some(Ok(true)) => continue,
        };
        let found = format!("the {what} {place} cannot be used: {problem}");
        return Ok(Finding::warn(found, format!("Make the directory {}, or name another one.", word(&place))));
    }
    Ok(Finding::ok(text::names(all.iter().map(|(_, path)| exam.shown(path)).collect::<Vec<_>>().iter().map(String::as_str), 12)))
}

/// Whether the playground can measure the files that are uploaded to it.
#[cfg(feature = "playground")]
pub fn media(exam: &Exam) -> Judged {
    use crate::playground::media::{REMEDY, Tools};

    if !exam.config()?.playground {
        return Err("only the playground needs ffprobe and ffmpeg".into());
    }
    let tools = Tools::on_path();
    Ok(match (&tools.ffprobe, &tools.ffmpeg) {
        (Some(ffprobe), Some(ffmpeg)) => Finding::ok(format!("{} and {}", exam.shown(ffprobe), exam.shown(ffmpeg))),
        (Some(_), None) => {
            Finding::warn("there is no ffmpeg: uploaded films have no pictures, and nothing is known of their content", REMEDY)
        }
        (None, _) => Finding::warn("there is no ffprobe: uploaded films are kept, but no run takes them", REMEDY),
    })
}

/// Without the playground, nothing here measures media.
#[cfg(not(feature = "playground"))]
pub fn media(_: &Exam) -> Judged {
    Err("only the playground needs ffprobe and ffmpeg".into())
}

/// What to do without a directory for state.
const NO_ROOM: &str = "Name a directory that this user can write with VIDEOSEARCH_STATE_DIR; without one, every start asks the API again, and under VIDEOSEARCH_MAX_MT_PER_DAY nothing runs that costs.";

/// Why the directory for state, or a file in it, cannot be used.
pub struct NoRoom {
    /// What was found.
    pub found: String,
    /// What to do about it.
    pub remedy: String,
}

impl NoRoom {
    /// What the ledger found in a directory.
    pub fn of(exam: &Exam, directory: &Path, fault: &Fault) -> Self {
        let place = exam.shown(&fault.file.as_ref().map_or_else(|| directory.to_owned(), |name| directory.join(name)));
        let why = &fault.why;
        if fault.file.is_some() {
            return Self { found: format!("{place} is not trusted: {why}"), remedy: fault.remedy(&word(&place)) };
        }
        let found = format!("{place} is not used, and what is learnt is kept in memory only: {why}");
        let shared = matches!(why, Why::Read(ReadError::Doubtful(Doubt::Shared(_))));
        let remedy = if shared { fault.remedy(&word(&place)) } else { NO_ROOM.to_owned() };
        Self { found, remedy }
    }
}

/// Whether the directory for state can be used, and then whether it exists. It is judged as the server judges it before each use.
pub fn room(exam: &Exam) -> Result<Result<bool, NoRoom>, Because> {
    let config = exam.config()?;
    if config.playground {
        return Err(Because("the playground keeps nothing".into()));
    }
    let Some(dir) = &config.state_dir else {
        let found = "no variable of the environment says where it could be".to_owned();
        return Ok(Err(NoRoom { found, remedy: NO_ROOM.to_owned() }));
    };
    Ok(looked_at(exam, dir, judge::directory))
}

/// Looks at a directory with a function of the ledger.
pub fn looked_at<T: Send + 'static>(
    exam: &Exam,
    dir: &Path,
    look: impl FnOnce(&Path) -> Result<T, Fault> + Send + 'static,
) -> Result<T, NoRoom> {
    let near = dir.to_owned();
    let judged = disk::within(PATIENCE, move || look(&near));
    judged.unwrap_or(Err(Fault { file: None, why: Why::Silent })).map_err(|fault| NoRoom::of(exam, dir, &fault))
}

/// Whether the server can keep what it learns.
pub fn state(exam: &Exam) -> Judged {
    let exists = match room(exam)? {
        Ok(exists) => exists,
        Err(NoRoom { found, remedy }) => return Ok(Finding::warn(found, remedy)),
    };
    let Some(dir) = &exam.config()?.state_dir else { return Err("there is no directory for it".into()) };
    let place = exam.shown(dir);
    if !exists {
        return Ok(Finding::ok(format!("{place}, made on first use")));
    }
    Ok(match looked_at(exam, dir, judge::files) {
        Ok(()) => Finding::ok(format!("{place}, writable")),
        Err(NoRoom { found, remedy }) => Finding::warn(found, remedy),
    })
}

/// The permission bits, on systems that have them.
#[cfg(unix)]
pub fn mode(path: &Path) -> Option<u32> {
    std::fs::metadata(path).ok().map(|data| std::os::unix::fs::PermissionsExt::mode(&data.permissions()) & 0o7777)
}

/// The permission bits, on systems that have them.
#[cfg(not(unix))]
pub fn mode(_: &Path) -> Option<u32> {
    None
}
