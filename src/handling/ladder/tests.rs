//! What is proposed, and why.

use super::*;
use crate::limits::profile::builtin;

fn at(text: &str) -> Stamp {
    Stamp::parse(&format!("2026-{text}:00+08:00")).unwrap()
}

fn keys(working: &[Working], rungs: &[Rung], decided: &[&str], now: &str) -> Vec<String> {
    let profile = builtin("default").unwrap();
    let decided = decided.iter().map(|key| (*key).to_owned()).collect();
    let by = (&profile.supervision, &profile.calendar());
    let found = proposals((working, rungs), &decided, by, at(now));
    found.into_iter().map(|it| format!("{} {} {}", it.trigger, it.step, it.count)).collect()
}

fn lead(due_at: &str, reworks: u32) -> Working {
    let due_at = (!due_at.is_empty()).then(|| at(due_at));
    Working { ticket: 1, k: 1, unit: "a".into(), due_at, progress_due_at: None, reworks, urges: 0 }
}

fn rung(ticket: i64, step: Step, opened_at: &str) -> Rung {
    let opened_at = at(opened_at);
    let unit = "a".into();
    let (answered_at, closed_at, is_live, is_void) = (None, None, true, false);
    let (side, due_at) = (1, None);
    Rung { ticket, side, unit, step, opened_at, due_at, answered_at, closed_at, is_live, is_void }
}

#[test]
fn a_lead_is_proposed_for_after_a_whole_working_day_or_the_second_rework() {
    // Friday 2026-03-06.
    let friday = [lead("03-06T23:59", 0)];
    assert_eq!(keys(&friday, &[], &[], "03-06T23:59"), [""; 0]);
    assert_eq!(keys(&friday, &[], &[], "03-09T23:59"), [""; 0], "Monday is not over");
    assert_eq!(keys(&friday, &[], &[], "03-10T00:00"), ["overdue supervise 1"]);
    assert_eq!(keys(&[lead("", 0)], &[], &[], "03-10T00:00"), [""; 0], "it was handed in");
    assert_eq!(keys(&[lead("", 1)], &[], &[], "03-10T00:00"), [""; 0]);
    assert_eq!(keys(&[lead("", 2)], &[], &[], "03-10T00:00"), ["rework supervise 2"]);
    let open = [rung(1, Step::Supervise, "03-09T09:00")];
    assert_eq!(keys(&friday, &open, &[], "03-10T00:00"), [""; 0], "it is supervised already");
    let urged = [rung(1, Step::Urge, "03-09T09:00")];
    assert_eq!(keys(&friday, &urged, &[], "03-10T00:00"), ["overdue supervise 1"]);
    let key = format!("overdue.1.1.{}", at("03-06T23:59").millis());
    assert_eq!(keys(&friday, &[], &[&key], "03-10T00:00"), [""; 0], "it was decided");
    assert_eq!(keys(&[lead("03-07T23:59", 0)], &[], &[&key], "03-11T00:00").len(), 1);
    // Whoever decided about the reworks has said nothing of the days.
    let both = [lead("03-06T23:59", 2)];
    assert_eq!(keys(&both, &[], &[], "03-10T00:00"), ["rework supervise 2"]);
    assert_eq!(keys(&both, &[], &["rework.1.1.2"], "03-10T00:00"), ["overdue supervise 1"]);
}

#[test]
fn dissatisfied_answers_in_a_row_propose_a_supervision_of_the_last_ones_lead_once() {
    let leads = [Disappointing { ticket: 1, k: 1, unit: "a".into(), warning: 7, row: 2 }];
    let says = |rungs: &[Rung], decided: &[&str]| -> Vec<String> {
        let decided = decided.iter().map(|key| (*key).to_owned()).collect();
        disappointments(&leads, rungs, &decided).into_iter().map(|it| it.key).collect()
    };
    let key = "dissatisfied.1.1.7";
    assert_eq!(says(&[], &[]), [key]);
    assert_eq!(about(key), Some(About::Ticket(1)));
    assert_eq!(says(&[], &[key]), [""; 0], "it was decided");
    let open = rung(1, Step::Supervise, "03-09T09:00");
    assert_eq!(says(std::slice::from_ref(&open), &[]), [""; 0], "it is supervised already");
    let closed = Rung { closed_at: Some(at("03-10T09:00")), ..open.clone() };
    let urged = Rung { step: Step::Urge, ..open.clone() };
    let of_another = Rung { ticket: 2, ..open };
    assert_eq!(says(&[closed, urged, of_another], &[]), [key]);
}

#[test]
fn what_a_unit_leaves_unanswered_for_a_working_day_climbs_once() {
    let mut waits = rung(1, Step::Supervise, "03-02T09:00");
    waits.due_at = Some(at("03-04T23:59"));
    let asked = |rungs: &[Rung], now| keys(&[], rungs, &[], now);
    assert_eq!(asked(std::slice::from_ref(&waits), "03-05T23:59"), [""; 0]);
    assert_eq!(asked(std::slice::from_ref(&waits), "03-06T00:00"), ["unanswered interview 1"]);
    let said = Rung { answered_at: Some(at("03-03T09:00")), ..waits.clone() };
    let closed = Rung { closed_at: Some(at("03-03T09:00")), ..waits.clone() };
    let over = Rung { is_live: false, ..waits.clone() };
    let circular = Rung { step: Step::Circular, ..waits.clone() };
    let urged = Rung { step: Step::Urge, ..waits.clone() };
    for quiet in [said, closed, over, circular, urged] {
        assert_eq!(asked(std::slice::from_ref(&quiet), "03-06T00:00"), [""; 0], "{quiet:?}");
    }
    let interview = rung(1, Step::Interview, "03-06T09:00");
    assert_eq!(asked(&[waits.clone(), interview], "03-09T09:00"), [""; 0], "it was opened");
    let elsewhere = rung(2, Step::Interview, "03-06T09:00");
    assert_eq!(asked(&[waits.clone(), elsewhere], "03-09T09:00"), ["unanswered interview 2"]);
    let decided = keys(&[], &[waits], &["unanswered.1.1.a"], "03-06T00:00");
    assert_eq!(decided, [""; 0]);
}

#[test]
fn what_was_said_to_a_rung_does_not_end_the_ladder_of_work_that_stays_late() {
    // Overdue since Friday 2026-03-06; supervised on Tuesday, and that was taken.
    let late = [lead("03-06T23:59", 0)];
    let taken = [&*format!("overdue.1.1.{}", at("03-06T23:59").millis())];
    let open = rung(1, Step::Supervise, "03-10T09:00");
    let says = |rungs: &[Rung], now| keys(&late, rungs, &taken, now);
    assert_eq!(says(std::slice::from_ref(&open), "03-27T00:00"), [""; 0], "an answer is awaited");
    let said = Rung { answered_at: Some(at("03-11T10:00")), ..open.clone() };
    let closed = Rung { closed_at: Some(at("03-11T15:00")), ..said.clone() };
    let unheard = Rung { answered_at: None, ..closed.clone() };
    // Thursday, Friday and Monday.
    for rung in [said.clone(), closed.clone(), unheard] {
        let rungs = std::slice::from_ref(&rung);
        assert_eq!(says(rungs, "03-16T23:59"), [""; 0], "{rung:?}");
        assert_eq!(says(rungs, "03-17T00:00"), ["unsettled interview 3"], "{rung:?}");
    }
    let month = says(std::slice::from_ref(&closed), "04-23T00:00");
    assert_eq!(month, ["unsettled interview 29"], "six weeks less a holiday");
    let key = format!("unsettled.1.1.{}.a", at("03-06T23:59").millis());
    let refused = keys(&late, std::slice::from_ref(&closed), &[taken[0], &key], "03-17T00:00");
    assert_eq!(refused, [""; 0]);
    // The interview said to in its turn, and the last rung.
    let interview =
        Rung { side: 2, step: Step::Interview, opened_at: at("03-17T09:00"), ..closed.clone() };
    let asked = Rung { answered_at: None, closed_at: None, ..interview.clone() };
    assert_eq!(says(&[closed.clone(), asked], "03-27T00:00"), [""; 0]);
    let said = Rung { answered_at: Some(at("03-18T09:00")), ..interview };
    assert_eq!(says(&[closed.clone(), said.clone()], "03-24T00:00"), ["unsettled circular 3"]);
    let circular = Rung { side: 3, step: Step::Circular, ..said };
    assert_eq!(says(&[closed.clone(), circular], "04-23T00:00"), [""; 0], "nothing is above it");
    // What was closed before the limit that runs was over says nothing of it; work that was handed in is not late.
    let later = [lead("03-12T23:59", 0)];
    assert_eq!(
        keys(&later, std::slice::from_ref(&closed), &taken, "03-14T00:00"),
        ["overdue supervise 1"]
    );
    assert_eq!(keys(&[lead("", 0)], &[closed], &taken, "03-27T00:00"), [""; 0]);
}

#[test]
fn a_case_on_the_ledger_of_which_nothing_is_said_is_supervised_and_climbs() {
    let silent = [Working { progress_due_at: Some(at("03-06T10:00")), ..lead("", 0) }];
    let says = |rungs: &[Rung], decided: &[&str], now| keys(&silent, rungs, decided, now);
    assert_eq!(says(&[], &[], "03-09T23:59"), [""; 0], "Monday is not over");
    assert_eq!(says(&[], &[], "03-10T00:00"), ["silent supervise 1"]);
    let key = format!("silent.1.1.{}", at("03-06T10:00").millis());
    assert_eq!(says(&[], &[&key], "03-10T00:00"), [""; 0], "it was decided");
    assert_eq!(about(&key), Some(About::Ticket(1)));
    let opened = rung(1, Step::Supervise, "03-10T09:00");
    let said = Rung { answered_at: Some(at("03-11T10:00")), ..opened };
    assert_eq!(says(&[said], &[&key], "03-17T00:00"), ["unsettled interview 3"]);
}

#[test]
fn a_lead_that_citizens_ask_after_is_urged_and_then_supervised() {
    let asked = |urges, rungs: &[Rung], decided: &[&str]| {
        keys(&[Working { urges, ..lead("", 0) }], rungs, decided, "03-10T00:00")
    };
    assert_eq!(asked(1, &[], &[]), [""; 0]);
    assert_eq!(asked(2, &[], &[]), ["urged urge 2"]);
    assert_eq!(asked(3, &[], &[]), ["urged urge 3"]);
    assert_eq!(asked(3, &[], &["urged.1.1.2"]), [""; 0], "it was refused");
    assert_eq!(asked(4, &[], &["urged.1.1.2"]), ["urged urge 4"]);
    let urged = rung(1, Step::Urge, "03-09T09:00");
    assert_eq!(asked(3, std::slice::from_ref(&urged), &["urged.1.1.2"]), [""; 0]);
    assert_eq!(asked(4, std::slice::from_ref(&urged), &["urged.1.1.2"]), ["urged supervise 4"]);
    let supervised = rung(1, Step::Supervise, "03-09T10:00");
    assert_eq!(asked(4, &[urged, supervised], &[]), [""; 0], "it is supervised already");
}

#[test]
fn a_key_says_what_it_is_about() {
    assert_eq!(about("overdue.12.1.99"), Some(About::Ticket(12)));
    assert_eq!(about("unanswered.-3.1.a.b"), Some(About::Ticket(-3)));
    assert_eq!(about("unsettled.4.1.99.a.b"), Some(About::Ticket(4)));
    assert_eq!(about("urged.5.1.2"), Some(About::Ticket(5)));
    assert_eq!(about("supervised.a.b.3.1"), Some(About::Unit("a.b".into())));
    assert_eq!(about("interviewed.a.-3.1"), Some(About::Unit("a".into())));
    for wrong in ["", "x", "overdue", "overdue.x", "other.1.1", "supervised", "supervised.3.1"] {
        assert_eq!(about(wrong), None, "{wrong}");
    }
}

#[test]
fn what_a_key_rests_on_is_enough_to_propose_it() {
    let profile = builtin("default").unwrap();
    let (by, now) = ((&profile.supervision, &profile.calendar()), at("03-20T10:00"));
    let waits = Rung { due_at: Some(at("03-04T23:59")), ..rung(1, Step::Supervise, "03-02T09:00") };
    let mut all = vec![
        waits,
        rung(2, Step::Supervise, "03-03T09:00"),
        rung(3, Step::Supervise, "03-04T09:00"),
    ];
    let others: Vec<Rung> = all.iter().map(|it| Rung { unit: "b".into(), ..it.clone() }).collect();
    all.extend(others);
    let leads = [lead("03-06T23:59", 2), Working { ticket: 7, ..lead("03-06T23:59", 0) }];
    let found = proposals((&leads, &all), &BTreeSet::new(), by, now);
    assert_eq!(found.len(), 5, "{found:?}");
    for proposal in found {
        let (leads, rungs): (Vec<Working>, Vec<Rung>) = match about(&proposal.key).unwrap() {
            About::Ticket(id) => (
                leads.iter().filter(|it| it.ticket == id).cloned().collect(),
                all.iter().filter(|it| it.ticket == id).cloned().collect(),
            ),
            About::Unit(unit) => {
                (Vec::new(), all.iter().filter(|it| it.unit == unit).cloned().collect())
            }
        };
        let own = proposals((&leads, &rungs), &BTreeSet::new(), by, now);
        assert!(own.contains(&proposal), "{proposal:?} is not among {own:?}");
    }
}

#[test]
fn a_unit_climbs_by_what_came_since_the_rung_above() {
    let three: Vec<Rung> = (1..=3).map(|n| rung(n, Step::Supervise, "03-02T09:00")).collect();
    assert_eq!(keys(&[], &three[..2], &[], "03-03T09:00"), [""; 0]);
    assert_eq!(keys(&[], &three, &[], "03-03T09:00"), ["supervised interview 3"]);
    assert_eq!(keys(&[], &three, &["supervised.a.3.1"], "03-03T09:00"), [""; 0]);
    assert_eq!(keys(&[], &three, &[], "04-02T09:01"), [""; 0], "a month ago");
    let mut after = three.clone();
    after.push(rung(3, Step::Interview, "03-03T09:00"));
    assert_eq!(keys(&[], &after, &[], "03-03T10:00"), [""; 0]);
    after.push(rung(4, Step::Interview, "03-20T09:00"));
    assert_eq!(keys(&[], &after, &[], "03-20T10:00"), ["interviewed circular 2"]);
    let mut over = three;
    for rung in &mut over {
        rung.is_live = false;
    }
    assert_eq!(keys(&[], &over, &[], "03-03T09:00"), [""; 0], "no ticket to open it on");
}

#[test]
fn what_was_not_the_units_counts_for_nothing_and_brings_nothing_back_that_was_decided() {
    let void =
        |n| Rung { is_live: false, is_void: true, ..rung(n, Step::Supervise, "03-02T09:00") };
    let mut rungs = vec![void(1), void(2), rung(3, Step::Supervise, "03-02T09:00")];
    assert_eq!(keys(&[], &rungs, &[], "03-03T09:00"), [""; 0], "one of three was theirs");
    rungs.push(rung(4, Step::Supervise, "03-02T09:00"));
    rungs.push(rung(5, Step::Supervise, "03-02T09:00"));
    assert_eq!(keys(&[], &rungs, &[], "03-03T09:00"), ["supervised interview 3"]);
    // Refused with four; then the last of them went back.
    rungs.push(void(6));
    assert_eq!(keys(&[], &rungs, &["supervised.a.6.1"], "03-03T09:00"), [""; 0]);
    // A ticket that is over was theirs all the same.
    let over = |n| Rung { is_void: false, ..void(n) };
    let three = [over(1), over(2), rung(3, Step::Supervise, "03-02T09:00")];
    assert_eq!(keys(&[], &three, &[], "03-03T09:00"), ["supervised interview 3"]);
    let interviews = [void(1), void(2)].map(|it| Rung { step: Step::Interview, ..it });
    let last = rung(3, Step::Interview, "03-02T09:00");
    let interviews = [&interviews[..], &[last]].concat();
    assert_eq!(keys(&[], &interviews, &[], "03-03T09:00"), [""; 0]);
}
