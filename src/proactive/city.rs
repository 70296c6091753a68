//! Proactive: what the whole city does, which one cell is measured against. Its rule: counts alone, of the weeks
//! before and of the last seven days; the same whether the database counts them or a replay does.

use std::collections::HashMap;

use super::seen::{DAY, Seen};
use crate::time::Stamp;

/// Milliseconds of a window of seven days.
pub const WEEK: i64 = 7 * DAY;

/// The city's counts at an instant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct City {
    /// How many full windows of seven days before the present one are known, at least one.
    pub weeks: u32,
    /// Estates that had a ticket in those windows.
    pub estates: u64,
    /// Tickets with an estate and a category in those windows.
    pub before: u64,
    /// By category: tickets in those windows, and in the last seven days.
    pub categories: HashMap<String, Counts>,
}

/// Tickets of a category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub before: u64,
    pub lately: u64,
}

impl City {
    /// The counts of `category`.
    pub fn of(&self, category: &str) -> Counts {
        self.categories.get(category).copied().unwrap_or_default()
    }
}

/// How many full windows lie between the site's first ticket and the present window: one at least, `most` at most.
pub fn weeks_known(first: Option<Stamp>, now: Stamp, most: u32) -> u32 {
    let known = first.map_or(0, |first| now.plus_millis(-WEEK).millis_since(first) / WEEK);
    u32::try_from(known).unwrap_or_default().clamp(1, most.max(1))
}

/// The city's counts while a history goes by: each ticket comes in once and grows old twice.
#[derive(Debug)]
pub struct Rolling<'a> {
    all: &'a [Seen],
    most: u32,
    /// Up to which ticket each stage has come: came in, left the last seven days, left the windows before.
    came: usize,
    aged: usize,
    gone: usize,
    city: City,
    estates: HashMap<&'a str, u64>,
}

impl<'a> Rolling<'a> {
    /// Over `all`, in the order of time, with at most so many windows.
    pub fn over(all: &'a [Seen], most: u32) -> Self {
        let (city, estates) = (City::default(), HashMap::new());
        Self { all, most, came: 0, aged: 0, gone: 0, city, estates }
    }

    /// The counts at `now`, which never goes back.
    pub fn at(&mut self, now: Stamp) -> &City {
        let all = self.all;
        let week = now.plus_millis(-WEEK);
        let far = week.plus_millis(-WEEK * i64::from(self.most));
        while let Some(ticket) = all.get(self.came).filter(|it| it.at <= now) {
            self.came += 1;
            if let Some((_, category)) = counted(ticket) {
                self.category(category).lately += 1;
            }
        }
        while let Some(ticket) = all.get(self.aged).filter(|it| it.at <= week) {
            self.aged += 1;
            if let Some((estate, category)) = counted(ticket) {
                let counts = self.category(category);
                counts.lately -= 1;
                counts.before += 1;
                self.city.before += 1;
                *self.estates.entry(estate).or_default() += 1;
            }
        }
        while let Some(ticket) = all.get(self.gone).filter(|it| it.at <= far) {
            self.gone += 1;
            if let Some((estate, category)) = counted(ticket) {
                self.category(category).before -= 1;
                self.city.before -= 1;
                if let Some(count) = self.estates.get_mut(estate) {
                    *count -= 1;
                    if *count == 0 {
                        self.estates.remove(estate);
                    }
                }
            }
        }
        self.city.estates = u64::try_from(self.estates.len()).unwrap_or(u64::MAX);
        self.city.weeks = weeks_known(all.first().map(|it| it.at), now, self.most);
        &self.city
    }

    fn category(&mut self, code: &str) -> &mut Counts {
        if !self.city.categories.contains_key(code) {
            self.city.categories.insert(code.to_owned(), Counts::default());
        }
        self.city.categories.entry(code.to_owned()).or_default()
    }
}

fn counted(ticket: &Seen) -> Option<(&str, &str)> {
    ticket.cell().filter(|_| ticket.counts())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proactive::seen::tests::seen;

    #[test]
    fn a_ticket_is_of_this_week_then_of_the_weeks_before_then_gone() {
        let all = [seen(0, "a", "E", "C"), seen(3, "b", "F", "C"), seen(40, "c", "E", "D")];
        let mut rolling = Rolling::over(&all, 4);
        let mut counts = |day: i64| {
            let city = rolling.at(seen(day, "", "", "").at);
            (city.of("C"), city.before, city.estates, city.weeks)
        };
        assert_eq!(counts(3), (Counts { before: 0, lately: 2 }, 0, 0, 1));
        assert_eq!(counts(8), (Counts { before: 1, lately: 1 }, 1, 1, 1));
        assert_eq!(counts(21), (Counts { before: 2, lately: 0 }, 2, 2, 2));
        assert_eq!(counts(36), (Counts { before: 1, lately: 0 }, 1, 1, 4));
        assert_eq!(counts(80), (Counts::default(), 0, 0, 4));
    }
}
