//! What the clients find after a kill. Its rule: asked over HTTP only, by people who may see it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::writers::{Kind, Wish};
use crate::support::program::{Line, Program, Site};

/// Ticket numbers by title.
pub type There = BTreeMap<String, Vec<String>>;

/// Somebody who looks after a kill.
pub struct Reader {
    line: Line,
    badge: String,
}

impl Reader {
    pub fn new(site: &Site, program: &Program) -> Self {
        Self { line: Line::to(program.address), badge: site.badge("leader") }
    }

    fn get(&mut self, path: &str) -> Value {
        let headers = [("Authorization", self.badge.as_str())];
        let answer = self.line.ask("GET", path, &headers, "").unwrap();
        assert_eq!(answer.status, 200, "{path} {}", answer.body);
        answer.json()
    }

    /// Every ticket there is, page by page.
    pub fn tickets(&mut self) -> There {
        let mut there = There::new();
        let mut after = String::new();
        loop {
            let page = self.get(&format!("/api/v1/tickets?limit=500{after}"));
            for line in page["items"].as_array().unwrap() {
                let word = |name: &str| line[name].as_str().unwrap().to_owned();
                there.entry(word("title")).or_default().push(word("no"));
            }
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return there,
            }
        }
    }

    /// Everything acknowledged is there, once; what was not is there once or not at all. Answers how
    /// many of the latter are there.
    pub fn find_all(&mut self, there: &There, wishes: &mut [Wish]) -> usize {
        let mut events: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        let mut kept = 0;
        for wish in wishes {
            let found = match &wish.kind {
                Kind::Ticket => self.find_ticket(there, wish),
                Kind::Note { no } | Kind::Dispatch { no } | Kind::Sign { no } => {
                    let events = events.entry(no.clone()).or_insert_with(|| {
                        let events = self.get(&format!("/api/v1/tickets/{no}/events"));
                        events["items"].as_array().unwrap().clone()
                    });
                    find_event(events, wish)
                }
            };
            wish.kept = found == 1;
            match wish.answer {
                Some(_) => assert_eq!(found, 1, "acknowledged: {wish:?}"),
                None => assert!(found <= 1, "{found} times: {wish:?}"),
            }
            kept += usize::from(wish.answer.is_none() && wish.kept);
        }
        kept
    }

    fn find_ticket(&mut self, there: &There, wish: &Wish) -> usize {
        let numbers = there.get(&wish.text).cloned().unwrap_or_default();
        if wish.answer.is_some() {
            assert_eq!(numbers, [wish.number()], "{wish:?}");
            let ticket = self.get(&format!("/api/v1/tickets/{}", wish.number()));
            assert!(ticket["version"].as_i64().unwrap() >= wish.version(), "{ticket}");
            assert_eq!(ticket["content"], format!("{}，请维修", wish.text));
        }
        numbers.len()
    }

    /// Every request once more, with its key: what is there is answered as it was, to the byte; what
    /// is not is done now.
    pub fn repeat_all(&mut self, wishes: &mut [Wish]) {
        for wish in wishes {
            let answer = wish.ask(&mut self.line).unwrap();
            assert_eq!(answer.status, wish.expected(), "{wish:?} {}", answer.body);
            let replayed = answer.header("idempotent-replayed") == Some("true");
            assert_eq!(replayed, wish.kept || wish.answer.is_some(), "{wish:?}");
            if let Some(told) = &wish.answer {
                assert_eq!(answer.body, told.body, "{wish:?}");
                assert_eq!(answer.header("etag"), told.header("etag"), "{wish:?}");
                assert_eq!(answer.header("location"), told.header("location"), "{wish:?}");
            }
            wish.answer = Some(answer);
        }
    }
}

/// How many of `events` are what `wish` asked for; the acknowledged one stands at its version.
fn find_event(events: &[Value], wish: &Wish) -> usize {
    let command = match &wish.kind {
        Kind::Ticket => "register",
        Kind::Note { .. } => "note",
        Kind::Dispatch { .. } => "dispatch",
        Kind::Sign { .. } => "sign",
    };
    let its = |event: &&Value| {
        event["command"] == command && (wish.text.is_empty() || event["body"]["text"] == wish.text)
    };
    if wish.answer.is_some() {
        let at = usize::try_from(wish.version()).unwrap();
        assert!(events.get(at - 1).is_some_and(|event| its(&event)), "{wish:?} {events:?}");
    }
    events.iter().filter(its).count()
}
