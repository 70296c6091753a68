//! One matter told by two people in other words, among as many other matters of the same estate.

use jiesu::directory::Cached;
use jiesu::identity::Role;
use jiesu::intake::known::SAME_MATTER;
use jiesu::search::Search;
use jiesu::search::alike::Matter;
use jiesu::time::Stamp;
use serde_json::json;

use crate::support::databases::{Folder, on_each_database, say};
use crate::support::desk::person;
use crate::support::histories::Dice;
use crate::support::town;

/// What people call in about, told twice: `{b}` building, `{u}` unit, `{f}` floor. Other words, other order.
const MATTERS: [[&str; 2]; 16] = [
    [
        "{b}号楼{u}单元电梯频繁停运，{f}楼住户只能爬楼梯",
        "电梯老是停运，{b}号楼{u}单元的老人上不了楼",
    ],
    ["{b}号楼{u}单元{f}楼暖气不热，室内只有十几度", "屋里冷得很，{b}号楼{u}单元供暖不行，暖气冰凉"],
    [
        "{b}号楼{u}单元楼上卫生间漏水，天花板脱落",
        "我家吊顶掉了，楼上卫生间渗水下来，{b}号楼{u}单元",
    ],
    ["{b}号楼旁消防通道停满私家车，救护车进不来", "汽车把消防通道堵死了，就在{b}号楼边上"],
    ["{b}号楼门口垃圾堆放多天无人清运", "垃圾好几天没人收，{b}号楼楼下臭气熏天，清运不及时"],
    ["工地夜间打桩到凌晨，噪声扰民", "凌晨还在打桩，工地吵得全家睡不着"],
    ["{b}号楼{u}单元{f}楼被隔成群租房，住了十几人", "有人搞群租，{b}号楼{u}单元一套房隔出好多间"],
    ["{b}号楼顶层住户在楼顶私搭阳光房", "楼顶有人违建，私自搭了阳光房，{b}号楼"],
    ["业委会动用维修资金更换水泵没有公示", "换水泵花了维修资金，业主都不知道，也不公示"],
    ["{b}号楼{u}单元门禁损坏，外来人员随意进出", "单元门禁坏了没人修，谁都能进，{b}号楼{u}单元"],
    ["业主申请安装充电桩，物业拒绝盖章", "想装新能源充电桩，物业就是不给盖章"],
    ["{b}号楼外墙瓷砖脱落，差点砸到人", "外墙的瓷砖往下掉，很危险，{b}号楼"],
    ["{b}号楼{u}单元下水道堵塞，污水倒灌一楼", "一楼厨房返污水，{b}号楼{u}单元下水道不通"],
    ["{b}号楼有人高空抛物，扔烟头酒瓶", "楼上往下扔酒瓶，高空抛物太吓人，{b}号楼"],
    ["{b}号楼{f}楼二次供水水压不足", "水压太低洗不了澡，{b}号楼{f}楼二次供水有问题"],
    ["{b}号楼一楼住户圈占公共绿地建花园", "绿地被一楼圈起来建花园了，{b}号楼"],
];
const BEFORE: [&str; 4] =
    ["市民反映：", "来电人称，", "王女士反映：上周以来，", "刘先生称半个月前，"];
const AFTER: [&str; 5] = [
    "多次向物业反映，对方一直推诿，希望有关部门尽快核实处理。",
    "已找居委会协调，至今没有人上门，请相关部门督促整改。",
    "物业说要等审批，市民认为存在安全隐患，要求书面答复。",
    "夜间情况尤其严重，请尽快安排人员处理。",
    "已严重影响正常生活，望给予重视。",
];

fn told(dice: &mut Dice, matter: usize, which: usize, doors: [i64; 3]) -> String {
    let [b, u, f] = doors.map(|door| door.to_string());
    let text = MATTERS[matter][which].replace("{b}", &b).replace("{u}", &u).replace("{f}", &f);
    format!("{}{text}。{}", dice.pick(&BEFORE), dice.pick(&AFTER))
}

fn doors(dice: &mut Dice) -> [i64; 3] {
    [1 + dice.below(38), 1 + dice.below(4), 2 + dice.below(27)]
}

on_each_database! {
    fn the_second_caller_s_matter_is_found_among_the_first_three(test: &TestDb) {
        let hotline = town::hotline(test);
        test.clock.set(Stamp::parse("2026-10-21T09:00:00+08:00").unwrap());
        let (mut dice, mut lines, mut second) = (Dice::new(6), Vec::new(), Vec::new());
        // Six matters an estate, and six others of it.
        let estates: Vec<_> = town::codes().places.into_iter().filter_map(|(region, estate)| Some((region, estate?))).collect();
        for (region, estate) in estates.iter().take(20) {
            let first = usize::try_from(dice.below(16)).unwrap();
            for n in 0..12 {
                let (matter, place) = ((first + n) % 16, doors(&mut dice));
                let no = format!("D-{:05}", lines.len());
                let content = told(&mut dice, matter, 0, place);
                lines.push(json!({"no": no, "kind": "help", "channel": "phone",
                    "received_at": "2026-10-01T09:00:00+08:00", "content": content,
                    "region": region, "estate": estate, "caller": {"phone": "13900000001"}}));
                if n < 6 {
                    second.push((no, estate.clone(), told(&mut dice, matter, 1, place)));
                }
            }
        }
        crate::search::import(&hotline, &lines);
        let folder = Folder::new();
        let zone = chrono_tz::Asia::Shanghai;
        let search = Search::of(&hotline.db, &hotline.keys, &Cached::default(), zone, folder.path());
        search.follow(&|| false).unwrap();
        let names = hotline.db.read(|conn| search.names(conn)).unwrap();
        let agent = person("agent", Role::Agent, None);
        let (mut found, mut said, mut right) = (0, 0, 0);
        for (no, estate, content) in &second {
            let matter = Matter { title: "", content, category: None, estate: Some(estate),
                region: None, phone_hash: None };
            let alike = search.alike(&agent, &names, &matter, hotline.db.now(), 3).unwrap().found;
            let same: Vec<_> = alike.iter().filter(|like| like.score >= SAME_MATTER).collect();
            said += same.len();
            right += same.iter().filter(|like| like.row.no == *no).count();
            found += usize::from(same.iter().any(|like| like.row.no == *no));
        }
        let (recall, precision) = (found as f64 / second.len() as f64, right as f64 / said as f64);
        say(&format!("{} matters told twice: recall {recall:.3}, precision {precision:.3}", second.len()));
        assert!(recall >= 0.9 && precision >= 0.8, "recall {recall}, precision {precision}");
    }
}
