//! Generated months: units of many sizes, honest ones and one that games one thing.

use rstest::rstest;

use super::judge::{Line, judge};
use super::*;
use crate::assessment::facts::{Names, Solved};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Sizes of the honest units; the one that games is beside them.
const SIZES: [i64; 9] = [6, 15, 40, 80, 120, 160, 250, 400, 900];
const GAMED: i64 = 300;

fn at(millis: i64) -> Stamp {
    Stamp::from_millis(millis)
}

/// SplitMix64: the same month for the same seed, everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
    fn falls(&mut self, share: f64) -> bool {
        self.roll() < share
    }
}

/// How often things happen in a unit.
#[derive(Clone, Copy)]
struct Habits {
    denied: f64,
    again: f64,
    withdrawn: f64,
    phone: f64,
    late: f64,
    invalid: f64,
    bad: f64,
    /// Of tickets without a bad answer, and of those with one.
    excludes: (f64, f64),
    prompted: f64,
}

const HONEST: Habits = Habits {
    denied: 0.05,
    again: 0.04,
    withdrawn: 0.03,
    phone: 0.02,
    late: 0.15,
    invalid: 0.35,
    bad: 0.15,
    excludes: (0.05, 0.15),
    prompted: 0.02,
};

/// The month of a unit that games `signal`.
fn gamed(signal: Signal) -> Habits {
    match signal {
        Signal::SpokeDenied => Habits { denied: 0.30, ..HONEST },
        Signal::Again => Habits { again: 0.25, ..HONEST },
        Signal::Withdrawn => Habits { withdrawn: 0.20, ..HONEST },
        Signal::PhoneChanged => Habits { phone: 0.15, ..HONEST },
        Signal::LastMoment => Habits { late: 0.60, ..HONEST },
        Signal::Invalid => Habits { invalid: 0.75, ..HONEST },
        Signal::Exclusion => Habits { excludes: (0.0, 0.90), ..HONEST },
        Signal::Prompted => Habits { prompted: 0.20, ..HONEST },
    }
}

/// An honest unit is not like every other: its habits lie a fifth around the usual.
fn own(dice: &mut Dice) -> Habits {
    let mut near = |share: f64| share * (0.8 + 0.4 * dice.roll());
    Habits {
        denied: near(HONEST.denied),
        again: near(HONEST.again),
        withdrawn: near(HONEST.withdrawn),
        phone: near(HONEST.phone),
        late: near(HONEST.late),
        invalid: near(HONEST.invalid),
        bad: near(HONEST.bad),
        excludes: (near(HONEST.excludes.0), near(HONEST.excludes.1)),
        prompted: near(HONEST.prompted),
    }
}

fn ticket(dice: &mut Dice, id: i64, unit: Sym, habits: &Habits) -> Seen {
    let sent = at(id * HOUR);
    let due = sent.plus_millis(5 * DAY);
    let part = if dice.falls(habits.late) { 0.91 + 0.09 * dice.roll() } else { 0.89 * dice.roll() };
    #[expect(clippy::cast_possible_truncation, reason = "a part of five days")]
    let replied = sent.plus_millis((part * (5 * DAY) as f64) as i64);
    let spoke = dice.falls(0.9).then(|| sent.plus_millis(HOUR));
    let handle = Run { due_at: Some(due), stopped_at: Some(replied), missed: false };
    let phone = dice.falls(habits.phone).then(|| sent.plus_millis(2 * HOUR));
    let mut trail = Trail { spoke_at: spoke, phone_at: phone, ..Trail::default() };
    let mut seen = Seen {
        ticket: id,
        unit,
        closed: true,
        withdrawn_at: None,
        survey: None,
        trail,
        sent_at: sent,
        handle,
        again_at: None,
        sealed: false,
    };
    if spoke.is_some() && dice.falls(habits.withdrawn) {
        let withdrawn_at = Some(sent.plus_millis(3 * HOUR));
        return Seen { closed: false, withdrawn_at, handle: Run::default(), ..seen };
    }
    trail.asked = u32::from(dice.falls(0.95));
    let asked = replied.plus_millis(DAY);
    if trail.asked > 0 && !dice.falls(habits.invalid) {
        let bad = dice.falls(habits.bad);
        trail.survey_at = Some(asked);
        trail.bad_at = bad.then_some(asked);
        trail.prompted = dice.falls(0.9).then(|| dice.falls(habits.prompted));
        let satisfied = if bad { Satisfied::Dissatisfied } else { Satisfied::Satisfied };
        let contacted = !dice.falls(habits.denied);
        seen.survey = Some(ValidSurvey { contacted, solved: Solved::Solved, satisfied });
        if !bad && dice.falls(habits.again) {
            seen.again_at = Some(asked.plus_millis(10 * DAY));
        }
    }
    let share = if trail.bad_at.is_some() { habits.excludes.1 } else { habits.excludes.0 };
    if dice.falls(share) {
        trail.exclusion_at = Some(asked.plus_millis(DAY));
    }
    Seen { trail, ..seen }
}

/// A month of all units; the one that games, if any, is called `gamed`.
fn month(seed: u64, game: Option<Signal>) -> (Names, Vec<Seen>) {
    let (mut dice, mut names, mut seen) = (Dice(seed), Names::default(), Vec::new());
    for (place, size) in SIZES.iter().enumerate() {
        let unit = names.intern(&format!("honest-{place}"));
        let habits = own(&mut dice);
        for _ in 0..*size {
            let id = i64::try_from(seen.len()).unwrap();
            seen.push(ticket(&mut dice, id, unit, &habits));
        }
    }
    if let Some(signal) = game {
        let unit = names.intern("gamed");
        for _ in 0..GAMED {
            let id = i64::try_from(seen.len()).unwrap();
            seen.push(ticket(&mut dice, id, unit, &gamed(signal)));
        }
    }
    (names, seen)
}

fn lit(seen: &[Seen]) -> Vec<Line> {
    let lines = judge(seen, &SignalRule::default(), |_| Some("sections".to_owned()));
    lines.into_iter().filter(|line| line.lit).collect()
}

#[rstest]
fn a_gamed_month_lights_its_signal_and_no_other(#[values(1, 2, 3, 4, 5, 6, 7, 8)] seed: u64) {
    let mut wrong = 0;
    for signal in Signal::ALL {
        let (names, seen) = month(seed * 1_000 + signal.index() as u64, Some(*signal));
        let found: Vec<(&str, Signal)> =
            lit(&seen).iter().map(|line| (names.text(line.unit), line.signal)).collect();
        assert!(found.contains(&("gamed", *signal)), "{signal}: {found:?}");
        let of_gamed = found.iter().filter(|(unit, _)| *unit == "gamed");
        assert_eq!(of_gamed.count(), 1, "{signal}: {found:?}");
        wrong += found.len() - 1;
    }
    // Of 9 honest units × 8 signals × 8 months.
    assert!(wrong * 200 <= SIZES.len() * Signal::COUNT * Signal::COUNT, "{wrong} lit for nothing");
}

#[test]
fn of_honest_months_fewer_than_one_in_two_hundred_lights_at_all() {
    let months = 150;
    let wrong: usize = (0..months).map(|seed| lit(&month(77 + seed, None).1).len()).sum();
    let looked = usize::try_from(months).unwrap() * SIZES.len() * Signal::COUNT;
    assert!(wrong * 200 <= looked, "{wrong} of {looked}");
}

#[test]
fn whoever_does_it_all_lights_all_of_it() {
    let (mut names, mut seen) = month(5, None);
    let unit = names.intern("gamed");
    let mut dice = Dice(9);
    let all = Habits {
        denied: 0.3,
        again: 0.3,
        withdrawn: 0.2,
        phone: 0.15,
        late: 0.6,
        invalid: 0.6,
        bad: 0.3,
        excludes: (0.0, 0.9),
        prompted: 0.3,
    };
    for _ in 0..400 {
        let id = i64::try_from(seen.len()).unwrap();
        seen.push(ticket(&mut dice, id, unit, &all));
    }
    let mine = lit(&seen).iter().filter(|line| line.unit == unit).count();
    assert_eq!(mine, Signal::COUNT);
}

#[test]
fn a_unit_is_compared_with_its_peers_where_there_are_enough_of_them() {
    let (mut names, mut dice) = (Names::default(), Dice(3));
    let units = ["street-1", "street-2", "company"].map(|code| names.intern(code));
    let mut seen = Vec::new();
    for (unit, late) in units.into_iter().zip([0.5, 0.5, 0.05]) {
        for id in 0..200 {
            seen.push(ticket(&mut dice, id, unit, &Habits { late, ..HONEST }));
        }
    }
    let streets = |unit| Some(if unit == units[2] { "companies" } else { "streets" }.to_owned());
    let rule = SignalRule::default();
    let lines = judge(&seen, &rule, streets);
    // All streets are late: it is their work, not one street's game.
    let late = |unit| {
        let mine = |line: &&Line| line.unit == unit && line.signal == Signal::LastMoment;
        *lines.iter().find(mine).unwrap()
    };
    assert!(!late(units[0]).lit && !late(units[1]).lit);
    assert!(late(units[0]).others.n <= 200, "{:?}", late(units[0]));
    // The company has no peer, so everybody is.
    assert!(late(units[2]).others.n > 200);
    let lines = judge(&seen, &rule, |_| None);
    assert!(lines.iter().any(|line| line.unit == units[0] && line.lit));
}

#[test]
fn the_list_behind_a_signal_is_what_was_counted() {
    let (_, seen) = month(11, Some(Signal::Again));
    let rule = SignalRule::default();
    for line in judge(&seen, &rule, |_| None) {
        let list = behind(&seen, line.unit, line.signal, &rule);
        let cases = list.iter().filter(|(_, is_case)| *is_case).count();
        let counted = (i64::try_from(list.len()).unwrap(), i64::try_from(cases).unwrap());
        assert_eq!((line.own.n, line.own.count), counted, "{:?}", line.signal);
    }
}

fn plain() -> Seen {
    Seen {
        ticket: 1,
        unit: Sym::NONE,
        closed: true,
        withdrawn_at: None,
        survey: Some(ValidSurvey {
            contacted: true,
            solved: Solved::Solved,
            satisfied: Satisfied::Satisfied,
        }),
        trail: Trail { survey_at: Some(at(9 * DAY)), asked: 1, ..Trail::default() },
        sent_at: at(0),
        handle: Run::default(),
        again_at: None,
        sealed: false,
    }
}

fn case_of(signal: Signal, change: impl Fn(&mut Seen)) -> Option<bool> {
    let mut seen = plain();
    change(&mut seen);
    signal.case(&seen, &SignalRule::default())
}

#[rstest]
#[case(None, None)]
#[case(Some(8), Some(true))]
// Rung after the survey: the answer was true then.
#[case(Some(10), None)]
fn who_says_that_nobody_called_denies_a_call_of_before(
    #[case] spoke: Option<i64>,
    #[case] case: Option<bool>,
) {
    let found = case_of(Signal::SpokeDenied, |seen| {
        seen.trail.spoke_at = spoke.map(|day| at(day * DAY));
        seen.survey.as_mut().unwrap().contacted = false;
    });
    assert_eq!(found, case);
}

#[rstest]
#[case(None, Some(false))]
#[case(Some(9 * DAY + 1), Some(true))]
#[case(Some(39 * DAY), Some(true))]
#[case(Some(39 * DAY + 1), Some(false))]
fn thirty_days_after_the_answer_are_near(#[case] again: Option<i64>, #[case] case: Option<bool>) {
    assert_eq!(case_of(Signal::Again, |seen| seen.again_at = again.map(at)), case);
}

#[rstest]
#[case(90 * HOUR, Some(true))]
#[case(90 * HOUR - 1, Some(false))]
#[case(100 * HOUR, Some(true))]
// Late is another matter.
#[case(100 * HOUR + 1, None)]
fn the_last_tenth_of_the_limit_is_its_last_tenth(#[case] stopped: i64, #[case] case: Option<bool>) {
    let found = case_of(Signal::LastMoment, |seen| {
        let (due_at, stopped_at) = (Some(at(100 * HOUR)), Some(at(stopped)));
        seen.handle = Run { due_at, stopped_at, missed: false };
    });
    assert_eq!(found, case);
}

#[test]
fn what_is_no_case_is_counted_or_left_out_as_its_rule_says() {
    use Signal as S;
    assert_eq!(case_of(S::Withdrawn, |_| {}), None, "nobody spoke with the citizen");
    let withdrawn = |spoke: i64| {
        move |seen: &mut Seen| {
            seen.trail.spoke_at = Some(at(spoke));
            seen.withdrawn_at = Some(at(5));
        }
    };
    assert_eq!(case_of(S::Withdrawn, withdrawn(5)), Some(true));
    assert_eq!(case_of(S::Withdrawn, withdrawn(6)), Some(false));
    let number = |sent: i64| {
        move |seen: &mut Seen| {
            seen.trail.phone_at = Some(at(5));
            seen.sent_at = at(sent);
        }
    };
    assert_eq!(case_of(S::PhoneChanged, number(5)), Some(true));
    assert_eq!(case_of(S::PhoneChanged, number(6)), Some(false), "under the unit before");
    assert_eq!(case_of(S::Invalid, |_| {}), Some(false));
    assert_eq!(case_of(S::Invalid, |seen| seen.survey = None), Some(true));
    let still_asked = |seen: &mut Seen| (seen.survey, seen.closed) = (None, false);
    assert_eq!(case_of(S::Invalid, still_asked), None);
    let excluded = |bad: Option<i64>| {
        move |seen: &mut Seen| {
            seen.trail.exclusion_at = Some(at(5));
            seen.trail.bad_at = bad.map(at);
        }
    };
    assert_eq!(case_of(S::Exclusion, |_| {}), None);
    assert_eq!(case_of(S::Exclusion, excluded(None)), Some(false));
    assert_eq!(case_of(S::Exclusion, excluded(Some(4))), Some(true));
    assert_eq!(case_of(S::Exclusion, excluded(Some(6))), Some(false));
    assert_eq!(case_of(S::Prompted, |_| {}), None);
    assert_eq!(case_of(S::Prompted, |seen| seen.trail.prompted = Some(false)), Some(false));
}

#[rstest]
// Fewer than three cases, and the sealed ones are not among them.
#[case(2, 2, 10, None)]
#[case(3, 0, 10, Some(3))]
#[case(3, 9, 10, Some(3))]
// While the window runs.
#[case(5, 0, 9, None)]
fn a_unit_is_told_what_citizens_said_of_it_by_the_batch(
    #[case] open: i64,
    #[case] sealed: i64,
    #[case] now: i64,
    #[case] cases: Option<usize>,
) {
    let mut names = Names::default();
    let (own, other) = (names.intern("own"), names.intern("other"));
    let prompted = |ticket, unit, sealed, prompted| {
        let trail = Trail { prompted: Some(prompted), ..plain().trail };
        Seen { ticket, unit, trail, sealed, ..plain() }
    };
    let mut seen: Vec<Seen> = (0..open).map(|id| prompted(id, own, false, true)).collect();
    seen.extend((0..sealed).map(|id| prompted(100 + id, own, true, true)));
    seen.push(prompted(200, own, false, false));
    seen.push(prompted(201, other, false, true));
    let rule = SignalRule::default();
    let read = told(&seen, (own, Signal::Prompted), &rule, (at(10), at(now)));
    assert_eq!(read.len(), usize::try_from(open).unwrap() + 1);
    let found = read.iter().map(|(_, case)| case.map(usize::from)).sum::<Option<usize>>();
    assert_eq!(found, cases);
}
