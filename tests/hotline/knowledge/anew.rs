//! An article that was retired and is written anew, over HTTP: whoever does not write it sees the retired one, and
//! finds nothing of the new text.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::with;
use crate::support::badges;
use crate::support::city::City;
use crate::support::databases::{TestDb, on_each_database};
use crate::support::server::{Answer, Server};

/// The knowledge base and its readers.
struct Library {
    server: Server,
    badges: BTreeMap<String, String>,
}

impl Library {
    fn open(test: &TestDb) -> Self {
        let server = Server::start(&[("JIESU_DATABASE__URL", &test.url)]);
        let city = City::served(&server);
        let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
        Self { server, badges }
    }

    fn send(&self, who: &str, method: &str, path: &str, body: &Value) -> Answer {
        let badge = format!("Bearer {}", self.badges[who]);
        let headers = [("Authorization", badge.as_str()), ("If-Match", "*")];
        self.server.ask(method, &format!("/api/v1/articles{path}"), &headers, &body.to_string())
    }

    /// The lines that `who` is shown for a query.
    fn lists(&self, who: &str, query: &str) -> Vec<Value> {
        let badge = format!("Bearer {}", self.badges[who]);
        let path = format!("/api/v1/articles{query}");
        let answer = self.server.ask("GET", &path, &[("Authorization", &badge)], "");
        assert_eq!(answer.status, 200, "{who} {query}: {}", answer.body);
        answer.json()["items"].as_array().unwrap().clone()
    }

    fn reads(&self, who: &str) -> Value {
        let badge = format!("Bearer {}", self.badges[who]);
        let headers = [("Authorization", badge.as_str())];
        let answer = self.server.ask("GET", "/api/v1/articles/zs-0001", &headers, "");
        assert_eq!(answer.status, 200, "{who}: {}", answer.body);
        answer.json()
    }
}

/// `停电` as it stands in a URL.
const NEW_WORDS: &str = "%E5%81%9C%E7%94%B5";
/// `停运`
const OLD_WORDS: &str = "%E5%81%9C%E8%BF%90";

on_each_database! {
    fn what_is_written_anew_is_its_writers_until_it_is_published(test: &TestDb) {
        let library = Library::open(test);
        let done = |who: &str, method: &str, path: &str, body: Value| {
            let answer = library.send(who, method, path, &body);
            assert!([200, 201].contains(&answer.status), "{who} {path}: {answer:?}");
        };
        done("handler@wuye", "POST", "", with(&json!({ "tags": null })));
        done("reviewer", "POST", "/zs-0001/publish", json!({}));
        done("reviewer", "POST", "/zs-0001/retire", json!({ "reason": "改写" }));
        let anew = with(&json!({
            "title": "停电应急口径", "body": "内部掌握。", "questions": null, "tags": null, "internal": true
        }));
        done("handler@wuye", "PUT", "/zs-0001", anew);

        let old = || ["zs-0001", "retired", "电梯停运怎么办", "public"].map(str::to_owned);
        let new = || ["zs-0001", "draft", "停电应急口径", "internal"].map(str::to_owned);
        let said = |it: &Value| {
            let word = |name: &str| it[name].as_str().unwrap().to_owned();
            let whose = if it["internal"] == true { "internal" } else { "public" };
            [word("code"), word("state"), word("title"), whose.to_owned()]
        };
        for who in ["unit_head@hongda", "handler@weixiu", "agent", "leader"] {
            for query in ["", "?state=draft", "?state=published"] {
                assert_eq!(library.lists(who, query), [] as [Value; 0], "{who} {query}");
            }
            for query in [format!("?state=draft&q={NEW_WORDS}"), format!("?state=retired&q={NEW_WORDS}"),
                format!("?q={NEW_WORDS}"), format!("?q={OLD_WORDS}")] {
                assert_eq!(library.lists(who, &query), [] as [Value; 0], "{who} {query}");
            }
            // It is as it was: retired, and to be found where retired ones are looked for.
            for query in ["?state=retired".to_owned(), format!("?state=retired&q={OLD_WORDS}")] {
                let lines = library.lists(who, &query);
                assert_eq!(lines.iter().map(said).collect::<Vec<_>>(), [old()], "{who} {query}");
            }
            let view = library.reads(who);
            assert_eq!(said(&view), old(), "{who}");
            assert_eq!((view.get("draft"), &view["published_version"]), (None, &json!(2)), "{who}");
        }
        for who in ["handler@wuye", "reviewer"] {
            for query in [String::new(), "?state=draft".to_owned(), format!("?state=draft&q={NEW_WORDS}")] {
                let lines = library.lists(who, &query);
                assert_eq!(lines.iter().map(said).collect::<Vec<_>>(), [new()], "{who} {query}");
            }
            assert_eq!(library.lists(who, &format!("?state=draft&q={OLD_WORDS}")), [] as [Value; 0]);
            let view = library.reads(who);
            assert_eq!((&view["title"], view.get("published_version")), (&json!("停电应急口径"), None));
        }
    }
}
