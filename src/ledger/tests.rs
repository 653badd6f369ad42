//! What all ledgers have in common.

use super::*;

/// A ledger of each kind.
fn ledgers(dir: &std::path::Path) -> [Ledger; 2] {
    [Ledger::in_memory(None), Ledger::in_directory(dir.join("state"))]
}

#[tokio::test]
async fn a_nonce_has_one_first_use() {
    let dir = tempfile::tempdir().unwrap();
    for ledger in ledgers(dir.path()) {
        assert_eq!(ledger.first_use([1; 12]).await, Ok(true));
        assert_eq!(ledger.first_use([1; 12]).await, Ok(false));
        assert_eq!(ledger.first_use([2; 12]).await, Ok(true));
    }
}

#[tokio::test]
async fn two_processes_count_together_up_to_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (Ledger::in_directory(dir.path().join("s")), Ledger::in_directory(dir.path().join("s")));
    let Spending::Counted(entry) = one.spend("a", 60.5, 100.0).await.unwrap() else { panic!("60.5 of 100 is too much") };
    assert_eq!(two.spend("a", 40.0, 100.0).await, Ok(Spending::Over(60.5)));
    assert!(matches!(two.spend("b", 40.0, 100.0).await, Ok(Spending::Counted(_))), "another account");
    one.give_back(entry).await.unwrap();
    assert!(matches!(two.spend("a", 100.0, 100.0).await, Ok(Spending::Counted(_))));
    assert_eq!(one.spend("a", f64::NAN, 100.0).await, Ok(Spending::Over(100.0)));
}

#[tokio::test]
async fn many_at_once_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for ledger in ledgers(dir.path()) {
        let all = (0..20).map(|_| {
            let ledger = ledger.clone();
            tokio::spawn(async move { ledger.spend("a", 1.0, 10.0).await.unwrap() })
        });
        let mut counted = 0;
        for one in all.collect::<Vec<_>>() {
            counted += usize::from(matches!(one.await.unwrap(), Spending::Counted(_)));
        }
        assert_eq!(counted, 10);
    }
}

#[test]
fn a_day_ends_and_a_clock_that_goes_back_gives_nothing() {
    let day = Day { day: 5, spent_mt: 9.0 };
    let (today, minute) = (|number| Period { number, seconds: DAY }, |number| Period { number, seconds: 60 });
    assert_eq!(day.add(today(6), 3.0, 10.0), Ok(Day { day: 6, spent_mt: 3.0 }));
    assert_eq!(day.add(today(4), 3.0, 10.0), Err(Refused::Over(9.0)));
    assert_eq!(day.add(today(3), 3.0, 10.0), Err(Refused::Ahead), "nobody can have spent that");
    assert_eq!(day.add(minute(4), 3.0, 10.0), Err(Refused::Over(9.0)));
    assert_eq!(day.add(minute(3), 3.0, 10.0), Ok(Day { day: 3, spent_mt: 3.0 }));
    let entry = Entry { account: String::new(), day: 4, mt: 3.0 };
    assert_eq!(day.take_back(&entry), day);
}

#[tokio::test]
async fn a_sum_of_a_day_to_come_is_not_believed_and_the_refusal_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::in_directory(dir.path().to_owned());
    assert!(matches!(ledger.spend("a", 1.0, 10.0).await, Ok(Spending::Counted(_))));
    std::fs::write(dir.path().join("spent-a.json"), r#"{"day":90000,"spent_mt":9.0}"#).unwrap();
    let error = ledger.spend("a", 1.0, 10.0).await.unwrap_err();
    assert!(error.0.contains("has not come yet") && error.0.starts_with("spent-a.json") && error.0.contains("delete it"), "{error}");
}

#[tokio::test]
async fn one_process_claims_a_call_and_the_others_get_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (Ledger::in_directory(dir.path().join("s")), Ledger::in_directory(dir.path().join("s")));
    let long = Duration::from_mins(10);
    assert_eq!(one.claimed("c", long).await, Ok(None));
    assert_eq!(one.claim("c", "k1", long).await, Ok(None));
    assert_eq!(one.claim("c", "k1", long).await, Ok(None), "it is ours");
    assert_eq!(two.claim("c", "k2", long).await, Ok(Some("k1".to_owned())));
    assert_eq!(one.claim("c", "k1", long).await, Ok(None), "it is still ours");
    assert_eq!(two.release("c", "k2").await, Ok(false));
    assert_eq!(two.claimed("c", long).await, Ok(Some("k1".to_owned())), "it is not theirs");
    assert_eq!(one.release("c", "k1").await, Ok(false), "another one goes out under it");
    assert_eq!(two.join("c", long).await, Ok(Some("k1".to_owned())));
    for (call, joins) in [("d", false), ("e", true)] {
        assert_eq!(one.claim(call, "k1", long).await, Ok(None));
        assert_eq!(two.claimed(call, long).await, Ok(Some("k1".to_owned())), "to look joins nothing");
        if joins {
            assert_eq!(two.join(call, long).await, Ok(Some("k1".to_owned())));
        }
        assert_eq!(one.release(call, "k1").await, Ok(!joins));
        assert_eq!(two.join(call, long).await, Ok(joins.then(|| "k1".to_owned())));
    }
    assert_eq!(one.claim("c", "k3", Duration::ZERO).await, Ok(None), "the time of a claim ends");
}

#[tokio::test]
async fn what_killed_processes_left_behind_goes_and_what_is_not_ours_stays() {
    let dir = tempfile::tempdir().unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(72);
    let ours = [".spent-a.json.17-5.tmp", ".used-0.17-6.tmp", ".scopes-a.json.17-7.tmp", ".judged.17-8.tmp", "used-1"];
    let others = [".mine.tmp", "spent-b.json", ".spent-a.json"];
    for name in ours.iter().chain(&others) {
        std::fs::File::create(dir.path().join(name)).unwrap().set_modified(old).unwrap();
    }
    let young = dir.path().join(".spent-c.json.17-9.tmp");
    std::fs::write(&young, "").unwrap();
    let ledger = Ledger::in_directory(dir.path().to_owned());
    assert!(matches!(ledger.spend("a", 1.0, 10.0).await, Ok(Spending::Counted(_))));
    // It happens behind the answer.
    while ours.iter().any(|name| dir.path().join(name).exists()) {
        tokio::task::yield_now().await;
    }
    assert!(young.exists() && others.iter().all(|name| dir.path().join(name).exists()));
}

#[tokio::test]
async fn a_count_that_cannot_be_read_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::in_directory(dir.path().to_owned());
    assert!(matches!(ledger.spend("a", 1.0, 10.0).await, Ok(Spending::Counted(_))));
    let file = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "json"));
    std::fs::write(file.unwrap(), "{\"day\": ").unwrap();
    let error = ledger.spend("a", 1.0, 10.0).await.unwrap_err();
    assert!(error.0.contains("spent-a.json") && error.0.contains("delete"), "{error}");
    let file = dir.path().join("spent-a.json");
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let error = ledger.spend("a", 1.0, 10.0).await.unwrap_err();
    assert!(error.0.starts_with("spent-a.json") && error.0.contains("a directory"), "{error}");
    let blocked = dir.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    assert!(Ledger::in_directory(blocked).first_use([0; 12]).await.is_err());
}
