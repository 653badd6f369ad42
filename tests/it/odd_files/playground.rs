//! The playground and its data directory.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Stdio,
};

use super::{Odd, at, is_private, said};
use crate::support::Playground;

const FILES: [&str; 5] =
    ["playground.lock", "playground.sqlite3", "playground.sqlite3-wal", "playground.sqlite3-journal", "session.secret"];

/// A playground that must not start.
fn refused(what: &str, dir: &Path) -> String {
    let (code, told) = said(what, at(dir, &["playground", "--port", "0", "--json", "--data-dir", dir.to_str().unwrap()]));
    assert_eq!(code, Some(1), "{what}: {told}");
    told
}

fn token(dir: &Path) -> (Option<i32>, String) {
    said("token", at(dir, &["playground", "token", "--data-dir", dir.to_str().unwrap()]))
}

#[test]
fn an_odd_data_directory_is_named() {
    for odd in [Odd::Pipe, Odd::Device, Odd::Socket, Odd::Huge] {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("data");
        odd.place(&dir);
        assert!(refused("data", &dir).contains("it is not a directory"), "{odd:?}");
        assert!(token(&dir).1.contains("it is not a directory"), "{odd:?}");
        let (code, told) = said("keys", at(home.path(), &["keys", "list", "--playground", dir.to_str().unwrap()]));
        assert!(code == Some(2) && told.contains("is no directory"), "{odd:?}: {told}");
    }
}

#[test]
fn odd_files_of_a_data_directory_are_named_and_no_link_is_followed() {
    for odd in Odd::ALL {
        let home = tempfile::tempdir().unwrap();
        for file in FILES {
            let placed = odd.place(&home.path().join(file));
            // A file that is only large belongs to whoever made it, and SQLite says what it thinks of it.
            if odd == Odd::Huge && !matches!(file, "session.secret" | "playground.sqlite3") {
                fs::remove_file(home.path().join(file)).unwrap();
                continue;
            }
            let told = refused(file, home.path());
            assert!(told.contains(file) || told.contains("store"), "{odd:?} at {file}: {told}");
            placed.check(file);
            for entry in fs::read_dir(home.path()).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) }.unwrap();
            }
        }
    }
}

#[test]
fn a_store_that_is_damaged_is_named_with_its_directory() {
    let home = tempfile::tempdir().unwrap();
    let made = home.path().join("made");
    // One that ends by itself leaves everything in this one file.
    let mut command = at(home.path(), &["playground", "--port", "0", "--json", "--data-dir", made.to_str().unwrap()]);
    let mut playground = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut told = String::new();
    BufReader::new(playground.stdout.take().unwrap()).read_line(&mut told).unwrap();
    assert!(crate::support::shell(&format!("kill -TERM {}", playground.id())).status.success());
    assert!(playground.wait().unwrap().success(), "{told}");
    let whole = fs::read(made.join("playground.sqlite3")).unwrap();
    let mut torn = whole.clone();
    torn[8_192..120_000].fill(0x5a);
    for (what, content) in [("other", vec![0x5a; 50_000]), ("cut", whole[..20_000].to_vec()), ("torn", torn)] {
        let dir = home.path().join(what);
        fs::create_dir(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(dir.join("playground.sqlite3"), content).unwrap();
        let told = refused(what, &dir);
        assert!(told.contains("store") && told.contains(dir.to_str().unwrap()), "{what}: {told}");
    }
}

#[test]
fn the_address_is_written_anew_and_never_through_a_link() {
    for odd in Odd::ALL {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("data");
        let address = dir.join("playground.address");
        let placed = odd.place(&address);
        if odd == Odd::Directory {
            assert!(refused("address", &dir).contains("playground.address"));
            continue;
        }
        let playground = Playground::start(&["--data-dir", dir.to_str().unwrap()]);
        placed.check("address");
        assert!(is_private(&address), "{odd:?}");
        assert_eq!(fs::read_to_string(&address).unwrap(), playground.base_url, "{odd:?}");
        let list = ["keys", "list", "--playground", dir.to_str().unwrap()];
        assert_eq!(said("keys", at(home.path(), &list)).0, Some(0), "{odd:?}");
        odd.place(&address);
        let (code, told) = said("keys", at(home.path(), &list));
        assert!(code != Some(0) && told.len() < 1000, "{odd:?}: {told}");
    }
}

#[test]
fn a_session_secret_is_whole_private_and_ours_or_not_used() {
    let used = || {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("playground.sqlite3"), "").unwrap();
        home
    };
    let home = used();
    let (code, first) = token(home.path());
    assert_eq!(code, Some(0), "{first}");
    let secret = home.path().join("session.secret");
    let text = fs::read_to_string(&secret).unwrap();
    assert!(is_private(&secret) && text.len() == 64);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2, "no part of it stays behind");
    for part in ["", "abc", &text[..63]] {
        fs::write(&secret, part).unwrap();
        let (code, told) = token(home.path());
        assert!(code == Some(1) && told.contains("delete it"), "{told}");
        assert_eq!(fs::read_to_string(&secret).unwrap(), part);
    }
    fs::write(&secret, &text).unwrap();
    for mode in [0o640, 0o644, 0o606] {
        fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).unwrap();
        let (code, told) = token(home.path());
        assert!(code == Some(1) && told.contains("other users can read or change it"), "{told}");
    }
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(token(home.path()).0, Some(0));
    // Many at once make one.
    let home = used();
    let tokens: Vec<_> = (0..8).map(|_| at(home.path(), &["playground", "token", "--data-dir", home.path().to_str().unwrap()])).collect();
    let tokens: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = tokens.into_iter().map(|command| scope.spawn(|| said("token", command))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut playground = Playground::start(&["--data-dir", home.path().to_str().unwrap()]);
    for (code, token) in tokens {
        assert_eq!(code, Some(0), "{token}");
        token.trim().clone_into(&mut playground.jwt);
        assert_eq!(playground.as_owner("GET", "/api-keys", None).status, 200, "{token}");
    }
}
