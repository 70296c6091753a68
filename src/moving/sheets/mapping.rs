//! Moving, sheets: which heading is which field, and which word in a cell is which code. Its rule: the
//! usual ones are built in as a file of the same form that a site writes, and the site's file wins.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use serde::Deserialize;

use crate::code_enum;
use crate::error::{Error, Kind, Result};
use crate::sheet::plain::{folded, heading};
use crate::sheet::text_of;

const BUILT_IN: &str = include_str!("../../../config/sheets/tickets.toml");

code_enum! {
    /// What a column can be.
    pub enum Field {
        No = "no" "工单编号",
        UpstreamNo = "upstream_no" "市平台编号",
        UpstreamReceivedAt = "upstream_received_at" "市平台受理时间",
        UpstreamDueAt = "upstream_due_at" "市平台时限",
        Kind = "kind" "诉求类型",
        Channel = "channel" "受理渠道",
        Urgency = "urgency" "紧急程度",
        ReceivedAt = "received_at" "受理时间",
        Name = "name" "来电人",
        Phone = "phone" "联系电话",
        SecondPhone = "second_phone" "备用电话",
        Email = "email" "电子邮箱",
        Anonymous = "anonymous" "是否匿名",
        Confidential = "confidential" "是否保密",
        ReplyWanted = "reply_wanted" "是否回复",
        Title = "title" "标题",
        Content = "content" "诉求内容",
        Category1 = "category_1" "一级分类",
        Category2 = "category_2" "二级分类",
        Category = "category" "事项分类",
        District = "district" "区县",
        Region = "region" "街道社区",
        Estate = "estate" "小区",
        Building = "building" "楼栋",
        Address = "address" "地址",
        Class = "class" "考核类别",
        Units = "units" "承办单位",
        Lead = "lead" "主办单位",
        Assists = "assists" "协办单位",
        Copies = "copies" "抄送单位",
        SentAt = "sent_at" "派单时间",
        SignedAt = "signed_at" "签收时间",
        ContactedAt = "contacted_at" "联系时间",
        ContactOutcome = "contact_outcome" "联系结果",
        RepliedAt = "replied_at" "答复时间",
        Reply = "reply" "答复内容",
        ReviewedAt = "reviewed_at" "审核时间",
        Passed = "passed" "审核结果",
        SurveyedAt = "surveyed_at" "回访时间",
        SurveyOutcome = "survey_outcome" "回访结果",
        Contacted = "contacted" "是否联系",
        Solved = "solved" "是否解决",
        Satisfied = "satisfied" "是否满意",
        BottomLine = "bottom_line" "触碰底线",
        Comment = "comment" "回访意见",
        ExclusionReason = "exclusion_reason" "剔除原因",
        ExcludedAt = "excluded_at" "剔除时间",
        MergedInto = "merged_into" "并入工单",
        ClosedAt = "closed_at" "办结时间",
    }
}

code_enum! {
    /// The lists that words of cells are looked up in.
    pub enum Words {
        Kind = "kind" "诉求类型",
        Channel = "channel" "受理渠道",
        Urgency = "urgency" "紧急程度",
        Class = "class" "考核类别",
        ContactOutcome = "contact_outcome" "联系结果",
        Passed = "passed" "审核结果",
        SurveyOutcome = "survey_outcome" "回访结果",
        Contacted = "contacted" "是否联系",
        Solved = "solved" "是否解决",
        Satisfied = "satisfied" "是否满意",
        BottomLine = "bottom_line" "触碰底线",
        ExclusionReason = "exclusion_reason" "剔除原因",
        YesNo = "yes_no" "是或否",
        Unit = "unit" "单位",
        Region = "region" "区域",
        Estate = "estate" "小区",
        Category = "category" "事项分类",
    }
}

/// A mapping as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    sheet: Option<String>,
    header_row: Option<u32>,
    year: Option<i32>,
    ignore: Vec<String>,
    columns: BTreeMap<Field, OneOrMany>,
    defaults: BTreeMap<Field, String>,
    values: BTreeMap<Words, BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

/// How a sheet is to be read.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Which worksheet.
    pub sheet: Option<String>,
    /// Which row holds the headings, from 1.
    pub header_row: Option<u32>,
    /// The year of days typed without one.
    pub year: Option<i32>,
    headings: HashMap<String, Field>,
    ignored: BTreeSet<String>,
    defaults: BTreeMap<Field, String>,
    words: HashMap<(Words, String), String>,
}

impl Mapping {
    /// The built-in one.
    ///
    /// # Errors
    /// `import.mapping` where it is broken, which a test rules out.
    pub fn built_in() -> Result<Self> {
        let mut mapping = Self {
            sheet: None,
            header_row: None,
            year: None,
            headings: HashMap::new(),
            ignored: BTreeSet::new(),
            defaults: BTreeMap::new(),
            words: HashMap::new(),
        };
        mapping.lay_over(parse(BUILT_IN)?);
        Ok(mapping)
    }

    /// The built-in one with the text of a site's file over it.
    ///
    /// # Errors
    /// `import.mapping` with what is wrong and where.
    pub fn with(text: &str) -> Result<Self> {
        let mut mapping = Self::built_in()?;
        mapping.lay_over(parse(text)?);
        Ok(mapping)
    }

    /// The mapping of the file at `path`.
    ///
    /// # Errors
    /// `import.unreadable`; `import.mapping`.
    pub fn of_file(path: &Path) -> Result<Self> {
        Self::with(&text_of(path)?)
    }

    fn lay_over(&mut self, file: File) {
        self.sheet = file.sheet.or(self.sheet.take());
        self.header_row = file.header_row.or(self.header_row);
        self.year = file.year.or(self.year);
        self.ignored.extend(file.ignore.iter().map(|name| heading(name)));
        for (field, names) in &file.columns {
            for name in names.names() {
                self.headings.insert(heading(name), *field);
            }
        }
        self.defaults.extend(file.defaults);
        for (list, words) in file.values {
            for (word, code) in words {
                self.words.insert((list, folded(&word)), code);
            }
        }
    }

    /// The field that a heading stands for.
    pub fn field(&self, typed: &str) -> Option<Field> {
        let name = heading(typed);
        if self.ignored.contains(&name) { None } else { self.headings.get(&name).copied() }
    }

    /// What a field is where nothing is written.
    pub fn default_of(&self, field: Field) -> Option<&str> {
        self.defaults.get(&field).map(String::as_str)
    }

    /// The code that a word means by the file.
    pub fn word(&self, list: Words, typed: &str) -> Option<&str> {
        self.words.get(&(list, folded(typed))).map(String::as_str)
    }
}

fn parse(text: &str) -> Result<File> {
    toml::from_str(text).map_err(|error| {
        let line = error
            .span()
            .map_or(1, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
        let (line, why) = (line.to_string(), error.message().to_owned());
        let values = [("line", line.as_str()), ("why", why.as_str())];
        Error::with(Kind::Invalid, "import.mapping", &values)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_mapping_knows_every_field_by_its_own_name_and_no_heading_twice() {
        let mapping = Mapping::built_in().unwrap();
        for field in Field::ALL {
            assert_eq!(mapping.field(field.zh()), Some(*field), "{field}");
        }
        let file = parse(BUILT_IN).unwrap();
        let mut seen = BTreeSet::new();
        for name in file.columns.values().flat_map(OneOrMany::names) {
            assert!(seen.insert(heading(name)), "{name} stands for two fields");
        }
    }

    #[test]
    fn a_sites_file_wins_over_the_built_in_one() {
        let text = "year = 2025\nignore = ['来源']\n[columns]\nno = '流水'\nname = ['反映 人员（必填）']\n\
            [values.unit]\n'住保 科' = 'baozhang'\n[defaults]\nkind = 'help'\n";
        let mapping = Mapping::with(text).unwrap();
        assert_eq!(mapping.field("流水："), Some(Field::No));
        assert_eq!(mapping.field("＊反映人员"), Some(Field::Name));
        assert_eq!(mapping.field("来源"), None);
        assert_eq!(mapping.field(" 联系　电话 "), Some(Field::Phone));
        assert_eq!(mapping.word(Words::Unit, "住保科"), Some("baozhang"));
        assert_eq!(mapping.default_of(Field::Kind), Some("help"));
        assert_eq!(mapping.default_of(Field::Channel), Some("phone"));
        for wrong in ["[columns]\ncolour = 'x'", "colour = 1", "[values.colour]", "year = 'x'"] {
            assert_eq!(Mapping::with(wrong).unwrap_err().code(), "import.mapping", "{wrong}");
        }
    }
}
