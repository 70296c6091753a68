//! What people write into a report names no caller of a ticket that it cites, and stays where that ticket is erased.

use jiesu::privacy::{self, Two};
use serde_json::{Value, json};

use super::bureau::Bureau;
use crate::support::databases::{Folder, on_each_database};

/// November's report, and the first place that it leaves open.
struct Desk<'a> {
    bureau: &'a Bureau,
    id: String,
    field: String,
}

impl<'a> Desk<'a> {
    fn of(bureau: &'a Bureau) -> Self {
        let id = bureau.november();
        let field = open_place(&bureau.document("assessor", &id));
        Self { bureau, id, field }
    }

    /// What comes of writing `text` there.
    fn writes(&self, text: &str) -> String {
        let body = json!({ "field": self.field, "text": text });
        self.bureau.tries("assessor", &format!("/reports/{}/text", self.id), body)
    }
}

fn open_place(document: &Value) -> String {
    let sections = document["sections"].as_array().unwrap();
    let mut blocks = sections.iter().flat_map(|it| it["blocks"].as_array().unwrap());
    let open = blocks.find(|block| block["is"] == "open").unwrap();
    open["field"].as_str().unwrap().to_owned()
}

on_each_database! {
    fn a_text_names_no_caller_of_a_ticket_that_it_cites(test: &TestDb) {
        let bureau = Bureau::open(test);
        let no = bureau.city.closed("wuye");
        let desk = Desk::of(&bureau);
        let writes = |text: &str| desk.writes(text);
        assert_eq!(writes(&format!("张三反映的工单{no}已办结。")), "422 report.names");
        assert_eq!(writes(&format!("子单{no}-1：张 三满意。")), "422 report.names");
        assert_eq!(writes(&format!("工单{no}，电话13900000001")), "422 report.personal");
        assert_eq!(writes(&format!("工单{no}的诉求人张女士满意。")), "200");
        // Which of the callers may be meant nobody can tell.
        assert_eq!(writes("由张三同志牵头，整治电梯。"), "200");
        assert_eq!(writes("工单2026-999999由张三牵头。"), "200");
    }

    fn a_number_is_seen_in_whatever_width_it_was_typed(test: &TestDb) {
        let bureau = Bureau::open(test);
        let no = bureau.city.closed("wuye");
        let desk = Desk::of(&bureau);
        let writes = |text: &str| desk.writes(text);
        let wide = |text: &str| -> String {
            let one = |c: char| match c {
                '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
                _ => c,
            };
            text.chars().map(one).collect()
        };
        assert_eq!(writes(&format!("张三反映的工单{}已办结。", wide(&no))), "422 report.names");
        assert_eq!(writes(&format!("子单{}：张三满意。", wide(&format!("{no}-1")))), "422 report.names");
        assert_eq!(writes(&format!("张三反映的工单{}已办结。", no.replace('-', "—"))), "422 report.names");
        assert_eq!(writes(&format!("电话{}", wide("13900000001"))), "422 report.personal");
        assert_eq!(writes(&format!("邮箱{}", wide("zhangsan@example.cn"))), "422 report.personal");
        assert_eq!(writes(&format!("工单{}所涉电梯下月更换。", wide(&no))), "200");
    }

    fn a_text_cites_no_more_tickets_than_can_be_looked_into_at_once(test: &TestDb) {
        let bureau = Bureau::open(test);
        let numbers: Vec<String> = (0..101).map(|_| bureau.city.taken()).collect();
        let desk = Desk::of(&bureau);
        let writes = |text: &str| desk.writes(text);
        assert_eq!(writes(&numbers.join("、")), "422 report.cites_many");
        assert_eq!(writes(&numbers[1..].join("、")), "200");
        assert_eq!(writes(&format!("{}，张三", numbers[1..].join("、"))), "422 report.names");
        // Numbers of no ticket are not counted.
        let others: Vec<String> = (1..500).map(|n| format!("1999-{n:06}")).collect();
        assert_eq!(writes(&others.join("、")), "200");
    }

    fn a_text_that_cites_an_erased_ticket_stays_as_it_was_signed(test: &TestDb) {
        let (bureau, folder) = (Bureau::open(test), Folder::new());
        let no = bureau.city.closed("wuye");
        let desk = Desk::of(&bureau);
        let path = |step: &str| format!("/reports/{}{step}", desk.id);
        let text = format!("工单{no}所涉电梯下月更换。");
        assert_eq!(desk.writes(&text), "200");
        bureau.city.days(30);
        bureau.does("assessor", &path("/freeze"), json!({}));
        bureau.does("leader", &path("/sign"), json!({}));
        bureau.does("leader", &path("/publish"), json!({}));
        let hotline = &bureau.city.hotline;
        let two: Two = crate::erasure::two(hotline);
        privacy::erase(hotline, folder.path(), &no, &two, "本人请求").unwrap();
        assert_eq!(bureau.document("leader", &desk.id)["texts"][&desk.field], json!(text));
    }
}
