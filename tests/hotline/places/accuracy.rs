//! How often the resolver is right, on real streets and districts with invented estates: measured and printed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use chrono::NaiveDate;
use jiesu::directory::{Directory, Entry, Estate, Region, RegionLevel, Span};
use jiesu::places::Gazetteer;
use pinyin::ToPinyin;

const DIVISIONS: &str = "/work/shared/data/divisions";
const SAID: usize = 2_000;

const STEMS: &str = "望京 花家 阳光 锦绣 幸福 和平 金色 梧桐 惠民 御景 书香 春江 安居 东方 碧水 枫林 和谐 玉兰 河畔 \
    工人 银杏 星河 翠湖 金山 柳荫 文昌 长风 虹桥 新华 青年 人民 解放 光明 建国 团结 朝晖 远洋 万科 龙湖 保利 绿地 \
    中海 华润 首开 天通 回龙 芍药 牡丹 海棠 丁香 紫竹 香山 玉泉 永定 德胜 安贞 劲松 团河 富力 珠江 世纪 西山 东湖 \
    南苑 北苑 双井 三元 百环 九龙 六合 八角 十里 四季 五福 二龙 七彩 千禧 永乐 永安 太平 兴隆 兴旺 富强 民主";
const KINDS: &str =
    "花园 家园 小区 新村 里 园 苑 嘉园 公寓 名苑 华庭 雅居 大院 北里 南里 西园 东园 家属院";
const ROADS: &str = "路 街 大街 胡同 南路 北街 东路 西街";
const OTHERS: &str = "源原元院圆缘园苑愿远华画化滑佳家嘉加夹里理李丽力礼星兴新心欣馨鑫金锦今景井京晶静安岸案阳洋杨扬羊光广\
    福富府浮富付和河合荷禾平苹瓶屏湖胡虎户江姜将疆山杉善文闻雯稳春纯椿东冬董方芳房坊龙隆笼天田甜添海害国果过";

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.roll() % n as u64).unwrap()
    }
    fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }
    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

/// Real districts and streets.
fn regions() -> Option<Vec<Region>> {
    let mut all = Vec::new();
    for (file, level) in [
        ("beijing_districts.csv", RegionLevel::District),
        ("beijing_streets.csv", RegionLevel::Street),
    ] {
        let mut reader = csv::Reader::from_path(Path::new(DIVISIONS).join(file)).ok()?;
        all.extend(reader.records().map(|row| {
            let row = row.unwrap();
            Region {
                code: row[0].into(),
                name: row[1].to_owned(),
                parent: row.get(2).map(Into::into),
                level,
                unit: None,
                span: Span::from(day()),
            }
        }));
    }
    Some(all)
}

fn day() -> NaiveDate {
    "2020-01-01".parse().unwrap()
}

/// An invented city on real streets; of every ten estates nobody has recorded one.
struct City {
    regions: BTreeMap<String, Region>,
    estates: Vec<Estate>,
    recorded: usize,
    gazetteer: Gazetteer,
}

impl City {
    fn build(regions: Vec<Region>, count: usize, dice: &mut Dice) -> Self {
        let streets: Vec<&Region> = regions.iter().filter(|it| it.parent.is_some()).collect();
        let words = |text: &'static str| text.split_whitespace().collect::<Vec<_>>();
        let (stems, kinds, ends) = (words(STEMS), words(KINDS), words(ROADS));
        let mut estates: Vec<Estate> = Vec::new();
        while estates.len() < count {
            let street = dice.pick(&streets);
            let double = if dice.percent(60) { dice.pick(&stems) } else { "" };
            let name = format!("{}{double}{}", dice.pick(&stems), dice.pick(&kinds));
            let phases = if dice.percent(8) { 1 + dice.below(3) } else { 0 };
            for phase in 0..=phases {
                let name = match (phases, phase) {
                    (0, _) => name.clone(),
                    (_, phase) => format!("{name}{}期", ["一", "二", "三", "四"][phase]),
                };
                let road =
                    format!("{}{}{}", &street.name[..6], dice.pick(&stems), dice.pick(&ends));
                let number = 1 + dice.below(200);
                let doors = if dice.percent(70) {
                    format!("{road}{number}号院")
                } else {
                    format!("{road}{number}-{}号{}", number + 8, ["双", "单"][number % 2])
                };
                let alias = format!("{}{}宿舍", dice.pick(&stems), dice.pick(&stems));
                estates.push(Estate {
                    code: format!("E{:05}", estates.len()).into(),
                    name,
                    aliases: if dice.percent(30) { vec![alias] } else { vec![] },
                    addresses: if dice.percent(60) { vec![doors] } else { vec![] },
                    region: street.code.clone(),
                    companies: vec![],
                    floor_space_m2: None,
                    households: None,
                    peer_group: String::new(),
                    span: Span::from(day()),
                });
            }
        }
        // The order says nothing of the place.
        for at in (1..estates.len()).rev() {
            estates.swap(at, dice.below(at + 1));
        }
        let recorded = estates.len() * 9 / 10;
        let entries = regions.iter().cloned().map(Entry::Region);
        let known = estates[..recorded].iter().cloned().map(Entry::Estate);
        let directory = Directory::of(entries.chain(known));
        let gazetteer = Gazetteer::of(Arc::new(directory));
        let regions = regions.into_iter().map(|it| (it.code.to_string(), it)).collect();
        Self { regions, estates, recorded, gazetteer }
    }

    /// An estate's number and how somebody says where it is.
    fn said(&self, dice: &mut Dice) -> (usize, &'static str, String) {
        let at = dice.below(self.estates.len());
        let estate = &self.estates[at];
        let street = &self.regions[estate.region.as_str()];
        let district = &self.regions[street.parent.as_ref().unwrap().as_str()];
        let (street, district) = (street.name.as_str(), district.name.as_str());
        let name = estate.name.as_str();
        let building = match dice.below(5) {
            0 => String::new(),
            1 => format!("{}号楼", 1 + dice.below(30)),
            2 => format!("{}栋{}单元", 1 + dice.below(30), 1 + dice.below(4)),
            3 => format!(
                "{}号楼{}单元{}01室",
                1 + dice.below(9),
                dice.pick(&["一", "二"]),
                1 + dice.below(20)
            ),
            _ => format!("{}座", dice.pick(&["A", "Ｂ", "甲"])),
        };
        let wide = if dice.percent(50) { district } else { "" };
        let (way, said) = match dice.below(10) {
            0 => ("whole", format!("北京市{district}{street}{name}{building}")),
            1 | 2 => ("district omitted", format!("{name}{building}")),
            3 => ("district and name", format!("{district}{name}{building}")),
            4 => match estate.aliases.first() {
                Some(alias) => ("alias", format!("{wide}{alias}{building}")),
                None => ("in words", format!("我住在{wide}的{name}，{building}")),
            },
            5 => ("phase appended", format!("{wide}{name}{}期{building}", 1 + dice.below(3))),
            6 => ("homophone", format!("{wide}{}{building}", misheard(name, dice))),
            7 | 8 => match estate.addresses.first() {
                Some(doors) => {
                    ("road and number", format!("{wide}{}{building}", door(doors, dice)))
                }
                None => (
                    "short district",
                    format!("{}{name}{building}", district.trim_end_matches('区')),
                ),
            },
            _ => match name.rsplit_once(['一', '二', '三', '四']).filter(|_| name.ends_with('期'))
            {
                Some((stem, _)) => ("phase omitted", format!("{district}{stem}{building}")),
                None => (
                    "beside it",
                    format!("{name}{}", dice.pick(&["附近", "对面的工地", "东门外面"])),
                ),
            },
        };
        (at, way, said)
    }
}

/// One character is another that sounds the same.
fn misheard(name: &str, dice: &mut Dice) -> String {
    let sound = |c: char| c.to_pinyin().map(pinyin::Pinyin::plain);
    let mut letters: Vec<char> = name.chars().collect();
    let begin = dice.below(letters.len());
    for step in 0..letters.len() {
        let at = (begin + step) % letters.len();
        let here = letters[at];
        let same = |c: &char| *c != here && sound(*c).is_some() && sound(*c) == sound(here);
        let others: Vec<char> = OTHERS.chars().filter(same).collect();
        if !others.is_empty() {
            letters[at] = dice.pick(&others);
            break;
        }
    }
    letters.into_iter().collect()
}

/// A door of those, in digits or in words.
fn door(doors: &str, dice: &mut Dice) -> String {
    match doors.split_once('-') {
        Some((first, _)) => format!("{first}号"),
        None if dice.percent(30) => doors.trim_end_matches('院').to_owned(),
        None => doors.to_owned(),
    }
}

#[derive(Default)]
struct Score {
    said: usize,
    known: usize,
    first: usize,
    certain: usize,
    certain_right: usize,
}

#[test]
fn of_two_thousand_addresses_what_is_called_certain_is_right() {
    let Some(regions) = regions() else {
        eprintln!("skipped: {DIVISIONS} is not there");
        return;
    };
    let mut dice = Dice(2026);
    let city = City::build(regions, 4_000, &mut dice);
    let mut ways: BTreeMap<&str, Score> = BTreeMap::new();
    let mut all = Score::default();
    let mut wrong = Vec::new();
    for _ in 0..SAID {
        let (at, way, said) = city.said(&mut dice);
        let found = city.gazetteer.resolve(&said, None, (day(), 0.9));
        let estate = &city.estates[at];
        let is_right = |code: Option<&jiesu::directory::EstateCode>| code == Some(&estate.code);
        let first = found.candidates.first();
        for score in [&mut all, ways.entry(way).or_default()] {
            score.said += 1;
            score.known += usize::from(at < city.recorded);
            score.first += usize::from(is_right(first.and_then(|one| one.estate.as_ref())));
            if let Some(certain) = found.certain() {
                score.certain += 1;
                score.certain_right += usize::from(is_right(certain.estate.as_ref()));
            }
        }
        if found.certain().is_some_and(|certain| !is_right(certain.estate.as_ref())) {
            wrong.push(format!("{way}: {said}: {} ({})", first.unwrap().why, estate.name));
        }
    }
    let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
    let line = |way: &str, it: &Score| {
        let recall = share(it.first, it.known);
        let precision = share(it.certain_right, it.certain);
        eprintln!(
            "{way:18} {:5} said, {:5} of recorded estates, recall@1 {recall:.3}, certain {:4}, precision {precision:.4}",
            it.said, it.known, it.certain
        );
    };
    for (way, score) in &ways {
        line(way, score);
    }
    line("all", &all);
    for one in &wrong {
        eprintln!("certain and wrong: {one}");
    }
    assert!(share(all.certain_right, all.certain) >= 0.99);
    assert!(share(all.first, all.known) >= 0.85 && share(all.certain, all.said) >= 0.4);
}

#[test]
fn one_address_among_twenty_thousand_estates() {
    let Some(regions) = regions() else {
        eprintln!("skipped: {DIVISIONS} is not there");
        return;
    };
    let mut dice = Dice(1);
    let city = City::build(regions, 22_223, &mut dice);
    let directory = city.gazetteer.directory().clone();
    let begun = Instant::now();
    let gazetteer = Gazetteer::of(directory.clone());
    let made = begun.elapsed();
    let said: Vec<String> = (0..SAID).map(|_| city.said(&mut dice).2).collect();
    let mut times = Vec::new();
    let mut found = 0;
    for text in &said {
        let begun = Instant::now();
        found += gazetteer.resolve(text, None, (day(), 0.9)).candidates.len();
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    eprintln!(
        "{} estates: gazetteer made in {made:?}; one address: median {:?}, 99th percentile {:?}",
        directory.estates().count(),
        times[SAID / 2],
        times[SAID * 99 / 100],
    );
    assert!(found > SAID);
}
