//! As a user who is not root, among files of others. Takes root to become somebody else.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    at,
    owners::{OTHER, no_traces, owner, root},
    said,
};
use crate::support::shared;

/// A home directory of somebody else.
struct Home(tempfile::TempDir);

impl Home {
    /// `None` where this is no root, who alone can act as somebody else.
    fn new(what: &str) -> Option<Self> {
        root(what).then(|| {
            let home = Self(tempfile::tempdir().unwrap());
            chown(home.0.path(), Some(OTHER.0), Some(OTHER.1)).unwrap();
            home
        })
    }

    /// A file in it, with an owner, a group and a mode.
    fn write(&self, name: &str, content: &str, (uid, gid, mode): (u32, u32, u32)) -> PathBuf {
        let path = self.0.path().join(name);
        for directory in path.parent().unwrap().ancestors().take_while(|directory| *directory != self.0.path()) {
            fs::create_dir_all(directory).unwrap();
            chown(directory, Some(OTHER.0), Some(OTHER.1)).unwrap();
        }
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        chown(&path, Some(uid), Some(gid)).unwrap();
        path
    }

    fn key(&self) -> PathBuf {
        self.write("key", &shared().api_key, (OTHER.0, OTHER.1, 0o600))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = at(self.0.path(), arguments);
        command.uid(OTHER.0).gid(OTHER.1).env("VIDEOSEARCH_BASE_URL", &shared().base_url).current_dir(self.0.path());
        command
    }

    fn setup(&self, config: &Path) -> (Option<i32>, String) {
        let key = self.key();
        let arguments = ["setup", "cursor", "--yes", "--key-file", key.to_str().unwrap(), "--config", config.to_str().unwrap()];
        said("setup", self.command(&arguments))
    }
}

#[test]
fn a_file_that_is_shared_keeps_its_owner() {
    let Some(home) = Home::new("a file that is shared keeps its owner") else { return };
    let config = home.write("shared/mcp.json", "{}", (0, OTHER.1, 0o664));
    let (code, told) = home.setup(&config);
    assert_eq!((code, owner(&config)), (Some(0), (0, OTHER.1, 0o664)), "{told}");
    assert!(fs::read_to_string(&config).unwrap().contains("videosearch"));
    assert_eq!(owner(&home.0.path().join("shared/mcp.json.videosearch-backup")).2, 0o600);
    no_traces(config.parent().unwrap(), &["mcp.json", "mcp.json.videosearch-backup"]);
}

#[test]
fn a_file_whose_owner_cannot_be_kept_is_left_as_it_is() {
    let Some(home) = Home::new("a file whose owner cannot be kept is left as it is") else { return };
    let config = home.write("theirs/mcp.json", "{}", (0, 0, 0o644));
    let (code, told) = home.setup(&config);
    assert!(code == Some(1) && told.contains("belongs to another user or group") && told.contains("nothing was changed"), "{told}");
    assert_eq!((fs::read_to_string(&config).unwrap().as_str(), owner(&config)), ("{}", (0, 0, 0o644)));
    no_traces(config.parent().unwrap(), &["mcp.json"]);
}

#[test]
fn what_this_user_may_not_read_is_said() {
    let Some(home) = Home::new("what this user may not read is said") else { return };
    home.write(".cursor/mcp.json", "{}", (0, 0, 0o600));
    let key = home.write("locked", &shared().api_key, (0, 0, 0o600));
    let mut doctor = home.command(&["doctor"]);
    doctor.env("VIDEOSEARCH_API_KEY_FILE", &key);
    let (code, told) = said("doctor", doctor);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("the configuration ~/.cursor/mcp.json cannot be read"), "{told}");
    assert!(told.contains("~/locked: this program may not read it"), "{told}");
    let mut call = home.command(&["call", "list_indexes"]);
    call.env("VIDEOSEARCH_API_KEY_FILE", &key);
    let (code, told) = said("call", call);
    assert!(code == Some(1) && told.contains("this program may not read it"), "{told}");
}

#[test]
fn what_another_user_left_in_the_state_directory_is_not_believed() {
    let Some(home) = Home::new("what another user left in the state directory is not trusted") else { return };
    let key = home.key();
    home.write("state/scopes-00.json", "{}", (0, 0, 0o600));
    let state = home.0.path().join("state");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).unwrap();
    let doctor = || {
        let mut doctor = home.command(&["doctor"]);
        doctor.env("VIDEOSEARCH_API_KEY_FILE", &key).env("VIDEOSEARCH_STATE_DIR", &state);
        said("doctor", doctor).1
    };
    let told = doctor();
    assert!(told.contains("is not trusted") && told.contains("belongs to another user"), "{told}");
    chown(&state, Some(0), Some(0)).unwrap();
    fs::set_permissions(&state, fs::Permissions::from_mode(0o755)).unwrap();
    let told = doctor();
    assert!(told.contains("is not used") && told.contains("belongs to another user"), "{told}");
}
