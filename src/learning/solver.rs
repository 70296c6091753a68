//! Learning: the linear classifier itself. Its rule: the same rows in the same order with the same
//! seed give the same weights, bit for bit.
//!
//! One support vector machine per label against all others, squared hinge loss, solved in the dual
//! by coordinate descent (Hsieh et al. 2008, "A dual coordinate descent method for large-scale
//! linear SVM", algorithm 1). [`WIDTH`] labels are solved side by side, so that a row is read once
//! for all of them. Features are scaled per label by their naive-Bayes log-count ratio (Wang and
//! Manning 2012, "Baselines and bigrams"), half of it as they interpolate.

use super::stable::{SplitMix, narrow};
use super::vocabulary::Vector;

/// Labels solved side by side.
pub const WIDTH: usize = 8;

/// One number for each label of a block.
pub type Lanes = [f32; WIDTH];

/// How hard and how long to learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// What a row on the wrong side costs (C), above 0.
    pub cost: f64,
    /// The rows of a label that is one in n cost (n − 1)^`balance` times as much; 0: no more.
    pub balance: f64,
    /// Done when no row's projected gradient is larger.
    pub tolerance: f32,
    /// Passes over all rows at most.
    pub rounds: u32,
    pub seed: u64,
}

/// The log-count ratio's share of a feature's scale; the rest is 1.
const RATIO_SHARE: f32 = 0.5;
/// Added to each sum before the logarithm, in units of the vectors' values.
const SMOOTHING: f32 = 0.02;

/// What was learnt about one block of labels.
#[derive(Debug, Clone)]
pub struct Block {
    /// By place in the vocabulary.
    pub weights: Vec<Lanes>,
    pub bias: Lanes,
}

/// Learns labels `first .. first + WIDTH`. `labels[i]` is the label of `rows[i]`; `features` is the
/// length of the vocabulary.
pub fn learn(
    rows: &[&Vector],
    labels: &[usize],
    first: usize,
    features: usize,
    effort: &Effort,
) -> Block {
    let lane_of: Vec<Option<usize>> =
        labels.iter().map(|label| label.checked_sub(first).filter(|lane| *lane < WIDTH)).collect();
    let scales = scales(rows, &lane_of, features);
    let softness = softness(&lane_of, effort);
    let steps = steps(rows, &lane_of, &scales, &softness);
    let mut block = Block { weights: vec![[0.0; WIDTH]; features], bias: [0.0; WIDTH] };
    let mut duals = vec![[0.0_f32; WIDTH]; rows.len()];
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut chance = SplitMix::new(effort.seed);
    for _ in 0..effort.rounds {
        chance.shuffle(&mut order);
        let mut worst = 0.0_f32;
        for &row in &order {
            let margins = block.margins(rows[row]);
            let mut moves = [0.0_f32; WIDTH];
            for lane in 0..WIDTH {
                let side = if lane_of[row] == Some(lane) { 1.0 } else { -1.0 };
                let soft = if side > 0.0 { softness[1][lane] } else { softness[0][lane] };
                let dual = duals[row][lane];
                let gradient = side * margins[lane] - 1.0 + soft * dual;
                let projected = if dual > 0.0 { gradient } else { gradient.min(0.0) };
                worst = worst.max(projected.abs());
                let new = (dual - gradient * steps[row][lane]).max(0.0);
                duals[row][lane] = new;
                moves[lane] = (new - dual) * side;
            }
            if moves.iter().any(|step| *step != 0.0) {
                block.step(rows[row], &moves, &scales);
            }
        }
        if worst < effort.tolerance {
            break;
        }
    }
    block
}

impl Block {
    fn margins(&self, row: &Vector) -> Lanes {
        let mut sums = self.bias;
        for entry in &row.entries {
            let weights = &self.weights[entry.place as usize];
            for lane in 0..WIDTH {
                sums[lane] += entry.value * weights[lane];
            }
        }
        sums
    }

    /// Weights are kept in the unscaled space, so a step there carries the scale twice.
    fn step(&mut self, row: &Vector, moves: &Lanes, scales: &[Lanes]) {
        for (bias, step) in self.bias.iter_mut().zip(moves) {
            *bias += step;
        }
        for entry in &row.entries {
            let (weights, scales) =
                (&mut self.weights[entry.place as usize], &scales[entry.place as usize]);
            for lane in 0..WIDTH {
                weights[lane] += moves[lane] * entry.value * scales[lane];
            }
        }
    }
}

/// The square of each feature's scale: (1 − s + s·|log ratio|)².
fn scales(rows: &[&Vector], lane_of: &[Option<usize>], features: usize) -> Vec<Lanes> {
    let mut inside = vec![[0.0_f32; WIDTH]; features];
    let mut all = vec![0.0_f32; features];
    let mut inside_total = [0.0_f64; WIDTH];
    let mut total = 0.0_f64;
    for (row, lane) in rows.iter().zip(lane_of) {
        for entry in &row.entries {
            let place = entry.place as usize;
            all[place] += entry.value;
            total += f64::from(entry.value);
            if let Some(lane) = lane {
                inside[place][*lane] += entry.value;
                inside_total[*lane] += f64::from(entry.value);
            }
        }
    }
    let smooth = f64::from(SMOOTHING) * features as f64;
    let base = inside_total.map(|sum| narrow(((sum + smooth) / (total - sum + smooth)).ln()));
    for (sums, all) in inside.iter_mut().zip(all) {
        for lane in 0..WIDTH {
            let (in_it, out_of_it) = (sums[lane], (all - sums[lane]).max(0.0));
            let ratio = ((in_it + SMOOTHING) / (out_of_it + SMOOTHING)).ln() - base[lane];
            let scale = 1.0 - RATIO_SHARE + RATIO_SHARE * ratio.abs();
            sums[lane] = scale * scale;
        }
    }
    inside
}

/// 1 ÷ 2C of the squared hinge for rows outside (0) and inside (1) each label.
fn softness(lane_of: &[Option<usize>], effort: &Effort) -> [Lanes; 2] {
    let outside = narrow(0.5 / effort.cost);
    let mut soft = [[outside; WIDTH]; 2];
    for (lane, soft) in soft[1].iter_mut().enumerate() {
        let inside = lane_of.iter().filter(|of| **of == Some(lane)).count();
        if inside > 0 {
            let rarity = (lane_of.len() - inside) as f64 / inside as f64;
            *soft = narrow(0.5 / (effort.cost * rarity.powf(effort.balance).max(1.0)));
        }
    }
    soft
}

/// One over the diagonal of the dual's matrix: how far a gradient carries.
fn steps(
    rows: &[&Vector],
    lane_of: &[Option<usize>],
    scales: &[Lanes],
    softness: &[Lanes; 2],
) -> Vec<Lanes> {
    let of = |(row, inside): (&&Vector, &Option<usize>)| {
        let mut sums = [1.0_f32; WIDTH]; // the bias
        for entry in &row.entries {
            for (sum, scale) in sums.iter_mut().zip(&scales[entry.place as usize]) {
                *sum += entry.value * entry.value * scale;
            }
        }
        for (lane, sum) in sums.iter_mut().enumerate() {
            let side = usize::from(*inside == Some(lane));
            *sum = 1.0 / (*sum + softness[side][lane]);
        }
        sums
    };
    rows.iter().zip(lane_of).map(of).collect()
}
