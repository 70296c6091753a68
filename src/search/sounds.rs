//! Search: how Chinese names sound. Its rule: a character may have several readings, and any of them will
//! do: 重庆 is chongqing and zhongqing to whoever types it.

use pinyin::ToPinyinMulti;

/// The readings of each character; of one that has none, itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound(Vec<Vec<String>>);

impl Sound {
    /// How `text` sounds.
    pub fn of(text: &str) -> Self {
        Self(text.chars().map(readings).collect())
    }

    /// The readings of each character.
    pub fn readings(&self) -> &[Vec<String>] {
        &self.0
    }

    /// Whether `other` may sound like this from its character `at` on.
    pub fn is_like_part(&self, other: &Self, at: usize) -> bool {
        let same = |(one, two): (&Vec<String>, &Vec<String>)| one.iter().any(|it| two.contains(it));
        let rest = other.0.get(at..).unwrap_or_default();
        self.0.len() <= rest.len() && self.0.iter().zip(rest).all(same)
    }

    /// Whether both may sound the same, character by character.
    pub fn is_like(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self.0.len() > 1
            && self.0.iter().zip(&other.0).all(|(one, two)| one.iter().any(|it| two.contains(it)))
    }
}

fn readings(c: char) -> Vec<String> {
    let mut all: Vec<String> = match c.to_pinyin_multi() {
        Some(many) => many.into_iter().map(|one| one.plain().replace('ü', "v")).collect(),
        None => vec![c.to_string()],
    };
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether `typed`, Latin letters, is how the beginning of `sound` is typed: each character in full or by
/// its first letter. `ygh`, `yangghy` and `yangguang` all begin 阳光花园; one letter is too little.
pub fn hears(sound: &Sound, typed: &str) -> bool {
    let is_latin = typed.len() > 1 && typed.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_latin && follows(&sound.0, typed)
}

fn follows(sound: &[Vec<String>], typed: &str) -> bool {
    if typed.is_empty() {
        return true;
    }
    let Some((first, rest)) = sound.split_first() else { return false };
    first.iter().any(|reading| {
        let whole = typed.strip_prefix(reading.as_str());
        // A letter is its own initial: asked twice, a long Latin name would be asked 2ⁿ times.
        let initial = reading.chars().next().filter(|_| reading.len() > 1);
        let initial = initial.and_then(|letter| typed.strip_prefix(letter));
        // The last one may be half typed: yanggua.
        let half = !typed.is_empty() && reading.starts_with(typed);
        half || [whole, initial].into_iter().flatten().any(|after| follows(rest, after))
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "uppereastsidecentralplazaresidencesphaseoneandtwo",
        "uppereastsidecentralplazaresidencesphaseoneandtwx",
        false
    )]
    #[case("阳光花园", "ygh", true)]
    #[case("阳光花园", "yghy", true)]
    #[case("阳光花园", "yangguanghuayuan", true)]
    #[case("阳光花园", "yanggua", true)]
    #[case("阳光花园", "yangghy", true)]
    #[case("阳光花园", "y", false)]
    #[case("阳光花园", "yghyx", false)]
    #[case("阳光花园", "guang", false)]
    #[case("重庆路小区", "chongqing", true)]
    #[case("重庆路小区", "zql", true)]
    #[case("A3区", "a3q", true)]
    #[case("绿洲", "lvz", true)]
    fn a_name_is_typed_by_its_sound(#[case] name: &str, #[case] typed: &str, #[case] fits: bool) {
        let name = name.to_lowercase();
        assert_eq!(hears(&Sound::of(&name), typed), fits);
    }

    #[test]
    fn names_that_sound_alike_are_alike() {
        let like = |one: &str, two: &str| Sound::of(one).is_like(&Sound::of(two));
        assert!(like("锦绣家园", "锦秀佳园") && like("八里庄", "巴里庄"));
        assert!(!like("锦绣家园", "锦绣花园") && !like("园", "圆") && !like("", ""));
    }
}
