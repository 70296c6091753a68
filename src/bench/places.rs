//! Bench: what stands in the places of the pages' addresses. Its rule: what lists have is taken from them; what is in
//! none is done by the demo's people, who say so, and what nobody may do is left out.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::clients::{Answer, answer_of};
use super::people::People;
use super::site::Site;
use crate::error::{Result, sentence};
use crate::identity::Actor;
use crate::ticket::link::{self, Purpose};
use crate::time::{Clock, SystemClock};
use crate::web::api::public::survey::asked_of;

/// What stands in each place.
pub type Places = BTreeMap<&'static str, String>;

/// Where it is looked for: the place, who looks, in which list, under which name of its first item. Of two lists for one
/// place the second counts where the first is empty.
pub const PLACES: &[(&str, &str, &str, &str)] = &[
    ("accepted", "leader", "/tickets?limit=1&state=accepted", "no"),
    ("consulting", "leader", "/tickets?limit=1&state=consulting", "no"),
    ("sent", "handler", "/tickets?limit=1&state=in_units", "no"),
    ("handled", "unit_head", "/tickets?limit=1&state=in_units", "no"),
    ("whistled", "handler", "/tickets?limit=1&state=in_units", "no"),
    ("disputed", "dispatcher", "/tickets?limit=1&state=in_units", "no"),
    ("replied", "reviewer", "/tickets?limit=1&state=replied", "no"),
    ("ledger", "reviewer", "/tickets?limit=1&state=on_ledger", "no"),
    ("surveying", "surveyor", "/tickets?limit=1&state=surveying", "no"),
    ("bad", "reviewer", "/tickets?limit=1&state=closed", "no"),
    ("closed", "leader", "/tickets?limit=1&state=closed", "no"),
    ("own", "agent", "/tickets?limit=1", "no"),
    ("report", "leader", "/reports", "id"),
    ("restated", "assessor", "/reports", "id"),
    ("article", "agent", "/articles", "code"),
    ("warning", "dispatcher", "/warnings?limit=1", "id"),
    ("warning", "dispatcher", "/warnings?limit=1&state=closed", "id"),
    ("unit", "sysadmin", "/units", "code"),
    ("estate", "sysadmin", "/estates", "code"),
    ("company", "sysadmin", "/companies", "code"),
    ("category", "sysadmin", "/categories", "code"),
    ("rule", "sysadmin", "/catalogue", "code"),
    ("webhook", "sysadmin", "/webhooks", "id"),
    ("user", "secadmin", "/users", "name"),
    ("machine", "secadmin", "/users", "name"),
];
/// Tickets, and reports, of which one is looked for that will do.
const TRIED: usize = 20;
/// How many seconds are waited for a warning at most: for the seal over the ticket, and the look at it.
const WARNED: usize = 150;

/// What the lists have.
///
/// # Errors
/// Where nobody answers, or somebody does not come in.
pub fn found(people: &mut People) -> Result<Places> {
    let mut places = Places::new();
    for (place, who, list, name) in PLACES {
        if places.contains_key(place) {
            continue;
        }
        if let Some(first) = people.called(who, list, name)?.into_iter().next() {
            places.insert(*place, first);
        }
    }
    Ok(places)
}

/// What the demo's people do and read so that more pages have something to show.
pub struct Hands<'a> {
    pub people: &'a mut People,
    pub places: &'a mut Places,
    pub say: &'a mut dyn FnMut(String),
}

impl Hands<'_> {
    /// Does all of it; what is refused is told, and its pages are left out.
    ///
    /// # Errors
    /// As [`found`].
    pub fn work(&mut self) -> Result<()> {
        (self.say)(sentence("bench.writes", &[]));
        let phone = format!("139{:08}", rand::random::<u32>() % 100_000_000);
        self.take_in(&phone)?;
        self.ring(&phone)?;
        self.write()?;
        self.make_a_card()?;
        self.hook()?;
        self.find_a_cell()
    }

    /// What was answered, where it was good.
    fn posts(&mut self, who: &'static str, path: &str, body: &Value) -> Result<Option<Value>> {
        let answer = self.people.posts(who, path, body)?;
        if is_good(&answer) {
            return answer_of(&answer).map(Some);
        }
        let status = answer.status.to_string();
        let told = [("who", who), ("path", path), ("status", status.as_str())];
        (self.say)(sentence("bench.refused", &told));
        Ok(None)
    }

    /// A ticket that its caller follows, with what the caller is told of it.
    fn take_in(&mut self, phone: &str) -> Result<()> {
        let draft = draft(phone, "电梯停运", "3号楼电梯停运三天，老人下不了楼，请尽快修好。");
        let Some(taken) = self.posts("agent", "/tickets", &draft)? else { return Ok(()) };
        if let (Some(no), Some(code)) = (taken["no"].as_str(), taken["code"].as_str()) {
            let tail: String = phone.chars().skip(7).collect();
            let told = [("own", no.to_owned()), ("code", code.to_owned()), ("tail", tail)];
            self.places.extend(told);
        }
        Ok(())
    }

    /// The same caller rings.
    fn ring(&mut self, phone: &str) -> Result<()> {
        let id = format!("bench-{:08x}", rand::random::<u32>());
        let at = SystemClock.now().to_string();
        let told = json!({ "call_id": id, "event": "ring", "at": at, "phone": phone });
        if self.posts("agent", "/calls", &told)?.is_some() {
            self.places.insert("call", id);
        }
        Ok(())
    }

    /// An article, where there is none.
    fn write(&mut self) -> Result<()> {
        if self.places.contains_key("article") {
            return Ok(());
        }
        let Some(written) = self.posts("handler", "/articles", &article())? else { return Ok(()) };
        let Some(code) = written["code"].as_str() else { return Ok(()) };
        if self.posts("reviewer", &format!("/articles/{code}/publish"), &json!({}))?.is_some() {
            self.places.insert("article", code.to_owned());
        }
        Ok(())
    }

    /// A card of the first ticket at work of which the handler may make one.
    fn make_a_card(&mut self) -> Result<()> {
        let list = format!("/tickets?limit={TRIED}&state=in_units");
        for no in self.people.called("handler", &list, "no")? {
            let path = format!("/tickets/{no}/card");
            let answer = self.people.posts("handler", &path, &json!({}))?;
            if !is_good(&answer) {
                continue;
            }
            let made = answer_of(&answer)?;
            let token = made["url"].as_str().and_then(|url| url.split("/c/card/").nth(1));
            if let Some(token) = token {
                self.places.insert("card", token.to_owned());
                break;
            }
        }
        Ok(())
    }

    /// A receiver of events, where there is none: switched off, so that nobody is told anything.
    fn hook(&mut self) -> Result<()> {
        if self.places.contains_key("webhook") {
            return Ok(());
        }
        let plan = json!({ "url": "https://example.org/jiesu", "enabled": false });
        let made = self.posts("sysadmin", "/webhooks", &plan)?;
        if let Some(id) = made.as_ref().and_then(|made| made["id"].as_str()) {
            self.places.insert("webhook", id.to_owned());
        }
        Ok(())
    }

    /// The first figure of a report that leads to its tickets, as the report's own page has it.
    fn find_a_cell(&mut self) -> Result<()> {
        for id in self.people.called("leader", "/reports", "id")?.into_iter().take(TRIED) {
            let page = self.people.page("leader", &format!("/monthly/{id}/page"))?;
            if let Some(cell) = cell_in(&page, &id) {
                self.places.insert("cell", cell);
                break;
            }
        }
        Ok(())
    }

    /// What will be warned of, where there is no warning: a word that must not wait. Answers whether one is to come.
    ///
    /// # Errors
    /// As [`found`].
    pub fn alarm(&mut self) -> Result<bool> {
        if self.places.contains_key("warning") {
            return Ok(false);
        }
        let phone = format!("138{:08}", rand::random::<u32>() % 100_000_000);
        let draft = draft(&phone, "电梯困人", "2号楼电梯今早困人，已经放出，请检修后再开。");
        Ok(self.posts("agent", "/tickets", &draft)?.is_some())
    }

    /// Waits for the first warning.
    ///
    /// # Errors
    /// As [`found`].
    pub fn wait_for_a_warning(&mut self) -> Result<()> {
        (self.say)(sentence("bench.waits", &[("seconds", &WARNED.to_string())]));
        for _ in 0..WARNED {
            let first = self.people.called("dispatcher", "/warnings?limit=1", "id")?;
            if let Some(id) = first.into_iter().next() {
                self.places.insert("warning", id);
                break;
            }
            std::thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    }

    /// A survey's link stands in what its caller is sent, and the interface gives it to nobody: of a site of ours it is
    /// made as the letter has it.
    ///
    /// # Errors
    /// As [`found`], and what the site says.
    pub fn ask_by_link(&mut self, site: &Site) -> Result<()> {
        let (app, system) = (&site.app, Actor::system());
        let list = format!("/tickets?limit={TRIED}&state=surveying");
        for no in self.people.called("surveyor", &list, "no")? {
            let now = app.db.now();
            let stored = app.db.read(|conn| {
                let rules = app.hotline.rules.current(conn, now)?;
                app.hotline.see(conn, &rules, &system, &no)
            })?;
            let token = link::make(&app.keys, Purpose::Survey, stored.id, stored.ticket.round());
            // Some are asked by telephone alone, or later.
            if asked_of(app, &token).is_ok() {
                self.places.insert("link", token);
                break;
            }
        }
        Ok(())
    }
}

fn is_good(answer: &Answer) -> bool {
    (200..300).contains(&answer.status)
}

fn draft(phone: &str, title: &str, content: &str) -> Value {
    json!({
        "kind": "complaint", "channel": "phone",
        "caller": { "name": "演示来电人", "phone": phone, "reply_wanted": true },
        "matter": { "title": title, "content": content, "category": "H050201", "urgency": "general" },
        "place": { "estate": "E001" },
    })
}

fn article() -> Value {
    json!({
        "title": "电梯停运怎么办", "body": "先联系物业服务企业；逾期不修的，可以投诉。",
        "questions": ["电梯坏了找谁"], "tags": ["电梯"], "categories": ["H050201"], "owner": "wuye",
    })
}

/// Where the first figure of the printed report `id` leads.
fn cell_in(page: &str, id: &str) -> Option<String> {
    let (page, start) = (page.replace("&#x2f;", "/"), format!("/monthly/{id}/tickets?"));
    let mut links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.find(|link| link.starts_with(&start)).map(|link| link.replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::demo;
    use crate::intake::Draft;
    use crate::knowledge::Content;
    use crate::web::console::every::PAGES;

    /// A call that rings, a repair card, a cell of a report, a survey's link: nobody lists those.
    const UNLISTED: [&str; 4] = ["call", "card", "cell", "link"];

    #[test]
    fn what_stands_in_an_address_is_looked_for_or_known_to_be_listed_nowhere() {
        for (name, _, path) in PAGES {
            let places = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
            for place in places {
                let is_found = PLACES.iter().any(|(known, ..)| *known == place);
                assert!(is_found != UNLISTED.contains(&place), "{name}: {place}");
            }
        }
        let people = demo::users().unwrap();
        let is_one = |who: &str| who.is_empty() || people.iter().any(|user| user.name == who);
        assert!(PAGES.iter().all(|(_, who, _)| is_one(who)));
        assert!(PLACES.iter().all(|(_, who, ..)| is_one(who)));
    }

    #[test]
    fn what_is_said_is_what_the_interface_reads() {
        let draft: Draft = serde_json::from_value(draft("13900000001", "a", "b")).unwrap();
        assert_eq!(draft.place.estate.unwrap().as_str(), "E001");
        let article: Content = serde_json::from_value(article()).unwrap();
        assert_eq!(article.owner.as_str(), "wuye");
    }

    #[test]
    fn a_figure_leads_where_its_own_report_says() {
        let page = "<a href=\"&#x2f;monthly&#x2f;7&#x2f;page\">x</a>\
            <a href=\"&#x2f;monthly&#x2f;7&#x2f;tickets?table=a&amp;row=b&amp;column=c\">3</a>";
        assert_eq!(
            cell_in(page, "7").as_deref(),
            Some("/monthly/7/tickets?table=a&row=b&column=c")
        );
        assert_eq!(cell_in(page, "8"), None);
    }
}
