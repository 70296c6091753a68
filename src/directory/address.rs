//! Directory: how addresses are written. Its rule: pure; two ways to write the same thing come to the same plain
//! text, and a door has its number in one road.

/// What a Chinese number counts; before anything else 三 and 八 are parts of names (三里屯, 八里庄).
const COUNTERS: &str = "号期栋幢座单区院楼弄层室门组";
/// Doors beside a numbered one: 甲6号 is not 6号.
pub const MARKS: &str = "甲乙丙丁";
const DIGITS: &str = "〇零一二三四五六七八九十百";

/// `text` as names and addresses are compared: without blanks and dots inside, letters and digits narrow and in
/// lower case, and Chinese numbers that count something as digits: 阳光 花园二期 is 阳光花园2期.
pub fn plain(text: &str) -> Vec<char> {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    let kept = text.chars().filter(|c| !c.is_whitespace() && !"·•・".contains(*c));
    let folded: Vec<char> = kept.map(narrow).flat_map(char::to_lowercase).collect();
    let mut plain = Vec::with_capacity(folded.len());
    let mut at = 0;
    while let Some(c) = folded.get(at) {
        let run = folded[at..].iter().take_while(|c| DIGITS.contains(**c)).count();
        let counted = folded.get(at + run).is_some_and(|next| COUNTERS.contains(*next));
        match number(&folded[at..at + run]).filter(|_| counted) {
            Some(number) => {
                plain.extend(number.to_string().chars());
                at += run;
            }
            None => {
                // Digits of a name go as one, so that 四十 in 东四十条 is not begun in the middle.
                plain.extend(if run == 0 {
                    std::slice::from_ref(c)
                } else {
                    &folded[at..at + run]
                });
                at += run.max(1);
            }
        }
    }
    plain
}

/// 二十一 is 21, 二〇五 is 205, 一百零八 is 108.
fn number(run: &[char]) -> Option<u32> {
    let digit = |c: char| match c {
        '〇' => Some(0),
        c => "零一二三四五六七八九".chars().position(|it| it == c),
    };
    let digit = |c: char| digit(c).and_then(|n| u32::try_from(n).ok());
    if run.is_empty() || run.len() > 5 {
        return None;
    }
    if run.iter().all(|c| digit(*c).is_some()) {
        return run.iter().try_fold(0, |sum, c| Some(sum * 10 + digit(*c)?));
    }
    let (mut sum, mut last) = (0, None);
    for c in run {
        match c {
            '百' => sum += last.take()? * 100,
            '十' => sum += last.take().filter(|n| *n > 0).unwrap_or(1) * 10,
            c => last = Some(digit(*c)?),
        }
    }
    Some(sum + last.unwrap_or(0))
}

/// Which numbers of a stretch of road are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Both,
    Odd,
    Even,
}

/// The doors of an estate on one road: 花家地南街6号院, 花家地南街2-18号双.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doors {
    /// As [`plain`] writes it.
    pub road: String,
    mark: Option<char>,
    first: u32,
    last: u32,
    side: Side,
}

/// A door that somebody names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door {
    pub mark: Option<char>,
    pub number: u32,
}

impl Doors {
    /// Reads `ROAD [甲]N号[院]` or `ROAD N-M号[院]`, the latter with 单 or 双 behind it for one side of the road; 弄 will
    /// do for 号. None where it is not of this form.
    pub fn read(text: &str) -> Option<Self> {
        let text: String = plain(text).into_iter().collect();
        let bare = text.trim_end_matches(')');
        let bare = bare.strip_suffix("号").filter(|it| it.ends_with(['单', '双'])).unwrap_or(bare);
        let (bare, side) = match (bare.strip_suffix('单'), bare.strip_suffix('双')) {
            (Some(bare), _) => (bare, Side::Odd),
            (_, Some(bare)) => (bare, Side::Even),
            _ => (bare, Side::Both),
        };
        let bare = bare.trim_end_matches('(').trim_end_matches("院").trim_end_matches("大");
        let bare = bare.strip_suffix(['号', '弄'])?;
        let (rest, last) = number_behind(bare)?;
        let (rest, first) = match rest.strip_suffix(['-', '~', '至', '—', '–']) {
            Some(rest) => number_behind(rest.trim_end_matches("号"))?,
            None => (rest, last),
        };
        let mark = rest.chars().next_back().filter(|c| MARKS.contains(*c));
        let road = rest.trim_end_matches(|c| MARKS.contains(c));
        let sound = road.chars().count() > 1 && first <= last && (mark.is_none() || first == last);
        sound.then(|| Self { road: road.to_owned(), mark, first, last, side })
    }

    /// Whether `door` is one of them.
    pub fn has(&self, door: Door) -> bool {
        let side = match self.side {
            Side::Both => true,
            Side::Odd => !door.number.is_multiple_of(2),
            Side::Even => door.number.is_multiple_of(2),
        };
        side && self.mark == door.mark && (self.first..=self.last).contains(&door.number)
    }
}

/// The number that `text` ends with, and what stands before it.
fn number_behind(text: &str) -> Option<(&str, u32)> {
    let rest = text.trim_end_matches(|c: char| c.is_ascii_digit());
    Some((rest, text[rest.len()..].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn text(of: &str) -> String {
        plain(of).into_iter().collect()
    }

    #[rstest]
    #[case("阳光 花园二期", "阳光花园2期")]
    #[case("八里庄街道三里屯", "八里庄街道三里屯")]
    #[case("东四十条二十一号院", "东四十条21号院")]
    #[case("一百零八号", "108号")]
    #[case("二〇五室", "205室")]
    #[case("十号楼三单元", "10号楼3单元")]
    #[case("万科·金域Ａ座", "万科金域a座")]
    #[case("第二社区", "第二社区")]
    fn two_ways_to_write_it_are_one(#[case] written: &str, #[case] meant: &str) {
        assert_eq!(text(written), meant);
        assert_eq!(text(meant), meant);
    }

    #[rstest]
    #[case("花家地南街6号院", 6, true)]
    #[case("花家地南街６号", 6, true)]
    #[case("花家地南街六号", 6, true)]
    #[case("花家地南街6号院", 16, false)]
    #[case("花家地南街2-18号双", 18, true)]
    #[case("花家地南街2-18号（双号）", 4, true)]
    #[case("花家地南街2号至18号双", 5, false)]
    #[case("花家地南街1-9号单", 5, true)]
    #[case("花家地南街1-9号", 4, true)]
    #[case("经3路12弄", 12, true)]
    #[case("花家地南街甲6号", 6, false)]
    fn doors_are_those_of_their_side(#[case] doors: &str, #[case] number: u32, #[case] is: bool) {
        let doors = Doors::read(doors).unwrap();
        assert_eq!(doors.has(Door { mark: None, number }), is);
        let marked = doors.has(Door { mark: Some('甲'), number });
        assert_eq!(marked, doors.mark == Some('甲'));
    }

    #[rstest]
    #[case("花家地南街")]
    #[case("6号院")]
    #[case("花家地南街6号院3号楼")]
    #[case("花家地南街18-2号")]
    #[case("")]
    #[case("花家地南街甲2-6号")]
    #[case("花家地南街99999999999号")]
    fn what_names_no_door_is_refused(#[case] doors: &str) {
        assert_eq!(Doors::read(doors), None);
    }

    proptest! {
        #[test]
        fn plain_text_stays_as_it_is(written in "\\PC{0,40}|[一二三十百〇号期楼里阳光花园A-z0-9 ]{0,20}") {
            let once = text(&written);
            prop_assert_eq!(text(&once), once.clone());
            Doors::read(&written);
        }

        #[test]
        fn a_chinese_number_is_its_digits(n in 1_u32..1_000) {
            let digit = |n: u32| "零一二三四五六七八九".chars().nth(n as usize).unwrap();
            let (hundreds, tens, ones) = (n / 100, n / 10 % 10, n % 10);
            let mut written = String::new();
            if hundreds > 0 { written.extend([digit(hundreds), '百']); }
            if tens > 0 { written.extend([digit(tens), '十']); }
            else if hundreds > 0 && ones > 0 { written.push('零'); }
            if ones > 0 { written.push(digit(ones)); }
            prop_assert_eq!(text(&format!("{written}号楼")), format!("{n}号楼"));
        }
    }
}
