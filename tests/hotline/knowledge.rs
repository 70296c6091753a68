//! The knowledge base: who writes, who publishes, who reads; versions; what is found and what needs a look.

mod anew;
mod cited;
mod guarded;
mod web;

use jiesu::directory::{self, Entry, Phone};
use jiesu::error::{Kind, Result};
use jiesu::identity::{Actor, Role};
use jiesu::knowledge::desk::{self, Aim, Charge, Desk};
use jiesu::knowledge::{
    Act, Article, ArticleCode, ArticleState, Content, Reads, Stale, reads, store,
};
use serde_json::{Value, json};

use crate::support::city::{City, refusal};
use crate::support::databases::on_each_database;

/// What 物业科 writes about lifts.
fn about_lifts() -> Value {
    json!({
        "title": "电梯停运怎么办", "body": "先联系物业服务企业。\n逾期不修的，可以投诉。",
        "questions": ["电梯坏了找谁"], "tags": ["电梯"], "categories": ["wy.dt"],
        "owner": "wuye", "policy_no": "云住建规〔2024〕12号"
    })
}

fn with(change: &Value) -> Value {
    let mut body = about_lifts();
    jiesu::ticket::event::apply(&mut body, change);
    body
}

fn content(body: Value) -> Content {
    serde_json::from_value(body).unwrap()
}

/// Somebody at the desk of the knowledge base.
#[derive(Clone)]
struct Clerk<'a> {
    city: &'a City,
    actor: Actor,
}

impl City {
    fn clerk(&self, name: &str) -> Clerk<'_> {
        Clerk { city: self, actor: self.person(name).actor.clone() }
    }

    fn article(&self, code: &ArticleCode) -> Article {
        self.hotline.db.read(|conn| store::one(conn, code)).unwrap().unwrap()
    }
}

impl Clerk<'_> {
    fn at_desk(
        &self,
        deed: impl Fn(&mut jiesu::db::Tx<'_>, Desk<'_>) -> Result<Article> + Send + 'static,
    ) -> Result<Article> {
        let (hotline, actor) = (self.city.hotline.clone(), self.actor.clone());
        let db = hotline.db.clone();
        db.write(move |tx| {
            let rules = hotline.rules.current(tx.conn, tx.now)?;
            let today = tx.now.day(rules.profile.zone);
            let directory = &rules.directory;
            deed(tx, Desk { actor: &actor, directory, today, review_days: 365 })
        })
    }

    fn writes(&self, body: Value) -> Result<Article> {
        let content = content(body);
        self.at_desk(move |tx, desk| desk::write(tx, desk, &content))
    }

    fn saves(&self, code: &ArticleCode, body: Value) -> Result<Article> {
        let (code, content) = (code.clone(), content(body));
        self.at_desk(move |tx, desk| {
            let aim = Aim { code: &code, expected: &|_| Ok(()) };
            desk::save(tx, desk, aim, || Ok(content.clone()))
        })
    }

    fn publishes(&self, code: &ArticleCode) -> Result<Article> {
        let code = code.clone();
        self.at_desk(move |tx, desk| {
            desk::publish(tx, desk, Aim { code: &code, expected: &|_| Ok(()) }, || Ok(None))
        })
    }

    fn confirms(&self, code: &ArticleCode, on: Option<&str>) -> Result<Article> {
        let (code, on) = (code.clone(), on.map(|on| on.parse().unwrap()));
        self.at_desk(move |tx, desk| {
            desk::confirm(tx, desk, Aim { code: &code, expected: &|_| Ok(()) }, || Ok(on))
        })
    }

    fn supervises(&self, code: &ArticleCode, due_on: Option<&str>) -> Result<Article> {
        let charge = json!({ "text": "请尽快复核", "due_on": due_on });
        let (code, charge): (_, Charge) = (code.clone(), serde_json::from_value(charge).unwrap());
        self.at_desk(move |tx, desk| {
            let aim = Aim { code: &code, expected: &|_| Ok(()) };
            desk::supervise(tx, desk, aim, || Ok(charge.clone()))
        })
    }

    fn retires(&self, code: &ArticleCode, reason: &str) -> Result<Article> {
        let (code, reason) = (code.clone(), reason.to_owned());
        self.at_desk(move |tx, desk| {
            let aim = Aim { code: &code, expected: &|_| Ok(()) };
            desk::retire(tx, desk, aim, || Ok(jiesu::ticket::Text::parse(&reason).unwrap()))
        })
    }
}

/// An article in service.
fn published(city: &City, body: Value) -> ArticleCode {
    let code = city.clerk("handler@wuye").writes(body).unwrap().code;
    city.clerk("reviewer").publishes(&code).unwrap();
    code
}

on_each_database! {
    fn the_clerk_of_wuye_writes_and_a_reviewer_who_did_not_write_publishes(test: &TestDb) {
        let city = City::of(test);
        let clerk = city.clerk("handler@wuye");
        let draft = clerk.writes(about_lifts()).unwrap();
        assert_eq!((draft.code.as_str(), draft.version, draft.state), ("zs-0001", 1, ArticleState::Draft));
        assert_eq!(refusal(city.clerk("agent").publishes(&draft.code)), "404 not_found");
        assert_eq!(refusal(clerk.publishes(&draft.code)), "403 forbidden");
        let live = city.clerk("reviewer").publishes(&draft.code).unwrap();
        assert_eq!((live.state, live.version, live.has_news()), (ArticleState::Published, 2, false));
        assert_eq!(live.live().unwrap().review_on, Some("2027-11-02".parse().unwrap()));
        assert_eq!(refusal(city.clerk("reviewer").publishes(&draft.code)), "409 article.nothing_new");
        // A reviewer may write for a unit; then another one publishes.
        let own = city.clerk("reviewer").writes(about_lifts()).unwrap();
        assert_eq!(own.code.as_str(), "zs-0002");
        assert_eq!(refusal(city.clerk("reviewer").publishes(&own.code)), "403 own_request");
        city.clerk("reviewer-2").publishes(&own.code).unwrap();
        for (who, why) in [
            ("agent", "403 forbidden"),
            ("handler@hongda", "403 forbidden"),
            ("sysadmin", "403 forbidden"),
            ("handler@weixiu", "422 article.not_your_unit"),
        ] {
            assert_eq!(refusal(city.clerk(who).writes(about_lifts())), why, "{who}");
        }
    }

    fn what_is_published_stays_until_the_next_text_is_and_both_are_kept(test: &TestDb) {
        let city = City::of(test);
        let code = published(&city, about_lifts());
        let saved = city.clerk("unit_head@wuye").saves(&code, with(&json!({ "title": "电梯停了怎么办", "tags": null }))).unwrap();
        assert_eq!((saved.state, saved.version, saved.has_news()), (ArticleState::Published, 3, true));
        assert_eq!(saved.live().unwrap().title.as_str(), "电梯停运怎么办");
        let live = city.clerk("reviewer").publishes(&code).unwrap();
        assert_eq!(live.live().unwrap().title.as_str(), "电梯停了怎么办");
        assert_eq!(live, city.article(&code));
        let all = |conn: &mut _| store::versions(conn, &code, None, Act::ALL, 9);
        let (versions, next) = test.db.read(all).unwrap();
        let acts: Vec<(i32, Act, &str)> =
            versions.iter().map(|it| (it.version, it.act, it.by.as_str())).collect();
        assert_eq!(acts, [
            (4, Act::Published, "reviewer"),
            (3, Act::Saved, "unit_head@wuye"),
            (2, Act::Published, "reviewer"),
            (1, Act::Saved, "handler@wuye"),
        ]);
        assert_eq!(next, None);
        // Saved without a day of review, which the publication counts anew.
        assert_eq!(versions[1].changed, ["title", "tags", "review_on"]);
        assert_eq!(versions[0].changed, ["title", "tags"]);
        assert_eq!(versions[2].content.title.as_str(), "电梯停运怎么办");
        let part = |conn: &mut _| store::versions(conn, &code, Some(4), &[Act::Saved], 1);
        let (part, next) = test.db.read(part).unwrap();
        assert_eq!((part[0].version, next), (3, Some(3)));
    }

    fn next_years_text_waits_for_its_day_while_todays_holds(test: &TestDb) {
        let city = City::of(test);
        let reviewer = city.clerk("reviewer");
        let code = published(&city, with(&json!({ "valid_to": "2026-12-31" })));
        let next = with(&json!({ "title": "电梯停运新办法", "valid_from": "2027-01-01" }));
        city.clerk("handler@wuye").saves(&code, next.clone()).unwrap();
        let allowed = || {
            let rules = city.rules();
            let today = city.now().day(rules.profile.zone);
            let (it, actor) = (city.article(&code), &reviewer.actor);
            jiesu::knowledge::sight::allowed(&it, actor, &rules.directory, today)
        };
        let before = city.article(&code);
        assert_eq!(refusal(reviewer.publishes(&code)), "409 article.too_early");
        assert_eq!((city.article(&code), allowed()), (before, vec!["save", "retire", "confirm"]));
        // On its day the one follows the other.
        city.days(60);
        assert!(allowed().contains(&"publish"));
        let live = reviewer.publishes(&code).unwrap();
        assert_eq!(live.live().unwrap().title.as_str(), "电梯停运新办法");
        // Where nothing holds that day, nothing is lost by publishing what will.
        let ahead = with(&json!({ "valid_from": "2027-06-01" }));
        let other = published(&city, ahead);
        city.clerk("handler@wuye").saves(&other, with(&json!({ "valid_from": "2027-05-01" }))).unwrap();
        reviewer.publishes(&other).unwrap();
    }

    fn who_reads_what(test: &TestDb) {
        let city = City::of(test);
        let open = published(&city, about_lifts());
        let inside = published(&city, with(&json!({ "internal": true })));
        let draft = city.clerk("handler@wuye").writes(about_lifts()).unwrap().code;
        let seen = |who: &str, code: &ArticleCode| reads(&city.article(code), city.person(who).actor);
        use Reads::{Everything, Nothing, Published};
        for (who, of) in [
            ("agent", [Published, Published, Nothing]),
            ("handler@wuye", [Everything, Everything, Everything]),
            ("handler@weixiu", [Published, Published, Nothing]),
            ("unit_head@zjj", [Everything, Everything, Everything]),
            ("reviewer", [Everything, Everything, Everything]),
            ("unit_head@hongda", [Published, Nothing, Nothing]),
            ("sysadmin", [Published, Published, Nothing]),
        ] {
            assert_eq!([&open, &inside, &draft].map(|code| seen(who, code)), of, "{who}");
        }
        assert_eq!(refusal(city.clerk("handler@weixiu").saves(&open, about_lifts())), "403 forbidden");
        assert_eq!(refusal(city.clerk("unit_head@hongda").retires(&inside, "不用了")), "404 not_found");
        // One cannot give away what is one's own, nor take what is another's.
        assert_eq!(
            refusal(city.clerk("handler@wuye").saves(&open, with(&json!({ "owner": "weixiu" })))),
            "422 article.not_your_unit"
        );
    }

    fn wrong_fields_are_all_named_and_a_private_telephone_is_refused(test: &TestDb) {
        let city = City::of(test);
        let clerk = city.clerk("reviewer");
        let wrong = with(&json!({
            "body": "请找张师傅，13900000001。", "categories": ["wy.dt", "nope"], "owner": "hongda",
            "valid_from": "2026-11-02", "valid_to": "2026-11-01", "questions": ["问".repeat(201)]
        }));
        let error = clerk.writes(wrong).unwrap_err();
        let mut found: Vec<(&str, &str)> =
            error.fields().iter().map(|it| (it.pointer.as_str(), it.code)).collect();
        found.sort_unstable();
        assert_eq!(found, [
            ("/body", "article.personal"),
            ("/categories/1", "field.unknown_code"),
            ("/owner", "article.owner"),
            ("/questions/0", "field.too_long"),
            ("/valid_to", "directory.span_backwards"),
        ]);
        assert!(!error.to_string().contains("1390000"));
        let rules = city.rules();
        let mut unit = rules.directory.unit(&"wuye".into()).unwrap().clone();
        let phoned = with(&json!({ "body": "请拨打0570-2345678。" }));
        assert_eq!(refusal(clerk.writes(phoned.clone())), "422 article.personal");
        unit.phones.push(Phone { number: "0570-2345678".to_owned(), hours: String::new() });
        let today = "2026-11-02".parse().unwrap();
        let entry = Entry::Unit(unit);
        test.db.write(move |tx| directory::revise(tx, &Actor::system(), entry.clone(), today, today)).unwrap();
        clerk.writes(phoned).unwrap();
        assert_eq!(refusal(clerk.writes(with(&json!({ "owner": "jiuke" })))), "422 directory.unit_ended");
    }

    fn an_article_comes_due_is_confirmed_runs_out_and_is_retired(test: &TestDb) {
        let city = City::of(test);
        let code = published(&city, with(&json!({ "review_on": "2026-12-01", "valid_to": "2027-03-31" })));
        let stale = || {
            let rules = city.rules();
            city.article(&code).stale(&rules.directory, city.now().day(rules.profile.zone))
        };
        assert_eq!(stale(), []);
        city.days(29);
        assert_eq!(stale(), [Stale::ReviewDue]);
        let head = city.clerk("unit_head@wuye");
        assert_eq!(refusal(city.clerk("handler@wuye").confirms(&code, None)), "403 forbidden");
        assert_eq!(refusal(head.confirms(&code, Some("2026-12-01"))), "422 field.in_past");
        let confirmed = head.confirms(&code, Some("2027-06-01")).unwrap();
        assert_eq!((confirmed.has_news(), stale()), (false, vec![]));
        city.days(121);
        assert_eq!(stale(), [Stale::Expired]);
        assert_eq!(refusal(head.confirms(&code, None)), "409 article.over");
        let retired = head.retires(&code, "办法已废止").unwrap();
        assert_eq!((retired.state, stale()), (ArticleState::Retired, vec![]));
        assert_eq!(refusal(head.retires(&code, "再来一次")), "409 article.not_published");
        assert_eq!(refusal(city.clerk("reviewer").publishes(&code)), "409 article.over");
        // It is still there for those who read of it in an old answer.
        assert_eq!(reads(&city.article(&code), city.agent().actor), Reads::Published);
        // Written anew it is a draft again, and what was published before is what its readers see.
        let again = city.clerk("handler@wuye").saves(&code, about_lifts()).unwrap();
        assert_eq!(again.state, ArticleState::Draft);
        city.clerk("reviewer").publishes(&code).unwrap();
    }

    fn a_leader_charges_the_owner_with_a_stale_article_and_the_heads_confirmation_ends_it(test: &TestDb) {
        let city = City::of(test);
        let code = published(&city, with(&json!({ "review_on": "2026-11-05" })));
        let leader = city.clerk("leader");
        assert_eq!(refusal(leader.supervises(&code, None)), "409 article.not_stale");
        city.days(3);
        assert_eq!(refusal(city.clerk("agent").supervises(&code, None)), "403 forbidden");
        assert_eq!(refusal(leader.supervises(&code, Some("2026-11-04"))), "422 field.in_past");
        let charged = leader.supervises(&code, Some("2026-11-09")).unwrap();
        let task = charged.task.unwrap();
        assert_eq!((task.by.as_str(), task.text.as_str()), ("leader", "请尽快复核"));
        assert_eq!(refusal(city.clerk("reviewer").supervises(&code, None)), "409 article.supervised");
        // Saving is not yet a look.
        assert!(city.clerk("handler@wuye").saves(&code, about_lifts()).unwrap().task.is_some());
        let confirmed = city.clerk("unit_head@wuye").confirms(&code, None).unwrap();
        assert_eq!((confirmed.has_news(), confirmed.task), (false, None));
        let acts = |conn: &mut _| store::versions(conn, &code, None, Act::ALL, 9);
        let acts: Vec<Act> = test.db.read(acts).unwrap().0.iter().map(|it| it.act).collect();
        assert_eq!(acts, [Act::Confirmed, Act::Saved, Act::Supervised, Act::Published, Act::Saved]);
    }

    fn the_articles_of_a_unit_that_is_closed_need_a_look(test: &TestDb) {
        let city = City::of(test);
        let code = published(&city, about_lifts());
        let mut unit = city.rules().directory.unit(&"wuye".into()).unwrap().clone();
        unit.span.to_on = Some("2026-11-02".parse().unwrap());
        let today = "2026-11-02".parse().unwrap();
        test.db.write(move |tx| directory::revise(tx, &Actor::system(), Entry::Unit(unit.clone()), today, today)).unwrap();
        city.days(1);
        let rules = city.rules();
        let stale = city.article(&code).stale(&rules.directory, "2026-11-03".parse().unwrap());
        assert_eq!(stale, [Stale::OwnerClosed]);
        let other = with(&json!({ "owner": "weixiu" }));
        assert_eq!(refusal(city.clerk("handler@wuye").saves(&code, about_lifts())), "422 directory.unit_ended");
        city.clerk("reviewer").saves(&code, other).unwrap();
        city.clerk("reviewer-2").publishes(&code).unwrap();
    }

    fn another_node_reads_what_this_one_published_and_a_refused_write_changes_nothing(test: &TestDb) {
        let city = City::of(test);
        let code = published(&city, about_lifts());
        let (node, cached) = (test.another_node(), jiesu::knowledge::Cached::default());
        let title = || {
            let library = node.read(|conn| cached.current(conn)).unwrap();
            library.article(&code).unwrap().live().unwrap().title.to_string()
        };
        assert_eq!(title(), "电梯停运怎么办");
        let library = node.read(|conn| cached.current(conn)).unwrap();
        assert_eq!(city.clerk("agent").saves(&code, about_lifts()).unwrap_err().kind(), Kind::Forbidden);
        let same = node.read(|conn| cached.current(conn)).unwrap();
        assert!(std::sync::Arc::ptr_eq(&library, &same), "nothing is read again");
        city.clerk("handler@wuye").saves(&code, with(&json!({ "title": "电梯停了" }))).unwrap();
        assert_eq!(title(), "电梯停运怎么办");
        city.clerk("reviewer").publishes(&code).unwrap();
        assert_eq!(title(), "电梯停了");
    }
}

#[test]
fn a_machine_and_a_citizen_have_no_desk() {
    let staff = jiesu::knowledge::sight::STAFF;
    assert!(![Role::Platform, Role::Citizen, Role::System].iter().any(|role| staff.contains(role)));
}
