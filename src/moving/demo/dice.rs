//! Moving, demo: chance that falls alike every time. Its rule: the same seed gives the same city.

/// A small generator (splitmix64).
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to below `n`.
    pub fn below(&mut self, n: i64) -> i64 {
        let n = u64::try_from(n.max(1)).unwrap_or(1);
        i64::try_from(self.roll() % n).unwrap_or_default()
    }

    /// From `least` to `most`.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        least + self.below(most - least + 1)
    }

    pub fn percent(&mut self, chance: i64) -> bool {
        self.below(100) < chance
    }

    /// One of `from`; the default where there is none.
    pub fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let place =
            usize::try_from(self.below(i64::try_from(from.len()).unwrap_or(1))).unwrap_or_default();
        from.get(place).copied().unwrap_or_default()
    }

    /// One of `from` by its weight.
    pub fn weighed<'a, T>(&mut self, from: &'a [(T, i64)]) -> Option<&'a T> {
        let mut left = self.below(from.iter().map(|(_, weight)| *weight).sum());
        from.iter()
            .find(|(_, weight)| {
                left -= weight;
                left < 0
            })
            .or(from.last())
            .map(|(what, _)| what)
    }
}
