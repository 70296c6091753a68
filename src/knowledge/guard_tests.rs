//! What the reply guard asks about, and what it leaves alone.

use proptest::prelude::*;
use serde_json::json;

use super::guard::{Finding, demand, examine};
use super::named::named_in;
use super::particulars::{Pointing, particulars, struck};
use crate::directory::{Directory, Entry, Estate, Phone, Span, Unit, UnitKind};
use crate::ticket::Ticket;
use crate::ticket::command::Doubt;

fn estate(code: &str, name: &str) -> Entry {
    Entry::Estate(Estate {
        code: code.into(),
        name: name.to_owned(),
        aliases: vec![],
        addresses: vec![],
        region: "r".into(),
        companies: vec![],
        floor_space_m2: None,
        households: None,
        peer_group: String::new(),
        span: Span::from("2020-01-01".parse().unwrap()),
    })
}

fn directory() -> Directory {
    let from = "2020-01-01".parse().unwrap();
    let mut unit = Unit::new("wuye", "物业科", UnitKind::Section, from);
    unit.phones = vec![Phone { number: "0570-2345678".to_owned(), hours: String::new() }];
    let street = Unit::new("jie", "春晖家园街道办事处", UnitKind::Street, from);
    Directory::of([
        Entry::Unit(unit),
        Entry::Unit(street),
        estate("yg", "阳光花园"),
        estate("yg2", "阳光花园二期"),
        estate("ch", "春晖家园"),
    ])
}

/// A ticket of 阳光花园 with this content.
fn ticket(content: &str) -> Ticket {
    serde_json::from_value(json!({
        "no": "2026-000001", "kind": "help", "channel": "phone", "urgency": "general",
        "state": { "is": "in_units", "lead": 1 },
        "received_at": "2026-11-02T01:00:00Z", "registered_at": "2026-11-02T01:00:00Z",
        "caller": { "name": "张三", "phone": "13900000001" },
        "title": "漏水", "content": content, "profile": "default@1",
        "place": { "estate": "yg", "building": "3号楼2单元502室" }
    }))
    .unwrap()
}

fn doubts(content: &str, reply: &str) -> Vec<Doubt> {
    doubts_of(&ticket(content), reply)
}

fn doubts_of(ticket: &Ticket, reply: &str) -> Vec<Doubt> {
    let mut found: Vec<Doubt> =
        examine(ticket, &[("/text", reply)], &directory()).iter().map(|it| it.doubt).collect();
    found.sort_unstable();
    found
}

#[test]
fn what_is_anothers_is_asked_about() {
    use Doubt::{Building, Estate, Person, Phone, Ticket};
    for (reply, expected) in [
        ("阳光花园二期的屋面已修好。", vec![Estate]),
        ("已到春晖家园5号楼查看。", vec![Estate, Building]),
        ("5号楼1单元已修好。", vec![Building, Building]),
        ("７号楼、八号楼已修好。", vec![Building, Building]),
        ("已答复601室住户。", vec![Building]),
        ("已答复3-1-601住户。", vec![Building]),
        ("已与李女士联系。", vec![Person]),
        ("已与李小明先生联系，欧阳某反映属实", vec![Person]),
        ("请联系13900000002。", vec![Phone]),
        ("请拨打0570-2345679。", vec![Phone]),
        ("与工单2026-000123并案办理。", vec![Ticket]),
        ("见２０２６－０００１２３、2025—000001-2。", vec![Ticket, Ticket]),
    ] {
        assert_eq!(doubts("屋面漏水。", reply), expected, "{reply}");
    }
}

#[test]
fn what_is_the_tickets_own_and_what_everybody_says_is_left_alone() {
    for reply in [
        "阳光花园3号楼2单元502室屋面已修好，张先生表示满意。",
        "三号楼、3栋502室、3-2-502已修好。",
        "本机139 0000 0001已回访，如有疑问请拨打2345678或12345。",
        "已转春晖家园街道办事处处理。",
        "共5栋楼，5栋高层，两室一厅，第3单元不在内，3个单元，办公室，位于某小区。",
        "工单2026-000001（2026－000001-1）已办结，自2026-11-02起施工，编号82026-000123。",
        "11月3日前完成，费用1200元，按2024年第12号令办理，各位先生女士请谅解。",
        "负责人于某日到场，相关女士已撤诉。",
        "已向女士说明，工作人员向先生解释，并向阿姨致歉。",
    ] {
        assert_eq!(doubts("屋面漏水，3号楼2单元502室。", reply), [], "{reply}");
    }
    let content = "我住春晖家园，李女士家6号楼漏水，电话13900000005。";
    assert_eq!(doubts(content, "李女士（13900000005）春晖家园6号楼已查看，6栋同修。"), []);
}

/// Whoever replies reads neither the caller's number nor the address: by what is asked about they learn neither.
#[test]
fn nothing_masked_is_learnt_by_asking() {
    use Doubt::{Building, Phone};
    // The right number and any other that is masked alike are the same to the guard.
    for said in ["13900000001", "13912340001", "13999990001"] {
        assert_eq!(doubts("屋面漏水。", &format!("已回访{said}。")), [], "{said}");
    }
    assert_eq!(doubts("屋面漏水。", "已回访13900000002。"), [Phone]);
    // The door of the address, and any other.
    for said in ["3号楼", "2单元", "502室", "4号楼", "601室"] {
        assert_eq!(doubts("屋面漏水。", &format!("{said}已修好。")), [Building], "{said}");
    }
}

/// The estate that only the address names is read by whoever replies; the door behind it is not.
#[test]
fn the_estate_of_the_address_is_the_tickets_own() {
    let mut it = ticket("漏水。");
    it.place = serde_json::from_value(json!({ "address": "云州区春晖家园5号楼" })).unwrap();
    assert_eq!(doubts_of(&it, "已到春晖家园查看。"), []);
    assert_eq!(doubts_of(&it, "已到阳光花园查看。"), [Doubt::Estate]);
    assert_eq!(doubts_of(&it, "已到春晖家园5号楼查看。"), [Doubt::Building]);
}

#[test]
fn each_finding_says_in_which_field_it_stands() {
    let said = [("/text", "已处理。"), ("/promise/what", "20日前修好5号楼李女士家")];
    let found = examine(&ticket("漏水。"), &said, &directory());
    let found: Vec<(&str, Doubt, Option<usize>)> =
        found.iter().map(|it| (it.pointer, it.doubt, it.at)).collect();
    let what = "/promise/what";
    assert_eq!(found, [(what, Doubt::Building, Some(7)), (what, Doubt::Person, Some(10))]);
}

/// A door within another's number is another door.
#[test]
fn a_door_is_a_whole_number() {
    use Doubt::Building;
    assert_eq!(doubts("13号楼1502室漏水。", "3号楼502室已修好。"), [Building, Building]);
    assert_eq!(doubts("13号楼1502室漏水。", "13号楼1502室已修好。"), []);
}

#[test]
fn an_earlier_reply_is_no_reason_to_say_it_again() {
    let mut it = ticket("漏水。");
    it.reply = Some(
        serde_json::from_value(
            json!({ "at": "2026-11-02T01:00:00Z", "by": 1, "text": "9号楼已修好" }),
        )
        .unwrap(),
    );
    assert_eq!(doubts_of(&it, "9号楼已修好"), [Doubt::Building]);
}

#[test]
fn a_ticket_of_another_number_is_asked_about_and_a_linked_one_is_not() {
    let reply = "您此前反映的2025-000007、2026-000008、CY20261102已合并办理，详见2026-000009。";
    assert_eq!(doubts("漏水。", reply), [Doubt::Ticket, Doubt::Ticket, Doubt::Ticket]);
    let mut it = ticket("漏水，之前的工单是2026-000009。");
    it.previous = Some("2025-000007".to_owned());
    it.children.push("2026-000008".to_owned());
    assert_eq!(doubts_of(&it, reply), []);
}

/// The proof of a ledger was the reply, and so was what a lead said before the ticket went to another.
#[test]
fn what_stood_for_a_reply_is_no_reason_to_say_it_again() {
    let mut it = ticket("漏水。");
    it.ledgers = serde_json::from_value(json!([{
        "grounds": "8号楼资金未落实", "plan": "列入明年", "promised_on": "2027-03-01", "asked_by": 1,
        "asked_at": "2026-11-02T01:00:00Z", "stage": "proven_done", "proof": "9号楼已修好"
    }]))
    .unwrap();
    assert_eq!(doubts_of(&it, "9号楼已修好"), [Doubt::Building]);
    assert_eq!(doubts_of(&it, "8号楼已修好"), []);
    let part = |part: &str| {
        json!({ "unit": "wuye", "part": part, "work": { "is": "handling" }, "reply": "7号楼已修好",
            "sent_at": "2026-11-02T01:00:00Z" })
    };
    let of = |parts: serde_json::Value| {
        let mut it = ticket("漏水。");
        it.assignments = serde_json::from_value(parts).unwrap();
        doubts_of(&it, "7号楼已修好")
    };
    assert_eq!(of(json!({ "1": part("lead") })), [Doubt::Building]);
    // An assist writes to the lead.
    assert_eq!(of(json!({ "2": part("assist") })), []);
}

#[test]
fn a_reply_that_others_read_too_names_neither_the_first_caller_nor_her_door() {
    let content = "我是张女士，3号楼502室漏水，电话13900000001";
    let reply = "张女士，您家3号楼502室已修好，已与13900000001联系";
    let mut told = ticket(content);
    assert_eq!(doubts_of(&told, reply), []);
    told.children.push("2026-000002".to_owned());
    assert_eq!(doubts_of(&told, reply), [Doubt::Building, Doubt::Person, Doubt::Phone]);
    assert_eq!(doubts_of(&told, "3号楼的水管已修好"), []);
}

#[test]
fn a_finding_is_acknowledged_by_its_code_and_says_nothing_personal() {
    let text = "李女士，5号楼，春晖家园。";
    let found = examine(&ticket("漏水。"), &[("/text", text)], &directory());
    let error = demand(&found, &[]).unwrap_err();
    let said: Vec<(&str, &str)> =
        error.fields().iter().map(|it| (it.code, it.detail.as_str())).collect();
    assert_eq!(error.code(), "reply.guard");
    assert_eq!(
        said,
        [
            ("guard.building", "第 5 字起的楼栋、单元或房号不在本工单上。"),
            ("guard.person", "第 1 字起的姓名称谓不在本工单上。"),
            ("guard.estate", "提到的小区“春晖家园”不是本工单的小区。"),
        ]
    );
    let error = demand(&found, &[Doubt::Person, Doubt::Building]).unwrap_err();
    assert_eq!(error.fields().len(), 1);
    demand(&found, &[Doubt::Person, Doubt::Building, Doubt::Estate]).unwrap();
    demand(&[] as &[Finding], &[]).unwrap();
}

#[test]
fn a_reply_is_marked_where_it_names_the_caller_a_door_or_a_number_and_nowhere_else() {
    let ticket = ticket("3号楼漏水");
    let pieces = |reply: &str| -> Vec<(String, Pointing, bool)> {
        let shown = ticket.masked(reply);
        let letters: Vec<char> = shown.chars().collect();
        let named = named_in(&ticket, &shown, &directory());
        let piece = |from: usize, to: usize| letters[from..to].iter().collect::<String>();
        named.iter().map(|it| (piece(it.from, it.to), it.what, it.is_own)).collect()
    };
    let named = |text: &str, what: Pointing, is_own: bool| (text.to_owned(), what, is_own);
    assert_eq!(
        pieces("张三您好，3号楼已修好，致电13900000001告知；5号楼王女士家另约。"),
        [
            named("张*", Pointing::Person, true),
            named("3号楼", Pointing::Building, true),
            named("139****0001", Pointing::Phone, true),
            named("5号楼", Pointing::Building, false),
            named("王女士", Pointing::Person, false),
        ]
    );
    // The unit's published number and the ticket's own number are nobody's secret.
    assert!(pieces("编号2026-000001已办结，11月12日前换好门机。").is_empty());
}

#[test]
fn particulars_are_struck_from_what_is_counted() {
    assert_eq!(struck("3号楼502室李女士问维修资金"), "   问维修资金");
    let found = particulars("十二号楼");
    assert_eq!((found[0].kind, found[0].normal.as_str()), (Pointing::Building, "12号楼"));
}

/// Sentences as callers say them, some of them about a household.
fn sentence() -> impl Strategy<Value = String> {
    let number = 1..40_u32;
    let room = 101..3_999_u32;
    prop_oneof![
        number.clone().prop_map(|n| format!("{n}号楼漏水")),
        (number.clone(), number.clone(), room.clone())
            .prop_map(|(a, b, c)| format!("住在{a}栋{b}单元{c}室")),
        (number, room).prop_map(|(a, c)| format!("地址是{a}-1-{c}")),
        prop::sample::select(vec![
            "张女士反映",
            "隔壁李大爷说",
            "王小明先生同意",
            "春晖家园也这样",
            "阳光花园二期没有"
        ])
        .prop_map(str::to_owned),
        (13_000_000_000_u64..19_999_999_999).prop_map(|n| format!("电话{n}")),
        "[\u{4e00}-\u{9fa5}]{0,12}",
    ]
}

proptest! {
    #[test]
    fn a_reply_that_only_repeats_the_tickets_words_is_never_asked_about(
        said in prop::collection::vec(sentence(), 1..8),
        repeated in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let content = said.join("，");
        let reply: Vec<&str> = repeated.iter().map(|at| at.get(&said).as_str()).collect();
        let reply = format!("您反映的{}的情况已收到。{}。已办结。", "问题", reply.join("。"));
        let content = if content.trim_matches('，').is_empty() { "漏水".to_owned() } else { content };
        let found = examine(&ticket(&content), &[("/text", reply.as_str())], &directory());
        prop_assert!(found.is_empty(), "{found:?} in {reply} of {content}");
    }
}
