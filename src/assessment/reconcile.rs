//! Assessment 对账: the city's assessed list beside ours, ticket by ticket. Its rule: both sides go through the one
//! formula of `shares.rs`; what a difference costs is the score with our verdict less the score with theirs, of
//! this ticket alone, by exact fractions.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Keys, Solved, Standing, Sym, TicketFact, ValidSurvey};
use super::fraction::Fraction;
use super::shares::{Question, three};
use crate::code_enum;
use crate::directory::{AssessmentClass, Kind};

code_enum! {
    /// In what the two sides differ.
    pub enum What {
        Counted = "counted" "是否计入考核",
        Contacted = "contacted" "是否联系",
        Solved = "solved" "是否解决",
        Satisfied = "satisfied" "是否满意",
        Unknown = "unknown" "我方没有此工单",
        Missing = "missing" "市清单没有此工单",
    }
}

/// What the city's list says of one ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is assessed at all.
    pub counted: bool,
    /// The survey's three answers; none where it names none.
    pub survey: Option<ValidSurvey>,
    /// Why it is not counted, in the city's words.
    pub reason: Option<String>,
}

/// A ticket of ours that the city can know.
#[derive(Debug, Clone)]
pub struct Ours {
    pub no: String,
    /// The city's number.
    pub upstream_no: Option<String>,
    pub fact: TicketFact,
}

/// A line of the city's list, by its number or by ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theirs {
    pub number: String,
    pub verdict: Verdict,
}

/// What the city's list says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TheirList {
    /// One line a number.
    pub lines: Vec<Theirs>,
    /// Numbers whose rows could not be read: what they say is not known.
    pub unread: BTreeSet<String>,
    /// Rows of which the number itself is lost: each may be of any ticket.
    pub nameless: usize,
}

impl TheirList {
    /// Whether what these numbers are about is said in a row that could not be read.
    fn hides<'a>(&self, mut numbers: impl Iterator<Item = &'a String>) -> bool {
        numbers.any(|number| self.unread.contains(number))
    }
}

/// What we say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    pub counted: bool,
    pub survey: Option<ValidSurvey>,
}

/// A ticket of which both sides do not say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// None of one that we do not know.
    pub no: Option<String>,
    pub upstream_no: Option<String>,
    pub what: Vec<What>,
    pub ours: Option<Said>,
    /// None of one that is not on the city's list.
    pub theirs: Option<Verdict>,
    /// Points that the city's verdict costs us; negative where it gives some; none where there is no score.
    pub cost: Option<Fraction>,
}

/// Both lists beside one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The dearest first.
    pub lines: Vec<Line>,
    /// Tickets of which both sides say the same.
    pub agreed: usize,
    /// Tickets of ours of which it is not known what the city says: in neither sum and in no line.
    pub left_out: usize,
    /// The score by our verdicts, and by the city's.
    pub ours: Option<Fraction>,
    pub theirs: Option<Fraction>,
}

type Three = [(i64, i64); 3];
const NOTHING: Three = [(0, 0); 3];

/// Compares `ours`, the tickets of the window that the city can know and those that its list names, with `theirs`.
/// What a row that could not be read may say is claimed of no ticket.
pub fn compare(ask: &Question<'_>, ours: &[Ours], theirs: &TheirList) -> Comparison {
    let by_number: BTreeMap<&str, &Verdict> =
        theirs.lines.iter().map(|it| (it.number.as_str(), &it.verdict)).collect();
    let (mut known, mut left_out) = (BTreeSet::new(), 0);
    let mut pairs: Vec<(Three, Three, Option<Line>)> = Vec::new();
    for it in ours {
        let numbers = it.upstream_no.iter().chain([&it.no]);
        if theirs.hides(numbers.clone()) {
            known.extend(numbers.map(String::as_str));
            left_out += 1;
            continue;
        }
        let found = numbers
            .filter_map(|number| by_number.get_key_value(number.as_str()))
            .map(|(number, verdict)| (*number, *verdict))
            .next();
        known.extend(found.map(|(number, _)| number));
        if found.is_none() && theirs.nameless > 0 {
            left_out += 1;
            continue;
        }
        let verdict = found.map(|(_, verdict)| verdict);
        let mine = three(&it.fact, ask);
        let city = verdict.map_or(NOTHING, |verdict| by_verdict(&it.fact, verdict, ask));
        let what = differences((mine, it.fact.survey), (city, verdict));
        let said = Said { counted: counts(mine), survey: it.fact.survey };
        let line = (!what.is_empty()).then(|| Line {
            no: Some(it.no.clone()),
            upstream_no: it.upstream_no.clone(),
            what,
            ours: Some(said),
            theirs: verdict.cloned(),
            cost: None,
        });
        pairs.push((mine, city, line));
    }
    known.extend(theirs.unread.iter().map(String::as_str));
    let strangers = theirs.lines.iter().filter(|it| !known.contains(it.number.as_str()));
    pairs.extend(strangers.map(|it| {
        let city = by_verdict(&stranger(ask), &it.verdict, ask);
        let line = Line {
            no: None,
            upstream_no: Some(it.number.clone()),
            what: vec![What::Unknown],
            ours: None,
            theirs: Some(it.verdict.clone()),
            cost: None,
        };
        (NOTHING, city, Some(line))
    }));
    Comparison { left_out, ..priced(ask, pairs) }
}

/// What each difference costs, beside all the others by our verdict.
fn priced(ask: &Question<'_>, pairs: Vec<(Three, Three, Option<Line>)>) -> Comparison {
    let scoring = &ask.rules.scoring;
    let sum = |side: fn(&(Three, Three, Option<Line>)) -> &Three| {
        pairs.iter().map(side).fold(NOTHING, |all, one| added(all, *one, 1))
    };
    let (mine, city) = (sum(|pair| &pair.0), sum(|pair| &pair.1));
    let ours = scoring.score(mine);
    let agreed = pairs.iter().filter(|pair| pair.2.is_none()).count();
    let mut lines: Vec<Line> = pairs
        .into_iter()
        .filter_map(|(own, other, line)| {
            let with_theirs = scoring.score(added(added(mine, own, -1), other, 1));
            let cost = ours.zip(with_theirs).map(|(ours, theirs)| ours.minus(theirs));
            line.map(|line| Line { cost, ..line })
        })
        .collect();
    lines.sort_by(|one, two| {
        let number = |line: &Line| line.no.clone().or_else(|| line.upstream_no.clone());
        two.cost.cmp(&one.cost).then_with(|| number(one).cmp(&number(two)))
    });
    Comparison { lines, agreed, left_out: 0, ours, theirs: scoring.score(city) }
}

fn added(all: Three, one: Three, times: i64) -> Three {
    let mut sum = all;
    for (mine, theirs) in sum.iter_mut().zip(one) {
        mine.0 += times * theirs.0;
        mine.1 += times * theirs.1;
    }
    sum
}

fn counts(three: Three) -> bool {
    three.iter().any(|(_, den)| *den > 0)
}

/// What the ticket adds where it is as the city says.
fn by_verdict(fact: &TicketFact, verdict: &Verdict, ask: &Question<'_>) -> Three {
    if !verdict.counted {
        return NOTHING;
    }
    let mut theirs = fact.clone();
    theirs.excluded = Sym::NONE;
    theirs.survey = verdict.survey;
    if theirs.standing.is_apart() {
        theirs.standing = Standing::Closed;
    }
    if theirs.class == AssessmentClass::None {
        theirs.class = AssessmentClass::ThreeRates;
    }
    if !ask.holds(theirs.received_at) {
        theirs.received_at = ask.start;
    }
    three(&theirs, ask)
}

fn differences(
    (mine, own): (Three, Option<ValidSurvey>),
    (city, verdict): (Three, Option<&Verdict>),
) -> Vec<What> {
    let Some(verdict) = verdict else {
        return if counts(mine) { vec![What::Missing] } else { Vec::new() };
    };
    if counts(mine) != counts(city) {
        return vec![What::Counted];
    }
    let (Some(own), Some(their), true) = (own, verdict.survey, counts(mine)) else {
        return Vec::new();
    };
    // An answer that neither side counts is none to quarrel about.
    let asked = |rate: usize| mine[rate].1 > 0 || city[rate].1 > 0;
    let differ = [
        (What::Contacted, asked(0) && own.contacted != their.contacted),
        (What::Solved, asked(1) && own.solved != their.solved),
        (What::Satisfied, asked(2) && own.satisfied != their.satisfied),
    ];
    differ.into_iter().filter(|(_, differs)| *differs).map(|(what, _)| what).collect()
}

/// A ticket that only the city has.
fn stranger(ask: &Question<'_>) -> TicketFact {
    TicketFact {
        id: 0,
        standing: Standing::Closed,
        received_at: ask.start,
        ended_at: Some(ask.start),
        gaps: Box::default(),
        keys: Keys::default(),
        kind: Kind::Help,
        class: AssessmentClass::ThreeRates,
        excluded: Sym::NONE,
        direct: false,
        first_solved: None::<Solved>,
        survey: None,
        handled_ms: None,
        earlier_at: None,
        flagged: false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::assessment::facts::{Edition, GroupBy, Satisfied};
    use crate::assessment::rules::Rules;
    use crate::time::Stamp;

    const GOOD: ValidSurvey =
        ValidSurvey { contacted: true, solved: Solved::Solved, satisfied: Satisfied::Satisfied };
    const BAD: ValidSurvey = ValidSurvey {
        contacted: true,
        solved: Solved::Unsolved,
        satisfied: Satisfied::Dissatisfied,
    };

    fn asked(rules: &Rules) -> Question<'_> {
        let (start, end) = (Stamp::from_millis(1_000), Stamp::from_millis(2_000));
        let (by, edition) = (GroupBy::Unit, Edition::Assessed);
        Question { start, end, now: end, by, edition, rules }
    }

    fn ours(no: &str, survey: Option<ValidSurvey>, ask: &Question<'_>) -> Ours {
        let fact = TicketFact { survey, ..stranger(ask) };
        Ours { no: no.to_owned(), upstream_no: Some(format!("city-{no}")), fact }
    }

    fn theirs(number: &str, survey: Option<ValidSurvey>) -> Theirs {
        let verdict = Verdict { counted: survey.is_some(), survey, reason: None };
        Theirs { number: number.to_owned(), verdict }
    }

    fn list(lines: &[Theirs]) -> TheirList {
        TheirList { lines: lines.to_vec(), ..TheirList::default() }
    }

    /// Beside one ticket that both sides count as good, so that the score is 100 by ours.
    #[rstest]
    #[case::the_same(Some(GOOD), Some(GOOD), &[], None)]
    #[case::neither_counts(None, None, &[], None)]
    #[case::worse_there(Some(GOOD), Some(BAD), &[What::Solved, What::Satisfied], Some((45, 1)))]
    #[case::out_there(Some(GOOD), None, &[What::Counted], Some((0, 1)))]
    #[case::only_counted_there(None, Some(BAD), &[What::Counted], Some((45, 1)))]
    #[case::better_there(Some(BAD), Some(GOOD), &[What::Solved, What::Satisfied], Some((-45, 1)))]
    #[case::not_out_of_luck(Some(BAD), None, &[What::Counted], Some((-45, 1)))]
    fn a_difference_costs_what_the_score_loses(
        #[case] mine: Option<ValidSurvey>,
        #[case] city: Option<ValidSurvey>,
        #[case] what: &[What],
        #[case] cost: Option<(i128, i128)>,
    ) {
        let rules = Rules::default();
        let ask = asked(&rules);
        let all = [ours("1", Some(GOOD), &ask), ours("2", mine, &ask)];
        let found = compare(&ask, &all, &list(&[theirs("city-1", Some(GOOD)), theirs("2", city)]));
        let said: Vec<What> = found.lines.iter().flat_map(|line| line.what.clone()).collect();
        assert_eq!(said, what);
        let priced = found.lines.first().and_then(|line| line.cost);
        assert_eq!(priced, cost.map(|(num, den)| Fraction::new(num, den)));
        assert_eq!(found.agreed, 2 - found.lines.len());
        // One difference alone: both scores differ by it.
        let difference = found.ours.zip(found.theirs).map(|(ours, theirs)| ours.minus(theirs));
        assert_eq!(difference, priced.or(Some(Fraction::ZERO)));
    }

    #[test]
    fn what_only_one_side_has_is_told_and_priced() {
        let rules = Rules::default();
        let ask = asked(&rules);
        let all = [ours("1", Some(GOOD), &ask), ours("2", Some(GOOD), &ask), ours("3", None, &ask)];
        let list = list(&[theirs("city-1", Some(GOOD)), theirs("city-9", Some(BAD))]);
        let found = compare(&ask, &all, &list);
        let lines: Vec<_> = found
            .lines
            .iter()
            .map(|line| (line.no.as_deref(), line.upstream_no.as_deref(), line.what[0]))
            .collect();
        assert_eq!(
            lines,
            [(None, Some("city-9"), What::Unknown), (Some("2"), Some("city-2"), What::Missing)]
        );
        // Two of three good beside all of two: 10 + (50 + 40) × 2/3.
        assert_eq!(found.lines[0].cost, Some(Fraction::new(30, 1)));
        assert_eq!(found.lines[1].cost, Some(Fraction::ZERO));
    }

    #[test]
    fn of_what_could_not_be_read_nothing_is_claimed() {
        let rules = Rules::default();
        let ask = asked(&rules);
        let all = ["1", "2", "3"].map(|no| ours(no, Some(GOOD), &ask));
        let mut list = list(&[theirs("city-1", Some(GOOD))]);
        // By either number; and a line of the same ticket under its other one is no stranger.
        list.unread.insert("2".to_owned());
        list.lines.push(theirs("city-2", Some(BAD)));
        let found = compare(&ask, &all, &list);
        let told: Vec<_> =
            found.lines.iter().map(|line| (line.no.as_deref(), line.what[0])).collect();
        assert_eq!(told, [(Some("3"), What::Missing)]);
        assert_eq!((found.agreed, found.left_out), (1, 1));
        assert_eq!(found.ours, found.theirs);
        // A number that is lost may be any: none is said to be missing.
        list.nameless = 1;
        let found = compare(&ask, &all, &list);
        assert_eq!((found.lines.len(), found.agreed, found.left_out), (0, 1, 2));
    }

    #[test]
    fn where_there_is_no_score_there_is_no_cost() {
        let rules = Rules::default();
        let ask = asked(&rules);
        let found = compare(&ask, &[], &list(&[theirs("city-1", Some(GOOD))]));
        assert_eq!((found.ours, found.lines[0].cost), (None, None));
        assert_eq!(found.theirs, Some(Fraction::new(100, 1)));
    }

    #[test]
    fn an_answer_that_counts_in_no_rate_is_no_difference() {
        let rules = Rules::default();
        let ask = asked(&rules);
        let mut only_response = ours("1", Some(GOOD), &ask);
        only_response.fact.class = AssessmentClass::ResponseOnly;
        let found = compare(&ask, &[only_response], &list(&[theirs("city-1", Some(BAD))]));
        assert_eq!((found.lines.len(), found.agreed), (0, 1));
    }
}
