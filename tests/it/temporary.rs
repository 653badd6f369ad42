//! The temporary directories of playgrounds that were killed: the next playground that makes one removes them, and nothing else.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use crate::support::{PATIENCE, Playground, png};

fn directories(place: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> =
        entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("videosearch-playground-")).collect();
    found.sort();
    found
}

/// Makes a directory as old as one that was left behind long ago.
fn age(directory: &Path, by: Duration) {
    File::open(directory).unwrap().set_modified(SystemTime::now() - by).unwrap();
}

/// A playground that has taken a file, and its directory.
fn with_a_file(place: &Path) -> (Playground, PathBuf) {
    let before = directories(place);
    let playground = Playground::with_temporary(place, &[]);
    assert_eq!(directories(place), before, "nothing is made or removed at the start");
    playground.upload("a.png", &png());
    let own = directories(place).into_iter().find(|path| !before.contains(path)).unwrap();
    (playground, own)
}

#[test]
fn what_a_killed_playground_left_behind_goes_with_the_next_file_and_nothing_else_does() {
    let place = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("precious"), "x").unwrap();
    let (killed, abandoned) = with_a_file(place.path());
    let (lately, young) = with_a_file(place.path());
    let (alive, used) = with_a_file(place.path());
    killed.kill();
    lately.kill();
    assert!(abandoned.join("media").exists(), "a process that is killed removes nothing");
    let named = |name: &str| place.path().join(format!("videosearch-playground-{name}"));
    let (without_lock, forgotten, link, file) = (named("b"), named("c"), named("d"), named("e"));
    for directory in [&without_lock, &forgotten] {
        fs::create_dir(directory).unwrap();
    }
    std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
    fs::write(&file, "x").unwrap();
    let foreign = place.path().join("videosearch-something-else");
    fs::create_dir(&foreign).unwrap();
    for directory in [&abandoned, &used, &without_lock, &foreign, &elsewhere.path().to_owned()] {
        age(directory, Duration::from_hours(1));
    }
    age(&forgotten, Duration::from_hours(30));

    let (last, own) = with_a_file(place.path());
    let begun = Instant::now();
    while abandoned.exists() || forgotten.exists() {
        assert!(begun.elapsed() < PATIENCE, "{:?}", directories(place.path()));
        crate::support::pause();
    }
    for kept in [&young, &used, &without_lock, &link, &file, &foreign, &own, &elsewhere.path().join("precious")] {
        assert!(kept.exists(), "{}", kept.display());
    }
    // The one that goes on has lost nothing.
    alive.upload("b.png", &png());
    drop(last);
}
