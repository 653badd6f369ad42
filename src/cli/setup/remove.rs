//! `setup CLIENT --remove`.

use anyhow::{anyhow, bail};

use super::{
    Failure, Target, agree, diff,
    file::{self, Outcome},
    here::Here,
    memory::Memory,
    plan,
};
use crate::cli::print;

/// Takes our entry out, or puts back the one that it replaced.
pub(super) fn run(target: &Target, here: &Here, yes: bool) -> Result<(), Failure> {
    let file = target.file.display();
    let Some((before, after)) = change(target, here)? else {
        print::note(format_args!("{file} has no entry `{}`; nothing to remove.", target.name));
        return Ok(());
    };
    file::refused(&target.file)?;
    print::note(&file);
    print::note(diff::changed(&before, &after, &plan::secrets(target, &format!("{before}"))));
    agree(&format!("Write {file}?"), yes)?;
    let _lock = here.lock()?;
    for attempt in 0.. {
        let Some((before, after)) = change(target, here)? else { return Ok(()) };
        match file::replace(&target.file, Some(&before), &after, false)? {
            Outcome::Changed if attempt == 0 => {
                print::note(format_args!("{file} was changed meanwhile; starting over from its new content."))
            }
            Outcome::Changed => break,
            Outcome::Written { backup } => {
                Memory::open(here)?.note(target, None)?;
                print::note(format_args!("Removed `{}` from {file}", target.name));
                if let Some(backup) = backup {
                    print::note(format_args!("What it held before is in {}", backup.display()));
                }
                if let Some(key) = here.own_directory().ok().map(|directory| directory.join(super::key::FILE)).filter(|key| key.exists()) {
                    print::note(format_args!(
                        "The key stays in {}. If nothing else uses it, revoke it (videosearch-mcp keys revoke ID) and delete the file.",
                        key.display()
                    ));
                }
                print::note(format_args!("Then: {}.", target.host.reload));
                return Ok(());
            }
        }
    }
    Err(anyhow!("{file} keeps being changed by another program; quit {} and try again", target.host.title).into())
}

/// The text before and after. `None` if there is no such entry.
fn change(target: &Target, here: &Here) -> anyhow::Result<Option<(String, String)>> {
    let Some(before) = file::read(&target.file)? else { return Ok(None) };
    let found = target.host.read(&before).map_err(|fault| plan::left_alone(target, &fault))?;
    let Some(present) = found.iter().find(|found| found.name == target.name) else { return Ok(None) };
    if !plan::is_ours(present) {
        let program = present.entry.as_ref().map_or("another server", |entry| entry.command.as_str());
        bail!("the entry `{}` of {} is not ours: it starts {program}. It was left as it is", target.name, target.file.display());
    }
    let undo = Memory::open(here)?.recall(target).cloned().unwrap_or_default();
    let after = target.host.remove(&before, &target.name, &undo).map_err(|fault| plan::left_alone(target, &fault))?;
    Ok(after.map(|after| (before, after)))
}
