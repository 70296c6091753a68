//! Notices, short messages: a gateway of the test's own hears what it should, and its no is heard.

use std::io::Read;
use std::net::TcpListener;
use std::sync::mpsc;

use super::*;

const NOW: Stamp = Stamp::MIN;
const HOSTILE: &str = "您好\"}],\"phone\":\"110\n{phone}&x=1 %00\\";

fn config(keys: &[(&str, &str)]) -> Config {
    let own = |(name, value): &(&str, &str)| (format!("JIESU_{name}"), (*value).to_owned());
    let local = [("OUTWARD__ALLOW", "127.0.0.0/8"), ("SMS__TRANSPORT", "http")];
    Config::from_environment(local.iter().chain(keys).map(own)).unwrap()
}

fn sms(keys: &[(&str, &str)]) -> Result<Sms> {
    let config = config(keys);
    Sms::of(&config, &Outward::of(&config.outward).unwrap())
}

/// A gateway that gives these answers, one a message, and tells what it heard.
fn gateway(answers: Vec<&'static str>) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/send?key=s3cret", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut heard, mut part) = (Vec::new(), [0; 4096]);
            loop {
                let text = String::from_utf8_lossy(&heard).into_owned();
                let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                    let length = head.to_lowercase().lines().find_map(|line| {
                        line.strip_prefix("content-length: ")?.parse::<usize>().ok()
                    });
                    body.len() >= length.unwrap_or(0)
                });
                if whole {
                    tell.send(text).unwrap();
                    break;
                }
                let read = stream.read(&mut part).unwrap();
                heard.extend_from_slice(&part[..read]);
            }
            // A line end of two characters goes on with another header.
            let parts = answer.split_once('\n').filter(|(head, _)| !head.ends_with('\r'));
            let (status, body) = parts.unwrap_or((answer, ""));
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}");
            stream.write_all(head.as_bytes()).unwrap();
        }
    });
    (url, told)
}

fn message(text: &str) -> Message<'_> {
    Message { id: 77, ticket_no: "2026-000123", phone: "13900000001", text }
}

#[test]
fn json_and_forms_hold_what_was_said_and_nothing_else() {
    let (url, told) = gateway(vec!["200 OK\n{}"; 2]);
    let template = r#"{"to":["{phone}"],"msg":"{text}","ref":"{id}","keep":"{other}"}"#;
    let keys = [
        ("SMS__URL", url.as_str()),
        ("SMS__TEMPLATE", template),
        ("SMS__AUTHORIZATION", "Bearer k3y"),
    ];
    sms(&keys).unwrap().send(NOW, &message(HOSTILE)).unwrap();
    let heard = told.recv().unwrap();
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /send?key=s3cret HTTP/1.1"), "{head}");
    assert!(head.contains("authorization: Bearer k3y"), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    let expected = serde_json::json!({
        "to": ["13900000001"], "msg": HOSTILE, "ref": "77", "keep": "{other}"
    });
    assert_eq!(body, expected);
    let keys = [("SMS__URL", url.as_str()), ("SMS__TEMPLATE", "mobile={phone}&content={text}")];
    sms(&keys).unwrap().send(NOW, &message(HOSTILE)).unwrap();
    let heard = told.recv().unwrap();
    let (_, body) = heard.split_once("\r\n\r\n").unwrap();
    let fields: Vec<(String, String)> =
        form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let said = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(fields, [said("mobile", "13900000001"), said("content", HOSTILE)]);
}

#[test]
fn a_gateway_that_says_no_inside_a_200_is_understood() {
    let answers = vec![
        "200 OK\n{\"code\":0}",
        "200 OK\n{\"code\":\"0\"}",
        "200 OK\n{\"code\":15,\"msg\":\"欠费\"}",
        "200 OK\nnonsense",
    ];
    let (url, _told) = gateway(answers);
    let sms = sms(&[("SMS__URL", &url), ("SMS__ACCEPTED", "/code=0")]).unwrap();
    assert_eq!(sms.send(NOW, &message("一")), Ok(()));
    assert_eq!(sms.send(NOW, &message("二")), Ok(()));
    assert_eq!(sms.send(NOW, &message("三")), Err(Fail::never("sms.refused")));
    assert_eq!(sms.send(NOW, &message("四")), Err(Fail::never("sms.refused")));
}

#[test]
fn what_is_the_gateways_or_the_sites_own_costs_no_try_and_what_is_the_messages_is_final() {
    let answers = vec![
        "503 Busy",
        "429 Slow down\r\nRetry-After: 86400",
        "401 Unauthorized",
        "404 Not Found",
        "302 Found",
        "200 OK\nresult: OK",
    ];
    let (url, _told) = gateway(answers);
    let sms = sms(&[("SMS__URL", &url), ("SMS__ACCEPTED", "(?i)result: ok")]).unwrap();
    // Each a while after the last, so that nobody is spared the wait.
    let hour = TimeDelta::hours(1);
    let mut now = NOW;
    let mut send = |text| {
        now = now.plus(hour);
        sms.send(now, &message(text))
    };
    assert_eq!(send("一"), Err(later(AWAY, "sms.away")));
    assert_eq!(send("二"), Err(later(hour, "sms.away")), "for an hour at most");
    assert_eq!(send("三"), Err(later(AWAY, "sms.site_401")));
    assert_eq!(send("四"), Err(later(AWAY, "sms.site_404")));
    assert_eq!(send("五"), Err(Fail::never("outward.status")));
    assert_eq!(send("六"), Ok(()));
}

#[test]
fn who_waited_in_vain_spares_the_others_the_wait() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", gone.local_addr().unwrap());
    drop(gone);
    let sms = sms(&[("SMS__URL", &url)]).unwrap();
    assert_eq!(sms.send(NOW, &message("一")), Err(later(AWAY, "outward.connect")));
    assert_eq!(sms.send(NOW, &message("二")), Err(later(AWAY, "sms.away")), "nobody was called");
    let then = NOW.plus(TimeDelta::minutes(1));
    assert_eq!(sms.send(then, &message("二")), Err(later(AWAY, "outward.connect")));
}

#[test]
fn a_message_that_was_taken_is_not_sent_again_because_the_answer_broke_off() {
    for (accepted, expected) in
        [("", Ok(())), ("ok", Ok(())), ("/code=0", Err(Fail::never("sms.unclear")))]
    {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            drop(stream.read(&mut [0; 4096]));
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nok"));
        });
        let sms = sms(&[("SMS__URL", &url), ("SMS__ACCEPTED", accepted)]).unwrap();
        assert_eq!(sms.send(NOW, &message("一")), expected, "{accepted}");
    }
}

#[test]
fn a_key_that_does_not_fit_is_refused_at_the_start() {
    let url = ("SMS__URL", "http://127.0.0.1:9/");
    for (keys, key) in [
        (vec![("SMS__URL", "http://u:p@127.0.0.1/")], "sms.url"),
        (vec![("SMS__URL", "http://10.0.0.1/")], "sms.url"),
        (vec![url, ("SMS__TEMPLATE", r#"{"a":{phone},"b":"{text}"}"#)], "sms.template"),
        (vec![url, ("SMS__TEMPLATE", r#"{"a":"{phone}"}"#)], "sms.template"),
        (vec![url, ("SMS__ACCEPTED", "/code")], "sms.accepted"),
        (vec![url, ("SMS__ACCEPTED", "(")], "sms.accepted"),
    ] {
        let error = sms(&keys).unwrap_err();
        assert_eq!(error.code(), "config.value");
        assert!(error.detail().contains(key) && !error.detail().contains("u:p"), "{error}");
    }
}

#[test]
fn a_file_is_whole_and_read_by_this_program_alone() {
    let folder = std::env::temp_dir().join(format!("jiesu-sms-{}", std::process::id()));
    let keys = [("SMS__TRANSPORT", "file"), ("DATA_DIR", folder.to_str().unwrap())];
    let sms = sms(&keys).unwrap();
    sms.send(NOW, &message("您的工单已受理")).unwrap();
    sms.send(NOW, &message("您的工单已受理")).unwrap();
    let file = folder.join("sms/2026-000123.77.txt");
    assert_eq!(fs::read_to_string(&file).unwrap(), "13900000001\n您的工单已受理\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::read_dir(folder.join("sms")).unwrap().count(), 1, "no draft is left");
    let outside = Message { ticket_no: "../2026", ..message("x") };
    assert_eq!(sms.send(NOW, &outside), Err(Fail::never("sms.number")));
    fs::remove_dir_all(folder).unwrap();
}
