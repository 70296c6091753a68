//! Assessment: surveys that come too late for the report of their window ⚙. Its rule: what a citizen said before the
//! cut-off counts whatever they said after it; a survey at the cut-off itself is late.

use std::collections::BTreeMap;

use super::facts::{Facts, ValidSurvey};
use crate::limits::{Rulebook, Window};
use crate::ticket::Ticket;
use crate::ticket::overlay::Contacted;
use crate::time::Stamp;

/// From which instant on a survey is too late for the report of `window`: the end of the n-th working day ⚙ after the
/// window's last day. Nothing where `book`, that of the window, has no such n: all count that there are.
pub fn cutoff(window: &Window, book: &Rulebook) -> Option<Stamp> {
    let days = book.profile.assessment.late_surveys?;
    let zone = book.profile.zone;
    let last = window.end.plus_millis(-1).day(zone);
    Some(Stamp::end_of(book.calendar.add_workdays(last, days), zone).plus_millis(1))
}

/// The last valid survey of `ticket` from before `cutoff`.
pub fn survey_before(ticket: &Ticket, cutoff: Stamp) -> Option<ValidSurvey> {
    let valid = ticket.attempts.iter().filter_map(|attempt| {
        let (contacted, solved, satisfied) = attempt.answers()?;
        let contacted = contacted == Contacted::Yes;
        Some((attempt.at, ValidSurvey { contacted, solved, satisfied }))
    });
    last_before(valid, cutoff)
}

/// The last of `valid`, in their order, from before `cutoff`.
fn last_before(
    valid: impl Iterator<Item = (Stamp, ValidSurvey)>,
    cutoff: Stamp,
) -> Option<ValidSurvey> {
    valid.filter(|(at, _)| *at < cutoff).last().map(|(_, survey)| survey)
}

impl Facts {
    /// Puts these surveys, by ticket, in the place of the last ones; of a ticket with none there is no answer.
    pub fn answer_as(&mut self, surveys: &BTreeMap<i64, Option<ValidSurvey>>) {
        if surveys.is_empty() {
            return;
        }
        for fact in &mut self.tickets {
            if let Some(survey) = surveys.get(&fact.id) {
                fact.survey = *survey;
                fact.first_solved = fact.first_solved.filter(|_| survey.is_some());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;
    use rstest::rstest;

    use super::*;
    use crate::assessment::facts::{Satisfied, Solved};
    use crate::assessment::figures::city::City;
    use crate::directory::Directory;
    use crate::limits::profile::builtin;
    use crate::limits::{InForce, WindowRule};

    const GOOD: ValidSurvey =
        ValidSurvey { contacted: true, solved: Solved::Solved, satisfied: Satisfied::Satisfied };
    const BAD: ValidSurvey = ValidSurvey { contacted: true, solved: Solved::Unsolved, ..GOOD };

    fn at(text: &str) -> Stamp {
        Stamp::parse(&format!("{text}+08:00")).unwrap()
    }

    #[rstest]
    // October ended on a Saturday: Monday is its first working day.
    #[case(Some(1), 1, "00:00", "2026-10", Some("2026-11-03T00:00:00"))]
    #[case(Some(5), 1, "00:00", "2026-10", Some("2026-11-07T00:00:00"))]
    // No more than the window's own last day, which is not over where it ends at noon.
    #[case(Some(0), 19, "12:00", "2026-10", Some("2026-10-20T00:00:00"))]
    // The National Day: the first seven days of October are off.
    #[case(Some(1), 1, "00:00", "2026-09", Some("2026-10-09T00:00:00"))]
    #[case(None, 1, "00:00", "2026-10", None)]
    fn it_ends_with_the_nth_working_day_after_the_window(
        #[case] late_surveys: Option<u32>,
        #[case] from_day: u32,
        #[case] cut: &str,
        #[case] window: &str,
        #[case] due: Option<&str>,
    ) {
        let mut profile = builtin("default").unwrap();
        profile.assessment.late_surveys = late_surveys;
        let cut = chrono::NaiveTime::parse_from_str(cut, "%H:%M").unwrap();
        let window = WindowRule { from_day, cut }.parse(window, Shanghai).unwrap();
        let book = InForce::trial(&Directory::default(), profile);
        assert_eq!(cutoff(&window, &book), due.map(at));
    }

    #[rstest]
    #[case(-1, Some(GOOD))]
    #[case(0, Some(BAD))]
    #[case(1, Some(BAD))]
    fn a_survey_counts_up_to_the_last_millisecond_before_it(
        #[case] off: i64,
        #[case] due: Option<ValidSurvey>,
    ) {
        let cutoff = at("2026-11-03T00:00:00");
        let second = (cutoff.plus_millis(off), GOOD);
        // It was answered badly before, and once more; or this is the only answer.
        let twice = [(cutoff.plus_millis(-9), BAD), second];
        assert_eq!(last_before(twice.into_iter(), cutoff), due);
        assert_eq!(last_before([second].into_iter(), cutoff), due.filter(|it| *it == GOOD));
    }

    #[test]
    fn whoever_answered_too_late_has_no_answer_and_the_others_keep_theirs() {
        let mut city = City::default();
        let late = city.surveyed("a", Solved::Solved, Satisfied::Satisfied).id;
        let again = city.surveyed("a", Solved::Solved, Satisfied::Satisfied).id;
        let other = city.surveyed("a", Solved::Solved, Satisfied::Satisfied).id;
        city.facts.answer_as(&BTreeMap::from([(late, None), (again, Some(BAD))]));
        let of = |id| city.facts.tickets.iter().find(|fact| fact.id == id).unwrap();
        assert_eq!((of(late).survey, of(late).first_solved), (None, None));
        assert_eq!((of(again).survey, of(other).survey), (Some(BAD), Some(GOOD)));
    }
}
