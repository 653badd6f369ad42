use super::*;
use crate::{
    api::{Access, Endpoint, Method, Request, Scope, Scopes, indexes::ListIndexes, keys::ListKeys, runs::ListRuns, service::ValidateKey},
    key::ApiKey,
};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// A time this many milliseconds after the beginning of the tests.
fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(1_000 * HOUR + millis)
}

fn gate(ceiling: Option<&str>, destructive: bool) -> Gate {
    Gate::new(ApiKey::parse("a-key-of-a-test").unwrap(), 1, ceiling.map(|text| Scopes::parse(text).unwrap()), destructive)
}

/// A gate that learned these scopes at the beginning.
fn with(held: &[Scope], not_held: &[Scope]) -> Gate {
    let mut gate = gate(None, true);
    let held = held.iter().map(|&scope| (Probe::Scope(scope), Verdict::Held));
    let not_held = not_held.iter().map(|&scope| (Probe::Scope(scope), Verdict::NotHeld));
    gate.learn(&held.chain(not_held).collect::<Vec<_>>(), at(0));
    gate
}

fn unknown(cause: Cause) -> Verdict {
    Verdict::Unknown(cause)
}

fn standings(gate: &Gate) -> String {
    let letter = |scope| match gate.beliefs().of(scope).standing {
        Standing::Held => '+',
        Standing::NotHeld => '-',
        Standing::Unknown => '?',
    };
    Scope::ALL.map(letter).iter().collect()
}

fn refusal(result: Result<(), impl Into<Decision>>) -> Refusal {
    match result.map_err(Into::into) {
        Err(Decision::Denied(Denial::Refused(refusal))) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn own_answers_beat_the_order_which_fills_unknowns() {
    use Scope::{Admin, Read, Search, Write};
    for (held, not_held, expect) in [
        (&[][..], &[][..], "????"),
        (&[Admin], &[], "++++"),
        (&[Write], &[], "+++?"),
        (&[Search], &[], "+???"),
        (&[Search], &[Read], "+---"),
        (&[], &[Search], "----"),
        (&[Write], &[Read], "+-+-"),
        (&[Write, Search], &[Read], "+-+-"),
        (&[Read], &[Search], "-+--"),
    ] {
        assert_eq!(standings(&with(held, not_held)), expect, "{held:?} {not_held:?}");
    }
    let beliefs = with(&[Write], &[]).beliefs();
    assert_eq!((beliefs.of(Write).origin, beliefs.of(Read).origin), (Some(Origin::Probe), Some(Origin::Implied)));
}

#[test]
fn nothing_passes_before_it_was_learnt_and_failures_are_named() {
    let mut gate = gate(None, false);
    let access = Access::Scope(Scope::Read);
    assert_eq!(gate.check(access, at(0)), Err(Decision::NeedsProbe(Scope::Read)));
    assert_eq!(refusal(gate.check_after_probe(access, at(0))).cause, RefusalCause::Unverified(Cause::NotAsked));
    let cause = Cause::Status { status: 503, code: None, retry_after: None };
    gate.learn(&[(Probe::Scope(Scope::Read), unknown(cause.clone()))], at(1));
    assert_eq!(gate.check(access, at(1)), Err(Decision::NeedsProbe(Scope::Read)), "a later call asks again");
    let refused = refusal(gate.check_after_probe(access, at(1)));
    assert_eq!((refused.cause, refused.unknown), (RefusalCause::Unverified(cause), Scopes::ALL));
    gate.learn(&[(Probe::Scope(Scope::Read), Verdict::Held)], at(2));
    assert_eq!(gate.check(access, at(9 * HOUR)), Ok(()));
    assert!(matches!(gate.beliefs().key(), KeyState::Live(_)));
}

#[test]
fn a_failed_probe_unseats_nothing() {
    let mut gate = with(&[Scope::Search], &[Scope::Read]);
    let failed = unknown(Cause::Unreachable("no network".into()));
    gate.learn(&[(Probe::Key, failed.clone()), (Probe::Scope(Scope::Search), failed.clone()), (Probe::Scope(Scope::Read), failed)], at(5));
    assert_eq!(standings(&gate), "+---");
    assert!(matches!(gate.beliefs().key(), KeyState::Live(_)));
}

#[test]
fn old_refusals_ask_once_before_they_refuse_again() {
    let gate = with(&[], &[Scope::Read]);
    let check = |millis| gate.check(Access::Scope(Scope::Read), at(millis));
    let expect = RefusalCause::NotHeld { origin: Origin::Probe, at: Some(at(0)) };
    assert_eq!(refusal(check(59 * SECOND)).cause, expect);
    assert_eq!(check(61 * SECOND), Err(Decision::NeedsProbe(Scope::Read)));
    assert_eq!(refusal(gate.check_after_probe(Access::Scope(Scope::Read), at(61 * SECOND))).cause, expect);
    // What follows for a stronger scope is as old as the answer that it follows from.
    assert_eq!(gate.check(Access::Scope(Scope::Write), at(61 * SECOND)), Err(Decision::NeedsProbe(Scope::Write)));
    // If somebody sets the clock back, the answer seems to come from the future. Then it proves nothing.
    let before = Timestamp::from_millis(5);
    assert_eq!(gate.check(Access::Scope(Scope::Read), before), Err(Decision::NeedsProbe(Scope::Read)));
}

#[test]
fn a_coded_403_shrinks_its_scope_and_what_builds_on_it() {
    let mut gate = with(&[Scope::Search, Scope::Read, Scope::Write], &[]);
    gate.shrink(Scope::Write, at(5));
    assert_eq!(standings(&gate), "++--");
    let refused = refusal(gate.check(Access::Scope(Scope::Write), at(6)));
    assert_eq!(refused.cause, RefusalCause::NotHeld { origin: Origin::Refused403, at: Some(at(5)) });
    assert_eq!(refused.held, Scopes::parse("search read").unwrap());
}

#[test]
fn a_scope_that_was_lost_is_asked_for_again_until_it_comes_back() {
    let mut gate = with(&[Scope::Search, Scope::Read, Scope::Write], &[Scope::Admin]);
    gate.alive(at(0));
    gate.shrink(Scope::Read, at(5));
    let read = [Probe::Scope(Scope::Read)];
    assert!(gate.open_probes(at(59 * SECOND)).is_empty() && gate.settled(at(59 * SECOND)));
    assert_eq!(gate.open_probes(at(61 * SECOND)), read);
    assert!(!gate.settled(at(61 * SECOND)) && gate.lost_long_ago(Scope::Read, at(61 * SECOND)));
    // After we asked in vain, we wait another minute and ask again.
    gate.learn(&[(read[0], Verdict::NotHeld)], at(61 * SECOND));
    assert!(gate.open_probes(at(120 * SECOND)).is_empty());
    assert_eq!(gate.open_probes(at(122 * SECOND)), read);
    // An answer that proves nothing changes nothing.
    gate.learn(&[(read[0], unknown(Cause::Foreign { status: 200 }))], at(122 * SECOND));
    assert_eq!(gate.open_probes(at(123 * SECOND)), read);
    gate.learn(&[(read[0], Verdict::Held)], at(124 * SECOND));
    assert_eq!(standings(&gate), "+++-");
    assert!(gate.open_probes(at(HOUR)).is_empty());
    // A list of tools does not ask again for a scope that the key never held, or for a key that was accepted. A question about the key does.
    gate.alive(at(HOUR));
    assert_eq!(gate.stale_probes(at(HOUR + SECOND)), [Probe::Scope(Scope::Admin)]);
    assert_eq!(gate.stale_probes(at(HOUR + 5 * SECOND)), [Probe::Key, Probe::Scope(Scope::Admin)]);
    assert!(gate.open_probes(at(HOUR + 5 * SECOND)).is_empty());
    let mut eager = with(&[Scope::Read], &[]).rechecking_after(std::time::Duration::ZERO);
    eager.shrink(Scope::Read, at(5));
    assert!(eager.lost_long_ago(Scope::Read, at(5)));
}

#[test]
fn a_ceiling_only_takes_away_and_is_named() {
    let mut gate = gate(Some("read"), true);
    gate.learn(&[(Probe::Scope(Scope::Admin), Verdict::Held)], at(0));
    assert_eq!(standings(&gate), "++--");
    let refused = refusal(gate.check(Access::Scope(Scope::Write), at(HOUR)));
    assert_eq!((refused.cause, refused.ceiling), (RefusalCause::Ceiling, Some(Scopes::parse("search read").unwrap())));
    assert_eq!(gate.beliefs().of(Scope::Write).origin, Some(Origin::Ceiling));
    assert_eq!(gate.beliefs().of_key(Scope::Write).standing, Standing::Held);
    assert!(!gate.beliefs().lists(Scope::Write) && gate.beliefs().lists(Scope::Read));
    gate.learn(&[(Probe::Scope(Scope::Read), Verdict::NotHeld)], at(1));
    assert_eq!(standings(&gate), "+---", "a ceiling grants nothing");
}

#[test]
fn a_rejected_key_rests_for_half_a_minute() {
    let mut gate = with(&[Scope::Read], &[]);
    gate.reject(at(0), true);
    for access in [Access::Scope(Scope::Read), Access::AnyKey] {
        assert_eq!(gate.check(access, at(29 * SECOND)), Err(Denial::KeyRejected(at(0)).into()));
        assert_eq!(gate.check(access, at(31 * SECOND)), Ok(()));
    }
    assert!(gate.open_probes(at(29 * SECOND)).is_empty() && gate.open_probes(at(31 * SECOND)).contains(&Probe::Key));
    gate.alive(at(1));
    assert_eq!(gate.check(Access::AnyKey, at(2)), Ok(()));
    gate.reject(at(3), false);
    assert_eq!(gate.check(Access::AnyKey, at(4)), Ok(()));
    assert_eq!(*gate.beliefs().key(), KeyState::Rejected(at(3)));
}

#[test]
fn what_an_earlier_process_knew_lists_for_ever_and_authorises_for_an_hour() {
    let remembered = with(&[Scope::Read], &[Scope::Write]).remember().unwrap();
    let text = serde_json::to_string(&remembered).unwrap();
    let mut next = gate(None, false);
    next.recall(&serde_json::from_str(&text).unwrap(), at(MINUTE));
    assert_eq!(standings(&next), "++--");
    let read = Access::Scope(Scope::Read);
    assert_eq!(next.check(read, at(59 * MINUTE)), Ok(()));
    assert!(next.settled(at(59 * MINUTE)) && !next.settled(at(61 * MINUTE)));
    assert_eq!(next.check(read, at(61 * MINUTE)), Err(Decision::NeedsProbe(Scope::Read)));
    assert_eq!(refusal(next.check_after_probe(read, at(61 * MINUTE))).cause, RefusalCause::Unverified(Cause::Outdated));
    // The same holds for what only follows from it.
    assert_eq!(next.check(Access::Scope(Scope::Search), at(61 * MINUTE)), Err(Decision::NeedsProbe(Scope::Search)));
    assert_eq!(standings(&next), "++--", "the list stays");
    // It keeps its age when it is written again, and does not replace what this process learned.
    assert_eq!(next.remember(), Some(remembered.clone()));
    next.learn(&[(Probe::Scope(Scope::Read), Verdict::NotHeld)], at(2 * HOUR));
    next.recall(&remembered, at(2 * HOUR));
    assert_eq!(next.beliefs().of(Scope::Read).standing, Standing::NotHeld);
}

#[test]
fn memories_of_the_future_or_of_another_form_are_ignored() {
    let remembered = with(&[Scope::Read], &[]).remember().unwrap();
    let mut next = gate(None, false);
    next.recall(&remembered, Timestamp::from_millis(5));
    assert_eq!(standings(&next), "????");
    let other = Remembered { form: 2, ..remembered };
    next.recall(&other, at(HOUR));
    assert_eq!(standings(&next), "????");
    assert_eq!(next.remember(), None);
}

#[test]
fn probes_have_no_side_effects_and_admin_is_asked_for_only_where_it_is_of_use() {
    let probes = gate(None, true).probes(&gate(None, true).all_probes());
    let lines: Vec<String> = probes
        .iter()
        .map(|(_, authorised)| format!("{} {}", authorised.request().method().as_str(), authorised.request().target()))
        .collect();
    assert_eq!(
        lines,
        [
            "GET /auth/validate",
            "GET /indexes",
            "GET /prompt-runs?limit=1",
            "POST /prompts/test-schema",
            "DELETE /webhooks/00000000-0000-0000-0000-000000000000"
        ]
    );
    assert!(
        probes.iter().filter(|(probe, _)| *probe != Probe::Scope(Scope::Admin)).all(|(_, authorised)| authorised.request().repeatable())
    );
    let harmless = gate(None, false);
    assert_eq!(harmless.all_probes().len(), 4);
    let forced = harmless.probes(&[Probe::Scope(Scope::Admin)]);
    assert!(forced.is_empty());
    let refused = refusal(harmless.check(Access::Scope(Scope::Admin), at(0)));
    assert_eq!(refused.cause, RefusalCause::Unverified(Cause::NotAsked), "and so it is refused without asking");
    assert!(!forced.iter().any(|(_, authorised)| authorised.request().method() == Method::Delete));
}

#[test]
fn a_pass_is_for_one_request_one_key_and_its_own_scope() {
    let request = |limit| Request::of(&ListRuns { limit: Some(limit) }, None).unwrap();
    let searcher = with(&[Scope::Search], &[Scope::Read]);
    assert!(searcher.authorise(Request::of(&ListIndexes { include_defaults: None }, None).unwrap(), at(0)).is_ok());
    assert!(searcher.authorise(request(1), at(0)).is_err(), "a search grant cannot send a read");
    let authorised = with(&[Scope::Read], &[]).authorise(request(7), at(0)).unwrap();
    assert_eq!((authorised.generation(), authorised.request().target()), (1, "/prompt-runs?limit=7"));
    assert_eq!(authorised.into_request().target(), "/prompt-runs?limit=7");
}

#[test]
fn session_tokens_have_no_way_in_and_any_key_needs_no_scope() {
    let nobody = with(&[], &[Scope::Search]);
    assert_eq!(ValidateKey::ACCESS, Access::AnyKey);
    assert_eq!(nobody.check(Access::AnyKey, at(0)), Ok(()));
    let admin = with(&[Scope::Admin], &[]);
    let keys = Request::of(&ListKeys {}, None).unwrap();
    assert_eq!(admin.authorise(keys, at(0)).err(), Some(Denial::SessionOnly));
}
