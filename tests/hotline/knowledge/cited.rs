//! Articles in answers and replies: what may be named, what is kept, who is shown it, what is counted; and what was
//! asked that none answered.

use jiesu::knowledge::gaps::{GapSource, countable};
use jiesu::knowledge::listing::{forget_gaps, gaps, used};
use jiesu::knowledge::store;
use jiesu::knowledge::words::Pairs;
use jiesu::ticket::Cited;
use serde_json::{Value, json};

use super::{about_lifts, published, with};
use crate::support::city::{City, draft_with, refusal};
use crate::support::databases::on_each_database;
use crate::support::mailroom::Mailroom;

fn lifts(version: i32) -> Cited {
    Cited {
        code: "zs-0001".to_owned(),
        version,
        title: Some("电梯停运怎么办".to_owned()),
        policy_no: Some("云住建规〔2024〕12号".to_owned()),
    }
}

fn answer(article: &str) -> Value {
    json!({ "text": "请先联系物业服务企业。", "article": article })
}

on_each_database! {
    fn an_answer_keeps_the_article_as_it_was_that_day(test: &TestDb) {
        let city = City::of(test);
        let code = published(&city, with(&json!({ "valid_to": "2026-11-30" })));
        let draft = city.clerk("handler@wuye").writes(about_lifts()).unwrap().code;
        let ahead = published(&city, with(&json!({ "valid_from": "2026-11-03" })));
        let agent = city.agent();
        let no = city.taken();
        for (article, why) in [
            ("zs-0099", "422 article.unknown"),
            (draft.as_str(), "422 article.unknown"),
            (ahead.as_str(), "422 article.not_yet"),
        ] {
            assert_eq!(refusal(agent.tries(&no, "answer", answer(article))), why);
        }
        let forged = json!({ "text": "好", "cited": [{ "code": "zs-0001", "version": 9 }] });
        assert_eq!(refusal(agent.tries(&no, "answer", forged)), "422 field.unknown");
        agent.does(&no, "answer", answer("zs-0001"));
        city.clerk("handler@wuye").saves(&code, with(&json!({ "title": "电梯停了", "valid_to": "2026-11-30" }))).unwrap();
        city.clerk("reviewer").publishes(&code).unwrap();
        let ticket = city.ticket(&no);
        assert_eq!(ticket.cited(), [lifts(2)]);
        assert_eq!(ticket.answer().unwrap().cited, [lifts(2)]);
        // The event says it too, and folding the events gives the ticket again.
        let events = city.events(&no);
        assert_eq!(events.last().unwrap().body["cited"][0]["version"], 2);
        assert_eq!(jiesu::ticket::event::replay(&events).unwrap(), ticket);
        let kept = |conn: &mut _| store::versions(conn, &code, Some(3), jiesu::knowledge::Act::ALL, 1);
        assert_eq!(test.db.read(kept).unwrap().0[0].content.title.as_str(), "电梯停运怎么办");
        city.days(30);
        let late = city.taken();
        assert_eq!(refusal(agent.tries(&late, "answer", answer("zs-0001"))), "422 article.expired");
        // Who may not answer at all is told so first.
        assert_eq!(refusal(city.dispatcher().tries(&late, "answer", answer("zs-0001"))), "403 forbidden");
        assert_eq!(refusal(agent.tries(&no, "answer", answer("zs-0001"))), "422 article.expired");
    }

    fn a_reply_names_several_and_an_internal_one_is_named_by_its_number_alone(test: &TestDb) {
        let city = City::of(test);
        published(&city, about_lifts());
        let inside = published(&city, with(&json!({ "internal": true })));
        let no = city.handled_by("wuye");
        let reply = |articles: Value| json!({ "text": "电梯已恢复运行。", "articles": articles });
        let handler = city.handler("wuye");
        let wrong = handler.tries(&no, "reply", reply(json!(["zs-0001", "nope"]))).unwrap_err();
        assert_eq!((wrong.fields()[0].pointer.as_str(), wrong.fields()[0].code), ("/articles/1", "article.unknown"));
        let many: Vec<&str> = vec!["zs-0001"; 11];
        assert_eq!(refusal(handler.tries(&no, "reply", reply(json!(many)))), "422 field.range");
        handler.does(&no, "reply", reply(json!(["zs-0001", inside.as_str(), "zs-0001"])));
        let hidden = Cited { code: inside.to_string(), version: 2, title: None, policy_no: None };
        assert_eq!(city.ticket(&no).cited(), [lifts(2), hidden]);
        let codes = ["zs-0001".into(), inside.clone()];
        let counted = || test.db.read(|conn| used(conn, &codes)).unwrap();
        assert_eq!(counted().values().map(|it| it.times).collect::<Vec<_>>(), [1, 1]);
        // Sent back and said again it is not used twice; on another ticket it is.
        city.reviewer().does(&no, "review", json!({ "pass": false, "reason": "请写明时间" }));
        city.hours(1);
        handler.does(&no, "reply", reply(json!(["zs-0001"])));
        let other = city.taken();
        city.agent().does(&other, "answer", answer("zs-0001"));
        let counted = counted();
        assert_eq!((counted[&codes[0]].times, counted[&codes[0]].last_at), (2, city.now()));
        assert_eq!(counted[&inside].times, 1);
    }

    fn the_citizens_letter_names_the_document_and_nothing_internal(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let city = &room.city;
        published(city, about_lifts());
        published(city, with(&json!({ "internal": true, "title": "内部口径", "policy_no": "内部1号" })));
        let mail = json!({ "caller": { "email": "zhangsan@example.cn" } });
        let no = city.agent().registers(draft_with(&mail));
        city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
        city.works(&no, "wuye", 1);
        let reply = json!({ "text": "电梯已恢复运行。", "articles": ["zs-0001", "zs-0002"] });
        city.handler("wuye").does(&no, "reply", reply);
        city.reviewer().does(&no, "review", json!({ "pass": true }));
        room.minutes(2);
        let mails = room.take("mail").into_iter().filter(|mail| mail.to().ends_with("@example.cn"));
        let texts: Vec<String> = mails.map(|mail| mail.words().1).collect();
        let letter = texts.iter().find(|text| text.contains("电梯已恢复运行。")).unwrap();
        assert!(letter.contains("政策依据：\n《电梯停运怎么办》（云住建规〔2024〕12号）\n"), "{letter}");
        assert!(!letter.contains("内部") && !letter.contains("zs-"), "{letter}");
    }

    fn what_no_article_answered_is_counted_by_category_and_forgotten(test: &TestDb) {
        let city = City::of(test);
        published(&city, about_lifts());
        let answered = |draft: Value, article: Option<&str>| {
            let no = city.agent().registers(draft);
            let mut body = json!({ "text": "已口头答复" });
            if let Some(article) = article {
                body["article"] = article.into();
            }
            city.agent().does(&no, "answer", body);
        };
        answered(draft_with(&json!({})), None);
        city.hours(1);
        answered(draft_with(&json!({})), None);
        answered(draft_with(&json!({ "matter": { "category": null } })), None);
        answered(draft_with(&json!({})), Some("zs-0001"));
        // A lead's reply is no answer at the desk.
        city.replied_by("wuye");
        let all = |since| test.db.read(move |conn| gaps(conn, since)).unwrap();
        let found = all(city.now().plus_millis(-7_200_000));
        let counts: Vec<(GapSource, &str, i64)> =
            found.iter().map(|it| (it.source, it.words.as_str(), it.asked)).collect();
        assert_eq!(counts, [(GapSource::Answer, "wy.dt", 2), (GapSource::Answer, "-", 1)]);
        assert_eq!(found[0].last_at.millis_since(found[0].first_at), 3_600_000);
        let before = city.now();
        assert_eq!(test.db.write(move |tx| forget_gaps(tx, before, 10)).unwrap(), 1);
        assert_eq!(all(before.plus_millis(-7_200_000)).len(), 2);
    }

    fn a_reply_that_names_another_case_is_asked_about_and_the_acknowledgement_is_kept(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("wuye");
        let reply = |text: &str, acknowledge: Value| json!({ "text": text, "acknowledge": acknowledge });
        let handler = city.handler("wuye");
        let text = "chunhui小区5号楼的电梯已修好，已告知李女士。";
        let asked = handler.tries(&no, "reply", reply(text, json!([]))).unwrap_err();
        let mut codes: Vec<&str> = asked.fields().iter().map(|it| it.code).collect();
        codes.sort_unstable();
        assert_eq!((asked.code(), codes), ("reply.guard", vec!["guard.building", "guard.estate", "guard.person"]));
        assert!(!asked.to_string().contains("李女士"));
        assert_eq!(city.state(&no), jiesu::ticket::StateName::InUnits);
        assert_eq!(refusal(handler.tries(&no, "reply", reply(text, json!(["estate", "person"])))), "422 guard.building");
        assert_eq!(refusal(handler.tries(&no, "reply", reply(text, json!(["weather"])))), "422 field.format");
        // Whose the ticket is not is told that, and nothing of the text.
        assert_eq!(refusal(city.handler("weixiu").tries(&no, "reply", reply(text, json!([])))), "404 not_found");
        handler.does(&no, "reply", reply(text, json!(["building", "estate", "person"])));
        let events = city.events(&no);
        assert_eq!(events.last().unwrap().body["acknowledge"], json!(["building", "estate", "person"]));
        assert_eq!(jiesu::ticket::event::replay(&events).unwrap(), city.ticket(&no));
    }

    fn what_a_reply_promises_is_read_as_the_reply_is(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("wuye");
        let handler = city.handler("wuye");
        let reply = |what: &str, acknowledge: Value| {
            json!({ "text": "已处理。", "promise": { "what": what, "on": "2026-11-20" }, "acknowledge": acknowledge })
        };
        let what = "20日前修好5号楼李女士家";
        let asked = handler.tries(&no, "reply", reply(what, json!([]))).unwrap_err();
        let found: Vec<(&str, &str)> =
            asked.fields().iter().map(|it| (it.pointer.as_str(), it.code)).collect();
        assert_eq!(asked.code(), "reply.guard");
        assert_eq!(found, [("/promise/what", "guard.building"), ("/promise/what", "guard.person")]);
        assert_eq!(refusal(handler.tries(&no, "reply", reply(what, json!(["building"])))), "422 guard.person");
        handler.does(&no, "reply", reply("20日前修好电梯", json!([])));
        let other = city.handled_by("wuye");
        handler.does(&other, "reply", reply(what, json!(["building", "person"])));
    }

    fn what_the_desk_answers_at_once_is_asked_about_too(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        let text = "chunhui小区5号楼的电梯已修好。";
        let asked = city.agent().tries(&no, "answer", json!({ "text": text })).unwrap_err();
        let codes: Vec<&str> = asked.fields().iter().map(|it| it.code).collect();
        assert_eq!((asked.code(), codes), ("reply.guard", vec!["guard.building", "guard.estate"]));
        let both = json!({ "text": text, "acknowledge": ["building", "estate"] });
        city.agent().does(&no, "answer", both);
        assert_eq!(city.state(&no), jiesu::ticket::StateName::Closed);
    }

    fn a_note_for_the_citizen_is_read_as_a_reply_is_and_one_for_the_house_is_not(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        let text = "5号楼李女士家已修好。";
        let note = |public: bool, acknowledge: Value| json!({ "text": text, "public": public, "acknowledge": acknowledge });
        let asked = city.agent().tries(&no, "note", note(true, json!([]))).unwrap_err();
        let codes: Vec<&str> = asked.fields().iter().map(|it| it.code).collect();
        assert_eq!((asked.code(), codes), ("reply.guard", vec!["guard.building", "guard.person"]));
        assert!(city.ticket(&no).notes.is_empty());
        city.agent().does(&no, "note", note(true, json!(["building", "person"])));
        let other = city.taken();
        city.agent().does(&other, "note", note(false, json!([])));
        assert_eq!(city.ticket(&other).notes.len(), 1);
    }

    fn a_reply_copied_from_a_ticket_on_the_same_matter_is_seen_only_where_it_says_what_is_not_this_ones(test: &TestDb) {
        let city = City::of(test);
        let long = |place: &str| format!("您好，您反映的电梯停运问题已收悉。我科会同属地街道和物业服务企业到现场查看，{place}电梯主板损坏，\
            物业服务企业已更换主板，经特种设备检验机构检验合格，电梯恢复运行，请放心使用。");
        let told = |place: &str| {
            let to = draft_with(&json!({ "matter": { "content": format!("{place}电梯停运。") } }));
            let no = city.agent().registers(to);
            city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
            city.works(&no, "wuye", 1);
            no
        };
        let replies = |no: &str, place: &str| {
            let tried = city.handler("wuye").tries(no, "reply", json!({ "text": long(place) }));
            tried.map(drop).map_err(|error| error.fields().iter().map(|it| it.code).collect::<Vec<_>>())
        };
        let (first, second, third) = (told("3号楼"), told("5号楼"), told("7号楼"));
        // Nobody has said it before.
        assert_eq!(replies(&first, "9号楼"), Err(vec!["guard.building"]));
        assert_eq!(replies(&first, "3号楼"), Ok(()));
        assert_eq!(replies(&second, "3号楼"), Err(vec!["guard.building", "guard.copied"]));
        // The same words about one's own house are a canned sentence.
        assert_eq!(replies(&second, "5号楼"), Ok(()));
        let short = json!({ "text": "3号楼电梯已修好。" });
        let short = city.handler("wuye").tries(&third, "reply", short).unwrap_err();
        assert_eq!(short.fields().iter().map(|it| it.code).collect::<Vec<_>>(), ["guard.building"]);
        let known = json!({ "text": long("3号楼"), "acknowledge": ["building", "copied"] });
        city.handler("wuye").does(&third, "reply", known);
    }
}

#[test]
fn of_a_query_only_words_of_the_trade_are_kept() {
    let trade = Pairs::of(["电梯停运", "WiFi", "漏水", "维修资金", "张贴"]);
    for (query, kept) in [
        ("电梯 停运？", "电梯 停运"),
        ("ＷＩＦＩ怎么装", "wifi"),
        ("3号楼502室张先生漏水", "漏水"),
        ("张三漏水", "漏水"),
        ("13900000001", "-"),
        ("张三丰", "-"),
        ("身份证110101199003071234，维修资金", "维修资金"),
    ] {
        assert_eq!(countable(query, |pair| trade.has(pair)), kept, "{query}");
    }
}
