//! Assessment: exact fractions. Its rule: two figures are compared as the fractions they are, never
//! as rounded numbers (domain.md §6 rule 4).

use std::cmp::Ordering;

/// `num/den` in lowest terms, `den` > 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    num: i128,
    den: i128,
}

impl Fraction {
    pub const ZERO: Self = Self { num: 0, den: 1 };

    /// Reduces; a zero or negative `den` is taken for 1 (callers ask before they divide).
    pub fn new(num: i128, den: i128) -> Self {
        let den = if den > 0 { den } else { 1 };
        let by = gcd(num.unsigned_abs(), den.unsigned_abs());
        let by = i128::try_from(by).unwrap_or(1).max(1);
        Self { num: num / by, den: den / by }
    }

    /// The sum, over the least common denominator: rates of up to ten million tickets and weights of three decimals stay far inside 128 bits.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let common = gcd(self.den.unsigned_abs(), other.den.unsigned_abs());
        let common = i128::try_from(common).unwrap_or(1).max(1);
        let (mine, theirs) = (self.den / common, other.den / common);
        Self::new(self.num * theirs + other.num * mine, self.den * theirs)
    }

    /// What is left of it without `other`; may be below zero.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.plus(Self { num: -other.num, den: other.den })
    }

    /// An equal part of it: divided by `parts` > 0.
    #[must_use]
    pub fn over(self, parts: i64) -> Self {
        Self::new(self.num, self.den * i128::from(parts.max(1)))
    }

    pub fn as_f64(self) -> f64 {
        // whole and rest apart, so that large terms lose nothing that a double can hold
        let whole = self.num / self.den;
        whole as f64 + (self.num % self.den) as f64 / self.den as f64
    }
}

const fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    /// By whole parts, then by the reciprocals of what is left: no product can overflow.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut a, mut b) = (*self, *other);
        let mut turned = false;
        loop {
            let whole = a.num.div_euclid(a.den).cmp(&b.num.div_euclid(b.den));
            let (rest_a, rest_b) = (a.num.rem_euclid(a.den), b.num.rem_euclid(b.den));
            let order = match whole {
                Ordering::Equal if rest_a == 0 || rest_b == 0 => rest_a.cmp(&rest_b),
                Ordering::Equal => {
                    a = Self { num: a.den, den: rest_a };
                    b = Self { num: b.den, den: rest_b };
                    turned = !turned;
                    continue;
                }
                unequal => unequal,
            };
            return if turned { order.reverse() } else { order };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_fractions_are_equal_however_they_were_written() {
        assert_eq!(Fraction::new(2, 6), Fraction::new(1, 3));
        assert_eq!(Fraction::new(1, 3).cmp(&Fraction::new(2, 6)), Ordering::Equal);
    }

    #[test]
    fn fractions_that_a_double_cannot_tell_apart_are_told_apart() {
        let big = 10_i128.pow(30);
        let (less, more) = (Fraction::new(big, big + 1), Fraction::new(big + 1, big + 2));
        assert_eq!(less.cmp(&more), Ordering::Less);
        assert_eq!(more.cmp(&less), Ordering::Greater);
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_the_cross_products(
            a in -1000_i128..1000, b in 1_i128..1000, c in -1000_i128..1000, d in 1_i128..1000,
        ) {
            prop_assert_eq!(Fraction::new(a, b).cmp(&Fraction::new(c, d)), (a * d).cmp(&(c * b)));
        }
    }
}
