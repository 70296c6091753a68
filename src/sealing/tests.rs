//! Sealing: that values stay closed, keys survive and masks hold.

use super::*;
use proptest::prelude::*;

fn folder(name: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("jiesu-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn a_sealed_value_opens_only_at_its_place() {
    let key = RecordKey::fresh(&mut entropy());
    let here = place("ticket", "document", 7);
    let sealed = key.seal("王女士，13900000001".as_bytes(), &here).unwrap();
    assert_eq!(key.open(&sealed, &here).unwrap(), "王女士，13900000001".as_bytes());
    assert!(key.open(&sealed, &place("ticket", "document", 8)).is_err());
    assert!(key.open(&sealed, &place("event", "document", 7)).is_err());
}

#[test]
fn every_changed_byte_is_noticed() {
    let key = RecordKey::fresh(&mut entropy());
    let sealed = key.seal(b"secret", b"here").unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(key.open(&changed, b"here").is_err(), "byte {at}");
    }
    for short in 0..sealed.len() {
        assert!(key.open(&sealed[..short], b"here").is_err());
    }
}

#[test]
fn the_same_value_sealed_twice_looks_different() {
    let key = RecordKey::fresh(&mut entropy());
    assert_ne!(key.seal(b"same", b"").unwrap(), key.seal(b"same", b"").unwrap());
    assert_eq!(key.seal(b"same", b"").unwrap().len(), 4 + OVERHEAD);
}

#[test]
fn a_record_key_comes_back_out_of_its_wrapping_and_no_other() {
    let master = MasterKey::fleeting(&mut entropy());
    let key = RecordKey::fresh(&mut entropy());
    let sealed = key.seal(b"text", b"row 1").unwrap();
    let wrapped = key.wrap(&master, b"row 1").unwrap();
    let again = RecordKey::unwrap(&master, &wrapped, b"row 1").unwrap();
    assert_eq!(again.open(&sealed, b"row 1").unwrap(), b"text");
    assert!(RecordKey::unwrap(&master, &wrapped, b"row 2").is_err());
    let stranger = MasterKey::fleeting(&mut entropy());
    assert!(RecordKey::unwrap(&stranger, &wrapped, b"row 1").is_err());
}

#[test]
fn keys_are_made_once_and_stay_over_a_restart() {
    let data = folder("keys");
    let first = MasterKey::open_or_create(&data, &mut entropy()).unwrap();
    let second = MasterKey::open_or_create(&data, &mut entropy()).unwrap();
    let sealed = first.seal(b"text", b"").unwrap();
    assert_eq!(second.open(&sealed, b"").unwrap(), b"text");
    assert_eq!(first.phone_hash("13900000001"), second.phone_hash("139 0000 0001"));
    assert_eq!(first.fingerprint(), second.fingerprint());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = std::fs::metadata(data.join("keys/master-0001.key")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
    std::fs::remove_dir_all(data).unwrap();
}

#[test]
fn an_old_value_opens_after_a_rotation_and_is_known_as_old() {
    let data = folder("rotation");
    let before = MasterKey::open_or_create(&data, &mut entropy()).unwrap();
    let old = before.seal(b"text", b"").unwrap();
    let folder = KeyFolder::under(&data).unwrap();
    assert_eq!(folder.rotate(Purpose::Master, &mut entropy()).unwrap(), 2);
    let after = MasterKey::open_or_create(&data, &mut entropy()).unwrap();
    assert_eq!((after.current(), after.is_outdated(&old)), (2, true));
    assert_eq!(after.open(&old, b"").unwrap(), b"text");
    let new = after.seal(b"text", b"").unwrap();
    assert!(before.open(&new, b"").is_err() && !after.is_outdated(&new));
    assert_eq!(before.phone_hash("13900000001"), after.phone_hash("13900000001"));
    std::fs::remove_dir_all(data).unwrap();
}

#[test]
fn a_damaged_key_file_stops_the_start() {
    let data = folder("damaged");
    MasterKey::open_or_create(&data, &mut entropy()).unwrap();
    std::fs::write(data.join("keys/master-0001.key"), "short").unwrap();
    assert!(MasterKey::open_or_create(&data, &mut entropy()).is_err());
    std::fs::remove_dir_all(data).unwrap();
}

#[test]
fn a_debug_print_shows_no_key() {
    let master = MasterKey::fleeting(&mut entropy());
    assert_eq!(format!("{master:?}"), "MasterKey { ids: [1], .. }");
    assert_eq!(format!("{:?}", RecordKey::fresh(&mut entropy())), "RecordKey(…)");
}

#[rstest::rstest]
#[case("13900000001", "13900000001")]
#[case("+86 139-0000-0001", "13900000001")]
#[case("0086 13900000001", "13900000001")]
#[case("013900000001", "13900000001")]
#[case("１３９００００ ０００１", "13900000001")]
#[case("(010)8888 6666", "01088886666")]
#[case("010-88886666-801", "01088886666")]
#[case("010-88886666转801", "01088886666")]
#[case("+86 10 88886666", "01088886666")]
#[case("0371-65551234", "037165551234")]
#[case("88886666", "88886666")]
#[case("400-800-8820", "4008008820")]
#[case("12345", "12345")]
fn a_number_has_one_normal_form(#[case] typed: &str, #[case] normal: &str) {
    assert_eq!(normalise_phone(typed).as_deref(), Some(normal));
}

#[test]
fn no_number_has_no_normal_form() {
    assert_eq!(normalise_phone("不留"), None);
    assert_eq!(phone_tail("139 0000 0001").as_deref(), Some("0001"));
    assert_eq!(phone_tail("110"), None);
}

#[rstest::rstest]
#[case("13900000001", "139****0001")]
#[case("+86 139 0000 0001", "139****0001")]
#[case("010-88886666", "010-****6666")]
#[case("88886666", "****6666")]
#[case("12345", "****45")]
#[case("", "****")]
#[case("139****0001", "139****0001")]
fn a_masked_number_keeps_its_ends(#[case] phone: &str, #[case] masked: &str) {
    assert_eq!(mask_phone(phone), masked);
}

#[rstest::rstest]
#[case("张三", "张*")]
#[case("王女士", "王女士")]
#[case("欧阳娜娜", "欧阳**")]
#[case("诸葛亮", "诸葛*")]
#[case("阿依古丽·买买提", "阿****")]
#[case("匿名", "匿名")]
#[case("张*", "张*")]
#[case("李", "李*")]
#[case("", "")]
fn a_masked_name_keeps_the_surname(#[case] name: &str, #[case] masked: &str) {
    assert_eq!(mask_name(name), masked);
}

#[rstest::rstest]
#[case("幸福小区3号楼2单元502室", "幸福小区***")]
#[case("幸福小区三号楼二单元", "幸福小区***")]
#[case("建设路18号", "建设路***")]
#[case("东城区三里屯街道", "东城区三里屯街道")]
#[case("老槐树旁王大爷家", "老槐树***")]
#[case("幸福小区", "幸福小区")]
#[case("幸福小区***", "幸福小区***")]
fn a_masked_address_ends_at_the_estate(#[case] address: &str, #[case] masked: &str) {
    assert_eq!(mask_address(address), masked);
}

#[rstest::rstest]
#[case("来电13900000001反映漏水", "来电139****0001反映漏水")]
#[case("电话：１３９ ００００ ０００１。", "电话：139****0001。")]
#[case("139-0000-0001或138 0000 0002", "139****0001或138****0002")]
#[case("手机幺三九零零零零零零零一", "手机139****0001")]
#[case("2026-10-01 13900000001", "2026-10-01 139****0001")]
#[case("座机010-8888 6666转801", "座机010-****6666转801")]
#[case("座机8888-6666", "座机****6666")]
#[case("身份证11010519491231002X号", "身份证1****************X号")]
#[case("110105 19491231 0021", "1****************1")]
#[case("卡号6222 0212 3456 7894", "卡号****7894")]
#[case("邮箱zhang.san@example.cn", "邮箱z***@example.cn")]
#[case("赔偿3000-5000元", "赔偿3000-5000元")]
#[case("2019-2024年", "2019-2024年")]
#[case("客服400-800-8820", "客服400-800-8820")]
#[case("2026-000123号工单，20261001受理", "2026-000123号工单，20261001受理")]
#[case("3号楼2单元502室停水12小时", "3号楼2单元502室停水12小时")]
#[case("第一、二、三单元", "第一、二、三单元")]
fn personal_numbers_in_text_are_masked_and_others_stay(#[case] text: &str, #[case] masked: &str) {
    assert_eq!(mask_text(text, &[]), masked);
}

#[test]
fn known_names_in_text_are_masked_however_they_are_spaced() {
    assert_eq!(mask_text("张_三丰.jpg 张·三丰", &["张三丰"]), "张**.jpg 张**");
    let masked = mask_text("张三和张三丰说张 三家漏水，王女士在场", &["张三", "张三丰", "王女士"]);
    assert_eq!(masked, "张*和张**说张*家漏水，王女士在场");
}

proptest! {
    #[test]
    fn no_mobile_number_survives_masking(
        head in "[\u{4e00}-\u{4fff} ，。a-z]{0,6}", second in 3u64..10, rest in 0u64..1_000_000_000,
        gaps in proptest::collection::vec(prop_oneof![Just(""), Just(" "), Just("-"), Just("　")], 11),
        tail in "[\u{4e00}-\u{4fff}，。a-z]{0,6}",
    ) {
        let number = format!("1{second}{rest:09}");
        let typed: String = number.chars().zip(&gaps).map(|(c, gap)| format!("{c}{gap}")).collect();
        let masked = mask_text(&format!("{head}{typed}{tail}"), &[]);
        let left: String = masked.chars().filter(char::is_ascii_digit).collect();
        prop_assert!(!left.contains(&number), "{masked}");
    }

    #[test]
    fn masking_twice_is_masking_once(text in "[0-9０-９一三九 \\-a-z@.张元号X]{0,40}") {
        let once = mask_text(&text, &["张三"]);
        prop_assert_eq!(mask_text(&once, &["张三"]), once);
    }
}

#[test]
fn a_beginning_cuts_no_number_mail_or_name_in_two() {
    let of = |text, most| beginning(text, most, &["阚樾珩"]);
    assert_eq!(of("电梯停运", 30), "电梯停运");
    assert_eq!(of("电梯停运三天", 4), "电梯停运");
    for most in 3..13 {
        assert_eq!(of("电话 13900000001，请回", most), "电话", "{most}");
    }
    assert_eq!(of("电话 13900000001，请回", 14), "电话 13900000001");
    assert_eq!(of("信箱zhang@example.cn处", 9), "信箱");
    assert_eq!(of("我是阚樾珩的家属", 4), "我是");
    assert_eq!(of("我是阚 樾 珩的家属", 5), "我是");
    assert_eq!(of("13900000001来电", 5), "13900000001");
}
