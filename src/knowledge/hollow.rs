//! Knowledge: replies that say nothing 空泛答复. Its rule: pure, and rather blind than unjust: a day to come, an amount,
//! a named provision or a thing that was done makes a reply one that can be held to.

use std::sync::LazyLock;

use regex::Regex;

use crate::code_enum;
use crate::limits::conduct::EmptyRule;

code_enum! {
    /// Why a reply says nothing.
    pub enum Hollow {
        /// Without the formulas nothing is left.
        Formula = "formula" "通篇套话",
        /// It goes by "the rules" and names none.
        Policy = "policy" "未写明政策依据",
    }
}

/// What is said out of courtesy, in any reply: it is taken out as the formulas are, and makes no reply suspect unless
/// nothing else was said.
const COURTESIES: [&str; 49] = [
    "感谢您的理解与支持",
    "感谢您的理解和支持",
    "感谢您的理解",
    "感谢您的支持",
    "感谢您对我们工作的支持",
    "感谢您对我们工作的理解与支持",
    "感谢您对我局工作的支持",
    "感谢您对物业管理工作的关注",
    "感谢您的来电",
    "感谢您的反映",
    "感谢您的监督",
    "感谢您的关注",
    "感谢来电",
    "感谢您",
    "感谢",
    "谢谢您",
    "谢谢",
    "请您谅解",
    "敬请谅解",
    "请谅解",
    "望您理解",
    "请您理解",
    "如有疑问请致电",
    "如有疑问",
    "如有问题请及时联系",
    "欢迎继续监督",
    "欢迎监督",
    "祝您生活愉快",
    "祝您生活幸福",
    "给您带来的不便",
    "给您带来不便",
    "带来的不便",
    "深表歉意",
    "表示歉意",
    "致以歉意",
    "非常抱歉",
    "抱歉",
    "您好",
    "你好",
    "尊敬的市民",
    "尊敬的业主",
    "市民朋友",
    "现答复如下",
    "现回复如下",
    "答复如下",
    "回复如下",
    "经核实",
    "经了解",
    "经调查",
];

/// Words that carry nothing by themselves; unlike a formula, one of them makes no reply suspect.
const FILLERS: [&str; 61] = [
    "我们",
    "我局",
    "我处",
    "我科",
    "我办",
    "我单位",
    "我街道",
    "我公司",
    "我社区",
    "本单位",
    "物业公司",
    "物业服务企业",
    "物业",
    "社区",
    "街道",
    "市民",
    "业主",
    "居民",
    "来电人",
    "诉求人",
    "先生",
    "女士",
    "您",
    "你",
    "贵",
    "该",
    "其",
    "此",
    "对此",
    "对",
    "就",
    "将",
    "会",
    "已",
    "已经",
    "的",
    "了",
    "并",
    "与",
    "和",
    "及",
    "请",
    "向",
    "由",
    "为",
    "在",
    "中",
    "后续",
    "下一步",
    "目前",
    "同时",
    "切实",
    "督促",
    "要求",
    "联系",
    "问题",
    "情况",
    "诉求",
    "工作",
    "工单",
    "事项",
];
const MORE_FILLERS: [&str; 10] =
    ["回复", "答复", "核实", "处理", "协调", "沟通", "跟进", "研究", "反映", "落实"];

/// Things that can be done to a house. Not 处理, 协调, 督促: those are done to letters.
const ACTS: &str = "修好|修复|修缮|修剪|检修|维修|抢修|更换|换新|加装|安装|拆除|清理|清运|清扫|清除|疏通|铺设|补漏|封堵|粉刷|消杀|恢复|\
                    停用|关停|启用|开通|退还|退款|退费|返还|补缴|赔偿|赔付|发放|公示|张贴|公开|约谈|处罚|罚款|查处|查封|立案|责令|下达|移交|\
                    签订|召开|更正|变更|登记入册|受理申请|核减|减免|调解|达成|到场|到现场|现场查看|上门|入户|检测|检验|送检|验收|通水|通电|\
                    供暖|供水|供电|完工|竣工|交房|办证|挪走|挪车|移走|腾出|腾空|函告|撤离|制止|劝离|增派|增设|划线|施划|换成|改为|修改";

static DONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        "(?:已|已经|业已|于|完成|经|予以|被)[^，。；！？]{{0,24}}(?:{ACTS})|(?:{ACTS})[^，。；！？]{{0,12}}(?:了|完毕|完成|到位|成功|结束|一致|正常)"
    ))
    .ok()
});
/// A day or an hour; 24 小时热线 is none.
static WHEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        "[0-9０-９一二三四五六七八九十]{1,3} ?(?:月 ?[0-9０-９一二三四五六七八九十]{1,3} ?[日号]?|日|号前|个工作日|天内|日内|小时内|周内|个月内|月底)|\
         (?:今|明|后|昨|当)[天日]|(?:今|明|昨)[早晚]|[上下本]周|[上下本]个?月|月底|年底|[0-9]{1,2}[:：][0-9]{2}|上午|下午|当晚",
    )
    .ok()
});
static AMOUNT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        "[0-9０-９一二三四五六七八九十百千万两]+(?:\\.[0-9]+)? ?(?:元|万元|平方米|㎡|米|户|处|部|台|盏|个车位|根|块|吨|桶|车|人次|名|家|次|%|％|℃|度)",
    )
    .ok()
});
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new("《[^》]{2,}》|第[一二三四五六七八九十百零0-9]+条|〔[0-9]{4}〕").ok()
});
static NUMBER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("(?:0[0-9]{2,3}[- ]?)?[0-9]{7,11}|1[0-9]{4}").ok());
static BY_RULES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        "(?:按照?|根据|依据|依照|参照|遵照|不符合|符合)[^，。；！？《》]{0,8}(?:有关|相关|现行|国家|上级|我市|本市)[^，。；！？《》]{0,8}(?:规定|政策|法律法规|法规|文件|要求|办法|条例)|\
         (?:政策|规定)(?:不允许|不支持|不符|如此|所限)",
    )
    .ok()
});
/// The clause that only says again what the citizen had said.
static REPEATS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("反映|来电|来信|咨询|投诉|关于|提出|诉求").ok());

fn has(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// Why `text`, a reply that names so many articles, says nothing; nothing where it says something.
pub fn is_empty_reply(text: &str, articles: usize, rule: &EmptyRule) -> Option<Hollow> {
    if articles > 0 || has(&NAMED, text) {
        return None;
    }
    let phrases = Phrases::of(rule);
    let (mut is_formula, mut is_courteous, mut words, mut left) = (false, false, 0, 0);
    for clause in text.split(|c: char| "，。；！？,;!?\n\r：:".contains(c)) {
        if has(&DONE, clause) {
            return None;
        }
        let mut rest: String = clause.chars().filter(|c| !c.is_whitespace()).collect();
        is_courteous |= take_out(&mut rest, &phrases.courtesies);
        is_formula |= take_out(&mut rest, &phrases.formulas);
        // What the citizen said, with its days and numbers, is no answer to it.
        if has(&REPEATS, &rest) && !clause.contains("不属于") {
            continue;
        }
        if [&WHEN, &AMOUNT, &NUMBER].into_iter().any(|pattern| has(pattern, clause)) {
            return None;
        }
        words += letters(&rest);
        take_out(&mut rest, &phrases.fillers);
        left += letters(&rest);
    }
    if has(&BY_RULES, text) {
        return Some(Hollow::Policy);
    }
    let least = usize::try_from(rule.least).unwrap_or(usize::MAX);
    let is_suspect = is_formula || is_courteous && words == 0;
    (is_suspect && left < least).then_some(Hollow::Formula)
}

/// Where in `text` a formula stands, in characters, from and to; none in another.
pub fn formulas_in(text: &str, rule: &EmptyRule) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for phrase in Phrases::of(rule).formulas {
        for (at, _) in text.match_indices(phrase) {
            let from = text[..at].chars().count();
            let to = from + phrase.chars().count();
            if found.iter().all(|(first, last)| to <= *first || *last <= from) {
                found.push((from, to));
            }
        }
    }
    found.sort_unstable();
    found
}

/// What is taken out of a reply, the longest of a sort first.
struct Phrases<'a> {
    courtesies: Vec<&'a str>,
    formulas: Vec<&'a str>,
    fillers: Vec<&'a str>,
}

impl<'a> Phrases<'a> {
    fn of(rule: &'a EmptyRule) -> Self {
        let sorted = |phrases: &mut dyn Iterator<Item = &'a str>| {
            let mut all: Vec<&str> = phrases.filter(|phrase| !phrase.is_empty()).collect();
            all.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
            all
        };
        Self {
            courtesies: sorted(&mut COURTESIES.into_iter()),
            formulas: sorted(&mut rule.formulas.iter().map(String::as_str)),
            fillers: sorted(&mut FILLERS.into_iter().chain(MORE_FILLERS)),
        }
    }
}

/// Puts a gap in the place of each of `phrases`; answers whether one was there.
fn take_out(text: &mut String, phrases: &[&str]) -> bool {
    let mut found = false;
    for phrase in phrases {
        if text.contains(phrase) {
            found = true;
            *text = text.replace(phrase, " ");
        }
    }
    found
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: [&str; 26] = [
        "您好，您反映的问题已收悉，正在核实处理中，感谢您的理解与支持！",
        "已收悉，正在核实。",
        "正在核实处理中",
        "收到您的诉求，我单位高度重视，将尽快处理。",
        "您好，您反映的3号楼电梯故障问题，我街道高度重视，已安排工作人员进行核实，将尽快答复您。",
        "关于您3月5日来电反映的楼道堆物问题，正在协调处理，请您耐心等待。",
        "我单位将加强监管，督促物业公司履行职责，提升服务水平。",
        "感谢您对我们工作的支持，我们将持续关注，及时反馈。",
        "已转交相关部门，请耐心等待。",
        "经核实，情况属实，我单位将督促整改。",
        "市民您好：来件已收悉，我局已安排专人跟进，后续将尽快给您答复。给您带来的不便，敬请谅解。",
        "您的来电已收悉，已向领导汇报，正在研究。",
        "已知悉，将及时处理。",
        "我社区已与物业公司沟通协调，要求其尽快整改。",
        "已责成相关单位，依法依规处理。",
        "物业公司表示将尽快维修，我们将持续跟进。",
        "对您反映的噪音问题，我单位第一时间进行调查核实，将进一步加强管理，举一反三，妥善处理。",
        "尊敬的业主，感谢您的监督，我们将认真研究，改进工作。",
        "正在协调中，请您谅解。",
        "已反馈至相关部门，正在推进中，如有疑问请致电。",
        "已收到，谢谢。",
        "我单位十分重视，立即组织相关人员了解情况，做好解释工作。",
        "按照相关规定处理。",
        "您好，根据有关政策，您的情况不符合条件，敬请谅解。",
        "依据国家相关法律法规，该诉求不予支持。",
        "不符合我市现行政策，请理解。",
    ];
    const FULL: [&str; 33] = [
        "来电人反映车位被占，保安已联系车主挪车，车位已腾出。",
        "已修好",
        "已办结",
        "电梯已恢复运行。",
        "您反映的3号楼电梯故障问题，维保单位已于今日上午更换门机皮带，电梯恢复运行。",
        "已安排维保单位3月8日前完成钢丝绳更换，请您谅解。",
        "经核实，楼道堆物情况属实，物业已清理完毕，并张贴了通告。",
        "您好，您反映的漏水问题，我街道工作人员已上门查看，漏点在顶楼女儿墙，已报物业使用维修资金。",
        "正在核实，预计本周五答复您，联系人物业科，电话83771234。",
        "退还您多收的停车费360元，已打入原账户。",
        "根据《物业管理条例》第五十一条，车位租金由双方约定，政府不定价。",
        "依据《住宅专项维修资金管理办法》，使用维修资金须经双三分之二业主表决。",
        "我单位已约谈物业公司项目经理，责令5日内整改，将持续关注。",
        "该小区供暖不热系楼内管道气堵，热力公司已排气，目前室内温度21℃。",
        "已清运装修垃圾2车，感谢您的监督。",
        "您咨询的公租房申请，需本市户籍满三年且人均住房面积低于18平方米，请携带身份证到区住房保障中心申请。",
        "经现场查看，外墙保温层脱落约6平方米，已设置围挡，施工单位明日进场。",
        "您好，物业费标准为每平方米1.2元，已在公示栏公示。",
        "该问题不属于物业服务范围，属于开发商保修期内质量问题，请联系开发商保修。",
        "消防通道上的违停车辆已移走，物业增设了隔离桩。",
        "已与您电话沟通，您同意待雨停后施工，施工时间定于3月20日。",
        "街道召开协调会，三方达成一致，由开发商承担防水重做。",
        "请拨打物业电话",
        "地下室积水已抽排，水泵已检修完成。",
        "已下达整改通知书，限期7日内拆除违建雨棚。",
        "已协调施工单位调整作业时间，晚上22:00后不再施工。",
        "路灯损坏共4盏，今晚更换。",
        "屋面防水层老化，需动用维修资金，业委会正在征求意见，方案贴在单元门口公告栏内供大家查看。",
        "您家中信箱钥匙在物业前台，凭身份证随时可以领取，前台在一号门进门左手边第二个窗口。",
        "物业已按有关规定于3月5日更换电梯钢丝绳。",
        "已制止占道经营，并劝离摊贩。",
        "二次供水水箱已消杀，水质送检合格。",
        "经调解，楼上住户同意更换防水，双方签订了协议。",
    ];

    #[test]
    fn formulas_are_found_where_they_stand_the_longest_first() {
        let formulas = ["高度重视", "我单位高度重视"].map(str::to_owned).to_vec();
        let rule = EmptyRule { formulas, ..EmptyRule::default() };
        assert_eq!(formulas_in("我单位高度重视；高度重视", &rule), [(0, 7), (8, 12)]);
    }

    #[test]
    fn formulas_are_told_from_answers() {
        let rule = EmptyRule::default();
        let wrong: Vec<&&str> =
            EMPTY.iter().filter(|text| is_empty_reply(text, 0, &rule).is_none()).collect();
        assert!(wrong.is_empty(), "taken for answers: {wrong:#?}");
        let wrong: Vec<_> =
            FULL.iter().filter_map(|text| Some((text, is_empty_reply(text, 0, &rule)?))).collect();
        assert!(wrong.is_empty(), "taken for formulas: {wrong:#?}");
    }

    #[test]
    fn going_by_the_rules_without_naming_one_is_another_matter_than_formulas() {
        let rule = EmptyRule::default();
        let vague = "您好，根据有关政策，您的情况不符合条件，敬请谅解。";
        assert_eq!(is_empty_reply(vague, 0, &rule), Some(Hollow::Policy));
        assert_eq!(is_empty_reply(vague, 1, &rule), None, "it rests on an article");
        let formula = "正在核实处理中";
        assert_eq!(is_empty_reply(formula, 0, &rule), Some(Hollow::Formula));
    }

    #[test]
    fn courtesy_is_no_formula_and_no_answer() {
        let rule = EmptyRule::default();
        for text in [
            "您好，已换灯管。",
            "您好，已处理。",
            "经与来电人沟通，同意撤单。",
            "您好，电工已到位，线路通了。",
        ] {
            assert_eq!(is_empty_reply(text, 0, &rule), None, "{text}");
        }
        for text in ["感谢您的来电。", "您好，谢谢！", "来电人反映漏水，已收悉。"]
        {
            assert_eq!(is_empty_reply(text, 0, &rule), Some(Hollow::Formula), "{text}");
        }
    }

    #[test]
    fn a_site_says_itself_what_a_formula_is_and_how_little_is_too_little() {
        let text = "容后再禀，静候佳音";
        let mut rule = EmptyRule::default();
        assert_eq!(is_empty_reply(text, 0, &rule), None);
        rule.formulas = vec!["容后再禀".to_owned()];
        assert_eq!(is_empty_reply(text, 0, &rule), Some(Hollow::Formula));
        rule.least = 4;
        assert_eq!(is_empty_reply(text, 0, &rule), None);
    }
}
