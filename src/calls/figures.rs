//! Calls: the figures of GB/T 33358-2016 (政府热线服务规范): a call is answered within 15 seconds, and 95 % of all
//! are connected. Its rule: pure; a figure says its numerator and denominator, and nothing over zero is null.

use std::collections::BTreeMap;

use chrono::Timelike;
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::store::Facts;
use crate::code_enum;

/// "电话受理时应在15秒之内接听": up to and with 15.000 s.
const IN_TIME_MS: i64 = 15_000;

code_enum! {
    /// What the rows of the figures are.
    pub enum CallsBy { Hour = "hour" "小时", Day = "day" "日期", Agent = "agent" "坐席", Queue = "queue" "队列" }
}

/// A share, unrounded; `value` is null where nothing was offered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Share {
    pub num: u64,
    pub den: u64,
    pub value: Option<f64>,
}

impl Share {
    fn of(num: u64, den: u64) -> Self {
        Self { num, den, value: (den > 0).then(|| num as f64 / den as f64) }
    }
}

/// The figures of some calls.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Figures {
    /// The hour (00 to 23), the day, the agent or the queue; absent: all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Calls that came in.
    pub offered: u64,
    pub answered: u64,
    pub missed: u64,
    /// 接通率 = answered ÷ offered.
    pub connection_rate: Share,
    /// 15秒接起率 = answered within 15 s of the ring ÷ offered.
    pub within_15s_rate: Share,
    /// Mean seconds from the ring to the answer, of the answered calls whose ring is known.
    pub mean_wait_s: Option<f64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    offered: u64,
    answered: u64,
    missed: u64,
    in_time: u64,
    waited: u64,
    waited_ms: i64,
}

impl Sum {
    fn add(&mut self, call: &Facts) {
        self.offered += 1;
        self.missed += u64::from(call.is_missed());
        let Some(answered) = call.answered_at else { return };
        self.answered += 1;
        // Without its ring nobody knows how long it rang: not within 15 seconds for certain.
        let Some(rang) = call.rang_at else { return };
        let waited = answered.millis_since(rang).max(0);
        self.waited += 1;
        self.waited_ms += waited;
        self.in_time += u64::from(waited <= IN_TIME_MS);
    }

    fn figures(self, key: Option<String>) -> Figures {
        let mean = || self.waited_ms as f64 / 1_000.0 / self.waited as f64;
        Figures {
            key,
            offered: self.offered,
            answered: self.answered,
            missed: self.missed,
            connection_rate: Share::of(self.answered, self.offered),
            within_15s_rate: Share::of(self.in_time, self.offered),
            mean_wait_s: (self.waited > 0).then(mean),
        }
    }
}

/// The rows of `calls` by `group`, and all of them. Each hour of the day has a row, whether it had calls or not.
pub fn figures(calls: &[Facts], group: CallsBy, zone: Tz) -> (Vec<Figures>, Figures) {
    let mut rows: BTreeMap<String, Sum> = BTreeMap::new();
    if group == CallsBy::Hour {
        rows.extend((0..24).map(|hour| (format!("{hour:02}"), Sum::default())));
    }
    let mut total = Sum::default();
    for call in calls {
        let key = match group {
            CallsBy::Hour => format!("{:02}", call.first_at.in_zone(zone).hour()),
            CallsBy::Day => call.first_at.day(zone).to_string(),
            CallsBy::Agent => call.agent.clone().unwrap_or_else(|| "-".to_owned()),
            CallsBy::Queue => call.queue.clone().unwrap_or_else(|| "-".to_owned()),
        };
        rows.entry(key).or_default().add(call);
        total.add(call);
    }
    (rows.into_iter().map(|(key, sum)| sum.figures(Some(key))).collect(), total.figures(None))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;

    use super::*;
    use crate::time::Stamp;

    fn call(rang: Option<i64>, answered: Option<i64>) -> Facts {
        let at = |seconds: i64| Stamp::from_millis(seconds * 1_000);
        Facts {
            first_at: at(rang.or(answered).unwrap_or_default()),
            rang_at: rang.map(at),
            answered_at: answered.map(at),
            ended_at: Some(at(60)),
            missed_at: None,
            agent: answered.map(|_| "agent".to_owned()),
            queue: None,
        }
    }

    #[test]
    fn fifteen_seconds_are_in_time_and_sixteen_are_not() {
        let calls = [call(Some(0), Some(15)), call(Some(0), Some(16)), call(Some(0), None)];
        let (_, total) = figures(&calls, CallsBy::Agent, Shanghai);
        assert_eq!(total.connection_rate, Share { num: 2, den: 3, value: Some(2.0 / 3.0) });
        assert_eq!(total.within_15s_rate, Share { num: 1, den: 3, value: Some(1.0 / 3.0) });
        assert_eq!((total.missed, total.mean_wait_s), (1, Some(15.5)));
    }

    #[test]
    fn a_call_that_rings_now_was_offered_and_not_missed() {
        let now = Facts { ended_at: None, ..call(Some(0), None) };
        let (_, total) = figures(&[now, call(Some(0), None)], CallsBy::Agent, Shanghai);
        assert_eq!((total.offered, total.answered, total.missed), (2, 0, 1));
    }

    #[test]
    fn an_answer_without_its_ring_is_connected_but_not_in_time() {
        let (rows, total) = figures(&[call(None, Some(5))], CallsBy::Agent, Shanghai);
        assert_eq!((total.connection_rate.num, total.within_15s_rate.num), (1, 0));
        assert_eq!((total.mean_wait_s, rows.len()), (None, 1));
    }

    #[test]
    fn nothing_over_nothing_is_null_and_every_hour_has_its_row() {
        let (rows, total) = figures(&[], CallsBy::Hour, Shanghai);
        assert_eq!((rows.len(), rows[23].key.as_deref()), (24, Some("23")));
        assert_eq!((total.connection_rate.value, total.mean_wait_s), (None, None));
    }
}
