//! Units, places, categories, rules and users from sheets.

use std::path::Path;

use chrono_tz::Asia::Shanghai;
use jiesu::identity::store::account_named;
use jiesu::moving::Run;
use jiesu::moving::reference::{Described, Of, import};
use jiesu::sheet::{Form, read};

use super::city;
use super::counted::rejected;
use crate::support::databases::{Folder, on_each_database};

fn outcome(done: &Described) -> [usize; 4] {
    [done.created, done.revised, done.unchanged, done.rejected]
}

on_each_database! {
    fn a_directory_comes_from_sheets_by_the_names_in_them(test: &TestDb) {
        let hotline = city(test);
        let folder = Folder::new();
        let bring = |of: Of, text: &str, run| {
            let path = folder.path().join(format!("{of}.csv"));
            std::fs::write(&path, text).unwrap();
            import(&hotline.db, Shanghai, of, &path, None, run).unwrap()
        };
        // The child stands above its parent, and both are named by name.
        let units = "单位代码,单位名称,上级单位,类型,负责人,联系电话,启用日期,传真\n\
            kfq-1,开发区物业站,开发区分局,科室,赵一,0000-81110001@工作日 8:30，夜间、0000-81110002,2024.1.1,1\n\
            kfq,开发区分局,云川市住房和城乡建设局,区局,,,2024年1月1日,\n\
            kfq-2,开发区某站,没有的局,科室,,,2024.1.1,\n\
            kfq-3,开发区另一站,开发区分局,什么,,,昨天,\n";
        assert_eq!(outcome(&bring(Of::Units, units, Run::Dry)), [2, 0, 0, 2]);
        let done = bring(Of::Units, units, Run::Real);
        assert_eq!((outcome(&done), done.unused), ([2, 0, 0, 2], vec!["传真".to_owned()]));
        let said = rejected(&done.rejects.unwrap(), Form::Csv);
        assert_eq!(said[0].0, "kfq-2");
        assert!(said[0].1.starts_with("上级单位："), "{said:?}");
        assert!(said[1].1.starts_with("类型："), "{said:?}");
        assert_eq!(outcome(&bring(Of::Units, units, Run::Real)), [0, 0, 2, 2]);
        let rules = hotline.db.read(|conn| hotline.rules.current(conn, hotline.db.now())).unwrap();
        let station = rules.directory.unit(&"kfq-1".into()).unwrap();
        assert_eq!(station.parent, Some("kfq".into()));
        assert_eq!(station.span.from_on.to_string(), "2024-01-01");
        assert_eq!(station.phones.len(), 2);

        let estates = "小区编码,小区名称,别名,所属街道,物业公司,户数,建筑面积\n\
            E901,开发新苑,新苑小区、开发苑,岚光街道,云川安居物业服务有限公司,\"1,204\",48365.4\n\
            E902,无处苑,,没有的街道,,,\n";
        let done = bring(Of::Estates, estates, Run::Real);
        let said = done.rejects.as_deref().map(|path| rejected(path, Form::Csv));
        assert_eq!(outcome(&done), [1, 0, 0, 1], "{said:?}");
        let rules = hotline.db.read(|conn| hotline.rules.current(conn, hotline.db.now())).unwrap();
        let estate = rules.directory.estates_named("开发苑")[0];
        assert_eq!((estate.households, estate.floor_space_m2), (Some(1_204), Some(48_365)));
        assert_eq!(estate.region.as_str(), "990101001");

        let catalogue = "序号,事项分类,小区,主办单位,协办单位,依据\n\
            R901,物业服务,开发新苑,属地街道,物业科、开发区物业站,会议纪要\n\
            R902,没有的分类,,物业科,,\n";
        let done = bring(Of::Catalogue, catalogue, Run::Real);
        let said = done.rejects.as_deref().map(|path| rejected(path, Form::Csv));
        assert_eq!(outcome(&done), [1, 0, 0, 1], "{said:?}");
        let rules = hotline.db.read(|conn| hotline.rules.current(conn, hotline.db.now())).unwrap();
        let rule = rules.directory.rule("R901").unwrap();
        assert_eq!(rule.lead.to_string(), "@street");
        assert_eq!(rule.span.from_on.to_string(), "2026-11-01", "from today");
        let assists: Vec<String> = rule.assists.iter().map(ToString::to_string).collect();
        assert_eq!(assists, ["wuye", "kfq-1"]);
    }

    fn users_get_one_time_passwords_in_a_file_of_their_own(test: &TestDb) {
        let hotline = city(test);
        let folder = Folder::new();
        let path = folder.path().join("人员.csv");
        let rows = "用户名,姓名,角色,所属单位\n\
            zhaoyi,赵一,经办人,物业科\n\
            qianer,钱二,\"坐席、派单员\",rexian\n\
            sunsan,孙三,经办人,没有的科\n\
            李四,李四,坐席,\n\
            zhaoyi,赵一,承办单位负责人,物业科\n\
            wuliu,吴六,皇帝,物业科\n";
        std::fs::write(&path, rows).unwrap();
        let bring = |run| import(&hotline.db, Shanghai, Of::Users, &path, None, run);
        let dry = bring(Run::Dry).unwrap();
        assert_eq!((outcome(&dry), dry.passwords), ([2, 0, 0, 4], None));
        let there = |name: &str| hotline.db.read(|conn| account_named(conn, name)).unwrap();
        assert!(there("zhaoyi").is_none());
        let done = bring(Run::Real).unwrap();
        assert_eq!(outcome(&done), [2, 0, 0, 4]);
        let said = rejected(&done.rejects.unwrap(), Form::Csv);
        let columns: Vec<&str> = said.iter().map(|(_, why)| why.split('：').next().unwrap()).collect();
        assert_eq!(columns, ["所属单位", "用户名", "用户名", "角色"]);
        let file = done.passwords.unwrap();
        mode_is_private(&file);
        let grid = read(&file, None).unwrap();
        let cells: Vec<Vec<String>> = { grid.rows.iter() }
            .map(|row| row.cells.iter().map(|cell| cell.text().into_owned()).collect())
            .collect();
        assert_eq!(cells[1][..4], ["qianer", "钱二", "坐席、派单员", "住房热线受理中心"]);
        let account = there("zhaoyi").unwrap();
        assert!(account.one_time && account.unit == Some("wuye".into()));
        let password = cells[2][4].as_str();
        assert!(jiesu::identity::credential::is_password(password, Some(&account.password)));
        // Again: known, and the passwords that nobody has fetched yet are not written over.
        assert_eq!(outcome(&bring(Run::Real).unwrap()), [0, 0, 2, 4]);
        std::fs::write(&path, "用户名,角色,所属单位\nzhouqi,坐席,rexian\n").unwrap();
        assert_eq!(bring(Run::Real).unwrap_err().code(), "import.reference.passwords_there");
        assert!(there("zhouqi").is_none());
    }
}

fn mode_is_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}
