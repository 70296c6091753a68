//! Notices: mail to a server, or into files. Its rule: what the server refuses of a letter for good is
//! final and says so at once; a server that is away, or does not take this site at all, costs no
//! letter a try; the Message-ID is the letter's own.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, header};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters, TlsParametersBuilder};
use lettre::{Address, Message, SmtpTransport, Transport};

use super::enclosed::File;
use super::letter::Words;
use super::respite::{AWAY, Respite};
use crate::config::{Mail, MailSecurity, MailTransport};
use crate::error::{Error, Kind, Result};
use crate::jobs::Fail;
use crate::time::Stamp;

/// How long the server may take for a step.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where mail goes.
pub struct Mailer {
    from: Mailbox,
    way: Way,
    respite: Respite,
}

enum Way {
    Files(PathBuf),
    Smtp(Box<SmtpTransport>),
}

/// A mail that is ready but for its envelope.
#[derive(Debug, Clone)]
pub struct Envelope<'a> {
    /// The letter's id: the same on each try.
    pub id: i64,
    /// Begins the file's name: the ticket's number, or `digest`.
    pub stem: &'a str,
    /// Who it is for: a name to be shown, and the address.
    pub name: &'a str,
    pub address: &'a str,
    pub at: Stamp,
}

impl Mailer {
    /// The mailer that `mail` asks for; files lie under `data_dir/mail`.
    ///
    /// # Errors
    /// `config.value` where the sender, the server's URL or the CA file is no good.
    pub fn of(mail: &Mail, site: &str, data_dir: &Path) -> Result<Self> {
        let from: Address = mail.from.parse().map_err(|_| wrong("mail.from", "name@host"))?;
        let way = match mail.transport {
            MailTransport::File => Way::Files(data_dir.join("mail")),
            MailTransport::Smtp => Way::Smtp(Box::new(server(mail)?)),
        };
        let from = Mailbox::new(Some(one_line(site)), from);
        Ok(Self { from, way, respite: Respite::default() })
    }

    /// Sends `words` at `now`.
    ///
    /// # Errors
    /// Again or later where it may go better then; never where the address or the server says no for
    /// good.
    pub fn send(
        &self,
        now: Stamp,
        envelope: &Envelope<'_>,
        words: &Words,
        files: &[File],
    ) -> Result<(), Fail> {
        let message = self.message(envelope, words, files)?;
        match &self.way {
            Way::Files(folder) => {
                let name = format!("{}.{}.eml", envelope.stem, envelope.id);
                keep(folder, &name, &message.formatted()).map_err(|_| Fail::again("mail.disk"))
            }
            Way::Smtp(server) => self.hand_over(now, server, &message),
        }
    }

    /// Gives it to the server. Whoever waits in vain for one that is away spares the others that.
    fn hand_over(&self, now: Stamp, server: &SmtpTransport, message: &Message) -> Result<(), Fail> {
        if self.respite.holds(now) {
            return Err(later("mail.server_away"));
        }
        let Err(error) = server.send(message) else { return Ok(()) };
        let failed = failure(&error, || takes_us(server));
        if matches!(failed, Fail::Later { .. }) {
            self.respite.begin(now);
        }
        Err(failed)
    }

    fn message(
        &self,
        envelope: &Envelope<'_>,
        words: &Words,
        files: &[File],
    ) -> Result<Message, Fail> {
        let address: Address = envelope.address.parse().map_err(|_| Fail::never("mail.address"))?;
        let to = Mailbox::new(Some(one_line(envelope.name)).filter(|it| !it.is_empty()), address);
        let id = format!("<{}@{}>", envelope.id, self.from.email.domain());
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(one_line(&words.subject))
            .message_id(Some(id))
            .date(std::time::SystemTime::from(envelope.at.utc()))
            .header(AutoSubmitted)
            .multipart(parts(words, files)?)
            .map_err(|_| Fail::never("mail.unwritable"))
    }
}

/// The words, and the files behind them.
fn parts(words: &Words, files: &[File]) -> Result<MultiPart, Fail> {
    let text = MultiPart::alternative_plain_html(words.plain.clone(), words.html.clone());
    if files.is_empty() {
        return Ok(text);
    }
    let mut all = MultiPart::mixed().multipart(text);
    for file in files {
        let kind =
            ContentType::parse(file.media_type).map_err(|_| Fail::never("mail.unwritable"))?;
        let name = one_line(&file.name);
        all = all.singlepart(Attachment::new(name).body(file.bytes.clone(), kind));
    }
    Ok(all)
}

/// Whoever is away does not answer a machine (RFC 3834).
#[derive(Debug, Clone, Copy)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }
    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// What is shown in a header: no line breaks, no control characters, no more than a line.
fn one_line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let plain: String = plain.filter(|c| !is_invisible(*c)).take(200).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Characters that turn the direction of writing or hide in a line.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn wrong(key: &str, expected: &str) -> Error {
    let values = [("file", "configuration"), ("key", key), ("expected", expected)];
    Error::with(Kind::Invalid, "config.value", &values)
}

fn server(mail: &Mail) -> Result<SmtpTransport> {
    let url = mail.smtp_url.reveal().unwrap_or_default();
    let expected = "smtp://USER:PASSWORD@HOST:PORT | smtps://…";
    let builder = SmtpTransport::from_url(url).map_err(|_| wrong("mail.smtp_url", expected))?;
    let host = host_of(url).ok_or_else(|| wrong("mail.smtp_url", expected))?;
    let security = if url.starts_with("smtps://") { MailSecurity::Tls } else { mail.security };
    let tls = match security {
        MailSecurity::None => Tls::None,
        MailSecurity::Starttls => Tls::Required(parameters(mail, host)?),
        MailSecurity::Tls => Tls::Wrapper(parameters(mail, host)?),
    };
    Ok(builder.tls(tls).timeout(Some(PATIENCE)).build())
}

fn parameters(mail: &Mail, host: &str) -> Result<TlsParameters> {
    let mut builder: TlsParametersBuilder = TlsParameters::builder(host.to_owned());
    if !mail.ca_file.as_os_str().is_empty() {
        let unreadable = || wrong("mail.ca_file", "a certificate in PEM form");
        let pem = fs::read(&mail.ca_file).map_err(|_| unreadable())?;
        builder =
            builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|_| unreadable())?);
    }
    builder.build().map_err(|_| wrong("mail.smtp_url", "a host name"))
}

/// The host's name in `smtp://user:password@host:port/…`.
fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let place = rest.split(['/', '?']).next()?;
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(six) => six.split(']').next()?,
        None => host.split(':').next()?,
    };
    Some(host).filter(|host| !host.is_empty())
}

/// What a failure means. The answer's text may name the recipient: only its number is kept. Whatever
/// is refused before there is talk of a letter, greeting, TLS and login, is the site's own business
/// and no letter's; `takes_us` asks the server once more without one.
fn failure(error: &lettre::transport::smtp::Error, takes_us: impl Fn() -> bool) -> Fail {
    let deferred = |code| Fail::again(format!("mail.deferred_{code}"));
    match error.status().map(|code| (code, u16::from(code))) {
        // Too busy, or no login now; some say so of a recipient too.
        Some((code, 421 | 432 | 454)) if takes_us() => deferred(code),
        // RFC 4954: no login, or not this one, whenever it is said.
        Some((code, 421 | 432 | 454 | 530 | 534 | 535 | 538)) => later(format!("mail.site_{code}")),
        Some((code, _)) if error.is_transient() => deferred(code),
        Some((code, _)) if takes_us() => Fail::never(format!("mail.refused_{code}")),
        Some((code, _)) => later(format!("mail.site_{code}")),
        // An address that the server's protocol cannot carry: lettre did not even say it.
        None if error.is_client() && takes_us() => Fail::never("mail.address"),
        None if error.is_tls() => later("mail.tls"),
        // It answered nothing that could be understood, or not at all.
        None => later("mail.server_away"),
    }
}

/// Whether the server lets this site in, as far as it says anything.
fn takes_us(server: &SmtpTransport) -> bool {
    server.test_connection().map_or_else(|it| it.status().is_none() && !it.is_client(), |_| true)
}

fn later(why: impl Into<String>) -> Fail {
    Fail::Later { after: AWAY, why: why.into() }
}

/// A file that is whole or not there, and that only its owner reads.
pub fn keep(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (whole, part) = (folder.join(name), folder.join(format!(".{name}.part")));
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, &whole)?;
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mailer() -> Mailer {
        let mail = crate::config::Config::from_environment([]).unwrap().mail;
        Mailer::of(&mail, "示范市住房和城乡建设局", Path::new("/nonexistent")).unwrap()
    }

    fn words(subject: &str, text: &str) -> Words {
        Words { subject: subject.to_owned(), plain: text.to_owned(), html: text.to_owned() }
    }

    /// Names of the head's fields, those that go on joined.
    fn fields(message: &Message) -> Vec<String> {
        let bytes = message.formatted();
        let text = String::from_utf8_lossy(&bytes);
        let head = text.split("\r\n\r\n").next().unwrap_or_default();
        let starts = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        starts.map(|line| line.split(':').next().unwrap_or_default().to_owned()).collect()
    }

    const FIELDS: [&str; 8] = [
        "From",
        "To",
        "Subject",
        "Message-ID",
        "Date",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]
        #[test]
        fn hostile_names_and_subjects_make_no_header_and_no_recipient(
            before in any::<String>(), after in any::<String>(),
            evil in prop::sample::select(vec![
                "\r\nBcc: evil@example.com\r\n", "\nTo: evil@example.com", "\r\n\r\n<html>",
                "\" <evil@example.com>, \"", ">, <evil@example.com", "\u{2028}Cc: evil@example.com",
                "=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5jb20=?=", "\0", "(comment", "a:b;",
                "\u{202e}moc.elpmaxe@live", ",evil@example.com",
            ]),
        ) {
            let text = format!("{before}{evil}{after}");
            let at = Stamp::from_millis(1_790_000_000_000);
            let envelope = Envelope { id: 7, stem: "x", name: &text, address: "a@city.test", at };
            let message = mailer().message(&envelope, &words(&text, &text), &[]).unwrap();
            let recipients: Vec<String> =
                message.envelope().to().iter().map(ToString::to_string).collect();
            prop_assert_eq!(recipients, ["a@city.test"]);
            prop_assert_eq!(fields(&message), FIELDS);
            let whole = message.formatted();
            let lines = String::from_utf8_lossy(&whole);
            prop_assert!(lines.lines().all(|line| line.len() <= 998), "a line too long");
        }

        #[test]
        fn what_is_no_address_is_refused_for_good(address in any::<String>()) {
            let at = Stamp::from_millis(1_790_000_000_000);
            let envelope = Envelope { id: 7, stem: "x", name: "甲", address: &address, at };
            match mailer().message(&envelope, &words("主题", "正文"), &[]) {
                Ok(message) => prop_assert_eq!(message.envelope().to().len(), 1),
                Err(failed) => prop_assert_eq!(failed, Fail::never("mail.address")),
            }
        }
    }

    #[test]
    fn the_same_letter_has_the_same_message_id_on_each_try() {
        let at = Stamp::from_millis(1_790_000_000_000);
        let id = |id| {
            let envelope = Envelope { id, stem: "x", name: "甲", address: "a@city.test", at };
            let mail =
                mailer().message(&envelope, &words("主题", "正文"), &[]).unwrap().formatted();
            let text = String::from_utf8_lossy(&mail).into_owned();
            text.lines().find(|line| line.starts_with("Message-ID")).unwrap().to_owned()
        };
        assert_eq!(id(7), id(7));
        assert_ne!(id(7), id(8));
    }

    #[test]
    fn files_come_behind_the_words_with_their_names_and_as_they_are() {
        let at = Stamp::from_millis(1_790_000_000_000);
        let envelope = Envelope { id: 7, stem: "report", name: "甲", address: "a@city.test", at };
        let file = |name: &str, media_type, bytes: &[u8]| File {
            name: name.to_owned(),
            media_type,
            bytes: bytes.to_vec(),
        };
        let bytes: Vec<u8> = (0..=255).collect();
        let files = [
            file("专报2026年10月.xlsx", "application/octet-stream", &bytes),
            file("a\r\nBcc: evil@example.com\r\n.csv", "text/csv", b"=1"),
        ];
        let message = mailer().message(&envelope, &words("主题", "正文"), &files).unwrap();
        let whole = message.formatted();
        let text = String::from_utf8_lossy(&whole);
        assert!(text.contains("multipart/mixed") && text.contains("multipart/alternative"));
        assert_eq!(text.matches("Content-Disposition: attachment").count(), 2);
        assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
        let base64 = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &bytes);
        let lines: String = text.lines().collect();
        assert!(lines.contains(&base64[..300]), "{text}");
    }

    #[test]
    fn the_host_is_read_out_of_the_server_s_url() {
        for (url, host) in [
            ("smtp://mail.city.gov.cn:25", Some("mail.city.gov.cn")),
            ("smtps://user:p@ss@mail.city.gov.cn", Some("mail.city.gov.cn")),
            ("smtp://[::1]:2525/x", Some("::1")),
            ("smtp://", None),
            ("mail.city.gov.cn", None),
        ] {
            assert_eq!(host_of(url), host, "{url}");
        }
    }
}
