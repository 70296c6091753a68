//! Identity: what makes a password good enough. Its rule: pure; two policies, one of which the
//! site chooses.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::TimeDelta;

use crate::time::Stamp;

/// Nobody types more, and hashing more would be a way to tire the machine.
const LONGEST: usize = 128;

/// What a password must be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// OWASP ASVS: at least 12 characters, any of them, no ageing.
    Asvs,
    /// 等级保护 (MLPS 2.0): at least 8 characters of three classes in four, 90 days, none of the
    /// last five.
    Mlps,
}

impl Policy {
    /// The fewest characters.
    pub const fn shortest(self) -> usize {
        match self {
            Self::Asvs => 12,
            Self::Mlps => 8,
        }
    }

    /// How many earlier passwords may not come back.
    pub const fn remembered(self) -> usize {
        match self {
            Self::Asvs => 0,
            Self::Mlps => 5,
        }
    }

    /// Whether a password set at `set_at` is too old at `now`.
    pub fn is_aged(self, set_at: Stamp, now: Stamp) -> bool {
        match self {
            Self::Asvs => false,
            Self::Mlps => now > set_at.plus(TimeDelta::days(90)),
        }
    }

    /// The code of the first thing wrong with `password` for the account `name`.
    pub fn weakness(self, password: &str, name: &str) -> Option<&'static str> {
        let length = password.chars().count();
        let folded = password.to_lowercase();
        if length < self.shortest() {
            Some(match self {
                Self::Asvs => "password.too_short",
                Self::Mlps => "password.too_short_mlps",
            })
        } else if length > LONGEST {
            Some("password.too_long")
        } else if !name.is_empty() && folded.contains(&name.to_lowercase()) {
            Some("password.has_name")
        } else if is_common(&folded) {
            Some("password.common")
        } else if self == Self::Mlps && classes(password) < 3 {
            Some("password.too_plain")
        } else {
            None
        }
    }
}

/// Capital letters, small letters, digits, and everything else.
fn classes(password: &str) -> usize {
    let class = |c: char| match c {
        'A'..='Z' => 0,
        'a'..='z' => 1,
        '0'..='9' => 2,
        _ => 3,
    };
    password.chars().map(class).collect::<BTreeSet<u8>>().len()
}

/// Passwords that are tried first, a line each.
static COMMON: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let text = include_str!("../../config/words/common-passwords.txt");
    text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).collect()
});

/// Whether `folded` (small letters) is a listed password, a listed one with a short ending or
/// repeated, or made of one to three characters only.
fn is_common(folded: &str) -> bool {
    let distinct = folded.chars().collect::<BTreeSet<char>>().len();
    let bare = folded.trim_end_matches(|c: char| !c.is_alphabetic());
    let base = if bare.chars().count() >= 6 { bare } else { folded };
    distinct <= 3
        || COMMON.contains(folded)
        || COMMON.contains(base)
        || is_repeated(folded)
        || is_run(folded)
}

/// `abc123abc123`: one listed part again and again.
fn is_repeated(folded: &str) -> bool {
    COMMON.iter().any(|word| {
        let times = folded.len() / word.len().max(1);
        times > 1 && times * word.len() == folded.len() && word.repeat(times) == folded
    })
}

/// `12345678901234`, `abcdefghijkl`: each character follows the one before.
fn is_run(folded: &str) -> bool {
    let follows = |pair: (char, char)| match pair {
        ('9', '0') | ('0', '9') => true,
        (a, b) => u32::from(a).abs_diff(u32::from(b)) == 1,
    };
    folded.chars().zip(folded.chars().skip(1)).all(follows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("short", Some("password.too_short"))]
    #[case("elevenchars", Some("password.too_short"))]
    #[case("correct horse battery", None)]
    #[case("四个随机的汉字词组好记又长", None)]
    #[case("zhangsan-in-office", Some("password.has_name"))]
    #[case("ZhangSan2026!!xyz", Some("password.has_name"))]
    #[case("aaaaaaaaaaaaaa", Some("password.common"))]
    #[case("1234567890123", Some("password.common"))]
    #[case("admin@123456", Some("password.common"))]
    #[case("password123456", Some("password.common"))]
    #[case("qwerty123qwerty123", Some("password.common"))]
    fn asvs_wants_length_and_nothing_guessable(
        #[case] password: &str,
        #[case] weakness: Option<&str>,
    ) {
        assert_eq!(Policy::Asvs.weakness(password, "zhangsan"), weakness);
    }

    #[rstest::rstest]
    #[case("Ab1!", Some("password.too_short_mlps"))]
    #[case("lowercase9", Some("password.too_plain"))]
    #[case("Lowercase9", None)]
    #[case("Passw0rd", Some("password.common"))]
    fn mlps_wants_three_classes_in_four(#[case] password: &str, #[case] weakness: Option<&str>) {
        assert_eq!(Policy::Mlps.weakness(password, "zhangsan"), weakness);
    }

    #[test]
    fn a_password_beyond_any_typing_is_refused() {
        let long: String = ('a'..='z').cycle().step_by(3).take(129).collect();
        assert_eq!(Policy::Asvs.weakness(&long, ""), Some("password.too_long"));
    }

    #[test]
    fn a_password_ages_after_ninety_days_under_mlps_only() {
        let set = Stamp::from_millis(0);
        let day_90 = set.plus(TimeDelta::days(90));
        assert!(!Policy::Mlps.is_aged(set, day_90));
        assert!(Policy::Mlps.is_aged(set, day_90.plus_millis(1)));
        assert!(!Policy::Asvs.is_aged(set, Stamp::MAX));
    }
}
