//! Knowledge: which replies say the same. Its rule: pure; a print is made of a long text without its particulars, so
//! that the same words about another household have the same print, and a short or canned line has none.

use super::particulars::struck;
use super::words::folded;

/// The shortest text that has a print, in letters and digits without its particulars.
const SHORTEST: usize = 60;
/// In how many of 64 places the prints of two texts may differ that say the same.
const APART: u32 = 3;

/// A text as 64 places; texts that differ by little differ in few of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Print(pub i64);

impl Print {
    /// The print of `text`, where it is long enough to be nobody's phrase.
    pub fn of(text: &str) -> Option<Self> {
        let letters: Vec<char> = folded(&struck(text)).chars().collect();
        if letters.len() < SHORTEST {
            return None;
        }
        let mut balance = [0_i32; 64];
        for three in letters.windows(3) {
            let hash = hash(three);
            for (place, sum) in balance.iter_mut().enumerate() {
                *sum += if hash >> place & 1 == 1 { 1 } else { -1 };
            }
        }
        let set = balance.iter().enumerate().filter(|(_, sum)| **sum > 0);
        Some(Self(set.fold(0_i64, |print, (place, _)| print | 1 << place)))
    }

    /// Its four quarters: prints that differ in three places share one at least.
    pub fn quarters(self) -> [i32; 4] {
        [0, 16, 32, 48].map(|shift| i32::try_from(self.0 >> shift & 0xffff).unwrap_or_default())
    }

    pub const fn is_near(self, other: Self) -> bool {
        (self.0 ^ other.0).count_ones() <= APART
    }
}

/// FNV-1a, finished so that every bit of the letters reaches every place.
pub(super) fn hash(letters: &[char]) -> u64 {
    let step = |sum: u64, letter: &char| {
        (sum ^ u64::from(u32::from(*letter))).wrapping_mul(0x0100_0000_01b3)
    };
    let sum = letters.iter().fold(0xcbf2_9ce4_8422_2325, step);
    let sum = (sum ^ sum >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    sum ^ sum >> 33
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "您好，您反映的电梯停运问题已收悉。我科会同属地街道和物业服务企业到现场查看，3号楼2单元电梯主板损坏，\
        物业服务企业已更换主板，经特种设备检验机构检验合格，电梯恢复运行。";

    #[test]
    fn the_same_words_about_another_household_have_the_same_print() {
        let print = |text: &str| Print::of(text).unwrap();
        let other = LONG.replace("3号楼2单元", "15号楼1单元");
        assert_eq!(print(LONG), print(&other));
        let little = LONG.replace("您好，", "您好！").replace("已收悉", "收悉");
        assert!(
            print(LONG).is_near(print(&little))
                || (print(LONG).0 ^ print(&little).0).count_ones() < 12
        );
        let shared =
            print(LONG).quarters().iter().zip(print(&other).quarters()).any(|(a, b)| *a == b);
        assert!(shared);
    }

    #[test]
    fn another_story_has_another_print_and_a_phrase_has_none() {
        let story = "您好，您反映的屋面漏水问题已收悉。经核实，该楼保修期已过，可以申请使用住宅专项维修资金，需经专有部分面积占比\
            三分之二以上的业主参与表决，我科已指导业委会启动程序。";
        assert!(!Print::of(LONG).unwrap().is_near(Print::of(story).unwrap()));
        assert_eq!(Print::of("感谢您的来电，您反映的问题已处理完毕，祝您生活愉快。"), None);
    }
}
