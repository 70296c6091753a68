//! Lists that leave as sheets: what is in them, who had them, and what two people must agree on.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, bad, draft_with, people_of_a_server};
use crate::support::databases::on_each_database;
use crate::support::folder::Folder;
use crate::support::form::{Reply, send};
use crate::support::server::Server;

/// A served city, and a badge for everybody.
pub struct House {
    pub server: Server,
    pub city: City,
    badges: BTreeMap<String, String>,
}

impl House {
    pub fn on(url: &str, keys: &[(&str, &str)]) -> Self {
        let keys = [&[("JIESU_DATABASE__URL", url)][..], keys].concat();
        let server = Server::start(&keys);
        let city = City::served(&server);
        let badges = badges::issue(&server.app, people_of_a_server().iter());
        Self { server, city, badges }
    }

    fn ask(&self, who: &str, method: &str, path: &str, body: &str) -> Reply {
        let badge = format!("Bearer {}", self.badges[who]);
        let path = format!("/api/v1{path}");
        let headers = [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
        let mut reply =
            send(self.server.address, (method, &path), &headers, body.as_bytes()).unwrap();
        if reply.header("transfer-encoding") == Some("chunked") {
            reply.body = joined(&reply.body);
        }
        reply
    }

    pub fn get(&self, who: &str, path: &str) -> Reply {
        self.ask(who, "GET", path, "")
    }

    pub fn post(&self, who: &str, path: &str, body: &Value) -> Reply {
        self.ask(who, "POST", path, &body.to_string())
    }

    /// The rows of a CSV, without the mark at its beginning.
    pub fn csv(&self, who: &str, path: &str) -> Vec<Vec<String>> {
        let reply = self.get(who, path);
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        rows(&reply.body)
    }

    /// The numbers of a list, page by page.
    fn list(&self, who: &str, query: &str) -> Vec<String> {
        let (mut numbers, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.get(who, &format!("/tickets?limit=2{query}{after}")).json();
            let items = page["items"].as_array().unwrap();
            numbers.extend(items.iter().map(|item| item["no"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { return numbers };
            after = format!("&after={next}");
        }
    }

    /// Asked by the reviewer and agreed to by the keeper.
    pub fn approved(&self, body: &Value) -> String {
        let asked = self.post("reviewer", "/exports", body);
        assert_eq!(asked.status, 201, "{}", String::from_utf8_lossy(&asked.body));
        let id = asked.json()["id"].as_str().unwrap().to_owned();
        let path = format!("/exports/{id}/approve");
        let agreed = self.post("secadmin", &path, &json!({ "reason": "属实" }));
        assert_eq!(agreed.json()["state"], "approved");
        id
    }
}

/// The rows of a CSV, without the mark at its beginning.
pub fn rows(body: &[u8]) -> Vec<Vec<String>> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").expect("the mark of UTF-8");
    let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text);
    let record = |row: Result<csv::StringRecord, csv::Error>| {
        row.unwrap().iter().map(str::to_owned).collect()
    };
    reader.records().map(record).collect()
}

/// A chunked body without its lengths; it must have its end.
pub fn joined(mut bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = bytes.windows(2).position(|it| it == b"\r\n").expect("a length");
        let length =
            usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        bytes = &bytes[end + 2..];
        if length == 0 {
            return whole;
        }
        whole.extend_from_slice(&bytes[..length]);
        bytes = &bytes[length + 2..];
    }
}

fn code(reply: &Reply) -> (u16, String) {
    (reply.status, reply.code())
}

on_each_database! {
    fn an_agents_sheet_has_every_page_of_the_list_in_its_order_masked_and_marked(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        for n in 0..5 {
            let content = format!("=HYPERLINK(\"http://x\")第{n}次，电话13900000001，找张三");
            house.city.agent().registers(draft_with(&json!({ "matter": { "content": content } })));
            house.city.hours(1);
        }
        for query in ["", "&sort=received_at", "&sort=due_at", "&state=accepted&kind=help"] {
            let sheet = house.csv("agent", &format!("/tickets.csv?{}", query.trim_start_matches('&')));
            let listed = house.list("agent", query);
            let (head, rest) = sheet.split_first().unwrap();
            let (mark, lines) = rest.split_last().unwrap();
            assert_eq!((head[0].as_str(), head[1].as_str()), ("工单编号", "状态"));
            let numbers: Vec<&str> = lines.iter().map(|line| line[0].as_str()).collect();
            assert_eq!(numbers, listed, "{query}");
            assert_eq!(listed.len(), 5);
            let whole = format!("{sheet:?}");
            assert!(!whole.contains("13900000001") && !whole.contains("张三"), "{whole}");
            let title = head.iter().position(|name| name == "标题").unwrap();
            assert!(lines.iter().all(|line| line[title].starts_with("'=")), "{whole}");
            assert!(mark[0].contains("导出人：agent") && mark[0].contains("全部工单"), "{}", mark[0]);
            assert!(mark[0].ends_with("共5条"), "{}", mark[0]);
        }
        let reply = house.get("agent", "/tickets.csv");
        assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8"));
        assert!(reply.header("content-disposition").unwrap().starts_with("attachment; filename=\"tickets-2026"));
        let trail = house.get("auditor", "/audit?action=export").json();
        let entries = trail["items"].as_array().unwrap();
        assert_eq!(entries.len(), 5);
        let detail = entries[1]["detail"].as_str().unwrap();
        assert!(detail.starts_with("rows=5 ") && detail.contains("kind=help"), "{detail}");
        assert_eq!((&entries[0]["account"], &entries[0]["subject"]), (&json!("agent"), &json!("tickets.csv")));
    }

    fn a_workbook_has_the_same_as_the_csv(test: &TestDb) {
        let (house, folder) = (House::on(&test.url, &[]), Folder::new());
        for _ in 0..3 {
            house.city.sent_to("weixiu");
        }
        house.city.taken();
        let csv = house.csv("handler@weixiu", "/tickets.csv");
        assert_eq!(csv.len(), 1 + 3 + 1);
        assert!(csv[4][0].contains("weixiu单位及下属单位"), "{:?}", csv[4]);
        let reply = house.get("handler@weixiu", "/tickets.xlsx");
        assert_eq!(reply.status, 200);
        let path = folder.path().join("a.xlsx");
        std::fs::write(&path, &reply.body).unwrap();
        let grid = jiesu::sheet::read(&path, None).unwrap();
        let texts = |row: &jiesu::sheet::Row| -> Vec<String> {
            row.cells.iter().map(|cell| cell.text().into_owned()).collect()
        };
        let book: Vec<Vec<String>> = grid.rows.iter().map(texts).collect();
        for (one, other) in csv.iter().zip(&book).take(4) {
            let shown = |row: &[String]| row.join("|").trim_end_matches('|').to_owned();
            assert_eq!(shown(one), shown(other));
        }
        assert_eq!(book.len(), csv.len());
        let left = std::fs::read_dir(house.server.app.config.data_dir.join("exports")).unwrap();
        assert_eq!(left.count(), 0, "nothing is left beside");
    }

    fn who_sees_no_list_gets_no_sheet_and_nobody_gets_a_page_of_one(test: &TestDb) {
        let house = House::on(&test.url, &[("JIESU_EXPORTS__AT_ONCE", "1")]);
        house.city.taken();
        for who in ["sysadmin", "secadmin", "auditor"] {
            assert_eq!(house.get(who, "/tickets.csv").status, 403, "{who}");
        }
        for (path, told) in [
            ("/tickets.csv?limit=1", "export.whole"),
            ("/tickets.xlsx?after=1.1", "export.whole"),
            ("/tickets.csv?unit=nobody", "field.unknown_code"),
            ("/tickets.csv?colour=1", "field.unknown"),
            ("/rates.csv?window=2026-10&compare=year", "field.unknown"),
        ] {
            assert_eq!(code(&house.get("agent", path)), (422, told.to_owned()), "{path}");
        }
        let turn = house.server.app.exports.enter(-1).unwrap();
        let full = house.get("agent", "/tickets.csv");
        assert_eq!(code(&full), (429, "export.too_many".to_owned()));
        assert_eq!(full.header("retry-after"), Some("30"));
        drop(turn);
        assert_eq!(house.get("agent", "/tickets.csv").status, 200);
        let found = house.csv("agent", "/search.csv?q=%E7%94%B5%E6%A2%AF");
        assert_eq!(found.len(), 3, "{found:?}");
        // What was searched for may be a name: neither the sheet nor the trail has it.
        let mark = &found[2][0];
        assert!(mark.contains("检索词已略") && !mark.contains("电梯"), "{mark}");
        let trail = house.get("auditor", "/audit?action=export").json();
        let items = trail["items"].as_array().unwrap();
        let entry = items.iter().find(|one| one["subject"] == "search.csv").unwrap();
        let detail = entry["detail"].as_str().unwrap();
        assert!(detail.contains("检索词已略") && !detail.contains("电梯"), "{detail}");
    }

    fn the_table_of_figures_is_the_same_as_a_sheet(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        house.city.closed("weixiu");
        let sheet = house.csv("leader", "/rates.csv?window=2026-11");
        let rates = house.get("leader", "/rates?window=2026-11").json();
        let at = |name: &str| sheet[0].iter().position(|it| it == name).unwrap();
        let of = |key: &str| sheet.iter().find(|row| row[0] == key).unwrap();
        let row = rates["rows"].as_array().unwrap().iter().find(|row| row["key"] == "weixiu").unwrap();
        let satisfied = &row["metrics"]["satisfaction_rate"];
        assert_eq!(of("weixiu")[at("满意率·分子")], satisfied["num"].as_f64().unwrap().to_string());
        assert_eq!(of("weixiu")[at("满意率·分母")], satisfied["den"].to_string());
        assert_eq!(of("baozhang")[at("满意率·值（satisfaction_rate@1）")], "—");
        assert_eq!(sheet.len(), rates["rows"].as_array().unwrap().len() + 3, "head, total and mark");
        assert!(!sheet[0].iter().any(|it| it.contains("same_mix")), "nobody asked");
    }

    fn the_sheet_of_figures_has_the_same_mix_where_it_is_asked_for(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        house.city.closed("weixiu");
        house.city.hours(1);
        let no = house.city.passed("wuye");
        house.city.surveyor().does(&no, "survey", bad());
        let sheet = house.csv("leader", "/rates.csv?window=2026-11&same_mix=true");
        let at = |name: &str| sheet[0].iter().position(|it| it == name).unwrap();
        let of = |key: &str| sheet.iter().find(|row| row[0] == key).unwrap();
        let rates = house.get("leader", "/rates?window=2026-11&same_mix=true").json();
        let rows = rates["rows"].as_array().unwrap();
        let wuye = rows.iter().find(|row| row["key"] == "wuye").unwrap();
        let solved = &wuye["same_mix"]["resolution_rate"];
        for (name, field) in
            [("同类期望", "expected"), ("与同类之差", "difference"), ("与同类之差下限", "low"), ("与同类之差上限", "high")]
        {
            let column = at(&format!("解决率·{name}（resolution_rate.same_mix@1）"));
            let there: f64 = of("wuye")[column].parse().unwrap();
            assert!((there - solved[field].as_f64().unwrap()).abs() < 1e-9, "{name}: {there}");
            assert_eq!(of("baozhang")[column], "—", "{name}");
        }
        let lengths: Vec<usize> = sheet[..sheet.len() - 1].iter().map(Vec::len).collect();
        assert!(lengths.iter().all(|it| *it == lengths[0]), "{lengths:?}");
        let wrong = house.get("leader", "/rates.csv?window=2026-11&same_mix=true&group_by=estate");
        assert_eq!(wrong.status, 422);
    }

    fn an_export_in_clear_takes_two_people_and_is_had_once(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        let no = house.city.taken();
        let body = json!({ "filters": { "kind": "help" }, "format": "csv", "reason": "应巡察组要求，联系人13900000001" });
        for who in ["agent", "handler@wuye", "secadmin", "sysadmin", "assessor"] {
            assert_eq!(house.post(who, "/exports", &body).status, 403, "{who}");
        }
        let asked = house.post("reviewer", "/exports", &body);
        assert_eq!(asked.status, 201);
        let view = asked.json();
        assert_eq!((&view["state"], &view["tickets"]), (&json!("asked"), &json!(1)));
        assert!(!view["reason"].as_str().unwrap().contains("13900000001"));
        let path = format!("/exports/{}", view["id"].as_str().unwrap());
        let file = format!("{path}/file");
        assert_eq!(house.get("leader", &path).status, 404);
        assert_eq!(code(&house.get("reviewer", &file)), (409, "export.not_approved".to_owned()));
        let why = json!({ "reason": "属实" });
        let approve = format!("{path}/approve");
        assert_eq!(house.post("reviewer", &approve, &why).status, 403);
        assert_eq!(house.post("leader", &approve, &why).status, 404);
        assert_eq!(house.post("secadmin", &approve, &why).json()["state"], "approved");
        assert_eq!(code(&house.post("secadmin", &approve, &why)), (409, "export.decided".to_owned()));
        assert_eq!(house.get("secadmin", &file).status, 404);

        // What came in since it was asked was not asked for.
        house.city.hours(1);
        house.city.taken();
        let sheet = house.csv("reviewer", &file);
        assert_eq!(sheet.len(), 3, "{sheet:?}");
        let at = |name: &str| sheet[0].iter().position(|it| it == name).unwrap();
        assert_eq!((sheet[1][0].as_str(), sheet[1][at("电话")].as_str()), (no.as_str(), "13900000001"));
        assert_eq!(sheet[1][at("姓名")], "张三");
        let mark = &sheet[2][0];
        assert!(mark.contains("申请人：reviewer") && mark.contains("批准人：secadmin"), "{mark}");
        assert_eq!(code(&house.get("reviewer", &file)), (409, "export.had".to_owned()));

        let readers = house.get("leader", &format!("/tickets/{no}/readers")).json();
        let seen = readers["items"].as_array().unwrap().iter()
            .find(|one| one["what"] == "ticket.clear_export").expect("in clear").clone();
        assert_eq!(seen["user"], "reviewer");
        assert!(seen["purpose"].as_str().unwrap().contains("巡察组"));
        let trail = house.get("auditor", "/audit").json();
        let told: Vec<&str> = trail["items"].as_array().unwrap().iter()
            .map(|one| one["action"].as_str().unwrap()).collect();
        for step in ["export.ask", "export.approve", "ticket.clear_export"] {
            assert_eq!(told.iter().filter(|one| **one == step).count(), 1, "{step} in {told:?}");
        }
    }

    fn what_was_not_agreed_to_does_not_leave_in_clear(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        house.city.sent_to("weixiu");
        let waiting = house.city.taken();
        let body = json!({ "filters": { "state": "in_units" }, "format": "csv", "reason": "抽查" });
        let path = format!("/exports/{}", house.approved(&body));
        house.city.dispatcher().does(&waiting, "dispatch", json!({ "lead": "weixiu" }));
        let refused = house.get("reviewer", &format!("{path}/file"));
        assert_eq!(code(&refused), (409, "export.changed".to_owned()));
        let told = String::from_utf8_lossy(&refused.body);
        assert!(told.contains("批准1件，现有2件"), "{told}");
        // Nothing was had, and nothing is in the trail as if it had been.
        assert_eq!(house.get("reviewer", &path).json()["state"], "approved");
        let readers = house.get("leader", &format!("/tickets/{waiting}/readers")).json();
        assert!(!readers.to_string().contains("ticket.clear_export"), "{readers}");
        let anew = house.approved(&body);
        assert_eq!(house.csv("reviewer", &format!("/exports/{anew}/file")).len(), 4);
    }

    fn an_export_in_clear_waits_for_a_day_and_not_for_a_no(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        house.city.taken();
        let body = json!({ "format": "xlsx", "reason": "抽查" });
        let id = house.approved(&body);
        house.city.clock.forward(TimeDelta::hours(24) + TimeDelta::milliseconds(1));
        let file = format!("/exports/{id}/file");
        assert_eq!(code(&house.get("reviewer", &file)), (409, "export.over".to_owned()));
        let id = house.approved(&body);
        house.city.clock.forward(TimeDelta::hours(24));
        assert_eq!(house.get("reviewer", &format!("/exports/{id}/file")).status, 200);
        let asked = house.post("leader", "/exports", &body).json();
        let path = format!("/exports/{}", asked["id"].as_str().unwrap());
        let refused = house.post("secadmin", &format!("{path}/refuse"), &json!({ "reason": "无必要" }));
        assert_eq!(refused.json()["state"], "refused");
        assert_eq!(code(&house.get("leader", &format!("{path}/file"))), (409, "export.refused".to_owned()));
        assert_eq!(house.get("secadmin", "/exports").json()["items"].as_array().unwrap().len(), 3);
        assert_eq!(house.get("leader", "/exports").json()["items"].as_array().unwrap().len(), 1);
        assert_eq!(house.get("agent", "/exports").status, 403);
    }

    fn a_ticket_that_accuses_ones_own_unit_stays_without_its_caller(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        let body = json!({ "kind": "complaint", "matter": { "accused": "baozhang" } });
        let sealed = house.city.agent().registers(draft_with(&body));
        let open = house.city.taken();
        let asked = house.post("both@baozhang", "/exports", &json!({ "format": "csv", "reason": "核对" }));
        let path = format!("/exports/{}", asked.json()["id"].as_str().unwrap());
        house.post("secadmin", &format!("{path}/approve"), &json!({ "reason": "属实" }));
        let sheet = house.csv("both@baozhang", &format!("{path}/file"));
        let at = |name: &str| sheet[0].iter().position(|it| it == name).unwrap();
        let phone = |no: &str| {
            let row = sheet.iter().find(|row| row[0] == no).unwrap();
            row.get(at("电话")).cloned().unwrap_or_default()
        };
        assert_eq!((phone(&sealed).as_str(), phone(&open).as_str()), ("", "13900000001"));
        let seen = |no: &str| {
            let readers = house.get("leader", &format!("/tickets/{no}/readers")).json();
            readers["items"].as_array().unwrap().iter().any(|one| one["what"] == "ticket.clear_export")
        };
        assert_eq!((seen(&sealed), seen(&open)), (false, true));
    }

    fn the_register_adds_up_and_names_its_tickets(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        let no = house.city.handled_by("weixiu");
        let plan = json!({ "grounds": "缺资金", "plan": "纳入明年改造", "promised_at": "2027-03-01" });
        house.city.head("weixiu").does(&no, "ledger", plan);
        house.city.reviewer().does(&no, "ledger/decide", json!({ "approve": true, "reason": "属实" }));
        let register = house.get("leader", "/ledger/register?window=2026-11").json();
        let row = register["rows"].as_array().unwrap().iter().find(|row| row["key"] == "weixiu").unwrap().clone();
        let parts = |it: &Value| ["opening", "new", "written_off", "cancelled", "closing"].map(|part| it[part].as_i64().unwrap());
        assert_eq!(parts(&row), [0, 1, 0, 0, 1]);
        assert_eq!(parts(&register["total"]), [0, 1, 0, 0, 1]);
        // Under which profile, and what each part means, as in the table of figures.
        let rates = house.get("leader", "/rates?window=2026-11").json();
        assert_eq!((&register["profile"], &rates["profile"]), (&json!("default@1"), &json!("default@1")));
        let meant = register["definitions"].as_object().unwrap();
        assert!(meant.len() == 5 && meant.iter().all(|(part, it)| *it == rates["definitions"][part]), "{meant:?}");
        let item = &register["items"][0];
        assert_eq!((&item["no"], parts(item)), (&json!(no), [0, 1, 0, 0, 1]));
        assert_eq!(item["stays"][0]["plan"], "纳入明年改造");
        let next = house.get("leader", "/ledger/register?window=2026-12").json();
        let row = next["rows"].as_array().unwrap().iter().find(|row| row["key"] == "weixiu").unwrap();
        assert_eq!(parts(row), [1, 0, 0, 0, 1]);
        let sheet = house.csv("unit_head@weixiu", "/ledger/register.csv?window=2026-11");
        let tickets: Vec<_> = sheet.iter().filter(|row| row[0] == "工单").collect();
        assert_eq!((tickets.len(), tickets[0][8].as_str()), (1, no.as_str()));
        assert_eq!(sheet[0].last().unwrap(), "考核办法");
        let figures = sheet.iter().filter(|row| ["单位", "合计", "工单"].contains(&row[0].as_str()));
        assert!(figures.clone().count() > 1 && figures.clone().all(|row| row[15] == "default@1"), "{sheet:?}");
        assert_eq!(house.get("auditor", "/ledger/register?window=2026-11").status, 403);
    }
}
