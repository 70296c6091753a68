//! Bottom line: cases per unit and flag, and per 1 000 contact entries. Its rule: pure; a case counts until it is
//! dismissed; totals are pooled, and a zero denominator gives nothing.

use std::collections::BTreeMap;

use super::CaseState;
use super::store::Counted;
use crate::directory::UnitCode;
use crate::ticket::overlay::BottomLine;

/// Cases of one flag.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub opened: i64,
    pub upheld: i64,
    pub dismissed: i64,
    /// Not decided yet, answered or not.
    pub open: i64,
}

/// The cases of one unit, or of all shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    pub flags: BTreeMap<BottomLine, Tally>,
    /// Contact entries of the window.
    pub contacts: i64,
}

impl Line {
    /// Cases not dismissed per 1 000 contact entries; nothing without any.
    pub fn per_1000(&self) -> Option<f64> {
        let held: i64 = self.flags.values().map(|it| it.opened - it.dismissed).sum();
        (self.contacts > 0).then(|| held as f64 * 1000.0 / self.contacts as f64)
    }

    fn add(&mut self, other: &Self) {
        self.contacts += other.contacts;
        for (flag, tally) in &other.flags {
            let mine = self.flags.entry(*flag).or_default();
            mine.opened += tally.opened;
            mine.upheld += tally.upheld;
            mine.dismissed += tally.dismissed;
            mine.open += tally.open;
        }
    }
}

/// A line for each unit of `listed`, also where nothing happened, and for whoever else had a case or a contact entry,
/// by its code, as far as `shown` lets it through; and their sum.
pub fn figures<'a>(
    listed: impl Iterator<Item = &'a UnitCode>,
    cases: &[Counted],
    contacts: &BTreeMap<String, i64>,
    shown: impl Fn(&str) -> bool,
) -> (BTreeMap<String, Line>, Line) {
    let listed = listed.map(ToString::to_string).filter(|unit| shown(unit));
    let mut lines: BTreeMap<String, Line> = listed.map(|it| (it, Line::default())).collect();
    for (unit, count) in contacts.iter().filter(|(unit, _)| shown(unit)) {
        lines.entry(unit.clone()).or_default().contacts = *count;
    }
    for (unit, flag, state) in cases.iter().filter(|(unit, ..)| shown(unit.as_str())) {
        let line = lines.entry(unit.to_string()).or_default();
        let tally = line.flags.entry(*flag).or_default();
        tally.opened += 1;
        match state {
            CaseState::Open | CaseState::Answered => tally.open += 1,
            CaseState::Upheld => tally.upheld += 1,
            CaseState::Dismissed => tally.dismissed += 1,
        }
    }
    let mut total = Line::default();
    for line in lines.values() {
        total.add(line);
    }
    (lines, total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dismissed_counts_no_more_and_totals_are_pooled() {
        use BottomLine::{BadAttitude, PhoneDead};
        let cases = [
            ("a".into(), PhoneDead, CaseState::Open),
            ("a".into(), PhoneDead, CaseState::Dismissed),
            ("a".into(), BadAttitude, CaseState::Answered),
            ("b".into(), PhoneDead, CaseState::Upheld),
            ("c".into(), PhoneDead, CaseState::Upheld),
        ];
        let contacts = BTreeMap::from([("a".to_owned(), 100), ("d".to_owned(), 300)]);
        let listed = ["c", "e"].map(UnitCode::from);
        let (lines, total) = figures(listed.iter(), &cases, &contacts, |unit| unit != "c");
        assert_eq!(lines.keys().collect::<Vec<_>>(), ["a", "b", "d", "e"]);
        let phone = Tally { opened: 2, upheld: 0, dismissed: 1, open: 1 };
        assert_eq!(lines["a"].flags[&PhoneDead], phone);
        assert_eq!(lines["a"].per_1000(), Some(20.0));
        assert_eq!(lines["b"].per_1000(), None, "no contact entry, no rate");
        assert_eq!(lines["d"].per_1000(), Some(0.0));
        assert_eq!((&lines["e"], lines["e"].per_1000()), (&Line::default(), None), "listed");
        assert_eq!(total.flags[&PhoneDead], Tally { opened: 3, upheld: 1, dismissed: 1, open: 1 });
        assert_eq!((total.contacts, total.per_1000()), (400, Some(7.5)));
    }
}
