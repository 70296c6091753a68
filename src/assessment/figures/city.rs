//! Facts made by hand, for the tests of tables and drill-downs.

use super::{Depth, Dim, Rates, Row, Table};
use crate::assessment::facts::{
    AssignmentFact, ContactFact, Edition, Facts, Fate, GroupBy, Keys, Part, Run, Satisfied, Solved,
    Standing, Sym, TicketFact, ValidSurvey,
};
use crate::assessment::metrics::Metric;
use crate::assessment::rules::Rules;
use crate::assessment::shares::Question;
use crate::directory::{AssessmentClass, Kind};
use crate::time::Stamp;

pub(crate) const START: i64 = 1_000_000;
pub(crate) const END: i64 = 2_000_000;
pub(crate) const HOUR: i64 = 3_600_000;

pub(crate) fn at(millis: i64) -> Stamp {
    Stamp::from_millis(millis)
}

/// A city of facts in the making.
#[derive(Default)]
pub(crate) struct City {
    pub(crate) facts: Facts,
    pub(crate) rules: Rules,
    next: i64,
}

impl City {
    pub(crate) fn keys(&mut self, unit: &str) -> Keys {
        let unit = if unit == "-" { Sym::NONE } else { self.facts.names.intern(unit) };
        Keys { unit, ..Keys::default() }
    }

    /// A closed complaint received in the window, without a survey.
    pub(crate) fn ticket(&mut self, unit: &str) -> &mut TicketFact {
        let keys = self.keys(unit);
        self.next += 1;
        self.facts.tickets.push(TicketFact {
            id: self.next,
            standing: Standing::Closed,
            received_at: at(START),
            ended_at: Some(at(START + 10)),
            gaps: Box::default(),
            keys,
            kind: Kind::Complaint,
            class: AssessmentClass::ThreeRates,
            excluded: Sym::NONE,
            direct: false,
            first_solved: None,
            survey: None,
            handled_ms: None,
            earlier_at: None,
            flagged: false,
        });
        self.facts.tickets.last_mut().unwrap()
    }

    pub(crate) fn surveyed(
        &mut self,
        unit: &str,
        solved: Solved,
        satisfied: Satisfied,
    ) -> &mut TicketFact {
        let fact = self.ticket(unit);
        fact.first_solved = Some(solved);
        fact.survey = Some(ValidSurvey { contacted: true, solved, satisfied });
        fact
    }

    /// `good` of `all` answers say solved and satisfied, the rest neither.
    pub(crate) fn answers(&mut self, unit: &str, good: usize, all: usize) {
        for i in 0..all {
            if i < good {
                self.surveyed(unit, Solved::Solved, Satisfied::Satisfied);
            } else {
                self.surveyed(unit, Solved::Unsolved, Satisfied::Dissatisfied);
            }
        }
    }

    /// A final lead sent in the window, with nothing done and its limits ahead.
    pub(crate) fn lead(&mut self, unit: &str) -> &mut AssignmentFact {
        let keys = self.keys(unit);
        self.next += 1;
        self.facts.assignments.push(AssignmentFact {
            id: self.next,
            ticket: 1,
            keys,
            excluded: Sym::NONE,
            part: Part::Lead,
            is_sub: false,
            is_final: true,
            fate: Fate::Live,
            withdrawn: false,
            sent_at: at(START),
            sign_due_at: Some(at(END + 5000)),
            signed_at: None,
            contact_due_at: Some(at(END + 5000)),
            contacted_at: None,
            handle: Run { due_at: Some(at(END - 1)), ..Run::default() },
            reworks: [Run::default(); 2],
            paused: false,
            urges: 0,
            extensions: 0,
            rework_count: 0,
        });
        self.facts.assignments.last_mut().unwrap()
    }

    pub(crate) fn ask(&self, edition: Edition) -> Question<'_> {
        let (start, end, now) = (at(START), at(END), at(END));
        Question { start, end, now, by: GroupBy::Unit, edition, rules: &self.rules }
    }

    pub(crate) fn rates(&self, dims: &[Dim]) -> Rates {
        let ask = self.ask(Edition::All);
        Table::compute(&self.facts, ask).rates(dims, Depth::RollUp, |_| true)
    }
}

pub(crate) fn dim(key: &str, parent: Option<&str>) -> Dim {
    Dim {
        key: key.to_owned(),
        name: format!("{key}科"),
        parent: parent.map(str::to_owned),
        peers: Some("sections".to_owned()),
    }
}

pub(crate) fn row<'a>(rates: &'a Rates, key: &str) -> &'a Row {
    rates.rows.iter().find(|row| row.key.as_deref() == Some(key)).unwrap()
}

/// Numerator in thousandths, and denominator.
pub(crate) fn parts(row: &Row, metric: Metric) -> (i64, i64) {
    let cell = row.cell(metric);
    (cell.exact, cell.den.unwrap_or(0))
}

/// A city with something in most cells.
pub(crate) fn busy() -> City {
    let mut city = City::default();
    city.answers("section", 7, 12);
    city.surveyed("section", Solved::Basic, Satisfied::Basic).handled_ms = Some(7 * HOUR + 1);
    city.surveyed("bureau", Solved::Basic, Satisfied::Basic).flagged = true;
    city.ticket("-").direct = true;
    city.lead("section").handle.stopped_at = Some(at(END - 1));
    city.lead("bureau").fate = Fate::Returned;
    let rework = Run { due_at: Some(at(END - 9)), stopped_at: Some(at(START)), missed: false };
    city.lead("section").reworks = [rework; 2];
    let keys = city.keys("section");
    for _ in 0..3 {
        let (excluded, fate) = (Sym::NONE, Fate::Live);
        let contact = ContactFact {
            ticket: 1,
            assignment: 2,
            at: at(START),
            keys,
            excluded,
            is_sub: false,
            fate,
        };
        city.facts.contacts.push(contact);
    }
    city
}
