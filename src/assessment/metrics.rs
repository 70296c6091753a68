//! Assessment: the metrics by name (domain.md §6): id, version, formula, time anchor, printed with
//! each figure. Its rule: a formula that changes gets a new version; what it adds up is `shares.rs`.

use super::rules::{Rules, UNIT, shown};
use crate::code_enum;

code_enum! {
    /// Every metric, in the order shown.
    pub enum Metric {
        Received = "received" "受理量",
        Declined = "declined" "不予受理量",
        Diverted = "diverted" "转紧急量",
        Withdrawn = "withdrawn" "撤单量",
        Merged = "merged" "并单量",
        DirectRate = "direct_rate" "直接答复率",
        Finished = "finished" "办结量",
        CarriedOver = "carried_over" "结转量",
        ResponseRate = "response_rate" "响应率",
        ResolutionRate = "resolution_rate" "解决率",
        SatisfactionRate = "satisfaction_rate" "满意率",
        Composite = "composite" "综合得分",
        FirstResolutionRate = "first_resolution_rate" "首次解决率",
        ContactRate = "contact_rate" "及时反应率",
        SignRate = "sign_rate" "及时签收率",
        OnTimeRate = "on_time_rate" "按时办结率",
        AssistOnTimeRate = "assist_on_time_rate" "协办按时率",
        ReworkOnTimeRate = "rework_on_time_rate" "重办按时率",
        ReturnRate = "return_rate" "退单率",
        ReworkRate = "rework_rate" "重办率",
        UrgeRate = "urge_rate" "催办率",
        ExtensionRate = "extension_rate" "延期率",
        WithdrawalRate = "withdrawal_rate" "撤单率",
        RepeatRate = "repeat_rate" "重复诉求率",
        ReportInRate = "report_in_rate" "报到率",
        Whistles = "whistles" "吹哨次数",
        HandlingTime = "handling_time" "平均办理时长",
        Ledger = "ledger" "期末挂账",
        LedgerOpening = "ledger_opening" "期初挂账",
        LedgerNew = "ledger_new" "新增挂账",
        LedgerWrittenOff = "ledger_written_off" "销号",
        LedgerCancelled = "ledger_cancelled" "取消挂账",
        BottomLine = "bottom_line" "触碰底线",
    }
}

code_enum! {
    /// The instant that must lie in the window.
    pub enum Anchor {
        ReceivedAt = "received_at" "受理时间",
        ClosedAt = "closed_at" "最后办结时间",
        WindowEnd = "window_end" "周期结束时",
        WindowStart = "window_start" "周期开始时",
        SentAt = "sent_at" "派单时间",
        DueAt = "due_at" "最后一次到期时间",
        CalledAt = "called_at" "吹哨时间",
        ApprovedAt = "approved_at" "批准挂账时间",
        EndedAt = "ended_at" "销号或取消时间",
    }
}

/// What kind of number a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A number of things: no denominator; the value is the numerator.
    Count,
    /// A part of a whole, 0–1, with a Wilson interval.
    Rate,
    /// One number over another of a different kind: no interval.
    Ratio,
    /// A mean with median and P90; numerator and value in hours.
    Mean,
    /// Points out of 100, made of other rates: no numerator and no denominator of its own.
    Score,
}

/// A metric as printed with its figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// `id@version`, as each cell carries it.
    pub id: String,
    pub name: &'static str,
    /// In Chinese, with the profile's weights filled in.
    pub formula: String,
    pub anchor: Anchor,
    /// The profile and version whose weights it uses.
    pub profile: String,
}

impl Metric {
    pub const COUNT: usize = Self::ALL.len();

    /// The three rates, in the order of weights and curves.
    pub const THREE: [Self; 3] = [Self::ResponseRate, Self::ResolutionRate, Self::SatisfactionRate];

    /// Its place in a row of cells.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether time alone changes it, by a limit that runs out (domain.md §6); any other changes with its tickets only.
    pub const fn runs_out(self) -> bool {
        matches!(
            self,
            Self::SignRate
                | Self::ContactRate
                | Self::OnTimeRate
                | Self::AssistOnTimeRate
                | Self::ReworkOnTimeRate
        )
    }

    /// Grows with each change of the formula.
    pub const fn version(self) -> u32 {
        1
    }

    /// `id@version`.
    pub const fn definition(self) -> &'static str {
        DEFINITIONS[self as usize]
    }

    pub const fn shape(self) -> Shape {
        match self {
            Self::Received
            | Self::Declined
            | Self::Diverted
            | Self::Withdrawn
            | Self::Merged
            | Self::Finished
            | Self::CarriedOver
            | Self::Whistles
            | Self::Ledger
            | Self::LedgerOpening
            | Self::LedgerNew
            | Self::LedgerWrittenOff
            | Self::LedgerCancelled => Shape::Count,
            Self::BottomLine => Shape::Ratio,
            Self::HandlingTime => Shape::Mean,
            Self::Composite => Shape::Score,
            _ => Shape::Rate,
        }
    }

    /// How many numerator units make 1 (for the handling time: milliseconds of an hour).
    pub const fn scale(self) -> i64 {
        match self {
            Self::HandlingTime => 3_600_000,
            _ => UNIT,
        }
    }

    pub const fn anchor(self) -> Anchor {
        match self {
            Self::Finished | Self::HandlingTime => Anchor::ClosedAt,
            Self::CarriedOver | Self::Ledger => Anchor::WindowEnd,
            Self::LedgerOpening => Anchor::WindowStart,
            Self::LedgerNew => Anchor::ApprovedAt,
            Self::LedgerWrittenOff | Self::LedgerCancelled => Anchor::EndedAt,
            Self::OnTimeRate | Self::AssistOnTimeRate | Self::ReworkOnTimeRate => Anchor::DueAt,
            Self::ReportInRate | Self::Whistles => Anchor::CalledAt,
            Self::ContactRate
            | Self::SignRate
            | Self::ReturnRate
            | Self::ReworkRate
            | Self::UrgeRate
            | Self::ExtensionRate
            | Self::WithdrawalRate => Anchor::SentAt,
            _ => Anchor::ReceivedAt,
        }
    }

    const fn formula(self) -> &'static str {
        match self {
            Self::Received => "周期内受理的全部工单（含不予受理、转紧急、撤单、并单，各自另列）",
            Self::Declined => "周期内受理、现为不予受理的工单",
            Self::Diverted => "周期内受理、现为转紧急的工单",
            Self::Withdrawn => "周期内受理、现为撤单的工单",
            Self::Merged => "周期内受理、现为并单的工单",
            Self::DirectRate => "直接答复工单÷受理量",
            Self::Finished => "最后办结时间在周期内且至今仍为办结的工单",
            Self::CarriedOver => "周期结束前受理且周期结束时仍在办的工单",
            Self::ResponseRate => "回访答“已联系”÷有效回访（以最后一次有效回访为准）",
            Self::ResolutionRate => "（已解决＋{b}×基本解决）÷有效回访（以最后一次有效回访为准）",
            Self::SatisfactionRate => "（满意＋{w}×基本满意）÷有效回访（以最后一次有效回访为准）",
            Self::Composite => "{score}；缺任何一率则无",
            Self::FirstResolutionRate => "首次有效回访答“已解决”÷有效回访",
            Self::ContactRate => "按时联系诉求人÷主办和协办子单（已联系或已到期，退回、收回除外）",
            Self::SignRate => "按时签收÷主办和协办子单（已签收或已到期，退回、收回除外）",
            Self::OnTimeRate => "首次审核通过前从未超期÷最终主办子单（已到期，停表的除外）",
            Self::AssistOnTimeRate => "首次审核通过前从未超期÷协办子单（已到期，停表的除外）",
            Self::ReworkOnTimeRate => "按时重新报结÷重办（已到期，停表的除外）",
            Self::ReturnRate => "退单成立÷主办和协办子单",
            Self::ReworkRate => "被重办过的主办子单÷主办子单（退回除外）",
            Self::UrgeRate => "被催办过的主办子单÷主办子单（退回除外）",
            Self::ExtensionRate => "获准延期的主办子单÷主办子单（退回除外）",
            Self::WithdrawalRate => "派单后撤单÷主办子单",
            Self::RepeatRate => "{days}日内同一诉求人同一事项曾来过的工单÷受理量",
            Self::ReportInRate => "按时报到÷被吹哨次数",
            Self::Whistles => "街道吹哨次数",
            Self::HandlingTime => {
                "周期内办结工单自受理至首次审核通过或直接答复的工作小时（扣除挂账）之和÷工单数"
            }
            Self::Ledger => "期初＋新增－销号－取消",
            Self::LedgerOpening => "周期开始前批准且周期开始时仍在挂账",
            Self::LedgerNew => "周期内批准的挂账",
            Self::LedgerWrittenOff => "周期内销号的挂账",
            Self::LedgerCancelled => "周期内取消的挂账",
            Self::BottomLine => "触碰底线工单数÷周期内联系记录条数（按每千条显示）",
        }
    }

    /// As printed: the formula with the profile's numbers.
    pub fn define(self, rules: &Rules) -> Definition {
        let formula = self
            .formula()
            .replace("{b}", &shown(rules.basic_solved))
            .replace("{w}", &shown(rules.basic_satisfied))
            .replace("{days}", &rules.repeat_days.to_string())
            .replace("{score}", &rules.scoring.formula());
        Definition {
            id: self.definition().to_owned(),
            name: self.zh(),
            formula,
            anchor: self.anchor(),
            profile: rules.profile.clone(),
        }
    }
}

const DEFINITIONS: [&str; Metric::COUNT] = [
    "received@1",
    "declined@1",
    "diverted@1",
    "withdrawn@1",
    "merged@1",
    "direct_rate@1",
    "finished@1",
    "carried_over@1",
    "response_rate@1",
    "resolution_rate@1",
    "satisfaction_rate@1",
    "composite@1",
    "first_resolution_rate@1",
    "contact_rate@1",
    "sign_rate@1",
    "on_time_rate@1",
    "assist_on_time_rate@1",
    "rework_on_time_rate@1",
    "return_rate@1",
    "rework_rate@1",
    "urge_rate@1",
    "extension_rate@1",
    "withdrawal_rate@1",
    "repeat_rate@1",
    "report_in_rate@1",
    "whistles@1",
    "handling_time@1",
    "ledger@1",
    "ledger_opening@1",
    "ledger_new@1",
    "ledger_written_off@1",
    "ledger_cancelled@1",
    "bottom_line@1",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_definition_is_the_id_with_its_version() {
        for metric in Metric::ALL {
            assert_eq!(metric.definition(), format!("{metric}@{}", metric.version()));
            assert_eq!(Metric::ALL[metric.index()], *metric);
        }
    }

    #[test]
    fn a_formula_names_the_weights_of_the_profile() {
        let rules = Rules::default();
        assert!(Metric::SatisfactionRate.define(&rules).formula.contains("0.9×基本满意"));
        for metric in Metric::ALL {
            assert!(!metric.define(&rules).formula.contains('{'), "{metric}");
        }
    }
}
