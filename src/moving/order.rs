//! Moving: whether a line can be true at all. Its rule: everything that is wrong is named, before
//! anything is made of it: unknown codes, times out of order, times to come.

use super::history::{History, Sent};
use crate::directory::Directory;
use crate::error::FieldError;
use crate::ticket::overlay::Outcome;
use crate::time::Stamp;

/// What is wrong with the line's codes and times at `now`.
pub fn faults(history: &History, directory: &Directory, now: Stamp) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    codes(history, directory, &mut wrong);
    times(history, now, &mut wrong);
    for (index, sent) in history.assignments.iter().enumerate() {
        work(sent, index, &mut wrong);
    }
    surveys(history, &mut wrong);
    after_the_end(history, &mut wrong);
    exclusion(history, &mut wrong);
    wrong
}

fn codes(history: &History, directory: &Directory, wrong: &mut Vec<FieldError>) {
    let unknown = [
        ("/category", history.category.as_ref().is_some_and(|c| directory.category(c).is_none())),
        ("/region", history.region.as_ref().is_some_and(|c| directory.region(c).is_none())),
        ("/estate", history.estate.as_ref().is_some_and(|c| directory.estate(c).is_none())),
    ];
    for (pointer, is_unknown) in unknown {
        if is_unknown {
            wrong.push(FieldError::new(pointer, "field.unknown_code"));
        }
    }
    for (index, sent) in history.assignments.iter().enumerate() {
        if directory.unit(&sent.unit).is_none() {
            let pointer = format!("/assignments/{index}/unit");
            wrong.push(FieldError::new(pointer, "field.unknown_code"));
        }
    }
    if history.merged_into.as_ref() == Some(&history.no) {
        wrong.push(FieldError::new("/merged_into", "merge.itself"));
    }
}

/// Every instant of the line with its pointer, but the upstream's.
fn every_time(history: &History) -> Vec<(String, Stamp)> {
    let mut all = vec![("/received_at".to_owned(), history.received_at)];
    for (i, sent) in history.assignments.iter().enumerate() {
        let own = [
            ("sent_at", Some(sent.sent_at)),
            ("signed_at", sent.signed_at),
            ("replied_at", sent.replied_at),
            ("returned_at", sent.returned_at),
        ];
        for (name, at) in own {
            all.extend(at.map(|at| (format!("/assignments/{i}/{name}"), at)));
        }
        for (j, contact) in sent.contacts.iter().enumerate() {
            all.push((format!("/assignments/{i}/contacts/{j}/at"), contact.at));
        }
    }
    for (i, review) in history.reviews.iter().enumerate() {
        all.push((format!("/reviews/{i}/at"), review.at));
    }
    for (i, survey) in history.surveys.iter().enumerate() {
        all.push((format!("/surveys/{i}/at"), survey.at));
    }
    if let Some(exclusion) = &history.exclusion {
        all.push(("/exclusion/asked_at".to_owned(), exclusion.asked_at));
        all.extend(exclusion.decided_at.map(|at| ("/exclusion/decided_at".to_owned(), at)));
    }
    all.extend(history.closed_at.map(|at| ("/closed_at".to_owned(), at)));
    all
}

fn times(history: &History, now: Stamp, wrong: &mut Vec<FieldError>) {
    for (pointer, at) in every_time(history) {
        if at > now {
            wrong.push(FieldError::new(pointer, "field.in_future"));
        } else if at < history.received_at {
            wrong.push(FieldError::new(pointer, "import.before_receipt"));
        }
    }
}

fn before(wrong: &mut Vec<FieldError>, pointer: String, at: Option<Stamp>, first: Option<Stamp>) {
    if let (Some(at), Some(first)) = (at, first)
        && at < first
    {
        wrong.push(FieldError::new(pointer, "import.order"));
    }
}

/// Sent, then signed, then replied; returned after all of it.
fn work(sent: &Sent, index: usize, wrong: &mut Vec<FieldError>) {
    let pointer = |name: &str| format!("/assignments/{index}/{name}");
    let first = Some(sent.sent_at);
    before(wrong, pointer("signed_at"), sent.signed_at, first);
    before(wrong, pointer("replied_at"), sent.replied_at, sent.signed_at.or(first));
    before(wrong, pointer("returned_at"), sent.returned_at, sent.replied_at.or(sent.signed_at));
    before(wrong, pointer("returned_at"), sent.returned_at, first);
    for (j, contact) in sent.contacts.iter().enumerate() {
        before(wrong, pointer(&format!("contacts/{j}/at")), Some(contact.at), first);
        before(wrong, pointer("returned_at"), sent.returned_at, Some(contact.at));
    }
}

fn surveys(history: &History, wrong: &mut Vec<FieldError>) {
    let first_pass =
        history.reviews.iter().filter(|review| review.pass).map(|review| review.at).min();
    for (index, survey) in history.surveys.iter().enumerate() {
        if survey.outcome != Outcome::Reached {
            for (name, answered) in [
                ("contacted", survey.contacted.is_some()),
                ("solved", survey.solved.is_some()),
                ("satisfied", survey.satisfied.is_some()),
            ] {
                if answered {
                    let pointer = format!("/surveys/{index}/{name}");
                    wrong.push(FieldError::new(pointer, "survey.not_reached"));
                }
            }
        }
        let too_soon = match first_pass {
            Some(passed) => survey.at < passed,
            None => !history.reviews.is_empty(),
        };
        if too_soon {
            let pointer = format!("/surveys/{index}/at");
            wrong.push(FieldError::new(pointer, "import.survey_before_pass"));
        }
    }
}

/// Nothing is done after the end, but to ask for an exclusion, and to answer a survey after an
/// invalid close (domain.md §5).
fn after_the_end(history: &History, wrong: &mut Vec<FieldError>) {
    let Some(closed) = history.closed_at else { return };
    let asked_well = history.surveys.iter().any(|survey| {
        survey.at <= closed
            && survey.contacted.is_some()
            && survey.solved.is_some()
            && survey.satisfied.is_some()
    });
    for (pointer, at) in every_time(history) {
        let may_follow =
            pointer.starts_with("/exclusion") || (pointer.starts_with("/surveys") && !asked_well);
        if at > closed && !may_follow {
            wrong.push(FieldError::new(pointer, "import.after_end"));
        }
    }
}

fn exclusion(history: &History, wrong: &mut Vec<FieldError>) {
    let Some(exclusion) = &history.exclusion else { return };
    before(
        wrong,
        "/exclusion/decided_at".to_owned(),
        exclusion.decided_at,
        Some(exclusion.asked_at),
    );
    match (exclusion.decided_at, exclusion.approved) {
        (Some(_), None) => wrong.push(FieldError::new("/exclusion/approved", "field.required")),
        (None, Some(_)) => wrong.push(FieldError::new("/exclusion/decided_at", "field.required")),
        _ => {}
    }
}
