//! Thousands of tickets in one segment, many of them written anew since: every order, page by page, as the database
//! says it.

use jiesu::error::{Error, Result};
use jiesu::identity::{Actor, Role};
use jiesu::lifecycle::Order as Given;
use jiesu::search::matching::Sought;
use jiesu::search::query::Wanted;
use jiesu::search::question::Question;
use jiesu::search::{Answer, Asked, Order, Rank, Search, Slice};
use jiesu::ticket::command::{CommandName, Parser, Target};
use serde_json::json;

use super::{Town, readers, search_of};
use crate::support::databases::{Folder, on_each_database};
use crate::support::desk::person;

const TICKETS: usize = 3_000;
const ORDERS: [Order; 4] = [Order::Newest, Order::Oldest, Order::Due, Order::Relevance];

struct Noted;

impl Parser for Noted {
    fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        let body = json!({"text": "已电话告知进度", "public": false});
        serde_json::from_value(body).map_err(|_| Error::field("/", "field.format"))
    }
}

/// Notes something on every sixth ticket.
fn note_on_some(town: &Town) {
    let numbers = town.tickets().into_values().map(|ticket| ticket.no);
    let numbers: Vec<String> = numbers.step_by(6).collect();
    let (hotline, agent) = (town.hotline.clone(), person("agent", Role::Agent, None));
    let written = town.hotline.db.write(move |tx| {
        for no in &numbers {
            let target = Target::default();
            let order = Given { no, name: CommandName::Note, target, expected: &|_| Ok(()) };
            hotline.command(tx, &agent, &order, &Noted)?;
        }
        Ok(numbers.len())
    });
    assert_eq!(written.unwrap(), TICKETS / 6);
}

/// Up to `most` pages of `limit` each.
fn pages(
    (town, search): (&Town, &Search),
    (actor, asked): (&Actor, &Asked),
    first: Order,
    (limit, most): (usize, usize),
) -> Vec<Answer> {
    let (names, now) = (town.names(), town.hotline.db.now());
    let (mut order, mut after, mut pages) = (first, None, Vec::new());
    while pages.len() < most {
        let slice = Slice { order, limit, after };
        let answer = search.ask(Question { actor, names: &names, asked, slice, now }).unwrap();
        let next = answer.next.clone();
        pages.push(answer);
        let Some(next) = next else { break };
        // What tells no words apart comes by time.
        let of = |order: Order| Rank::of_key(&next, order).map(|rank| (order, Some(rank)));
        (order, after) = of(first).or_else(|| of(Order::Newest)).unwrap();
    }
    pages
}

fn numbers(pages: &[Answer]) -> Vec<&str> {
    pages.iter().flat_map(|page| &page.hits).map(|hit| hit.row.no.as_str()).collect()
}

fn sorted(mut numbers: Vec<&str>) -> Vec<&str> {
    numbers.sort_unstable();
    numbers
}

on_each_database! {
    fn pages_orders_and_facets_of_a_large_segment_with_holes_are_the_database_s(test: &TestDb) {
        let town = Town::of(test, TICKETS, 15);
        note_on_some(&town);
        assert!(town.follow() >= TICKETS / 6);
        assert_eq!(town.search.count(), Some(TICKETS as u64));
        let folder = Folder::new();
        let bare = search_of(&town.hotline, &folder);
        let lift = Asked {
            sought: vec![Sought::new("电梯", Wanted::There), Sought::new("LED", Wanted::Absent)],
            ..Asked::default()
        };
        let [leader, clerks @ ..] = readers();
        let mut compared = 0;
        let questions = [Asked::default(), lift.clone()];
        for (actor, asked) in clerks.iter().flat_map(|actor| questions.iter().map(move |it| (actor, it))) {
            for order in ORDERS {
                let told = format!("{} asks for {:?} by {order:?}", actor.name, asked.sought);
                let due = pages((&town, &bare), (actor, asked), order, (TICKETS, 1)).remove(0);
                assert!(due.degraded && !due.partial, "{told}");
                let found = pages((&town, &town.search), (actor, asked), order, (7, TICKETS));
                assert!(found.iter().all(|page| !page.degraded && page.total == due.total), "{told}");
                assert!(found.iter().all(|page| page.facets == due.facets && page.lights == due.lights), "{told}");
                let (found, all) = (numbers(&found), numbers(std::slice::from_ref(&due)));
                assert_eq!(all.len(), due.total, "{told}");
                if order == Order::Relevance {
                    assert_eq!(sorted(found), sorted(all), "{told}");
                } else {
                    assert_eq!(found, all, "{told}");
                }
                compared += due.total;
            }
        }
        assert!(compared > TICKETS, "{compared}");
        // All of them at once, and the first pages of them.
        let every = Asked { sought: vec![Sought::new("电梯", Wanted::There)], ..Asked::default() };
        for order in ORDERS {
            let ask = |part| pages((&town, &town.search), (&leader, &every), order, part);
            let (whole, first) = (ask((TICKETS, 1)), ask((7, 60)));
            assert_eq!(whole[0].hits.len(), whole[0].total);
            assert!(whole[0].total > 1_000, "{}", whole[0].total);
            let (whole, first) = (numbers(&whole), numbers(&first));
            assert_eq!(first, whole[..first.len()], "{order:?}");
            assert_eq!(first.len(), 7 * 60);
        }
    }
}
