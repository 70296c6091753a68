//! Directory: the trade's closed lists that a ticket and a profile share (domain.md §1).

use crate::{code_enum, code_type};

code_enum! {
    /// What the citizen wants.
    pub enum Kind {
        Consult = "consult" "咨询",
        Help = "help" "求助",
        Complaint = "complaint" "投诉",
        Report = "report" "举报",
        Suggestion = "suggestion" "建议",
        Praise = "praise" "表扬",
    }
}

code_enum! {
    /// The way the ticket came in; letters and visits are petitions, counted apart.
    pub enum Channel {
        Phone = "phone" "电话",
        Web = "web" "网站",
        App = "app" "移动应用",
        Wechat = "wechat" "微信",
        Letter = "letter" "来信",
        Visit = "visit" "来访",
        Platform = "platform" "市平台",
        Open311 = "open311" "开放接口",
    }
}

impl Channel {
    /// 来信来访: counted apart in every figure by channel.
    pub const fn is_petition(self) -> bool {
        matches!(self, Self::Letter | Self::Visit)
    }
}

code_enum! {
    /// How fast the handle clock runs.
    pub enum Urgency {
        Emergency = "emergency" "紧急",
        UrgentUtility = "urgent_utility" "急修",
        General = "general" "一般",
        Complex = "complex" "疑难",
        Ask = "ask" "咨询类",
    }
}

code_enum! {
    /// Which rates a ticket counts in.
    pub enum AssessmentClass {
        ThreeRates = "three_rates" "三率考核",
        ResponseOnly = "response_only" "只计响应率",
        None = "none" "不考核",
    }
}

impl AssessmentClass {
    /// In how many of the three rates it counts.
    pub const fn rates(self) -> u8 {
        match self {
            Self::ThreeRates => 3,
            Self::ResponseOnly => 1,
            Self::None => 0,
        }
    }
}

code_type! {
    /// A unit 承办单位.
    pub struct UnitCode;
}
code_type! {
    /// A region: district, street or community.
    pub struct RegionCode;
}
code_type! {
    /// An estate 小区.
    pub struct EstateCode;
}
code_type! {
    /// A property company 物业公司.
    pub struct CompanyCode;
}
code_type! {
    /// A category of matter, any of three levels.
    pub struct CategoryCode;
}
