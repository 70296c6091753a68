//! A list, a search, its facets and its pages agree on what a reader may see, whoever it is.

use std::collections::{BTreeMap, BTreeSet};

use jiesu::directory::Cached;
use jiesu::identity::Actor;
use jiesu::search::alike::Matter;
use jiesu::search::matching::Sought;
use jiesu::search::query::Wanted;
use jiesu::search::question::Question;
use jiesu::search::{Answer, Asked, Facet, Order, Search, Slice};
use jiesu::ticket::sight::{Scope, Sight, scope, sight};
use jiesu::ticket::{Ticket, listing};
use serde_json::json;

use super::{search_of, tickets};
use crate::support::city::{City, draft_with};
use crate::support::databases::{Folder, on_each_database};
use crate::support::histories::Dice;

/// A caller who calls again and again.
pub const OTHER: &str = "13900000077";
const LEADS: [&str; 6] = ["wuye", "weixiu", "jiedao", "hongda", "chengguan", "shequ"];

/// What people do all day: complaints that accuse somebody, notes, assists, work that is taken back.
pub fn a_day(city: &City, dice: &mut Dice, count: usize) {
    let mut before: Vec<String> = Vec::new();
    for n in 0..count {
        let kind = *dice.pick(&["complaint", "report", "help", "suggestion"]);
        let mut change = json!({
            "kind": kind, "dispatch": "hold",
            "matter": {"title": format!("第{n}件"), "content": format!("电梯停运{n}次")},
            "place": {"estate": "yangguang", "address": "阳光花园3号楼502室"},
        });
        if dice.percent(40) {
            change["matter"]["accused"] = json!(*dice.pick(&["wuye", "hongda", "jiedao"]));
        }
        if dice.percent(30) {
            change["matter"]["tags"] = json!(["楼上502的亲戚"]);
        }
        if dice.percent(20) {
            change["caller"] = json!({"confidential": true});
        }
        if dice.percent(30) {
            change["caller"]["phone"] = json!(OTHER);
        }
        let no = city.agent().registers(draft_with(&change));
        // What is refused (the accused never leads) is left as it is.
        let (lead, assist) = (*dice.pick(&LEADS), *dice.pick(&LEADS));
        let body = json!({"lead": lead, "assists": [assist]});
        drop(city.dispatcher().tries(&no, "dispatch", body));
        drop(city.agent().tries(
            &no,
            "note",
            json!({"text": format!("备注暗号{n}"), "public": false}),
        ));
        if dice.percent(15) {
            drop(city.dispatcher().tries(&no, "recall", json!({"reason": "派错了"})));
        }
        if !before.is_empty() && dice.percent(15) {
            // A merge takes the part back for show only.
            let into = dice.pick(&before).clone();
            drop(city.agent().tries(&no, "merge", json!({ "into": into })));
        }
        before.push(no.clone());
        if dice.percent(10) {
            drop(city.agent().tries(
                &no,
                "decline",
                json!({"reason": "unlawful", "told": "已告知"}),
            ));
        }
    }
}

struct Asking<'a> {
    city: &'a City,
    search: &'a Search,
}

impl Asking<'_> {
    fn ask(&self, actor: &Actor, asked: &Asked, limit: usize) -> Vec<Answer> {
        let names = self.city.hotline.db.read(|conn| self.search.names(conn)).unwrap();
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let slice = Slice { order: Order::Newest, limit, after };
            let question = Question { actor, names: &names, asked, slice, now: self.city.now() };
            let page = self.search.ask(question).unwrap();
            let next = page.next.clone();
            pages.push(page);
            let Some(next) = next else { return pages };
            after = jiesu::search::Rank::of_key(&next, Order::Newest);
        }
    }
}

fn numbers(pages: &[Answer]) -> Vec<String> {
    pages.iter().flat_map(|page| &page.hits).map(|hit| hit.row.no.clone()).collect()
}

on_each_database! {
    fn whatever_a_list_shows_is_found_and_counted_and_nothing_else(test: &TestDb) {
        let city = City::of(test);
        a_day(&city, &mut Dice::new(42), 60);
        let folder = Folder::new();
        let search = search_of(&city.hotline, &folder);
        search.follow(&|| false).unwrap();
        let asking = Asking { city: &city, search: &search };
        let directory = city.hotline.db.read(|conn| Cached::default().current(conn)).unwrap();
        let all = tickets(&city.hotline);
        let mut readers = 0;
        for person in city.people() {
            let actor = person.actor;
            if scope(actor) == Scope::Nothing {
                continue;
            }
            readers += 1;
            let listed = city.hotline.db.read(|conn| {
                listing::page(conn, &scope(actor), &listing::Filter::default(), city.now(), None, 500)
            });
            let listed: BTreeSet<String> = listed.unwrap().0.into_iter().map(|row| row.no).collect();
            let pages = asking.ask(actor, &Asked::default(), 7);
            let found = numbers(&pages);
            assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), listed, "{}", actor.name);
            assert_eq!(found.len(), listed.len(), "{}: none twice", actor.name);
            assert!(pages.iter().all(|page| page.total == listed.len()), "{}", actor.name);
            let sum = |facet| pages[0].facets[&facet].iter().map(|(_, count)| count).sum::<usize>();
            assert_eq!(sum(Facet::State), listed.len());
            assert_eq!(pages[0].lights.iter().sum::<usize>(), listed.len());
            // Notes, addresses and tags are for those who see the case.
            let sees = |ticket: &&Ticket| sight(ticket, actor, &directory);
            let cases = all.values().filter(|ticket| sees(ticket) == Sight::Case);
            let agrees = |asked: &Asked, due: BTreeSet<String>| {
                let pages = asking.ask(actor, asked, 500);
                let found: BTreeSet<_> = numbers(&pages).into_iter().collect();
                assert_eq!(found, due, "{} asks for {asked:?}", actor.name);
                assert_eq!(pages[0].total, due.len());
            };
            for word in ["备注暗号", "阳光花园***"] {
                let sought = vec![Sought::new(word, Wanted::There)];
                let due = cases.clone().map(|ticket| ticket.no.clone()).collect();
                agrees(&Asked { sought, ..Asked::default() }, due);
            }
            let tagged = cases.filter(|ticket| !ticket.tags.is_empty());
            let tagged: BTreeSet<_> = tagged.map(|ticket| ticket.no.clone()).collect();
            let mut asked = Asked::default();
            asked.only(Facet::Tag, ["楼上502的亲戚".to_owned()]);
            agrees(&asked, tagged.clone());
            let sought = vec![Sought::new("楼上502", Wanted::There)];
            agrees(&Asked { sought, ..Asked::default() }, tagged);
        }
        assert!(readers > 10);
    }

    fn whoever_asks_for_a_caller_or_for_what_is_like_it_learns_no_more_than_the_list_shows(test: &TestDb) {
        let city = City::of(test);
        a_day(&city, &mut Dice::new(44), 60);
        let folder = Folder::new();
        let search = search_of(&city.hotline, &folder);
        search.follow(&|| false).unwrap();
        let directory = city.hotline.db.read(|conn| Cached::default().current(conn)).unwrap();
        let names = city.hotline.db.read(|conn| search.names(conn)).unwrap();
        let all = tickets(&city.hotline);
        let hash = city.hotline.keys.phone_hash(OTHER);
        let theirs = |ticket: &&Ticket| ticket.caller.phone.as_ref().is_some_and(|phone| {
            city.hotline.keys.phone_hash(phone.as_str()) == hash
        });
        let (mut found, mut compared) = (0, 0);
        for person in city.people() {
            let actor = person.actor;
            if scope(actor) == Scope::Nothing {
                continue;
            }
            let list = |filter: &listing::Filter| -> BTreeSet<String> {
                let page = city.hotline.db.read(|conn| {
                    listing::page(conn, &scope(actor), filter, city.now(), None, 500)
                });
                page.unwrap().0.into_iter().map(|row| row.no).collect()
            };
            let listed = list(&listing::Filter::default());
            let case = |ticket: &&Ticket| sight(ticket, actor, &directory) == Sight::Case;
            let due: BTreeSet<String> =
                all.values().filter(case).filter(theirs).map(|it| it.no.clone()).collect();
            match listing::of_callers(actor, &directory, &city.hotline.keys, vec![hash.clone()]) {
                Ok(filter) => {
                    assert_eq!(list(&filter), due, "{} asks for a caller", actor.name);
                    found += due.len();
                }
                Err(error) => assert_eq!((error.code(), actor.company), ("forbidden", true)),
            }
            let matter = Matter {
                title: "",
                content: "电梯停运3次",
                category: None,
                estate: Some("yangguang"),
                region: None,
                phone_hash: Some(&hash),
            };
            for like in search.alike(actor, &names, &matter, city.now(), 500).unwrap().found {
                assert!(listed.contains(&like.row.no), "{}: {}", actor.name, like.row.no);
                assert_eq!(like.same_caller, due.contains(&like.row.no), "{}", actor.name);
                compared += 1;
            }
        }
        assert!(found > 20 && compared > 50, "{found} {compared}");
    }

    fn every_value_of_a_facet_leads_to_as_many_tickets_as_it_says(test: &TestDb) {
        let city = City::of(test);
        a_day(&city, &mut Dice::new(43), 60);
        let folder = Folder::new();
        let search = search_of(&city.hotline, &folder);
        search.follow(&|| false).unwrap();
        let asking = Asking { city: &city, search: &search };
        for name in ["leader", "handler@wuye", "handler@hongda"] {
            let actor = city.person(name).actor;
            let first = asking.ask(actor, &Asked::default(), 500).remove(0);
            let facets: BTreeMap<_, _> = first.facets.clone();
            for (facet, values) in facets {
                for (code, count) in values {
                    let mut asked = Asked::default();
                    asked.only(facet, [code.clone()]);
                    let pages = asking.ask(actor, &asked, 500);
                    assert_eq!(pages[0].total, count, "{name}: {facet} {code}");
                    assert_eq!(numbers(&pages).len(), count, "{name}: {facet} {code}");
                }
            }
        }
    }
}
