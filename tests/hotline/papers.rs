//! Papers 文书 and the dossier 一单一档 as their readers ask for them: what each says, its number, who gets it and what is
//! noted of it.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, bad, draft_with};
use crate::support::databases::on_each_database;
use crate::support::folder::Folder;
use crate::support::server::Server;

/// The city in a running server, and a token for everyone.
struct Desk {
    server: Server,
    city: City,
    badges: BTreeMap<String, String>,
}

impl Desk {
    fn open(url: &str) -> Self {
        Self::with(&[("JIESU_DATABASE__URL", url)])
    }

    fn with(keys: &[(&str, &str)]) -> Self {
        let server = Server::start(keys);
        let city = City::served(&server);
        let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
        Self { server, city, badges }
    }

    fn asks(&self, who: &str, method: &str, path: &str, body: &str) -> (u16, Vec<u8>) {
        let mut stream: TcpStream = self.server.connect();
        let head = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{body}",
            self.badges[who],
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let at = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let status = std::str::from_utf8(&bytes[9..12]).unwrap().parse().unwrap();
        (status, bytes.split_off(at + 4))
    }

    fn json(&self, who: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let (status, bytes) = self.asks(who, method, path, &text);
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    fn gets(&self, who: &str, path: &str) -> Value {
        let (status, answer) = self.json(who, "GET", path, &Value::Null);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    fn tries(&self, who: &str, kind: &str, tickets: &[&str]) -> (u16, Value) {
        let body = json!({ "kind": kind, "tickets": tickets, "reason": "邮寄书面答复" });
        self.json(who, "POST", "/papers", &body)
    }

    /// The ids and numbers of papers that are made.
    fn makes(&self, who: &str, kind: &str, tickets: &[&str]) -> Vec<(String, String)> {
        let (status, answer) = self.tries(who, kind, tickets);
        assert_eq!(status, 201, "{kind}: {answer}");
        let word = |item: &Value, key: &str| item[key].as_str().unwrap().to_owned();
        let items = answer["items"].as_array().unwrap();
        items.iter().map(|item| (word(item, "id"), word(item, "no"))).collect()
    }

    /// The words of a paper.
    fn reads(&self, who: &str, id: &str) -> String {
        let (status, bytes) = self.asks(who, "GET", &format!("/papers/{id}.docx"), "");
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&bytes));
        words(&bytes)
    }

    fn refused(&self, who: &str, id: &str) -> (u16, String) {
        let (status, answer) = self.json(who, "GET", &format!("/papers/{id}.docx"), &Value::Null);
        (status, answer["code"].as_str().unwrap_or_default().to_owned())
    }

    fn purposes(&self, no: &str) -> Vec<String> {
        let all = self.gets("reviewer", &format!("/tickets/{no}/readers"));
        let reveals =
            all["items"].as_array().unwrap().iter().filter(|it| it["what"] == "ticket.reveal");
        reveals.map(|it| it["purpose"].as_str().unwrap().to_owned()).collect()
    }
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// The text of a Word file, a line a paragraph.
fn words(bytes: &[u8]) -> String {
    let xml = part(bytes, "word/document.xml");
    let texts = |part: &str| {
        let texts = part.split("<w:t xml:space=\"preserve\">").skip(1);
        texts.filter_map(|rest| rest.split("</w:t>").next()).collect::<String>()
    };
    xml.split("</w:p>").map(texts).collect::<Vec<_>>().join("\n")
}

on_each_database! {
    fn a_paper_to_a_unit_says_the_matter_and_its_limits_and_nobody(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let content = "我是张三，电话13900000001，电梯停运。";
        let no = desk.city.agent().registers(draft_with(&json!({ "matter": { "content": content } })));
        desk.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye", "assists": ["baozhang"] }));
        let [(id, number)] = desk.makes("dispatcher", "assign", &[&no]).try_into().unwrap();
        assert_eq!(number, "接诉交〔2026〕1号");
        let paper = desk.reads("dispatcher", &id);
        for word in [number.as_str(), &no, "电梯停运", "2026年11月9日24时", "2026年11月2日"] {
            assert!(paper.contains(word), "{word}: {paper}");
        }
        assert!(!paper.contains("张三") && !paper.contains("13900000001"), "{paper}");
        // The unit prints what it was sent; another does not know of it; nobody's name was shown.
        assert_eq!(desk.reads("handler@wuye", &id), paper);
        assert_eq!(desk.refused("handler@baozhang", &id).0, 404);
        assert_eq!(desk.refused("agent", &id).0, 404);
        assert!(desk.purposes(&no).is_empty());
        // One unit's part is named by its id.
        let [(id, number)] = desk.makes("leader", "assign", &[&format!("{no}-2")]).try_into().unwrap();
        assert_eq!(number, "接诉交〔2026〕2号");
        assert!(desk.reads("handler@baozhang", &id).contains("协办"));
        let listed = desk.gets("dispatcher", &format!("/papers?ticket={no}"));
        assert_eq!(listed["items"].as_array().unwrap().len(), 2);
        assert_eq!(desk.gets("handler@baozhang", &format!("/papers?ticket={no}"))["items"].as_array().unwrap().len(), 1);
    }

    fn of_a_complaint_a_paper_to_a_unit_says_neither_title_nor_content(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let matter = json!({ "kind": "complaint", "matter": { "title": "楼上502漏水", "content": "楼上502漏水多次投诉" } });
        let no = desk.city.agent().registers(draft_with(&matter));
        desk.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
        desk.city.reviewer().does(&no, "supervise", json!({ "step": "supervise", "text": "502住户的漏水请尽快处理" }));
        for kind in ["assign", "supervise"] {
            let [(id, _)] = desk.makes("reviewer", kind, &[&no]).try_into().unwrap();
            let paper = desk.reads("reviewer", &id);
            assert!(paper.contains(&no) && paper.contains("按保密要求"), "{kind}: {paper}");
            assert!(!paper.contains("502"), "{kind}: {paper}");
        }
    }

    fn each_unit_of_a_joint_supervision_reads_the_letter_to_itself(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let no = desk.city.taken();
        desk.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye", "assists": ["weixiu"] }));
        let joint = json!({ "step": "supervise", "text": "联合督办", "units": ["wuye", "weixiu"] });
        desk.city.reviewer().does(&no, "supervise", joint);
        let [(id, _)] = desk.makes("reviewer", "supervise", &[&no]).try_into().unwrap();
        let lead = desk.reads("handler@wuye", &id);
        assert_eq!(desk.reads("reviewer", &id), lead);
        let other = desk.reads("handler@weixiu", &id);
        assert!(other.contains("联合督办") && other != lead, "{other}");
        assert_eq!(desk.refused("handler@baozhang", &id).0, 404);
    }

    fn what_became_secret_since_is_not_printed_any_more(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let no = desk.city.sent_to("wuye");
        let [(id, _)] = desk.makes("dispatcher", "assign", &[&no]).try_into().unwrap();
        assert!(desk.reads("dispatcher", &id).contains("请修"));
        let caller = json!({ "name": "张三", "phone": "13900000001", "confidential": true });
        desk.city.dispatcher().does(&no, "amend", json!({ "fields": { "caller": caller }, "reason": "诉求人要求保密" }));
        assert!(!desk.reads("dispatcher", &id).contains("请修"));
    }

    fn a_reply_to_the_citizen_is_a_reveal_each_time_and_needs_a_reason_of_the_day(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let no = desk.city.passed("wuye");
        let body = json!({ "kind": "reply", "tickets": [no] });
        let (status, answer) = desk.json("agent", "POST", "/papers", &body);
        assert_eq!((status, answer["errors"][0]["pointer"].as_str()), (422, Some("/reason")));
        let [(id, number)] = desk.makes("agent", "reply", &[&no]).try_into().unwrap();
        assert_eq!(number, "接诉函〔2026〕1号");
        assert_eq!(desk.purposes(&no), ["邮寄书面答复"]);
        let paper = desk.reads("agent", &id);
        assert!(paper.contains("张三：") && paper.contains("已修好") && paper.contains("诉求的复函"), "{paper}");
        assert_eq!(desk.purposes(&no).len(), 2);
        // Somebody else, or another day: a reason first.
        assert_eq!(desk.refused("reviewer", &id), (403, "paper.reason_needed".to_owned()));
        assert_eq!(desk.refused("leader", &id).0, 404);
        assert_eq!(desk.refused("handler@wuye", &id).0, 404);
        let reason = json!({ "reason": "补寄，联系13900000001" });
        let (status, _) = desk.json("reviewer", "POST", &format!("/papers/{id}/reveal"), &reason);
        assert_eq!(status, 204);
        assert_eq!(desk.reads("reviewer", &id), paper);
        assert!(desk.purposes(&no).iter().all(|purpose| !purpose.contains("13900000001")));
        desk.city.days(1);
        assert_eq!(desk.refused("agent", &id), (403, "paper.reason_needed".to_owned()));
    }

    fn a_paper_says_next_week_what_it_said_then(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let city = &desk.city;
        let no = city.passed("wuye");
        let [(id, _)] = desk.makes("agent", "reply", &[&no]).try_into().unwrap();
        let then = desk.reads("agent", &id);
        city.hours(1);
        city.surveyor().does(&no, "survey", bad());
        city.reviewer().does(&no, "triage", json!({ "why": "poor_work", "rework": true }));
        city.handler("wuye").does(&no, "reply", json!({ "text": "重新更换主板" }));
        city.reviewer().does(&no, "review", json!({ "pass": true }));
        assert_eq!(desk.reads("agent", &id), then);
        let [(second, number)] = desk.makes("agent", "reply", &[&no]).try_into().unwrap();
        assert_eq!(number, "接诉函〔2026〕2号");
        assert!(desk.reads("agent", &second).contains("重新更换主板"));
    }

    fn extensions_granted_and_refused_and_a_decline_are_told(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let city = &desk.city;
        for (approve, word) in [(true, "延长至2026年11月16日"), (false, "未予同意")] {
            let no = city.handled_by("wuye");
            assert_eq!(desk.tries("agent", "extend", &[&no]).1["code"], "paper.nothing_to_say");
            let asks = json!({ "until": "2026-11-16", "grounds": "等待配件", "caller_told": true });
            city.handler("wuye").works(&no, 1, "extend", asks);
            city.head("wuye").works(&no, 1, "endorse", json!({ "request": "extend", "approve": true }));
            let decides = json!({ "approve": approve, "reason": "按规定" });
            city.reviewer().works(&no, 1, "extend/decide", decides);
            let [(id, _)] = desk.makes("agent", "extend", &[&no]).try_into().unwrap();
            let paper = desk.reads("agent", &id);
            assert!(paper.contains("张三：") && paper.contains("2026年11月9日") && paper.contains(word), "{paper}");
        }
        let no = city.taken();
        city.agent().does(&no, "decline", json!({ "reason": "legal_or_petition", "told": "电话告知" }));
        let [(id, number)] = desk.makes("reviewer", "decline", &[&no]).try_into().unwrap();
        assert_eq!(number, "接诉不〔2026〕1号");
        let paper = desk.reads("reviewer", &id);
        assert!(paper.contains("已进入司法或信访程序") && paper.contains("张三："), "{paper}");
    }

    fn numbers_have_no_gap_where_a_request_is_refused_and_each_kind_its_own(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let (one, two) = (desk.city.sent_to("wuye"), desk.city.sent_to("wuye"));
        let open = desk.city.taken();
        let made = desk.makes("dispatcher", "assign", &[&one, &two]);
        assert_eq!([made[0].1.as_str(), &made[1].1], ["接诉交〔2026〕1号", "接诉交〔2026〕2号"]);
        // The second has no unit: neither gets a number.
        let (status, refused) = desk.tries("dispatcher", "assign", &[&one, &open]);
        assert_eq!((status, refused["code"].as_str()), (409, Some("paper.nothing_to_say")));
        assert_eq!(refused["state"], "accepted");
        let (status, refused) = desk.tries("dispatcher", "assign", &[&one, "2026-999999", &one]);
        assert_eq!((status, refused["errors"][0]["pointer"].as_str()), (422, Some("/tickets/2")));
        let (status, refused) = desk.tries("dispatcher", "assign", &[&one, "2026-999999"]);
        assert_eq!((status, refused["errors"][0]["code"].as_str()), (422, Some("field.unknown_code")));
        assert_eq!(desk.makes("dispatcher", "assign", &[&two])[0].1, "接诉交〔2026〕3号");
        assert_eq!(desk.makes("dispatcher", "ledger", &[&one, &two])[0].1, "接诉台〔2026〕1号");
        desk.city.days(60);
        assert_eq!(desk.makes("dispatcher", "assign", &[&two])[0].1, "接诉交〔2027〕1号");
        for (who, kind, status) in [("agent", "assign", 403), ("leader", "reply", 403), ("surveyor", "ledger", 403), ("auditor", "assign", 403), ("handler@wuye", "ledger", 403)] {
            assert_eq!(desk.tries(who, kind, &[&one]).0, status, "{who} {kind}");
        }
    }

    fn a_register_holds_the_tickets_that_its_maker_sees(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let (one, two, other) = (desk.city.closed("wuye"), desk.city.sent_to("wuye"), desk.city.sent_to("baozhang"));
        let [(id, _)] = desk.makes("unit_head@wuye", "ledger", &[&one, &two]).try_into().unwrap();
        let register = desk.reads("unit_head@wuye", &id);
        for word in [one.as_str(), &two, "办结", "承办中", "已解决"] {
            assert!(register.contains(word), "{word}: {register}");
        }
        assert!(!register.contains("张三") && !register.contains("13900000001"));
        let (status, refused) = desk.tries("unit_head@wuye", "ledger", &[&one, &other]);
        assert_eq!((status, refused["errors"][0]["pointer"].as_str()), (422, Some("/tickets/1")));
        assert_eq!(desk.refused("unit_head@baozhang", &id).0, 404);
        assert_eq!(desk.refused("unit_head@wuye", "12").0, 404);
    }

    fn several_papers_come_as_one_file_or_one_a_file(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let (one, two) = (desk.city.sent_to("wuye"), desk.city.sent_to("wuye"));
        let made = desk.makes("dispatcher", "assign", &[&one, &two]);
        let path = format!("/papers/batch?ids={},{}", made[0].0, made[1].0);
        let (status, bytes) = desk.asks("dispatcher", "GET", &path, "");
        let all = words(&bytes);
        assert!(status == 200 && all.contains(&one) && all.contains(&two), "{all}");
        assert_eq!(part(&bytes, "word/document.xml").matches("<w:sectPr>").count(), 2);
        let (_, bytes) = desk.asks("dispatcher", "GET", &format!("{path}&format=zip"), "");
        assert_eq!(zip::ZipArchive::new(Cursor::new(bytes)).unwrap().len(), 2);
        assert_eq!(desk.asks("dispatcher", "GET", "/papers/batch?ids=1,x", "").0, 404);
    }

    fn a_sites_own_word_file_takes_the_place_of_ours_and_a_wrong_one_does_not(test: &TestDb) {
        let folder = Folder::new();
        let name = folder.path().display().to_string();
        let desk = Desk::with(&[("JIESU_DATABASE__URL", &test.url), ("JIESU_PAPERS__TEMPLATES", &name), ("JIESU_PAPERS__MARK", "徐建热")]);
        let no = desk.city.sent_to("wuye");
        let [(id, number)] = desk.makes("dispatcher", "assign", &[&no]).try_into().unwrap();
        assert_eq!(number, "徐建热交〔2026〕1号");
        let (_, ours) = desk.asks("sysadmin", "GET", "/papers/templates/assign.docx", "");
        assert!(words(&ours).contains("{{ no }}"));
        let lay = |body: &str| {
            let mut file = zip::ZipWriter::new(std::fs::File::create(folder.path().join("assign.docx")).unwrap());
            file.start_file("word/document.xml", zip::write::SimpleFileOptions::default()).unwrap();
            file.write_all(format!("<w:document xmlns:w=\"w\"><w:body>{body}<w:sectPr/></w:body></w:document>").as_bytes()).unwrap();
            file.finish().unwrap();
        };
        // As Word leaves it: one place in three runs.
        lay("<w:p><w:r><w:t>我局样式 {{</w:t></w:r><w:r><w:t> no</w:t></w:r><w:r><w:t> }}</w:t></w:r></w:p>");
        assert_eq!(desk.reads("dispatcher", &id).trim(), "我局样式 徐建热交〔2026〕1号");
        assert!(desk.server.app.papers.templates.faults().is_empty());
        lay("<w:p><w:r><w:t>{{ nobody }}</w:t></w:r></w:p>");
        assert!(desk.reads("dispatcher", &id).contains("诉求交办单"));
        assert_eq!(desk.server.app.papers.templates.faults()[0].0, "assign.docx");
    }

    fn the_dossier_is_one_page_with_all_that_its_reader_may_see(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let city = &desk.city;
        let hostile = json!({ "matter": { "content": "<script>alert(1)</script>我是张三" } });
        let no = city.agent().registers(draft_with(&hostile));
        city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye", "assists": ["baozhang"] }));
        city.works(&no, "wuye", 1);
        city.handler("wuye").does(&no, "reply", json!({ "text": "已修好", "assists_summary": "无" }));
        city.reviewer().does(&no, "review", json!({ "pass": true }));
        city.hours(1);
        city.surveyor().does(&no, "survey", bad());
        city.reviewer().does(&no, "triage", json!({ "why": "no_money", "rework": false }));
        let other = city.closed("wuye");
        let whole = desk.gets("reviewer", &format!("/tickets/{no}/dossier?format=json"));
        let history = whole["history"].as_array().unwrap();
        let steps: Vec<&str> = history.iter().map(|step| step["what"].as_str().unwrap()).collect();
        assert_eq!(steps, ["登记受理", "派单", "签收", "联系诉求人", "答复", "审核", "回访", "研判"]);
        let decided: Vec<&str> = whole["decisions"].as_array().unwrap().iter().map(|it| it["outcome"].as_str().unwrap()).collect();
        assert_eq!(decided, ["通过", "维持结果"]);
        assert!(whole["limits"].as_array().unwrap().iter().any(|it| it["name"] == "办理时限" || it["explained"]["clock"] == "handle"));
        // Of two answers one is bad: solved 1 of 2 and satisfied 1.9 of 2; without it all is well.
        let score = &whole["score"];
        assert_eq!((score["unit"].as_str(), score["window"].as_str(), score["counts"].as_bool()), (Some("wuye"), Some("2026-11"), Some(true)));
        let near = |key: &str, value: f64| assert!((score[key].as_f64().unwrap() - value).abs() < 1e-9, "{score}");
        near("with", 73.0);
        near("without", 100.0);
        near("points", -27.0);
        let (status, page) = desk.asks("reviewer", "GET", &format!("/tickets/{no}/dossier"), "");
        let page = String::from_utf8(page).unwrap();
        assert_eq!(status, 200);
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
        assert!(page.contains("73.00") && page.contains("-27.00") && page.contains("未解决"), "{page}");
        assert!(!page.contains("张三") && !page.contains("13900000001") && !page.contains("http"), "{page}");
        // An assist unit sees the page, and not the score of the lead; who sees no ticket sees no page.
        let theirs = desk.gets("handler@baozhang", &format!("/tickets/{no}/dossier?format=json"));
        assert!(theirs["score"].is_null());
        assert!(desk.gets("handler@wuye", &format!("/tickets/{other}/dossier?format=json"))["score"]["with"].is_number());
        assert_eq!(desk.asks("handler@baozhang", "GET", &format!("/tickets/{other}/dossier"), "").0, 404);
        assert_eq!(desk.asks("auditor", "GET", &format!("/tickets/{no}/dossier"), "").0, 404);
        let readers = desk.gets("reviewer", &format!("/tickets/{no}/readers"));
        assert!(readers["items"].as_array().unwrap().iter().any(|it| it["user"] == "handler@baozhang" && it["what"] == "ticket.open"));
    }
}
