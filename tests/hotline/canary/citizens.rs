//! Citizens as they might call, each with names and numbers that no other text holds. Its rule: the
//! same every time, so that what leaked once leaks again.

use serde_json::{Value, json};

const SURNAMES: [&str; 7] = ["阚", "逄", "欧阳", "缑", "尉迟", "亓", "佴"];
/// Each is the first given character of one citizen and the second of another.
const GIVEN: [&str; 42] = [
    "樾", "翀", "骞", "霈", "彧", "昶", "赟", "翯", "晔", "甯", "祎", "珩", "淏", "垚", "劼", "嬿",
    "颋", "弢", "懋", "谡", "琲", "瑀", "筠", "荃", "衎", "邈", "镝", "隽", "颢", "飏", "骁", "麒",
    "黻", "鋆", "锟", "铄", "邺", "轶", "赫", "谟", "裎", "螭",
];

/// One who calls.
pub struct Citizen {
    pub name: String,
    /// As the agent first understood it, where it was corrected later.
    pub misheard: Option<String>,
    /// Its digits alone.
    pub mobile: String,
    /// As typed.
    pub phone: String,
    pub second_phone: String,
    pub email: String,
    /// Of a resident identity card.
    pub identity: String,
    /// Where the household is.
    pub address: String,
    /// What in the address names it.
    pub household: String,
    /// What may be found nowhere, by kind.
    pub needles: Vec<(&'static str, String)>,
}

/// All of them.
pub fn citizens() -> Vec<Citizen> {
    (0..GIVEN.len()).map(citizen).collect()
}

fn citizen(i: usize) -> Citizen {
    let (first, second) = (GIVEN[i], GIVEN[(i + 11) % GIVEN.len()]);
    let surname = SURNAMES[i % SURNAMES.len()];
    let name = format!("{surname}{first}{second}");
    // Far apart, and no telephone number of any other test.
    let mobile = format!("1{}{:09}", 3 + i % 7, 207_418_391 + i * 7_654_321);
    let (area, local) = (["010", "0516", "021"][i % 3], 63_071_842 + i * 131_071);
    let phone = typed(&mobile, i);
    let landline =
        [format!("{area}-{local}"), format!("({area}){local}"), format!("{area} {local}")];
    let identity =
        format!("32030219{:02}{:02}{:02}{:03}X", 50 + i, 1 + i % 12, 1 + i % 28, 101 + i);
    let email = format!("canary{mobile}.{i}@posteo{i}.example.cn");
    let household = format!("{}号楼{}单元{}室", 200 + i, 3 + i, 7001 + i * 13);
    // The second life is the one that corrects it.
    let misheard = (i % 7 == 1).then(|| format!("{surname}{second}{first}"));
    let escaped = |form: fn(u8) -> String| name.bytes().map(form).collect::<String>();
    let needles = vec![
        ("name", name.clone()),
        ("spaced name", spaced(&name)),
        ("misheard name", misheard.clone().unwrap_or_else(|| name.clone())),
        ("misheard name", spaced(misheard.as_ref().unwrap_or(&name))),
        ("name", name.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect()),
        ("name", escaped(|byte| format!("%{byte:02X}"))),
        ("name", escaped(|byte| format!("%{byte:02x}"))),
        ("phone", phone.clone()),
        ("phone", mobile.clone()),
        ("most of a phone", mobile[..9].to_owned()),
        ("landline", landline[i % 3].clone()),
        ("landline", format!("{area}{local}")),
        ("landline", local.to_string()),
        ("identity card", identity.clone()),
        ("identity card", identity[..17].to_owned()),
        ("e-mail", email.clone()),
        ("household", household.clone()),
    ];
    let second_phone = landline[i % 3].clone();
    let address = format!("幸福路阳光小区{household}");
    Citizen {
        name,
        misheard,
        mobile,
        phone,
        second_phone,
        email,
        identity,
        address,
        household,
        needles,
    }
}

/// The name with its last two characters apart.
fn spaced(name: &str) -> String {
    let count = name.chars().count();
    let part = |(i, c): (usize, char)| if i + 2 >= count { format!(" {c}") } else { c.to_string() };
    name.chars().enumerate().map(part).collect()
}

/// A mobile number as people type it.
fn typed(mobile: &str, i: usize) -> String {
    let (a, rest) = mobile.split_at(3);
    let (b, c) = rest.split_at(4);
    match i % 5 {
        0 => mobile.to_owned(),
        1 => format!("{a} {b} {c}"),
        2 => format!("{a}-{b}-{c}"),
        3 => format!("+86 {mobile}"),
        _ => format!("+86-{a}-{b}-{c}"),
    }
}

impl Citizen {
    /// A text about the citizen, as a careless hand writes it.
    pub fn text(&self) -> String {
        self.text_of(&self.name, self.misheard.as_deref().unwrap_or("其"))
    }

    /// The same by somebody who knows the first name only.
    pub fn first_text(&self) -> String {
        self.text_of(self.first_name(), "其")
    }

    /// What the agent first wrote down.
    fn first_name(&self) -> &str {
        self.misheard.as_ref().unwrap_or(&self.name)
    }

    fn text_of(&self, name: &str, other: &str) -> String {
        format!(
            "{name}本人来电，手机{}，座机{}，身份证{}，邮箱{}。家属称{}（{other}）已外出",
            self.phone,
            self.second_phone,
            self.identity,
            self.email,
            spaced(name)
        )
    }

    /// A text whose first thirty characters end within the mobile number.
    pub fn long_beginning(&self) -> String {
        format!("小区电梯停运多日老人出行不便请尽快来人维修{}", self.mobile)
    }

    /// The caller, called `name`.
    pub fn caller(&self, name: &str) -> Value {
        json!({ "name": name, "phone": self.phone, "second_phone": self.second_phone,
            "email": self.email, "reply_wanted": true, "preferred_hour": self.first_text() })
    }

    /// The intake body of a ticket of `kind`.
    pub fn draft(&self, kind: &str) -> Value {
        let text = self.first_text();
        json!({
            "kind": kind, "channel": "phone", "dispatch": "hold",
            "received_at": "2026-11-02T09:00:00+08:00", "received_reason": text,
            "call": { "call_id": "C-1", "recording_id": "R-1" },
            "caller": self.caller(self.first_name()),
            "matter": { "title": format!("来电{text}"), "content": text,
                "category": "wy.dt", "accused": text, "tags": [&text] },
            "place": { "estate": "yangguang", "building": self.household, "address": self.address }
        })
    }
}
