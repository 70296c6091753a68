//! Learning, from outside: what it promises, as sentences. Texts are made here; none is anybody's.

mod promises;
mod refusals;

use super::Example;
use super::stable::SplitMix;

/// Three branches with words of their own and fillers that all share.
const BRANCHES: [(&str, [&str; 4]); 3] = [
    ("heating", ["暖气不热", "供暖温度低", "暖气片漏水", "热力公司不供热"]),
    ("lift", ["电梯困人", "电梯停运", "轿厢异响", "电梯维保不到位"]),
    ("parking", ["车位被占", "停车收费高", "地库车位不够", "乱停车堵路"]),
];
const FILLERS: [&str; 6] =
    ["请尽快处理", "多次反映没有结果", "物业不管", "居民很着急", "希望给个说法", "住在三号楼"];

/// `count` rows, the branches in turn, deterministic.
fn rows(count: usize, seed: u64) -> Vec<Example> {
    let mut chance = SplitMix::new(seed);
    let mut pick = |from: &[&str]| from[chance.below(from.len())].to_owned();
    (0..count)
        .map(|row| {
            let (label, words) = BRANCHES[row % BRANCHES.len()];
            Example {
                label: label.to_owned(),
                title: pick(&words),
                detail: format!(
                    "{}，{}，{}。{}",
                    pick(&FILLERS),
                    pick(&words),
                    pick(&FILLERS),
                    pick(&FILLERS)
                ),
            }
        })
        .collect()
}

/// Any text: Han, Latin, digits of every width, marks, emoji, nothing.
fn any_text(chance: &mut SplitMix, most: u64) -> String {
    const CHARACTERS: [char; 24] = [
        '暖', '气', '不', '热', '的', '一', '三', '八', '〇', 'A', 'ｂ', 'É', 'İ', '0', '９', '①',
        '，', '！', ' ', '\u{3000}', '\n', '😀', '\u{200d}', '𠮷',
    ];
    let length = chance.draw() % (most + 1);
    (0..length).map(|_| CHARACTERS[chance.below(24)]).collect()
}
