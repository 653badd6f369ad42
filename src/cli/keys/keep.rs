//! Puts a new secret into a key file or on stdout. If that fails, puts it into a rescue file.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::anyhow;

use super::record;
use crate::{
    api::keys::KeyWithSecret,
    cli::{Failure, print, word::word},
    disk, fence,
    key::{ApiKey, FileFault, KeyDraft, KeyFile, Sidecar},
};

/// A key file that we can write, and what it holds now.
pub struct Place {
    draft: KeyDraft,
    /// The key in it, if any.
    pub present: Option<ApiKey>,
    /// The id in the facts beside it.
    pub noted_id: Option<String>,
}

impl Place {
    /// The path that the user named.
    pub fn path(&self) -> &Path {
        self.draft.path()
    }
}

/// Checks that a key can be stored at a path, and reads what is there. We do not overwrite a file that holds anything but a key, nor one beside
/// it that holds anything but the facts about a key.
pub fn open_place(path: &Path) -> Result<Place, Failure> {
    let shown = path.display();
    let reading = KeyFile::new(path).read_patiently();
    let present = reading.present().map_err(|fault| {
        if matches!(fault, FileFault::NotRegular(_) | FileFault::Io(_)) {
            return anyhow!("{shown} cannot be written: {fault}; the API was not called");
        }
        let message = format!("{shown} is there and holds no key: {fault}. It is left as it is, and the API was not called");
        anyhow!("{message}. Move it away, or choose another file")
    })?;
    let draft = KeyDraft::open(path).map_err(|error| anyhow!("{shown} cannot be written: {error}; the API was not called"))?;
    if present.is_some() && reading.exposed {
        print::note(format_args!(
            "Note: {shown} is open to other users of this machine, and so is the new key. To stop that: chmod 600 {}",
            word(&shown.to_string())
        ));
    }
    note_directory(path);
    present.iter().for_each(fence::hide);
    let noted_id = Sidecar::read_patiently(path).and_then(|facts| facts.key_id);
    Ok(Place { draft, present, noted_id })
}

/// Says so if others can put another file in the place of this one.
pub fn note_directory(path: &Path) {
    let directory = path.parent().map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent });
    if let Some((directory, mode)) = directory.and_then(|directory| Some((directory.display(), disk::lets_replace(directory)?))) {
        print::note(format_args!(
            "Note: other users can replace {}: its directory has mode {mode:o}. To stop that: chmod 700 {}",
            path.display(),
            word(&directory.to_string())
        ));
    }
}

/// Stores a new key in its file. If that fails, the secret is rescued and the failure says where it is.
pub fn store(place: Place, made: &KeyWithSecret, state_dir: Option<&Path>) -> Result<(), Failure> {
    let path = place.path().to_owned();
    let new: Vec<String> = place.draft.made().map(|directory| directory.display().to_string()).collect();
    let facts = record::facts(&record::without_secret(made));
    let stored = ApiKey::parse(&made.key.0).map_err(io::Error::other).and_then(|key| {
        // Another process may have stored a key there while we called the API.
        match KeyFile::new(&path).read_patiently().key {
            Ok(other) if place.present.as_ref() != Some(&other) => {
                Err(io::Error::other("another program put another key there in the meantime"))
            }
            _ => place.draft.commit(&key, &facts),
        }
    });
    stored.map_err(|error| {
        let why = format!("storing the secret of {} in {} failed: {error}", record::id(&made.key_id), path.display());
        let beside = disk::follow(&path).ok();
        let mut places: Vec<PathBuf> = beside.iter().filter_map(|path| name_after(path, made)).collect();
        places.extend(away(&path, made, state_dir));
        rescue(&why, &places, made, Some(&path))
    })?;
    if !new.is_empty() {
        let what = if new.len() == 1 { "directory" } else { "directories" };
        print::note(format_args!("Made the {what} {} for it, which only you can read.", new.join(" and ")));
    }
    Ok(())
}

/// Prints a new secret, alone on stdout. If nobody reads it there, it is rescued.
pub fn hand_over(made: &KeyWithSecret, state_dir: Option<&Path>) -> Result<(), Failure> {
    print::hand_over(&made.key.0).map_err(|error| {
        let why = format!("printing the secret of {} failed: {error}", record::id(&made.key_id));
        rescue(&why, &away(Path::new("key"), made, state_dir), made, None)
    })
}

/// Checks where the secret will go, before we call the API for it: to a file that can be written, or to a stdout that leads somewhere.
pub fn prepare(write: Option<&Path>) -> Result<Option<Place>, Failure> {
    match write {
        Some(path) => open_place(path).map(Some),
        None if print::leads_nowhere() => Err(Failure::usage(anyhow!(
            "stdout leads nowhere, so nobody would see the secret. Name a file with --write. The API was not called"
        ))),
        None => Ok(None),
    }
}

/// Rescue files that are not beside the target: in the user's state directory, then in the directory for temporary files.
fn away(path: &Path, made: &KeyWithSecret, state_dir: Option<&Path>) -> Vec<PathBuf> {
    let name = path.file_name().unwrap_or_else(|| "key".as_ref());
    let directories = state_dir.map(Path::to_owned).into_iter().chain([std::env::temp_dir()]);
    directories.filter_map(|directory| name_after(&directory.join(name), made)).collect()
}

/// The rescue file for a key file: its name with the key's id.
fn name_after(path: &Path, made: &KeyWithSecret) -> Option<PathBuf> {
    // The id came over the network and becomes part of a path.
    let id: String = made.key_id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(64).collect();
    let mut name = path.file_name()?.to_owned();
    name.push(format!(".rescued-{id}"));
    Some(path.with_file_name(name))
}

/// Puts a secret into the first of these files that can be made, or else on stdout, and says where it is.
fn rescue(why: &str, places: &[PathBuf], made: &KeyWithSecret, target: Option<&Path>) -> Failure {
    let id = record::id(&made.key_id);
    let line = format!("{}\n", made.key.0);
    let saved = places.iter().find(|place| {
        let ready = place.parent().is_none_or(|directory| disk::private_directory(directory).is_ok());
        ready && disk::keep(place, line.as_bytes()).is_ok()
    });
    let why = why.to_owned();
    match (saved, target) {
        (Some(place), Some(target)) => anyhow!(
            "{why}. The secret is not lost: it is in {}, which only you can read. Move it to {} when that file can be written",
            place.display(),
            target.display()
        ),
        (Some(place), None) => anyhow!("{why}. The secret is not lost: it is in {}, which only you can read", place.display()),
        (None, Some(_)) if print::hand_over(&made.key.0).is_ok() => {
            anyhow!("{why}. No other file could be made either, so the secret was printed on stdout. Keep it: it is not shown again")
        }
        (None, _) => {
            anyhow!("{why}. No other file could be made either, so the secret is lost. End the key with: videosearch-mcp keys revoke {id}")
        }
    }
    .into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::api::{Scope, keys::Secret};

    fn made() -> KeyWithSecret {
        KeyWithSecret {
            key_id: "../key_1".into(),
            key_prefix: "sk_live_7e57".into(),
            name: "n".into(),
            scopes: vec![Scope::Read],
            created_at: None,
            last_used_at: None,
            revoked_at: None,
            expires_at: None,
            is_active: true,
            key: Secret(format!("sk_live_{}", "7e57".repeat(12))),
        }
    }

    fn text(failure: &Failure) -> String {
        match failure {
            Failure::Operation(error) => format!("{error:#}"),
            Failure::Told | Failure::UsageTold | Failure::Usage(_) => String::new(),
        }
    }

    #[test]
    fn a_rescue_goes_to_the_first_place_that_takes_it_and_never_over_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("file"), "x").unwrap();
        fs::write(at("taken"), "mine").unwrap();
        let places = [at("file/below"), at("taken"), at("new/place"), at("unused")];
        let told = text(&rescue("it failed", &places, &made(), Some(Path::new("/k"))));
        assert!(told.contains(at("new/place").to_str().unwrap()) && told.contains("only you can read") && !told.contains("7e57"), "{told}");
        assert_eq!(fs::read_to_string(at("new/place")).unwrap(), format!("{}\n", made().key.0));
        assert_eq!(fs::read_to_string(at("taken")).unwrap(), "mine");
        assert!(!at("unused").exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(at("new/place")).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn rescue_files_stay_in_their_directory_whatever_the_id() {
        let names = away(Path::new("/home/u/key"), &made(), Some(Path::new("/state")));
        assert_eq!(names.first().unwrap(), Path::new("/state/key.rescued-key_1"));
        assert_eq!(names.get(1).unwrap().parent().unwrap(), std::env::temp_dir());
    }

    #[test]
    fn a_key_that_came_meanwhile_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let place = open_place(&path).unwrap();
        fs::write(&path, "somebody-elses-key").unwrap();
        let told = text(&store(place, &made(), None).unwrap_err());
        let rescued = directory.path().join("key.rescued-key_1");
        assert!(told.contains("in the meantime") && told.contains(rescued.to_str().unwrap()), "{told}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "somebody-elses-key");
        assert_eq!(fs::read_to_string(rescued).unwrap().trim_end(), made().key.0);
    }

    #[test]
    fn only_keys_and_nothing_are_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("key"), made().key.0).unwrap();
        fs::write(at("empty"), "\n").unwrap();
        fs::write(at("notes"), "two\nlines").unwrap();
        assert!(open_place(&at("key")).unwrap().present.is_some());
        assert!(open_place(&at("empty")).unwrap().present.is_none());
        assert!(open_place(&at("fresh/none")).unwrap().present.is_none());
        let told = text(&open_place(&at("notes")).map(|_| ()).unwrap_err());
        assert!(told.contains("holds no key") && told.contains("left as it is"), "{told}");
        assert!(text(&open_place(directory.path()).map(|_| ()).unwrap_err()).contains("cannot be written"));
    }
}
