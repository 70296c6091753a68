//! Proactive: how often chance alone brings as many. Its rule: pure; the mean of a cell is never known, only
//! estimated, so its uncertainty is part of the answer.

/// Probability that a count of the negative binomial with this `shape` and `mean` is `k` or more: a Poisson count
/// whose mean is known only as well as `shape` earlier counts tell.
pub fn at_least(k: usize, shape: f64, mean: f64) -> f64 {
    if k == 0 {
        return 1.0;
    }
    if mean <= 0.0 || shape <= 0.0 {
        return 0.0;
    }
    let stay = shape / (shape + mean);
    let mut term = stay.powf(shape);
    let mut below = 0.0;
    let mut i = 0.0;
    for _ in 0..k {
        below += term;
        term *= (shape + i) / (i + 1.0) * (1.0 - stay);
        i += 1.0;
    }
    (1.0 - below).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_that_of_known_tables() {
        for (k, shape, mean, expected) in [
            (0, 1.0, 3.0, 1.0),
            // Geometric: (3/4)^k.
            (1, 1.0, 3.0, 0.75),
            (3, 1.0, 3.0, 0.421_875),
            // With a large shape it is Poisson: P(X ≥ 3 | 1) = 0.080301.
            (3, 1e7, 1.0, 0.080_301),
            (2, 1.0, 0.0, 0.0),
        ] {
            let got = at_least(k, shape, mean);
            assert!((got - expected).abs() < 1e-5, "{k} {shape} {mean}: {got}");
        }
    }

    #[test]
    fn the_less_is_known_the_likelier_is_much() {
        assert!(at_least(5, 0.5, 1.0) > at_least(5, 5.0, 1.0));
    }
}
