//! Limits: every profile that comes with the program, and what a wrong one is told.

use rstest::rstest;

use super::*;
use crate::directory::AssessmentClass;

fn default() -> Profile {
    Profile::parse(builtin_text("default").unwrap()).unwrap()
}

#[test]
fn every_built_in_profile_parses_under_its_own_name() {
    for name in builtin_names() {
        let profile = Profile::parse(builtin_text(name).unwrap()).unwrap();
        assert_eq!(profile.name, name);
        assert_eq!(profile.id(), format!("{name}@1"));
        assert!(!profile.sources.is_empty());
        let again: Profile =
            serde_json::from_str(&serde_json::to_string(&profile).unwrap()).unwrap();
        assert_eq!(again, profile);
    }
    assert!(builtin("nowhere").is_none());
}

#[rstest]
#[case(ClockName::Dispatch, Urgency::Emergency, Span::minutes(30))]
#[case(ClockName::Dispatch, Urgency::UrgentUtility, Span::minutes(30))]
#[case(ClockName::Dispatch, Urgency::General, Span::hours(4))]
#[case(ClockName::Sign, Urgency::Emergency, Span::minutes(30))]
#[case(ClockName::Sign, Urgency::General, Span::workdays(1))]
#[case(ClockName::Contact, Urgency::Emergency, Span::hours(1))]
#[case(ClockName::Contact, Urgency::Ask, Span::hours(24))]
#[case(ClockName::Handle, Urgency::Emergency, Span::hours(2))]
#[case(ClockName::Handle, Urgency::UrgentUtility, Span::hours(24))]
#[case(ClockName::Handle, Urgency::Ask, Span::workdays(1))]
#[case(ClockName::Handle, Urgency::General, Span::workdays(5))]
#[case(ClockName::Handle, Urgency::Complex, Span::workdays(15))]
#[case(ClockName::Overall, Urgency::Emergency, Span::hours(2))]
#[case(ClockName::Overall, Urgency::UrgentUtility, Span::ElapsedThenDay { ms: 86_400_000 })]
#[case(ClockName::Overall, Urgency::General, Span::workdays(6))]
#[case(ClockName::Overall, Urgency::Complex, Span::workdays(16))]
#[case(ClockName::DisputeWindow, Urgency::General, Span::workdays(2))]
#[case(ClockName::DisputeReview, Urgency::General, Span::workdays(1))]
#[case(ClockName::Survey, Urgency::General, Span::workdays(2))]
#[case(ClockName::Rework, Urgency::General, Span::workdays(3))]
#[case(ClockName::Rework, Urgency::Complex, Span::workdays(8))]
#[case(ClockName::Rework, Urgency::Emergency, Span::hours(1))]
#[case(ClockName::ReportIn, Urgency::General, Span::workdays(1))]
fn the_default_limits_are_those_of_the_domain(
    #[case] clock: ClockName,
    #[case] urgency: Urgency,
    #[case] span: Span,
) {
    assert_eq!(default().span(clock, urgency), span);
}

#[test]
fn beijing_counts_natural_days() {
    let beijing = builtin("beijing").unwrap();
    assert_eq!(beijing.span(ClockName::Handle, Urgency::General), Span::hours(7 * 24));
    assert_eq!(beijing.span(ClockName::Handle, Urgency::Complex), Span::hours(15 * 24));
    assert_eq!(beijing.overall_span(Urgency::General), Span::ElapsedThenDay { ms: 7 * 86_400_000 });
    assert_eq!(beijing.window.from_day, 19);
}

#[test]
fn the_default_assessment_is_that_of_the_domain() {
    let profile = default();
    let assessment = &profile.assessment;
    assert_eq!(assessment.basic_solved.0, 1000);
    assert_eq!(assessment.basic_satisfied.0, 900);
    assert_eq!(
        assessment.class.of(crate::directory::Kind::Suggestion),
        AssessmentClass::ResponseOnly
    );
    assert_eq!(assessment.exclusions.len(), 9);
    assert!(!profile.may_extend(Urgency::Emergency) && profile.may_extend(Urgency::General));
}

#[rstest]
#[case("reopen_days = 30", "reopen_day = 30", "reopen_day")]
#[case("reopen_days = 30", "", "reopen_days")]
#[case("general = \"4h\"", "general = \"4 hours\"", "hours")]
#[case("satisfaction = 0.4", "satisfaction = 0.5", "weights")]
#[case("from_day = 1\ncut", "from_day = 31\ncut", "from_day")]
#[case("extra_workdays = 1", "extra_workdays = 2", "extra_workdays")]
#[case("zone = \"Asia/Shanghai\"", "zone = \"Asia/Peking\"", "zone")]
#[case("[rework]\nmax = 2", "[rework]\nmax = 3", "rework.max")]
#[case("code = \"vexatious\"", "code = \"ledger\"", "twice")]
#[case("basic_satisfied = 0.9", "basic_satisfied = 0.91234", "decimals")]
fn a_wrong_key_is_named(#[case] right: &str, #[case] wrong: &str, #[case] told: &str) {
    let text = builtin_text("default").unwrap();
    assert!(text.contains(right), "{right}");
    let error = Profile::parse(&text.replacen(right, wrong, 1)).unwrap_err();
    assert!(error.to_string().contains(told), "{error}");
    assert_eq!(Error::from(error).code(), "limits.profile");
}
