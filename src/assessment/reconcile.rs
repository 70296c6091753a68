//! Assessment 对账: the city's assessed list beside ours, ticket by ticket. Its rule: both sides go through the one
//! formula of `shares.rs`; what a difference costs is the score with our verdict less the score with theirs, of
//! this ticket alone, by exact fractions.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Keys, Satisfied, Solved, Standing, Sym, TicketFact, ValidSurvey};
use super::fraction::Fraction;
use super::shares::{Question, three};
use crate::code_enum;
use crate::directory::{AssessmentClass, Kind};

code_enum! {
    /// In what the two sides differ.
    #[schema(as = AssessedWhat)]
    pub enum What {
        Counted = "counted" "是否计入考核",
        Answers = "answers" "有无回访结果",
        Rates = "rates" "计入哪些率",
        Contacted = "contacted" "是否联系",
        Solved = "solved" "是否解决",
        Satisfied = "satisfied" "是否满意",
        Unknown = "unknown" "我方没有此工单",
        Missing = "missing" "市清单没有此工单",
    }
}

/// The answers of a survey that the city's list names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// All three: it counts in all three rates.
    All(ValidSurvey),
    /// Whether there was a contact, and no more: it counts in the response rate alone.
    Contact(bool),
}

/// What the city's list says of one ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is assessed at all.
    pub counted: bool,
    /// The survey's answers; none where it names none.
    pub survey: Option<Answers>,
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
    /// Whether it is assessed, as soon as there is a valid survey.
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
        let what = differences((mine, &it.fact), (city, verdict), ask);
        let line = (!what.is_empty()).then(|| Line {
            no: Some(it.no.clone()),
            upstream_no: it.upstream_no.clone(),
            what,
            ours: Some(Said { counted: admits(&it.fact, ask), survey: it.fact.survey }),
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

/// Whether the ticket counts in some rate once it has a valid survey.
fn admits(fact: &TicketFact, ask: &Question<'_>) -> bool {
    counts(three(&TicketFact { survey: Some(contact(true)), ..fact.clone() }, ask))
}

/// A survey of which only whether there was a contact is looked at.
const fn contact(contacted: bool) -> ValidSurvey {
    ValidSurvey { contacted, solved: Solved::Solved, satisfied: Satisfied::Satisfied }
}

/// What the ticket adds where it is as the city says: in the rates of which its list names the answers.
fn by_verdict(fact: &TicketFact, verdict: &Verdict, ask: &Question<'_>) -> Three {
    let Some(answers) = verdict.survey.filter(|_| verdict.counted) else { return NOTHING };
    let mut theirs = fact.clone();
    theirs.excluded = Sym::NONE;
    let (class, survey) = match answers {
        Answers::All(survey) => (AssessmentClass::ThreeRates, survey),
        Answers::Contact(contacted) => (AssessmentClass::ResponseOnly, contact(contacted)),
    };
    (theirs.class, theirs.survey) = (class, Some(survey));
    if theirs.standing.is_apart() {
        theirs.standing = Standing::Closed;
    }
    if !ask.holds(theirs.received_at) {
        theirs.received_at = ask.start;
    }
    three(&theirs, ask)
}

fn differences(
    (mine, fact): (Three, &TicketFact),
    (city, verdict): (Three, Option<&Verdict>),
    ask: &Question<'_>,
) -> Vec<What> {
    let Some(verdict) = verdict else {
        return if counts(mine) { vec![What::Missing] } else { Vec::new() };
    };
    match (counts(mine), counts(city)) {
        (false, false) => return Vec::new(),
        // Both would count it, and one side has no answers to count.
        (true, false) if verdict.counted => return vec![What::Answers],
        (false, true) if admits(fact, ask) => return vec![What::Answers],
        (true, false) | (false, true) => return vec![What::Counted],
        (true, true) => {}
    }
    let (contacted, rest) = match verdict.survey {
        Some(Answers::All(all)) => (Some(all.contacted), Some((all.solved, all.satisfied))),
        Some(Answers::Contact(contacted)) => (Some(contacted), None),
        None => (None, None),
    };
    let Some(own) = fact.survey else { return Vec::new() };
    let in_rates = |three: Three| three.map(|(_, den)| den > 0);
    let differ = [
        (What::Rates, in_rates(mine) != in_rates(city)),
        (What::Contacted, contacted.is_some_and(|it| it != own.contacted)),
        (What::Solved, rest.is_some_and(|(solved, _)| solved != own.solved)),
        (What::Satisfied, rest.is_some_and(|(_, satisfied)| satisfied != own.satisfied)),
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
mod tests;
