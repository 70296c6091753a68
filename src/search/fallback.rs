//! Search: asking the database where there is no index. Its rule: the same answer by the same meaning
//! (`matching`), and where that would take too long, the newest tickets only, and it says so.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::House;
use super::asked::{Asked, Narrow};
use super::collect::{Order, Rank};
use super::document::{numbers, tags, values};
use super::fields::Facet;
use super::matching::matches;
use super::query::Wanted;
use super::question::{Question, Which, most_first, readable};
use super::store::{Source, sources};
use crate::error::Result;
use crate::limits::Light;
use crate::ticket::Words;
use crate::ticket::listing::{self, Filter, Sort};
use crate::ticket::sight::scope;
use crate::time::{Deadline, Stamp};

/// Tickets of one read.
const PAGE: usize = 200;

/// Every ticket that fits, as far as `deadline` allows, the newest first.
pub(super) fn which(house: &House, question: &Question<'_>, deadline: Deadline) -> Result<Which> {
    let Question { actor, asked, slice, now, .. } = *question;
    let order = if slice.order == Order::Relevance { Order::Newest } else { slice.order };
    let after = match slice.after {
        // A page of another order ended with this ticket.
        Some(then) if slice.order != order => place(house, then, order)?,
        after => after,
    };
    let filter = Filter { sort: Some(Sort::Newest), ..Filter::default() };
    let mut tally = Tally::default();
    let (mut next_page, mut partial) = (None, false);
    loop {
        let (rows, next) = house.db.read(|conn| {
            listing::page(conn, &scope(actor), &filter, now, next_page.as_deref(), PAGE)
        })?;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        for source in house.db.read(|conn| sources(conn, house.vault(), &ids))? {
            let fits = |words: &Words| {
                fits((&source, words), asked, now, house.zone()) && matches(words, &asked.sought)
            };
            if readable(&source, question).is_some_and(|words| fits(&words)) {
                tally.add(&source, now, house.zone());
                let rank = rank(&source, order);
                if after.is_none_or(|after| rank < after) {
                    tally.best.push((rank, source.row.id, 0.0));
                }
            }
        }
        next_page = next;
        if next_page.is_none() {
            break;
        }
        if deadline.is_over() {
            partial = true;
            break;
        }
    }
    Ok(tally.which(order, slice.limit + 1, partial))
}

/// Where the ticket that `then` names stands in `order`; nothing where it is gone.
fn place(house: &House, then: Rank, order: Order) -> Result<Option<Rank>> {
    let found = house.db.read(|conn| sources(conn, house.vault(), &[then.tie]))?;
    Ok(found.first().map(|source| rank(source, order)))
}

#[derive(Default)]
struct Tally {
    total: usize,
    best: Vec<(Rank, i64, f32)>,
    facets: BTreeMap<Facet, BTreeMap<String, usize>>,
    lights: [usize; 3],
}

impl Tally {
    fn add(&mut self, source: &Source, now: Stamp, zone: Tz) {
        self.total += 1;
        for facet in Facet::COUNTED {
            for value in values(source, facet, zone) {
                *self.facets.entry(facet).or_default().entry(value).or_default() += 1;
            }
        }
        self.lights[light(source, now) as usize] += 1;
    }

    fn which(mut self, order: Order, limit: usize, partial: bool) -> Which {
        self.best.sort_unstable_by_key(|(rank, ..)| std::cmp::Reverse(*rank));
        self.best.truncate(limit);
        let mut facets = self.facets;
        let named = Facet::COUNTED.into_iter().map(|facet| {
            let values = facets.remove(&facet).unwrap_or_default();
            (facet, most_first(values.into_iter().collect()))
        });
        let facets = named.collect();
        let Self { total, best, lights, .. } = Self { facets: BTreeMap::new(), ..self };
        Which { total, best, facets, lights, order, partial }
    }
}

/// As a line of a list shows it.
fn light(source: &Source, now: Stamp) -> Light {
    Light::of(source.row.yellow_at, source.row.red_at, now)
}

fn rank(source: &Source, order: Order) -> Rank {
    let (id, received) = (source.row.id, source.row.received_at.millis());
    match order {
        Order::Relevance | Order::Newest => Rank { key: received, tie: id },
        Order::Oldest => Rank { key: -received, tie: -id },
        Order::Due => {
            let due = source.row.red_at.map_or(i64::MIN, |at| -at.millis());
            Rank { key: due, tie: -id }
        }
    }
}

/// Whether everything but the texts is as it was asked.
fn fits((source, words): (&Source, &Words), asked: &Asked, now: Stamp, zone: Tz) -> bool {
    let is = |there: bool, wanted: Wanted| there == (wanted == Wanted::There);
    let has = |narrow: &Narrow| {
        let values = match narrow.facet {
            Facet::Tag => tags(words),
            facet => values(source, facet, zone),
        };
        let any = values.iter().any(|it| narrow.any_of.contains(it));
        is(any, narrow.wanted)
    };
    let at = source.row.received_at;
    let within = |from: &Option<Stamp>, before: &Option<Stamp>| {
        from.is_none_or(|from| at >= from) && before.is_none_or(|before| at < before)
    };
    let is_numbered = |no: &str| numbers(&source.row).any(|it| it.starts_with(no));
    asked.narrow.iter().all(has)
        && asked.lights.iter().all(|(one, wanted)| is(light(source, now) == *one, *wanted))
        && asked.no.iter().all(|(no, wanted)| is(is_numbered(no), *wanted))
        && asked.received.iter().all(|(from, before, wanted)| is(within(from, before), *wanted))
}
