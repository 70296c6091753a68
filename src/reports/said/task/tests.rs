//! Tasks of instructions: who does what, and how they stand.

use std::collections::BTreeSet;

use chrono::NaiveTime;
use chrono_tz::Asia::Shanghai;
use rstest::rstest;

use super::*;
use crate::directory::{Entry, Unit};

fn at(text: &str) -> Stamp {
    Stamp::parse_local(text, Shanghai).unwrap()
}

fn calendar() -> Calendar {
    Calendar::builtin(Shanghai, NaiveTime::from_hms_opt(17, 30, 0).unwrap())
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn row(state: TaskState) -> TaskRow {
    TaskRow {
        id: 7,
        instruction_id: 1,
        unit: "wuye".into(),
        state,
        version: 1,
        due_at: Stamp::from_millis(200),
        soon_at: Stamp::from_millis(150),
        answered_at: None,
        answered_by: None,
    }
}

fn person(user: i64, roles: &[Role], units: &[&str]) -> Actor {
    Actor {
        user,
        roles: roles.iter().copied().collect(),
        subtree: units.iter().map(|unit| UnitCode::from(*unit)).collect(),
        ..Actor::system()
    }
}

#[test]
fn an_answer_is_due_in_workdays_and_its_light_turns_yellow_as_others_do() {
    // Over the Spring Festival with its make-up Saturday (domain.md §4).
    let now = at("2026-02-11T09:00:00");
    let (due_at, soon_at) = due(&calendar(), now, (None, 5)).unwrap();
    assert_eq!(due_at, Stamp::end_of(day("2026-02-25"), Shanghai));
    assert_eq!(soon_at, Stamp::start_of(day("2026-02-25"), Shanghai));
    let (due_at, soon_at) = due(&calendar(), now, (Some(day("2026-03-11")), 5)).unwrap();
    assert_eq!(due_at, Stamp::end_of(day("2026-03-11"), Shanghai));
    assert!(soon_at < Stamp::start_of(day("2026-03-11"), Shanghai));
    let refused = due(&calendar(), now, (Some(day("2026-02-10")), 5)).unwrap_err();
    assert_eq!(refused.fields()[0].code, "field.in_past");
    assert!(due(&calendar(), now, (Some(day("2027-02-12")), 5)).is_ok());
    for far in [day("2027-02-13"), NaiveDate::MAX] {
        let refused = due(&calendar(), now, (Some(far), 5)).unwrap_err();
        assert_eq!(refused.fields()[0].code, "field.too_far");
    }
}

#[rstest]
#[case(TaskState::Open, None, 149, Light::Green, false)]
#[case(TaskState::Open, None, 150, Light::Yellow, false)]
#[case(TaskState::Open, None, 200, Light::Yellow, false)]
#[case(TaskState::Open, None, 201, Light::Red, true)]
// What is answered stays as it was then.
#[case(TaskState::Answered, Some(200), 900, Light::Green, false)]
#[case(TaskState::Accepted, Some(201), 900, Light::Red, false)]
// Sent back, it is owed again.
#[case(TaskState::Open, Some(160), 900, Light::Red, true)]
fn a_task_says_how_it_stands(
    #[case] state: TaskState,
    #[case] answered: Option<i64>,
    #[case] now: i64,
    #[case] light: Light,
    #[case] overdue: bool,
) {
    let row = TaskRow { answered_at: answered.map(Stamp::from_millis), ..row(state) };
    let now = Stamp::from_millis(now);
    assert_eq!((row.light(now), row.is_overdue(now)), (light, overdue));
}

#[test]
fn who_answers_never_decides() {
    let since = day("2020-01-01");
    let unit = |code: &str| Unit::new(code, code, UnitKind::Section, since);
    let below = Unit { parent: Some("wuye".into()), ..unit("wuye-1") };
    let directory = Directory::of([Entry::Unit(unit("wuye")), Entry::Unit(below)]);
    let require = |step, row: &TaskRow, actor: &Actor| require(step, row, actor, &directory);
    let allowed = |row: &TaskRow, actor: &Actor| allowed(row, actor, &directory);
    let both = person(5, &[Role::UnitHead, Role::Reviewer], &["wuye"]);
    assert_eq!(allowed(&row(TaskState::Open), &both), ["answer"]);
    let answered = TaskRow { answered_by: Some(5), ..row(TaskState::Answered) };
    assert_eq!(require(TaskStep::Accept, &answered, &both).unwrap_err().code(), "own_request");
    assert!(allowed(&answered, &both).is_empty());
    let leader = person(6, &[Role::Leader], &[]);
    assert_eq!(allowed(&answered, &leader), ["accept", "send-back"]);
    // A colleague of whoever answered, or somebody below, decides as little.
    for own in ["wuye", "wuye-1"] {
        let unit = Some(own.into());
        let colleague = Actor { unit, ..person(7, &[Role::Reviewer], &[own]) };
        let refused = require(TaskStep::SendBack, &answered, &colleague).unwrap_err();
        assert_eq!(refused.code(), "report.task_own_unit");
        assert!(allowed(&answered, &colleague).is_empty());
    }
    assert!(allowed(&row(TaskState::Accepted), &leader).is_empty());
    let other = person(8, &[Role::UnitHead], &["weixiu"]);
    let refused = require(TaskStep::Answer, &row(TaskState::Open), &other).unwrap_err();
    assert_eq!(refused.code(), "report.task_not_yours");
    let handler = person(9, &[Role::Handler], &["wuye"]);
    assert!(require(TaskStep::Answer, &row(TaskState::Open), &handler).is_err());
}

#[test]
fn it_is_addressed_to_units_that_read_it_each_once() {
    let since = day("2020-01-01");
    let unit = |code: &str, kind| Entry::Unit(Unit::new(code, code, kind, since));
    let directory = Directory::of([
        unit("wuye", UnitKind::Section),
        unit("hongda", UnitKind::Company),
        unit("shequ", UnitKind::CommunityCommittee),
    ]);
    let asked = |codes: &[&str]| {
        let codes: Vec<UnitCode> = codes.iter().map(|code| UnitCode::from(*code)).collect();
        addressed(&codes, &directory, day("2026-11-02"))
    };
    assert_eq!(asked(&["wuye", "wuye"]).unwrap(), [UnitCode::from("wuye")]);
    let refused = asked(&["wuye", "hongda", "shequ", "nobody"]).unwrap_err();
    let places: BTreeSet<&str> = refused.fields().iter().map(|it| it.pointer.as_str()).collect();
    assert_eq!(places, BTreeSet::from(["/units/1", "/units/2", "/units/3"]));
    assert!(asked(&[]).is_err() && asked(&["wuye"; MOST + 1]).is_err());
}

#[test]
fn the_print_says_what_was_written_and_how_far_each_unit_is() {
    let task = |unit: &str, state, overdue| {
        let instruction = InstructionRow::sample(1, at("2026-12-03T10:00:00"), "leader");
        let due_at = at("2026-12-17T23:59:59");
        let row = TaskRow { unit: unit.into(), due_at, ..row(state) };
        Task {
            row,
            instruction,
            text: "逐个小区排查".to_owned(),
            leader: "王局长".to_owned(),
            period: "2026-11".to_owned(),
            words: Vec::new(),
            light: Light::Green,
            overdue,
            allowed: Vec::new(),
        }
    };
    let tasks = [task("wuye", TaskState::Accepted, false), task("weixiu", TaskState::Open, true)];
    let printed = told(&tasks, Shanghai, &Directory::default());
    let one = "2026-12-03 王局长：逐个小区排查\n承办：wuye，2026-12-17前答复，已办结。\n承办：weixiu，2026-12-17前答复，待答复，已超期。";
    assert_eq!(printed, [one]);
}
