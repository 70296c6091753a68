//! The citizens' pages as a browser without scripts meets them: forms that are filled in and sent, pages that answer.

use std::collections::{BTreeMap, BTreeSet};

use jiesu::ticket::StateName;
use jiesu::ticket::link::{self, Purpose};
use serde_json::{Value, json};

use crate::citizen::{Door, Told, request};
use crate::support::databases::on_each_database;
use crate::support::form::{Reply, form, send_form};
use crate::support::photo::{MARK, phone_photo};
use crate::support::server::Answer;

/// Words of a form by their names.
type Words<'a> = Vec<(&'a str, &'a str)>;

impl Door {
    fn page(&self, path: &str) -> Answer {
        self.server.ask("GET", path, &[], "")
    }

    /// Sends a form as a browser does, from a page of this site.
    fn fills(&self, path: &str, words: &[(&str, &str)]) -> Answer {
        self.fills_from("same-origin", path, words)
    }

    fn fills_from(&self, site: &str, path: &str, words: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(words).finish();
        let headers =
            [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", site)];
        self.server.ask("POST", path, &headers, &body)
    }

    fn uploads(&self, path: &str, words: &[(&str, &str)], files: &[(&str, &[u8])]) -> Reply {
        let headers = [("Sec-Fetch-Site", "same-origin")];
        send_form(self.server.address, path, &form(words, files), &headers).unwrap()
    }

    /// A ticket that was answered: its survey is due.
    fn surveyed(&self) -> Told {
        let told = self.brings(&request(), "0001");
        self.city.dispatcher().does(&told.no, "dispatch", json!({ "lead": "wuye" }));
        self.city.works(&told.no, "wuye", 1);
        self.city.handler("wuye").does(&told.no, "reply", json!({ "text": "电梯已修好。" }));
        self.city.reviewer().does(&told.no, "review", json!({ "pass": true }));
        told
    }

    fn link_of(&self, no: &str) -> String {
        let stored = self.city.stored(no);
        let keys = &self.server.app.keys;
        let token = link::make(keys, Purpose::Survey, stored.id, stored.ticket.round());
        format!("/c/survey/{token}")
    }
}

impl Told {
    fn fields(&self) -> Words<'_> {
        vec![("no", &self.no), ("code", &self.code), ("phone_tail", &self.tail)]
    }

    fn saying<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Words<'a> {
        [self.fields(), more.to_vec()].concat()
    }
}

fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.body).into_owned()
}

/// The hidden fields of the first form that has a number in it.
fn hidden(page: &str) -> BTreeMap<String, String> {
    let value = |rest: &str| rest.split('"').next().unwrap_or_default().to_owned();
    let mut found = BTreeMap::new();
    for part in page.split("<input type=\"hidden\" name=\"").skip(1) {
        let given = part.split("value=\"").nth(1).map(value).unwrap_or_default();
        found.entry(value(part)).or_insert(given);
    }
    found
}

/// What somebody writes who asks for something.
fn wish<'a>(key: &'a str, content: &'a str, phone: &'a str) -> Words<'a> {
    vec![
        ("key", key),
        ("kind", "complaint"),
        ("matter.content", content),
        ("place.address", "幸福路1号阳光小区3号楼"),
        ("caller.name", "王建国"),
        ("caller.phone", phone),
    ]
}

/// What a browser sends for a field of files in which none was chosen.
const NO_FILE: (&str, &[u8]) = ("", b"");

on_each_database! {
    fn a_citizen_asks_with_a_photo_and_follows_it_to_the_end_without_a_script(test: &TestDb) {
        let door = Door::open(test);
        for path in ["/c", "/c/new", "/c/look"] {
            let page = door.page(path);
            assert_eq!(page.status, 200, "{path}: {page:?}");
            assert!(!page.body.contains("<script") && page.header("set-cookie").is_none(), "{path}");
            assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
        }
        let photo = phone_photo(6);
        let taken = door.uploads("/c/new", &wish("k1", "电梯停运三天。", "139 0000 0001"), &[("家.jpg", &photo)]);
        let page = text(&taken);
        assert_eq!(taken.status, 201, "{page}");
        assert!(page.contains("已收到 1 个照片或材料"), "{page}");
        let given = hidden(&page);
        let told = Told { no: given["no"].clone(), code: given["code"].clone(), tail: given["phone_tail"].clone() };
        assert_eq!((told.code.len(), told.tail.as_str()), (6, "0001"));
        let ticket = door.city.ticket(&told.no);
        assert_eq!((ticket.channel.as_str(), ticket.attachments.len()), ("web", 1));
        let file = crate::support::form::fetch(door.server.address, &door.bearer("agent"), &format!("{}-1", told.no)).unwrap();
        assert!(file.status == 200 && !crate::support::photo::holds(&file.body, MARK.as_bytes()));

        let seen = door.fills("/c/look", &told.fields());
        assert_eq!(seen.status, 200, "{seen:?}");
        assert!(seen.body.contains("您的诉求已经受理，正在确定承办单位。") && seen.body.contains("将在2026年"));
        assert!(!seen.body.contains("139 0000 0001") && !seen.body.contains("王建国"));
        let seen = door.fills("/c/facts", &told.saying(&[("text", "今天又困住一个人")]));
        assert!(seen.status == 200 && seen.body.contains("补充的情况已收到。") && seen.body.contains("今天又困住一个人"));
        door.city.dispatcher().does(&told.no, "dispatch", json!({ "lead": "wuye" }));
        let urge = told.saying(&[("text", "请快一点")]);
        let seen = door.fills("/c/urge", &urge);
        assert!(seen.body.contains("催办已收到") && seen.body.contains("wuye单位正在办理您的诉求。"), "{}", seen.body);
        let again = door.fills("/c/urge", &urge);
        assert_eq!(again.status, 409);
        assert!(again.body.contains("24小时内已经催办过") && again.body.contains("请快一点</textarea>"), "{}", again.body);
        assert_eq!(door.city.assignment(&told.no, 1).urges, 1);
    }

    fn what_is_wrong_stands_at_its_field_and_what_was_typed_stays(test: &TestDb) {
        let door = Door::open(test);
        let hostile = "<script>alert(1)</script>\"'>{{7*7}}";
        let mut words = wish("k1", hostile, "abc");
        words[1].1 = "";
        let reply = door.uploads("/c/new", &words, &[("a.jpg", &phone_photo(1))]);
        let page = text(&reply);
        assert_eq!(reply.status, 422, "{page}");
        assert!(page.contains("id=\"f-kind-wrong\"") && page.contains("href=\"#f-kind\""), "{page}");
        assert!(page.contains("alert(1)") && !page.contains("<script") && page.contains("{{7*7}}"), "{page}");
        words[1].1 = "help";
        let reply = door.uploads("/c/new", &words, &[NO_FILE]);
        let page = text(&reply);
        assert_eq!(reply.status, 422);
        assert!(page.contains("aria-describedby=\"f-caller.phone-wrong") && page.contains("value=\"abc\""), "{page}");
        assert!(page.contains("value=\"help\" checked"), "{page}");
        assert_eq!(hidden(&page)["key"], "k1", "sent again, it is the same request");
        let long = "长".repeat(5_001);
        words[2].1 = &long;
        assert!(text(&door.uploads("/c/new", &words, &[])).contains("id=\"f-matter.content-wrong\""));
        let lists = door.staff("agent", "GET", "tickets", &json!({})).json();
        assert_eq!(lists["items"], json!([]), "nothing was taken");

        let told = door.brings(&request(), "0001");
        let empty = door.fills("/c/facts", &told.saying(&[("text", " ")]));
        assert!(empty.status == 422 && empty.body.contains("id=\"facts-text-wrong\""), "{}", empty.body);
        let short = door.fills("/c/look", &[("no", "\"><b>1"), ("code", "12345"), ("phone_tail", "0001")]);
        assert_eq!(short.status, 422);
        assert!(short.body.contains("id=\"f-code-wrong\"") && short.body.contains("value=\"12345\""));
        assert!(!short.body.contains("<b>1"));
    }

    fn whoever_shows_the_wrong_thing_learns_nothing_and_the_fifth_try_locks(test: &TestDb) {
        let door = Door::open(test);
        door.brings(&request(), "0002"); // it has the number that the page gives as an example
        let told = door.brings(&request(), "0001");
        let wrong = |n: u32| Told { code: format!("{:06}", (told.code.parse::<u32>().unwrap() + n) % 1_000_000), ..told.clone() };
        let absent = Told { no: "2026-999999".to_owned(), ..told.clone() };
        let bare = |answer: Answer, told: &Told| (answer.status, answer.body.replace(&told.no, "NO").replace(&told.code, "CODE"));
        let first = bare(door.fills("/c/look", &wrong(1).fields()), &wrong(1));
        assert!(first.0 == 404 && first.1.contains("编号、查询码或四位数字不符"), "{first:?}");
        assert_eq!(bare(door.fills("/c/look", &absent.fields()), &absent), first);
        // The same tries at every form, and beside those of the interface.
        assert_eq!(door.fills("/c/urge", &wrong(2).saying(&[("text", "x")])).status, 404);
        assert_eq!(door.uploads("/c/photos", &wrong(3).fields(), &[("a.jpg", &phone_photo(1))]).status, 404);
        assert_eq!(door.fills("/c/facts", &wrong(4).saying(&[("text", "x")])).status, 404);
        assert_eq!(door.ask("lookup", &wrong(5).shown()).status, 404);
        let locked = door.fills("/c/look", &told.fields());
        assert!(locked.status == 403 && locked.body.contains("该工单的查询已锁定"), "{locked:?}");
        assert_eq!(door.city.events(&told.no).len(), 1);
    }

    fn the_page_of_another_site_sends_nothing(test: &TestDb) {
        let door = Door::open(test);
        let told = door.brings(&request(), "0001");
        let text = told.saying(&[("text", "x")]);
        for path in ["look", "facts", "urge", "withdraw", "unsolved", "survey"] {
            let refused = door.fills_from("cross-site", &format!("/c/{path}"), &text);
            assert_eq!(refused.status, 403, "{path}");
            assert!(refused.body.contains("其他网站的页面不能代为提交") && !refused.body.contains(&told.code), "{path}");
        }
        let link = door.fills_from("same-site", &door.link_of(&told.no), &[]);
        assert_eq!(link.status, 403);
        for path in ["/c/new", "/c/photos"] {
            let body = form(&told.fields(), &[("a.jpg", &phone_photo(1))]);
            let reply = send_form(door.server.address, path, &body, &[("Sec-Fetch-Site", "cross-site")]).unwrap();
            assert_eq!(reply.status, 403, "{path}");
        }
        assert_eq!(door.city.events(&told.no).len(), 1);
    }

    fn pages_knock_as_often_as_the_interface_may(test: &TestDb) {
        let door = Door::with(&[
            ("JIESU_DATABASE__URL", &test.url), ("JIESU_PUBLIC__ASKS_PER_MINUTE", "2"), ("JIESU_PUBLIC__TICKETS_PER_HOUR", "1"),
        ]);
        let taken = door.uploads("/c/new", &wish("k1", "电梯", "13900000001"), &[NO_FILE]);
        assert_eq!(taken.status, 201, "{}", text(&taken));
        let given = hidden(&text(&taken));
        let told = Told { no: given["no"].clone(), code: given["code"].clone(), tail: given["phone_tail"].clone() };
        let next = door.uploads("/c/new", &wish("k2", "电梯", "13900000001"), &[NO_FILE]);
        assert!(next.status == 429 && next.header("retry-after").is_some() && text(&next).contains("请稍后再试"));
        // What was typed is still there, and the same form once more.
        let page = text(&next);
        assert!(page.contains("电梯</textarea>") && page.contains("value=\"王建国\"") && page.contains("value=\"complaint\" checked"), "{page}");
        assert!(hidden(&page)["key"] == "k2" && page.contains("分钟后再提交。"), "{page}");
        let many = door.uploads("/c/new", &wish("k3", "电梯", "13900000001"), &[("a.jpg", &phone_photo(1))]);
        assert!(many.status == 429 && text(&many).contains("照片需要重新选择"), "{}", text(&many));
        assert_eq!(door.fills("/c/look", &told.fields()).status, 200);
        assert_eq!(door.ask("lookup", &told.shown()).status, 200);
        let often = door.fills("/c/look", &told.fields());
        assert_eq!(often.status, 429);
        assert!(often.header("retry-after").is_some() && often.header("content-type").unwrap().starts_with("text/html"));
        assert!(often.body.contains(&format!("value=\"{}\"", told.code)), "{}", often.body);
        // Nothing of the ticket is looked at; what was written goes on in a form of its own.
        let kept = door.fills("/c/facts", &told.saying(&[("key", "k4"), ("text", "今天又<b>困住一个人")]));
        let page = kept.body.replace("&#x2f;", "/");
        assert!(kept.status == 429 && kept.header("retry-after").is_some(), "{kept:?}");
        assert!(page.contains("action=\"/c/facts\"") && page.contains("今天又&lt;b&gt;困住一个人</textarea>"), "{page}");
        let again = hidden(&page);
        assert_eq!((again["no"].as_str(), again["code"].as_str(), again["key"].as_str()), (told.no.as_str(), told.code.as_str(), "k4"));
        assert_eq!(door.city.ticket(&told.no).notes.len(), 0);
        let shown = door.uploads("/c/photos", &told.fields(), &[("a.jpg", &phone_photo(1))]);
        assert!(shown.status == 429 && text(&shown).contains(&told.code), "{}", text(&shown));
        let judged = door.fills("/c/survey/nothing", &[("contacted", "no"), ("comment", "没人来")]);
        assert!(judged.status == 429 && judged.body.contains("没人来</textarea>") && hidden(&judged.body)["contacted"] == "no", "{}", judged.body);
        assert_eq!(door.page("/c/survey/nothing").status, 429, "a link is asked about too");
    }

    fn a_form_that_is_sent_twice_is_done_once(test: &TestDb) {
        let door = Door::open(test);
        let photo = phone_photo(1);
        let send = |key: &str| {
            let reply = door.uploads("/c/new", &wish(key, "电梯", "13900000001"), &[("a.jpg", &photo)]);
            assert_eq!(reply.status, 201, "{}", text(&reply));
            hidden(&text(&reply))
        };
        let (first, again, other) = (send("k1"), send("k1"), send("k2"));
        assert_eq!((&first["no"], &first["code"]), (&again["no"], &again["code"]));
        assert_ne!(first["no"], other["no"], "another page's form is another request");
        assert_eq!(door.city.ticket(&first["no"]).attachments.len(), 1);
        let told = Told { no: first["no"].clone(), code: first["code"].clone(), tail: "0001".to_owned() };
        for _ in 0..2 {
            let seen = door.fills("/c/facts", &told.saying(&[("key", "k3"), ("text", "补充")]));
            assert_eq!(seen.status, 200, "{seen:?}");
        }
        assert_eq!(door.city.ticket(&told.no).notes.len(), 1);
    }

    fn a_photo_that_is_refused_loses_no_word(test: &TestDb) {
        let door = Door::open(test);
        let taken = door.uploads("/c/new", &wish("k1", "电梯", "13900000001"), &[("a.jpg", &phone_photo(1)), ("b.gif", b"GIF89a......")]);
        let page = text(&taken);
        assert_eq!(taken.status, 201, "{page}");
        assert!(page.contains("照片没有收下") && page.contains("第2个文件：只接受"), "{page}");
        let given = hidden(&page);
        let told = Told { no: given["no"].clone(), code: given["code"].clone(), tail: given["phone_tail"].clone() };
        assert_eq!(door.city.ticket(&told.no).attachments.len(), 0, "all or none");
        let none = door.uploads("/c/photos", &told.fields(), &[NO_FILE]);
        assert!(none.status == 422 && text(&none).contains("id=\"photos-file-wrong\""), "{}", text(&none));
        let added = door.uploads("/c/photos", &told.fields(), &[("a.jpg", &phone_photo(1))]);
        assert!(added.status == 200 && text(&added).contains("照片和材料已收到。"), "{}", text(&added));
        let typed = door.uploads("/c/photos", &told.fields(), &[("c.txt", b"hello")]);
        assert!(typed.status == 422 && text(&typed).contains("第1个文件：只接受"), "{}", text(&typed));
        assert_eq!(door.city.ticket(&told.no).attachments.len(), 1);
    }

    fn only_what_may_be_done_now_has_a_form(test: &TestDb) {
        let door = Door::open(test);
        let told = door.brings(&request(), "0001");
        let forms = || {
            let page = door.fills("/c/look", &told.fields()).body.replace("&#x2f;", "/");
            let parts = page.split("action=\"/c/").skip(1).filter_map(|rest| rest.split('"').next());
            let names: BTreeSet<String> = parts.filter(|name| *name != "look").map(str::to_owned).collect();
            names
        };
        let allowed = || {
            let seen = door.gets("lookup", &told.shown());
            let names = seen["allowed"].as_array().unwrap().iter().filter_map(Value::as_str);
            let names: BTreeSet<String> = names.map(|name| name.replace("attachments", "photos")).collect();
            names
        };
        assert_eq!(forms(), allowed());
        assert_eq!(forms().len(), 4);
        assert_eq!(door.fills("/c/unsolved", &told.saying(&[("text", "没修好")])).status, 409);
        let back = door.fills("/c/withdraw", &told.saying(&[("text", "已经好了")]));
        assert!(back.status == 200 && back.body.contains("您的诉求已经撤回。"), "{}", back.body);
        assert_eq!(forms(), allowed());
        let other = door.surveyed();
        let page = door.fills("/c/look", &other.fields()).body;
        assert!(page.contains("action=\"/c/survey\"") && page.contains("电梯已修好。"), "{page}");
    }

    fn a_survey_is_answered_by_number_and_not_solved_is_said(test: &TestDb) {
        let door = Door::open(test);
        let told = door.surveyed();
        let half = door.fills("/c/survey", &told.saying(&[("solved", "solved"), ("bottom_line", "phone_dead"), ("comment", "谢谢")]));
        assert_eq!(half.status, 422);
        assert!(half.body.contains("id=\"survey-contacted-wrong\"") && half.body.contains("id=\"survey-satisfied-wrong\""), "{}", half.body);
        assert!(half.body.contains("value=\"solved\" checked"), "{}", half.body);
        assert!(half.body.contains("value=\"phone_dead\" checked") && half.body.contains("谢谢</textarea>"), "{}", half.body);
        let answers = [("contacted", "yes"), ("solved", "solved"), ("satisfied", "basic"), ("bottom_line", "phone_dead"), ("bottom_line", "bad_attitude"), ("prompted", "no")];
        let done = door.fills("/c/survey", &told.saying(&answers));
        assert!(done.status == 200 && done.body.contains("您的评价已收到"), "{}", done.body);
        let ticket = door.city.ticket(&told.no);
        let attempt = &ticket.attempts[0];
        assert_eq!((attempt.way.as_str(), ticket.state.name()), ("web", StateName::Closed));
        let unsolved = told.saying(&[("text", "又坏了")]);
        assert_eq!(door.fills("/c/unsolved", &unsolved).status, 200);
        let again = door.fills("/c/unsolved", &unsolved);
        assert!(again.status == 409 && again.body.contains("工作人员会与您联系") && again.body.contains("又坏了"), "{}", again.body);
        assert_eq!(door.staff("agent", "GET", "inbox", &json!({})).json()["items"].as_array().unwrap().len(), 1);
    }

    fn the_link_of_the_letter_opens_the_questions_and_nothing_else(test: &TestDb) {
        let door = Door::open(test);
        let told = door.surveyed();
        let link = door.link_of(&told.no);
        let page = door.page(&link);
        assert_eq!(page.status, 200, "{page:?}");
        assert!(page.body.contains("电梯已修好。") && page.body.contains("name=\"satisfied\"") && !page.body.contains("<script"));
        assert!(!page.body.contains("name=\"code\"") && !page.body.contains("电梯停运"), "{}", page.body);
        let half = door.fills(&link, &[("contacted", "no"), ("comment", "没人来")]);
        assert!(half.status == 422 && half.body.contains("id=\"f-solved-wrong\"") && half.body.contains("没人来"), "{}", half.body);
        assert!(half.body.contains("value=\"no\" checked"));
        let good = [("contacted", "yes"), ("solved", "solved"), ("satisfied", "satisfied")];
        let thanks = door.fills(&link, &good);
        assert!(thanks.status == 200 && thanks.body.contains("您的评价已收到，感谢您的参与。"), "{}", thanks.body);
        assert_eq!(door.city.state(&told.no), StateName::Closed);
        assert_eq!((door.page(&link).status, door.fills(&link, &good).status), (409, 409));
        let none = door.page("/c/survey/nothing");
        assert!(none.status == 404 && none.body.contains("链接无效"), "{none:?}");

        let mut secret = request();
        jiesu::ticket::event::apply(&mut secret, &json!({ "caller": { "confidential": true } }));
        let told = door.brings(&secret, "0001");
        door.city.dispatcher().does(&told.no, "dispatch", json!({ "lead": "wuye" }));
        door.city.works(&told.no, "wuye", 1);
        door.city.handler("wuye").does(&told.no, "reply", json!({ "text": "电梯已修好。" }));
        door.city.reviewer().does(&told.no, "review", json!({ "pass": true }));
        let page = door.page(&door.link_of(&told.no));
        assert!(page.status == 200 && !page.body.contains("电梯已修好") && !page.body.contains("wuye单位"), "{page:?}");
    }

    fn nothing_of_a_citizen_stands_in_an_address(test: &TestDb) {
        let door = Door::open(test);
        let told = door.surveyed();
        let page = door.fills("/c/look", &told.fields()).body.replace("&#x2f;", "/");
        for name in ["href=\"", "action=\""] {
            for address in page.split(name).skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(!address.contains(&told.no) && !address.contains(&told.code), "{address}");
            }
        }
        assert!(!page.contains("method=\"get\""));
        // The address of an answer, opened again, is the form that leads to it.
        for path in ["facts", "photos", "urge", "withdraw", "unsolved", "survey"] {
            let answer = door.page(&format!("/c/{path}"));
            assert_eq!((answer.status, answer.header("location")), (303, Some("/c/look")), "{path}");
        }
        let none = door.page("/c/none");
        assert!(none.status == 404 && none.header("content-type").unwrap().starts_with("text/html"));
    }
}
