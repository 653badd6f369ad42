use std::{
    collections::HashMap,
    fs,
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use bytes::Bytes;

use super::*;
use crate::api::form::Content;

/// A directory with media in it, and one beside it.
fn place() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let all = tempfile::tempdir().unwrap();
    let (inside, outside) = (all.path().join("media"), all.path().join("private"));
    fs::create_dir_all(inside.join("films")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(inside.join("films/a b.MP4"), b"film").unwrap();
    fs::write(outside.join("own.mp4"), b"secret").unwrap();
    (all, inside, outside)
}

fn roots(paths: &[&PathBuf]) -> Files {
    Files { roots: paths.iter().map(|path| (*path).clone()).collect(), ..Files::default() }
}

/// What an upload sends.
fn sent(upload: &Upload) -> std::io::Result<String> {
    let part = upload.part();
    let Content::Source(source) = part.content() else { panic!("it is a file") };
    let mut read = String::new();
    source.open()?.read_to_string(&mut read)?;
    Ok(read)
}

fn text(path: &std::path::Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn files_below_a_root_can_be_uploaded_by_either_name() {
    let (_all, inside, _) = place();
    let files = roots(&[&inside]);
    for path in [text(&inside.join("films/a b.MP4")), "films/a b.MP4".into(), "./films/../films/a b.MP4".into()] {
        let upload = files.upload(&path).await.unwrap();
        assert_eq!((upload.name.as_str(), upload.length, upload.media_type, upload.kind), ("a b.MP4", 4, "video/mp4", MediaKind::Video));
        assert_eq!(sent(&upload).unwrap(), "film");
    }
}

#[tokio::test]
async fn nothing_else_is_uploaded_and_the_refusal_says_what_to_do() {
    let (all, inside, outside) = place();
    fs::write(inside.join("empty.mp4"), b"").unwrap();
    fs::write(inside.join("notes.txt"), b"x").unwrap();
    fs::create_dir(inside.join("folder.mp4")).unwrap();
    let large = fs::File::create(inside.join("large.mkv")).unwrap();
    large.set_len(MAX_UPLOAD + 1).unwrap();
    let files = roots(&[&inside]);
    for (path, reason) in [
        (text(&outside.join("own.mp4")), "is not below a directory"),
        ("../private/own.mp4".into(), "is not below a directory"),
        (text(&inside.join("../private/own.mp4")), "is not below a directory"),
        (text(&inside) + "-more/own.mp4", "is not below a directory"),
        (text(&all.path().join("no such/file.mp4")), "is not below a directory"),
        ("films/none.mp4".into(), "there is no file"),
        ("empty.mp4".into(), "it is empty"),
        ("notes.txt".into(), "no ending of a media file"),
        ("folder.mp4".into(), "not a regular file"),
        ("large.mkv".into(), "larger than 2 GiB"),
        ("a\0b.mp4".into(), ""),
        (String::new(), ""),
    ] {
        let error = files.upload(&path).await.unwrap_err();
        assert!(error.what.contains(reason), "{path}: {error}");
        assert!(!error.next.is_empty(), "{path}");
    }
    // Where a path was looked for is said where it does not say it itself.
    let error = files.upload("films/none.mp4").await.unwrap_err();
    assert!(error.what.ends_with(&format!("films/none.mp4 below {}", inside.display())), "{error}");
    let file = inside.join("empty.mp4");
    let error = roots(&[&file]).upload(&text(&file)).await.unwrap_err();
    assert!(error.what.contains(&format!("the directory {} cannot be used: not a directory", file.display())), "{error}");
    let error = Files::default().upload("a.mp4").await.unwrap_err();
    assert!(error.next.contains("VIDEOSEARCH_UPLOAD_ROOTS") && error.next.contains("--upload-root"), "{error:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_inside_of_the_roots_only() {
    use std::os::unix::fs::symlink;
    let (all, inside, outside) = place();
    symlink(outside.join("own.mp4"), inside.join("out.mp4")).unwrap();
    symlink("../private", inside.join("way")).unwrap();
    symlink("films/a b.MP4", inside.join("in.mp4")).unwrap();
    symlink("loop.mp4", inside.join("loop.mp4")).unwrap();
    symlink(inside.join("films"), all.path().join("other")).unwrap();
    let files = roots(&[&inside]);
    assert!(files.upload("out.mp4").await.unwrap_err().what.contains("is not below"));
    assert!(files.upload("way/own.mp4").await.unwrap_err().what.contains("is not below"));
    assert!(files.upload("loop.mp4").await.unwrap_err().what.contains("circle"));
    let linked = files.upload("in.mp4").await.unwrap();
    assert_eq!((linked.name.as_str(), sent(&linked).unwrap().as_str()), ("a b.MP4", "film"));
    // A root that is a link itself, and a link from one root into another.
    assert_eq!(roots(&[&all.path().join("other")]).upload("a b.MP4").await.unwrap().length, 4);
    assert_eq!(roots(&[&inside, &outside]).upload("out.mp4").await.unwrap().length, 6);
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_becomes_a_link_after_the_look_leads_nowhere() {
    use std::os::unix::fs::symlink;
    let (_all, inside, outside) = place();
    // The same file under another name, so that its identity tells nothing.
    fs::hard_link(inside.join("films/a b.MP4"), outside.join("a b.MP4")).unwrap();
    let upload = roots(&[&inside]).upload("films/a b.MP4").await.unwrap();
    let opened = [walk::Root::new(&inside).unwrap()];
    let found = walk::resolve(&opened, std::path::Path::new("films/a b.MP4")).unwrap();
    assert!(found.open().is_ok() && sent(&upload).is_ok());
    fs::rename(inside.join("films"), inside.join("moved")).unwrap();
    symlink(&outside, inside.join("films")).unwrap();
    assert!(found.open().is_err());
    assert!(sent(&upload).is_err());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn folders_that_may_not_be_listed_can_be_passed() {
    use std::os::unix::fs::PermissionsExt;
    let (_all, inside, _) = place();
    fs::set_permissions(inside.join("films"), fs::Permissions::from_mode(0o311)).unwrap();
    assert_eq!(sent(&roots(&[&inside]).upload("films/a b.MP4").await.unwrap()).unwrap(), "film");
    fs::set_permissions(inside.join("films"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn a_file_that_was_changed_is_not_opened_again() {
    let (_all, inside, _) = place();
    let part = roots(&[&inside]).upload("films/a b.MP4").await.unwrap().part();
    let Content::Source(source) = part.content() else { panic!("it is a file") };
    for _ in 0..2 {
        let mut read = String::new();
        source.open().unwrap().read_to_string(&mut read).unwrap();
        assert_eq!(read, "film");
    }
    let mut half_read = source.open().unwrap();
    half_read.read_exact(&mut [0]).unwrap();
    fs::write(inside.join("films/a b.MP4"), b"another film").unwrap();
    assert!(half_read.read_to_end(&mut Vec::new()).unwrap_err().to_string().contains("changed"));
    assert_eq!(source.open().err().unwrap().to_string(), "it has changed since the call began");
}

#[tokio::test]
async fn a_download_is_whole_or_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let files = Files { downloads: Some(directory.path().to_owned()), ..Files::default() };
    let count = || fs::read_dir(directory.path()).unwrap().count();
    let mut save = files.save("../an export.json").await.unwrap();
    save.write(Bytes::from_static(b"ab")).await.unwrap();
    save.write(Bytes::from_static(b"c")).await.unwrap();
    assert!(!save.path().exists());
    let saved = save.finish().await.unwrap();
    assert_eq!((saved.path.file_name().unwrap().to_str().unwrap(), saved.size), ("an export.json", 3));
    assert_eq!(saved.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(fs::read(&saved.path).unwrap(), b"abc");
    let error = files.save("an export.json").await.unwrap_err();
    assert!(error.what.contains("is there already"), "{error}");
    // Somebody takes the name in the meantime.
    let mut late = files.save("late.json").await.unwrap();
    late.write(Bytes::from_static(b"x")).await.unwrap();
    fs::write(directory.path().join("late.json"), b"theirs").unwrap();
    assert!(late.finish().await.unwrap_err().what.contains("is there already"));
    assert_eq!(fs::read(directory.path().join("late.json")).unwrap(), b"theirs");
    let error = Files::default().save("a").await.unwrap_err();
    assert!(error.next.contains("VIDEOSEARCH_DOWNLOAD_DIR"), "{error:?}");
    // A file that was given up goes away, on another thread.
    drop(files.save("never.json").await.unwrap());
    let gone = Arc::new(AtomicUsize::new(0));
    while count() > 2 {
        tokio::task::yield_now().await;
        assert!(gone.fetch_add(1, SeqCst) < 10_000_000, "a part of the file stays");
    }
}

#[tokio::test]
async fn secrets_come_from_their_directory_only() {
    let (all, _, outside) = place();
    let secrets = all.path().join("secrets");
    fs::create_dir(&secrets).unwrap();
    fs::write(secrets.join("aws"), "a-very-secret-text\r\n").unwrap();
    fs::write(secrets.join("blank"), "\n").unwrap();
    fs::write(secrets.join("long"), vec![b'x'; usize::try_from(MAX_SECRET).unwrap() + 1]).unwrap();
    fs::write(outside.join("key"), "not-for-you").unwrap();
    let files = Files { secrets: Some(secrets.clone()), ..Files::default() };
    let secret = files.secret("file:aws").await.unwrap();
    assert_eq!((secret.expose(), format!("{secret:?}").as_str()), ("a-very-secret-text", "Secret(hidden)"));
    assert_eq!(crate::fence::text("it is a-very-secret-text"), "it is [secret]");
    for (from, reason) in [
        ("file:../private/key", "leads out"),
        (&format!("file:{}", outside.join("key").display()), "not by a path"),
        ("file:none", "there is no secret"),
        ("file:blank", "it is empty"),
        ("file:long", "larger than 64 KiB"),
        ("file:.", "not a regular file"),
        ("env:PATH", "only variables"),
        ("env:VIDEOSEARCH_SECRET_", "only variables"),
        ("env:VIDEOSEARCH_SECRET_NONE", "is not set"),
        ("wJalrXUtnFEMI/K7MDENG", "does not say where"),
    ] {
        let error = files.secret(from).await.unwrap_err();
        assert!(error.what.contains(reason), "{from}: {error}");
        assert!(!format!("{error:?}").contains("wJalr"), "{error:?}");
    }
    assert!(Files::default().secret("file:aws").await.unwrap_err().next.contains("VIDEOSEARCH_SECRETS_DIR"));
}

#[test]
fn variables_with_secrets_are_named_by_their_prefix() {
    let env = HashMap::from([("VIDEOSEARCH_SECRET_AWS", "from-a-variable"), ("PATH", "/bin")]);
    let read = |from: &str| secret::read(None, from, &|name| env.get(name).map(|value| (*value).to_owned()));
    assert_eq!(read("env:VIDEOSEARCH_SECRET_AWS").unwrap().expose(), "from-a-variable");
    assert!(read("env:PATH").is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn secrets_that_others_can_read_are_noticed_and_new_ones_are_private() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let all = tempfile::tempdir().unwrap();
    let files = Files { state: Some(all.path().join("state")), ..Files::default() };
    let kept = files.keep_secret("webhook wh_1", "whsec_0123456789").await.unwrap();
    let (first, second) = (kept.path, files.keep_secret("webhook wh_1", "whsec_another_one").await.unwrap().path);
    assert!(!kept.replaceable);
    let set = |mode| fs::set_permissions(all.path().join("state/secrets"), fs::Permissions::from_mode(mode)).unwrap();
    for (mode, replaceable) in [(0o777, true), (0o770, true), (0o1777, false), (0o700, false)] {
        set(mode);
        assert_eq!(files.keep_secret("open", "whsec_another_one").await.unwrap().replaceable, replaceable, "{mode:o}");
    }
    assert!(first.ends_with("state/secrets/webhook wh_1") && second.ends_with("webhook wh_1-2"), "{first:?} {second:?}");
    assert_eq!((fs::read_to_string(&first).unwrap().as_str(), fs::metadata(&first).unwrap().mode() & 0o777), ("whsec_0123456789", 0o600));
    let reader = Files { secrets: Some(all.path().join("state/secrets")), ..Files::default() };
    assert!(!reader.secret("file:webhook wh_1").await.unwrap().exposed);
    fs::set_permissions(&first, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(reader.secret("file:webhook wh_1").await.unwrap().exposed);
    assert!(Files::default().keep_secret("a", "b").await.unwrap_err().next.contains("VIDEOSEARCH_SECRETS_DIR"));
}
