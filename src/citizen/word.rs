//! Citizen: of what sort a word is that waits for a person. Its rule: codes only, no content.

use crate::code_enum;

code_enum! {
    /// Where it came from.
    pub enum WordSource { Sms = "sms" "短信", Web = "web" "网页" }
}

code_enum! {
    /// Why a person must look at it.
    pub enum WhyKept {
        UnknownPhone = "unknown_phone" "号码没有工单",
        NotAsked = "not_asked" "该号码没有待回访的工单",
        Ambiguous = "ambiguous" "不知指哪张工单",
        NotUnderstood = "not_understood" "内容无法识别",
        NotTaken = "not_taken" "工单当前不能接受这份答复",
        ReopenAsked = "reopen_asked" "反映没解决，请求重新受理",
    }
}

code_enum! {
    /// What a person made of it.
    pub enum WordSettled {
        Called = "called" "已回电",
        Recorded = "recorded" "已登记到工单",
        Nothing = "nothing" "无需处理",
    }
}
