//! Every text of every ticket is found at once, by whoever may read it and by nobody else; whatever becomes
//! of the index. `JIESU_SEARCH_TICKETS=50000` is the full run (a few hundred otherwise).

mod answered;
mod broken;
mod killed;
mod paged;
mod recall;
mod seen;
mod typed;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use jiesu::directory::{Cached, Directory};
use jiesu::identity::{Actor, Role};
use jiesu::lifecycle::Hotline;
use jiesu::moving::Run;
use jiesu::search::question::Question;
use jiesu::search::{Answer, Asked, Names, Order, Search, Slice};
use jiesu::ticket::store::{self, Vault};
use jiesu::ticket::{Sight, Ticket, sight};
use jiesu::time::Stamp;
use serde_json::{Value, json};

use crate::support::databases::{Folder, TestDb};
use crate::support::desk::person;
use crate::support::histories::{DAY, Dice, Plan, histories};
use crate::support::town;

/// Pieces of which texts are made.
const PIECES: [&str; 36] = [
    "电梯",
    "停运",
    "困人",
    "暖气",
    "不热",
    "漏水",
    "物业",
    "小区",
    "消防通道",
    "被占",
    "维修资金",
    "没有公示",
    "业主",
    "反映",
    "楼上",
    "装修",
    "噪声",
    "３号楼",
    "2单元",
    "1502室",
    "WiFi",
    "ＡＰＰ",
    "LED灯",
    "12345",
    "，",
    "。",
    "：",
    "（",
    "）",
    " ",
    "\n",
    "多次",
    "至今",
    "无人处理",
    "A3区",
    "K8",
];

fn text(dice: &mut Dice, pieces: i64) -> String {
    (0..=dice.below(pieces)).map(|_| *dice.pick(&PIECES)).collect()
}

/// A town with tickets, and a search of it that has followed.
struct Town {
    hotline: Arc<Hotline>,
    search: Search,
    folder: Folder,
    directory: Arc<Directory>,
}

impl Town {
    fn of(test: &TestDb, count: usize, seed: u64) -> Self {
        let hotline = town::hotline(test);
        test.clock.set(Stamp::parse("2026-11-21T09:00:00+08:00").unwrap());
        import(&hotline, &lines(count, seed));
        let folder = Folder::new();
        let search = search_of(&hotline, &folder);
        let directory = hotline.db.read(|conn| Cached::default().current(conn)).unwrap();
        let town = Self { hotline, search, folder, directory };
        town.follow();
        town
    }

    fn follow(&self) -> usize {
        self.search.follow(&|| false).unwrap()
    }

    fn names(&self) -> Arc<Names> {
        self.hotline.db.read(|conn| self.search.names(conn)).unwrap()
    }

    /// The answer to `asked`, the first of it.
    fn ask(&self, actor: &Actor, asked: &Asked) -> Answer {
        let slice = Slice { order: Order::Newest, limit: 500, after: None };
        let (names, now) = (self.names(), self.hotline.db.now());
        self.search.ask(Question { actor, names: &names, asked, slice, now }).unwrap()
    }

    /// Every ticket as the database has it.
    fn tickets(&self) -> BTreeMap<i64, Ticket> {
        tickets(&self.hotline)
    }

    fn sight(&self, ticket: &Ticket, actor: &Actor) -> Sight {
        sight::sight(ticket, actor, &self.directory)
    }
}

fn tickets(hotline: &Hotline) -> BTreeMap<i64, Ticket> {
    let (mut all, mut after) = (BTreeMap::new(), None);
    loop {
        let page = hotline.db.read(|conn| {
            store::page(conn, Vault { keys: &hotline.keys }, (Stamp::MIN, Stamp::MAX), after, 500)
        });
        let (some, next) = page.unwrap();
        all.extend(some.into_iter().map(|stored| (stored.id, stored.ticket)));
        if next.is_none() {
            return all;
        }
        after = next;
    }
}

pub fn search_of(hotline: &Hotline, folder: &Folder) -> Search {
    let zone = chrono_tz::Asia::Shanghai;
    Search::of(&hotline.db, &hotline.keys, &Cached::default(), zone, folder.path())
}

/// Who sees everything; a clerk; somebody of a property company, who gets copies of what is sealed; and a
/// clerk of a unit that some accuse.
fn readers() -> [Actor; 4] {
    let company = Actor { company: true, ..person("company", Role::Handler, Some("unit4")) };
    [
        person("leader", Role::Leader, None),
        person("clerk", Role::Handler, Some("unit3")),
        company,
        person("accused", Role::Handler, Some("unit5")),
    ]
}

/// Histories with texts in which everything occurs.
fn lines(count: usize, seed: u64) -> Vec<Value> {
    let at = |text: &str| Stamp::parse(text).unwrap().millis();
    let (from, to) = (at("2026-09-01T00:00:00+08:00"), at("2026-10-20T00:00:00+08:00"));
    let plan = Plan { seed, count, from, to, now: to + 30 * DAY, edges: Vec::new() };
    let mut dice = Dice::new(seed ^ 0x5ea);
    let lines = histories(&plan, &town::codes());
    let mut lines: Vec<Value> =
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &mut lines {
        line["title"] = json!(format!("标题{}", text(&mut dice, 4)));
        line["content"] = json!(format!("内容{}联系欧阳卷云13987650321", text(&mut dice, 40)));
        line["caller"] = json!({"name": "欧阳卷云", "phone": "13987650321"});
        if dice.percent(40) {
            line["address"] = json!(format!("幸福路{}号{}", dice.below(99), text(&mut dice, 3)));
        }
        for one in line["assignments"].as_array_mut().into_iter().flatten() {
            if one.get("reply").is_some() {
                one["reply"] = json!(format!("回复{}", text(&mut dice, 12)));
            }
        }
    }
    lines
}

pub fn import(hotline: &Arc<Hotline>, lines: &[Value]) {
    let file: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut rejects = Vec::new();
    let run = jiesu::moving::import(hotline, &mut Cursor::new(file), &mut rejects, Run::Real);
    run.unwrap();
    assert!(rejects.is_empty(), "{:.300}", String::from_utf8_lossy(&rejects));
}
