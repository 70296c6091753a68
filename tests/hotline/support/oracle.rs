//! The figures of domain.md §6 once more, computed slowly and plainly from the lines of a history
//! file. Its rule: nothing of the crate is used here; numerators in thousandths (milliseconds for
//! the handling time), weights b = 1, w = 0.9.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::histories::DAY;
use super::record::{Sent, Ticket};

/// Who holds an office, or looks after an estate, from which instant on; nobody where it is left.
pub type Terms = Vec<(i64, Option<String>)>;

/// What the lines do not say.
#[derive(Debug, Default, Clone)]
pub struct City {
    /// unit → its heads, one after the other.
    pub heads: HashMap<String, Terms>,
    /// estate → its property companies, one after the other.
    pub companies: HashMap<String, Terms>,
}

/// Who it is at an instant.
fn holder<'a>(terms: &'a HashMap<String, Terms>, of: &str, at: i64) -> Option<&'a String> {
    let begun = terms.get(of)?.iter().filter(|(from, _)| *from <= at);
    begun.max_by_key(|(from, _)| *from)?.1.as_ref()
}

impl City {
    pub fn head(&self, unit: &str, at: i64) -> Option<&String> {
        holder(&self.heads, unit, at)
    }
    pub fn company(&self, estate: &str, at: i64) -> Option<&String> {
        holder(&self.companies, estate, at)
    }
}

/// The question.
pub struct Ask<'a> {
    pub start: i64,
    pub end: i64,
    pub now: i64,
    pub group_by: &'a str,
    pub assessed: bool,
    /// Of what belongs to some keys of a grouping alone, where not of everything.
    pub within: Option<Within<'a>>,
    /// Surveys at this instant or later are not asked, where there is a cut-off.
    pub surveyed_before: Option<i64>,
}

/// What belongs to one of these keys.
#[derive(Clone, Copy)]
pub struct Within<'a> {
    pub by: &'a str,
    pub keys: &'a BTreeSet<String>,
}

impl Ask<'_> {
    /// Whether a ticket's or a unit's fact is asked about: each by its own key, as in the rows.
    fn is_about(&self, ticket: &Ticket, sent: Option<&Sent>, city: &City) -> bool {
        self.within.is_none_or(|it| it.keys.contains(&key(ticket, sent, city, it.by)))
    }
}

/// One cell: numerator, denominator (0 for a count), and each handling time.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Sum {
    pub num: i64,
    pub den: i64,
    pub times: Vec<i64>,
}

impl Sum {
    /// The middle, and the nearest rank of nine tenths, in half milliseconds.
    pub fn middle_and_p90(&self) -> Option<(i64, i64)> {
        let mut times = self.times.clone();
        times.sort_unstable();
        let n = times.len();
        let last = times.last()?;
        let middle = if n % 2 == 1 { 2 * times[n / 2] } else { times[n / 2 - 1] + times[n / 2] };
        let rank = (1..=n).find(|rank| rank * 10 >= n * 9).unwrap_or(n);
        Some((middle, 2 * times.get(rank - 1).unwrap_or(last)))
    }
}

/// Row key → metric → sum; the total stands under the empty key.
#[derive(Debug, Default)]
pub struct Figures(HashMap<String, HashMap<&'static str, Sum>>);

impl Figures {
    /// The sum of a cell; nothing where no ticket touched it.
    pub fn of(&self, key: &str, metric: &str) -> Sum {
        self.0.get(key).and_then(|row| row.get(metric)).cloned().unwrap_or_default()
    }

    /// Every key that anything was added to; the empty one is the total.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    fn sum(&mut self, key: &str, metric: &'static str) -> &mut Sum {
        if !self.0.contains_key(key) {
            self.0.insert(key.to_owned(), HashMap::new());
        }
        self.0.get_mut(key).unwrap().entry(metric).or_default()
    }
}

/// The composite in points: 10 response + 50 resolution + 40 satisfaction.
pub fn composite(figures: &Figures, key: &str) -> Option<f64> {
    composite_of(|metric| figures.of(key, metric))
}

/// The same of sums that were added up elsewhere.
pub fn composite_of(of: impl Fn(&str) -> Sum) -> Option<f64> {
    let weighed = [("response_rate", 10.0), ("resolution_rate", 50.0), ("satisfaction_rate", 40.0)];
    let mut points = 0.0;
    for (metric, weight) in weighed {
        let sum = Some(of(metric)).filter(|sum| sum.den > 0)?;
        points += weight * sum.num as f64 / (sum.den * 1000) as f64;
    }
    Some(points)
}

struct Book<'a> {
    ask: &'a Ask<'a>,
    city: &'a City,
    figures: Figures,
}

/// The row of a ticket's or a unit's fact: `sent` is the assignment it belongs to, its head the one
/// in office when it was sent, the company the estate's at the receipt.
fn key(ticket: &Ticket, sent: Option<&Sent>, city: &City, group_by: &str) -> String {
    let key = match group_by {
        "unit" => sent.map(|sent| &sent.unit),
        "head" => sent.and_then(|sent| city.head(&sent.unit, sent.at)),
        "company" => {
            let estate = ticket.keys.get("estate");
            estate.and_then(|estate| city.company(estate, ticket.received))
        }
        other => ticket.keys.get(other),
    };
    key.cloned().unwrap_or_else(|| "-".to_owned())
}

fn final_lead(ticket: &Ticket) -> Option<&Sent> {
    ticket.sent.iter().find(|one| one.last_lead)
}

impl Book<'_> {
    fn key(&self, ticket: &Ticket, sent: Option<&Sent>) -> String {
        key(ticket, sent, self.city, self.ask.group_by)
    }

    fn put(&mut self, key: &str, metric: &'static str, num: i64, den: i64) {
        for key in [key, ""] {
            let sum = self.figures.sum(key, metric);
            sum.num += num;
            sum.den += den;
            if metric == "handling_time" {
                sum.times.push(num);
            }
        }
    }

    fn rate(&mut self, key: &str, metric: &'static str, holds: bool) {
        self.put(key, metric, if holds { 1000 } else { 0 }, 1);
    }

    fn inside(&self, at: i64) -> bool {
        at >= self.ask.start && at < self.ask.end
    }

    fn ticket(&mut self, ticket: &Ticket, again: bool) {
        if !self.ask.is_about(ticket, final_lead(ticket), self.city) {
            return;
        }
        let key = self.key(ticket, final_lead(ticket));
        let open_at_end = ticket.closed.is_none_or(|closed| closed >= self.ask.end);
        if ticket.received < self.ask.end && open_at_end {
            self.put(&key, "carried_over", 1000, 0);
        }
        if !ticket.merged && ticket.closed.is_some_and(|closed| self.inside(closed)) {
            self.put(&key, "finished", 1000, 0);
            if let Some(ms) = ticket.handled {
                self.put(&key, "handling_time", ms, 1);
            }
        }
        if !self.inside(ticket.received) {
            return;
        }
        self.put(&key, "received", 1000, 0);
        if ticket.merged {
            self.put(&key, "merged", 1000, 0);
        }
        if ticket.flagged {
            self.put(&key, "bottom_line", 1000, 0);
        }
        self.rate(&key, "direct_rate", ticket.direct);
        self.rate(&key, "repeat_rate", again);
        let in_time = |at: i64| self.ask.surveyed_before.is_none_or(|cut| at < cut);
        let given = ticket.valid.iter().zip(&ticket.valid_at);
        let valid: Vec<_> = given.filter(|(_, at)| in_time(**at)).map(|(said, _)| said).collect();
        if let (false, [first, .., last] | [first @ last]) = (ticket.merged, &valid[..]) {
            self.survey(&key, ticket.counts, first, last);
        }
    }

    fn survey(&mut self, key: &str, counts: [bool; 3], first: &[String; 3], last: &[String; 3]) {
        let rates = ["response_rate", "resolution_rate", "satisfaction_rate"];
        for (rate, weight) in rates.into_iter().zip(weights(counts, last)) {
            if let Some(weight) = weight {
                self.put(key, rate, weight, 1);
            }
        }
        if counts[1] {
            self.rate(key, "first_resolution_rate", first[1] == "solved");
        }
    }

    fn assignment(&mut self, ticket: &Ticket, one: &Sent) {
        if !self.ask.is_about(ticket, Some(one), self.city) {
            return;
        }
        let key = self.key(ticket, Some(one));
        let void = one.returned || one.recalled;
        if self.inside(one.at) {
            self.rate(&key, "return_rate", one.returned);
            for (metric, limit) in [("sign_rate", one.sign), ("contact_rate", one.contact)] {
                if !void && (limit.met.is_some() || limit.due < self.ask.now) {
                    self.rate(&key, metric, limit.kept());
                }
            }
            if one.lead {
                self.rate(&key, "withdrawal_rate", false);
            }
            if one.lead && !one.returned {
                self.rate(&key, "rework_rate", !one.reworks.is_empty());
                self.rate(&key, "urge_rate", false);
                self.rate(&key, "extension_rate", false);
            }
        }
        for at in &one.contacts {
            if self.inside(*at) && !one.returned {
                self.put(&key, "bottom_line", 0, 1);
            }
        }
        let metric = if one.lead { "on_time_rate" } else { "assist_on_time_rate" };
        let first = [(metric, one.handle)].into_iter();
        for (metric, limit) in first.chain(one.reworks.iter().map(|r| ("rework_on_time_rate", *r)))
        {
            if !void && self.inside(limit.due) && limit.due < self.ask.now {
                self.rate(&key, metric, limit.kept());
            }
        }
    }
}

/// What a survey adds to each of the three rates that it counts in, in thousandths.
fn weights(counts: [bool; 3], last: &[String; 3]) -> [Option<i64>; 3] {
    let weight = |which: usize, basic: i64| match last[which].as_str() {
        "yes" | "solved" | "satisfied" => 1000,
        "basic" => basic,
        _ => 0,
    };
    let of = |which: usize, basic: i64| counts[which].then(|| weight(which, basic));
    [of(0, 0), of(1, 1000), of(2, 900)]
}

/// A valid survey of the window: its row, its category and estate, what it adds to the three rates.
pub struct Answered {
    pub key: String,
    pub matter: [Option<String>; 2],
    pub weights: [Option<i64>; 3],
}

/// Every valid survey that counts.
pub fn answered(tickets: &[Ticket], city: &City, ask: &Ask<'_>) -> Vec<Answered> {
    let counts = |t: &&Ticket| {
        let inside = t.received >= ask.start && t.received < ask.end && !t.merged;
        inside && !(ask.assessed && t.excluded.is_some()) && ask.is_about(t, final_lead(t), city)
    };
    let in_time = |at: i64| ask.surveyed_before.is_none_or(|cut| at < cut);
    let of = |t: &Ticket| {
        let mut given = t.valid.iter().zip(&t.valid_at);
        let (last, _) = given.rfind(|(_, at)| in_time(**at))?;
        Some(Answered {
            key: key(t, final_lead(t), city, ask.group_by),
            matter: ["category", "estate"].map(|name| t.keys.get(name).cloned()),
            weights: weights(t.counts, last),
        })
    };
    tickets.iter().filter(counts).filter_map(of).collect()
}

/// Which tickets (by place) have an earlier one of the same caller and matter within 90 days.
pub fn repeats(tickets: &[Ticket]) -> Vec<bool> {
    let matter = |ticket: &Ticket| {
        let place = ticket.keys.get("estate").map(|estate| format!("estate {estate}"));
        let region = || format!("region {}", ticket.keys.get("region").map_or("", |r| r));
        let category = ticket.keys.get("category").cloned();
        (ticket.caller.clone(), category, place.unwrap_or_else(region))
    };
    let mut seen: HashMap<_, Vec<i64>> = HashMap::new();
    for ticket in tickets {
        seen.entry(matter(ticket)).or_default().push(ticket.received);
    }
    let again = |ticket: &Ticket| {
        let others = &seen[&matter(ticket)];
        others.iter().any(|at| *at < ticket.received && ticket.received - at <= 90 * DAY)
    };
    tickets.iter().map(again).collect()
}

/// Every metric of every row; `again` is what [`repeats`] says.
pub fn figures(tickets: &[Ticket], again: &[bool], city: &City, ask: &Ask<'_>) -> Figures {
    let mut book = Book { ask, city, figures: Figures::default() };
    for (ticket, again) in tickets.iter().zip(again) {
        if ask.assessed && ticket.excluded.is_some() {
            continue;
        }
        book.ticket(ticket, *again);
        for one in &ticket.sent {
            book.assignment(ticket, one);
        }
    }
    book.figures
}

/// How many of the window's tickets are excluded: row key → reason → count; the total stands under
/// the empty key.
pub fn excluded(
    tickets: &[Ticket],
    city: &City,
    ask: &Ask<'_>,
) -> HashMap<String, BTreeMap<String, i64>> {
    let mut rows: HashMap<String, BTreeMap<String, i64>> = HashMap::new();
    let inside = |t: &&Ticket| t.received >= ask.start && t.received < ask.end;
    let asked = |t: &&Ticket| ask.is_about(t, final_lead(t), city);
    for ticket in tickets.iter().filter(inside).filter(asked) {
        let Some(reason) = &ticket.excluded else { continue };
        for key in [key(ticket, final_lead(ticket), city, ask.group_by), String::new()] {
            *rows.entry(key).or_default().entry(reason.clone()).or_default() += 1;
        }
    }
    rows
}
