//! What is said where something is taken back, refused, sent back or decided: the rest of the fields that somebody can
//! fill. Its rule: as `world`'s; only the payloads' test needs it.

use serde_json::json;

use super::World;

impl World {
    /// Says all of it, on tickets of its own wherever that can be.
    pub fn further(&mut self) {
        self.unmade();
        self.decided();
        self.shelved();
        self.sent_back();
        self.written();
        self.stage.work();
    }

    /// Amended, declined and taken up again, withdrawn, recalled.
    fn unmade(&mut self) {
        let (stage, says) = (&self.stage, |text: &str| self.says(text));
        let amended = self.taken();
        let fields = json!({ "title": says("电梯停运四天"), "content": says("3号楼电梯停运四天，仍未修好。"),
            "accused": says("安居物业"), "tags": [says("电梯")] });
        let amend = json!({ "fields": fields, "reason": says("诉求人更正") });
        stage.orders("agent", &amended, "amend", &amend);
        let class = json!({ "assessment_class": "response_only", "reason": says("只需答复，不需现场处置") });
        stage.orders("reviewer", &amended, "classify", &class);
        let declined = self.taken();
        let told = json!({ "reason": "no_new_fact", "told": says("已告知不予受理的理由。") });
        self.owning_up("agent", &format!("/tickets/{declined}/decline"), told);
        let because = |text: &str| json!({ "reason": says(text) });
        stage.orders("agent", &declined, "reopen", &because("诉求人补充了新的事实"));
        let withdrawn = self.taken();
        stage.orders("agent", &withdrawn, "withdraw", &because("诉求人来电撤单"));
        let given_up = self.sent();
        stage.orders("agent", &given_up, "withdraw", &because("已自行修好"));
        let sure = json!({ "confirmed": true, "how": says("用原号码回拨确认") });
        stage.orders("agent", &given_up, "withdraw/confirm", &sure);
        let recalled = self.sent();
        stage.orders("dispatcher", &recalled, "recall", &because("派错单位"));
        self.places.extend([
            ("amended", amended),
            ("declined", declined),
            ("withdrawn", withdrawn),
            ("given_up", given_up),
            ("recalled", recalled),
        ]);
    }

    /// A conference, a dispute, a reply that fails, a wish to leave the assessment up to the last word.
    fn decided(&mut self) {
        let (stage, says) = (&self.stage, |text: &str| self.says(text));
        let conferred = self.taken();
        let asked = json!({ "units": ["wuye", "jd-ql1"], "text": says("职责不清，请会商") });
        stage.orders("dispatcher", &conferred, "consult", &asked);
        let minutes = json!({ "minutes": says("经会商由物业科主办"), "lead": "wuye" });
        stage.orders("dispatcher", &conferred, "consult/conclude", &minutes);
        let contested = self.sent();
        let dispute = json!({ "reason": says("不属于本科"), "grounds": says("三定方案") });
        stage.works("handler", &contested, "dispute", &dispute);
        let no = json!({ "uphold": false, "reason": says("属于贵科职责") });
        stage.works("dispatcher", &contested, "dispute/decide", &no);
        let failed = self.replied();
        let fail = json!({ "pass": false, "reason": says("没有答复何时修好") });
        stage.orders("reviewer", &failed, "review", &fail);
        let excluded = self.closed();
        let exclude = json!({ "reason": "force_majeure", "evidence": says("台风停工令") });
        stage.orders("handler", &excluded, "exclude", &exclude);
        let endorse =
            json!({ "request": "exclude", "approve": true, "reason": says("情况属实，同意上报") });
        stage.works("unit_head", &excluded, "endorse", &endorse);
        let refuse = |text: &str| json!({ "approve": false, "reason": says(text) });
        stage.orders("reviewer", &excluded, "exclude/decide", &refuse("停工令不在本月"));
        let appeal = json!({ "text": says("停工令延至本月") });
        stage.orders("unit_head", &excluded, "exclude/appeal", &appeal);
        stage.orders("assessor", &excluded, "exclude/appeal/decide", &refuse("维持原决定"));
        self.places.extend([
            ("conferred", conferred),
            ("contested", contested),
            ("failed", failed),
            ("excluded", excluded),
        ]);
    }

    /// On the ledger from the handler's request to the proof.
    fn shelved(&mut self) {
        let (stage, says) = (&self.stage, |text: &str| self.says(text));
        let shelved = self.handled();
        let ledger = json!({ "grounds": says("需动用维修资金"), "plan": says("明年一季度更换"),
            "promised_at": "2027-03-01" });
        stage.orders("handler", &shelved, "ledger", &ledger);
        let endorse = json!({ "request": "ledger", "approve": true, "reason": says("同意上报") });
        stage.works("unit_head", &shelved, "endorse", &endorse);
        let yes = json!({ "approve": true, "reason": says("同意挂账") });
        stage.orders("reviewer", &shelved, "ledger/decide", &yes);
        stage.orders(
            "handler",
            &shelved,
            "ledger/progress",
            &json!({ "text": says("资金已批复") }),
        );
        let proof = json!({ "proof": says("电梯已于2026年11月3日更换主板，验收合格。") });
        self.owning_up("unit_head", &format!("/tickets/{shelved}/ledger/write-off"), proof);
        self.places.insert("shelved", shelved);
    }

    /// An assist's answer that will not do, a supervision and a whistle that are closed.
    fn sent_back(&mut self) {
        let (stage, says) = (&self.stage, |text: &str| self.says(text));
        let no = self.handled();
        let assist = format!("/assignments/{no}-2");
        stage.posts("ql1_handler", &format!("{assist}/sign"), &json!({}));
        let nobody = json!({ "outcome": "no_answer", "text": says("无人接听") });
        stage.posts("ql1_handler", &format!("{assist}/contact"), &nobody);
        let reply = json!({ "text": says("街道已到场核实") });
        stage.posts("ql1_handler", &format!("{assist}/reply"), &reply);
        let back = json!({ "reason": says("请补充现场照片") });
        stage.posts("handler", &format!("{assist}/send-back"), &back);
        let supervise = json!({ "step": "supervise", "text": says("三日内办结") });
        stage.orders("reviewer", &no, "supervise", &supervise);
        let result = json!({ "result": says("已按期整改") });
        stage.orders("reviewer", &no, "supervise/1/close", &result);
        stage.orders("ql1_head", self.place("whistled"), "whistle/1/close", &result);
        self.places.insert("sent_back", no);
    }

    /// A leader's task, a warning's end, the places of a report that people write in.
    fn written(&self) {
        let (stage, says) = (&self.stage, |text: &str| self.says(text));
        let tasks = stage.asks("unit_head", "/reports/tasks");
        let task = tasks["items"][0]["id"].as_str().expect("what the leader wrote").to_owned();
        let word = |text: &str| json!({ "text": says(text) });
        stage.posts("unit_head", &format!("/reports/tasks/{task}/answer"), &word("已排查"));
        stage.posts("reviewer", &format!("/reports/tasks/{task}/send-back"), &word("请补充台账"));
        let close = json!({ "real": true, "result": says("物业已更换主板") });
        stage.posts("dispatcher", &format!("/warnings/{}/close", self.place("warning")), &close);
        let id = self.place("restated");
        let page = stage.page(Some("assessor"), &format!("/monthly/{id}")).body;
        let rest = page.split("name=\"field\" value=\"").nth(1).expect("a place to write in");
        let field = rest.split('"').next().unwrap_or_default();
        let text = json!({ "field": field, "text": says("下月开展电梯专项整治。") });
        stage.posts("assessor", &format!("/reports/{id}/text"), &text);
    }
}
