//! Learning: the hash and the shuffle. Its rule: the same on every machine, in every run and every
//! release, as hashes are kept in files.

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014; constants of Stafford's mix 13).
pub const fn mix(mut x: u64) -> u64 {
    x ^= x >> 30;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 27;
    x = x.wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// One more part into a hash; order counts.
pub const fn join(hash: u64, part: u64) -> u64 {
    mix(hash.rotate_left(17) ^ part.wrapping_add(0x9e37_79b9_7f4a_7c15))
}

/// FNV-1a over bytes (64 bits): the checksum of a file against damage, not against forgery.
pub fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// What is computed in 64 bits and kept in 32.
#[expect(clippy::cast_possible_truncation, reason = "weights and chances need no more digits")]
pub(super) const fn narrow(real: f64) -> f32 {
    real as f32
}

/// SplitMix64: seeded, so that training repeats itself.
#[derive(Debug, Clone)]
pub struct SplitMix(u64);

impl SplitMix {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// One of 0 … `bound` − 1; 0 where `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.draw() % bound.max(1) as u64).unwrap_or_default()
    }

    /// Fisher and Yates.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}
