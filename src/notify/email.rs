//! Email, by SMTP: over TLS, but for a server on this machine or one that the config lets be.

use std::net::IpAddr;
use std::time::Duration;

use lettre::Address;
use lettre::message::{Mailbox, header};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::{self};

use super::outgoing::{Failure, Means, clean, secret};
use super::worded::{Worded, cut, name_of};
use crate::config::alert::{Email, Security};
use crate::domain::alert::{Fate, Refused};
use crate::domain::text::SafeText;

/// How long it may take until a server is there.
const WITHIN: Duration = Duration::from_secs(20);
/// How long a server may take over the word that ends it, which nobody waits for.
const GOODBYE: Duration = Duration::from_secs(2);
/// What a server says that goes away: that is of no reader.
const CLOSING: u16 = 421;
/// What older servers say of more readers than they take at once (RFC 5321, 4.5.3.1.10).
const TOO_MANY: u16 = 552;
/// What a server lacks that takes addresses of ASCII alone.
const NO_UTF8: &str = "it has no SMTPUTF8";
/// Characters of a subject.
const SUBJECT_MAX: usize = 180;

/// Brings a message to those readers who have not settled it yet. A reader whom the server refuses keeps it from no
/// other.
///
/// # Errors
/// Why it is not there.
pub async fn bring(to: &Email, allowed: &[String], message: &Worded, means: &Means) -> Result<Fate, Failure> {
    let mut letter = written(to, message, |_| true)?;
    let mut readers = readers(&letter, &means.settled);
    if readers.is_empty() {
        // Those who were left are no readers of the config any more.
        return Ok(Fate::Delivered);
    }
    let password = match &to.password {
        Some(password) => Some(secret(password).await?),
        None => None,
    };
    let secrets: Vec<&str> = password.iter().map(crate::secret::Secret::reveal).collect();
    let host = SafeText::from_outside(&to.host);
    let failed = |e: smtp::Error| Failure::said(&host, &said(&e), &secrets);
    let mut server = reached(to, allowed, means, &host).await?;
    if let (Some(user), Some(password)) = (&to.user, &password) {
        let who = Credentials::new(user.clone(), password.reveal().to_owned());
        server.auth(DEFAULT_MECHANISMS, &who).await.map_err(failed)?;
    }
    let mut unknown = Vec::new();
    if !server.server_info().supports_feature(Extension::SmtpUtfEight) {
        known_sender(&letter, &host)?;
        (readers, unknown) = readers.into_iter().partition(is_ascii);
        letter = if readers.is_empty() { letter } else { written(to, message, is_ascii)? };
    }
    let taken = hand_over(&mut server, &letter, readers, &secrets).await;
    // The letter is there, or it is not: what a server does that is left is of no consequence, and whoever waited for
    // it might not note in time that it is there.
    tokio::spawn(async move {
        let _ = tokio::time::timeout(GOODBYE, server.abort()).await;
    });
    // Where a server falls silent it may have taken the letter all the same.
    let ended = |e: smtp::Error| Failure { unsure: e.status().is_none(), ..failed(e) };
    let Taken { had, mut refused, later } = taken.map_err(ended)?;
    let why = || format!("its server takes no such address ({NO_UTF8})");
    refused.extend(unknown.iter().map(|reader| Refused { reader: reader.to_string(), why: why() }));
    match (refused.is_empty() && later.is_empty(), had.is_empty() && means.settled.is_empty()) {
        (true, _) => Ok(Fate::Delivered),
        // Where it is refused for all, something else than a reader may be wrong.
        (_, true) => Err(Failure::new(format!("{host}: {}", Refused::words(refused.iter().chain(&later))))),
        _ => Ok(Fate::Partly { had, refused, later }),
    }
}

/// An address with its domain as every server knows it (RFC 5890); what is before the `@` has no such spelling.
fn in_ascii(address: &Address) -> Address {
    let domain = idna::domain_to_ascii(address.domain()).unwrap_or_else(|_| address.domain().to_owned());
    Address::new(address.user(), domain).unwrap_or_else(|_| address.clone())
}

fn is_ascii(address: &Address) -> bool {
    AsRef::<str>::as_ref(address).is_ascii()
}

/// Refuses a sender whom a server cannot know that takes addresses of ASCII alone.
fn known_sender(letter: &lettre::Message, host: &SafeText) -> Result<(), Failure> {
    let Some(from) = letter.envelope().from().filter(|from| !is_ascii(from)) else { return Ok(()) };
    let from = SafeText::from_outside(from.as_ref());
    let why = format!("the sender `{from}` has letters that this server takes in no address ({NO_UTF8})");
    Err(Failure::new(format!("{host}: {why}")))
}

/// Those of a letter's readers who are to have it, each once.
fn readers(letter: &lettre::Message, settled: &[String]) -> Vec<Address> {
    let settled: Vec<Address> = settled.iter().filter_map(|of| of.parse().ok()).map(|of| in_ascii(&of)).collect();
    let mut readers: Vec<Address> = Vec::new();
    for reader in letter.envelope().to() {
        if !settled.contains(reader) && !readers.contains(reader) {
            readers.push(reader.clone());
        }
    }
    readers
}

/// Who has taken a letter.
#[derive(Default)]
struct Taken {
    had: Vec<String>,
    refused: Vec<Refused>,
    later: Vec<Refused>,
}

/// Says whom a letter is for, one by one, and hands it over for those whom the server admits.
async fn hand_over(
    server: &mut AsyncSmtpConnection,
    letter: &lettre::Message,
    readers: Vec<Address>,
    secrets: &[&str],
) -> Result<Taken, smtp::Error> {
    let (text, from) = (letter.formatted(), letter.envelope().from().cloned());
    if readers.is_empty() {
        return Ok(Taken::default());
    }
    let mut options = Vec::new();
    // All but addresses is written in ASCII.
    if !text.is_ascii() {
        options.extend([MailParameter::SmtpUtfEight, MailParameter::Body(MailBodyParameter::EightBitMime)]);
    }
    server.command(Mail::new(from, options)).await?;
    let mut taken = Taken::default();
    for reader in readers {
        let name = AsRef::<str>::as_ref(&reader).to_owned();
        let error = match server.command(Rcpt::new(reader, Vec::new())).await {
            Ok(_) => {
                taken.had.push(name);
                continue;
            }
            Err(error) => error,
        };
        let code = error.status().map(u16::from).filter(|code| *code != CLOSING);
        let why = || clean(&said(&error), secrets);
        match code {
            Some(code) if error.is_permanent() && code != TOO_MANY => {
                taken.refused.push(Refused { reader: name, why: why() })
            }
            Some(_) => taken.later.push(Refused { reader: name, why: why() }),
            None => return Err(error),
        }
    }
    if !taken.had.is_empty() {
        server.command(Data).await?;
        server.message(&text).await?;
    }
    Ok(taken)
}

/// The server, encrypted as the config has it.
async fn reached(
    to: &Email,
    allowed: &[String],
    means: &Means,
    host: &SafeText,
) -> Result<AsyncSmtpConnection, Failure> {
    let named = idna::domain_to_ascii(&to.host).unwrap_or_else(|_| to.host.clone());
    let mut parameters = TlsParameters::builder(named.clone());
    if let Some(path) = &means.certificate {
        let wrong = |why: String| Failure::new(format!("the certificate `{}`: {why}", SafeText::path(path)));
        let pem = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
        parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(|e| wrong(e.to_string()))?);
    }
    // No secret was said to it yet.
    let failed = |e: smtp::Error| Failure::said(host, &said(&e), &[]);
    let parameters = || parameters.build_rustls().map_err(failed);
    let (wrapped, upgraded, port) = match to.security {
        Security::Tls => (Some(parameters()?), None, 465),
        Security::StartTls => (None, Some(parameters()?), 587),
        Security::Plain if is_here(&to.host) || allowed.contains(&to.host) => (None, None, 25),
        Security::Plain => {
            return Err(Failure::new(format!(
                "{host} would be spoken with unencrypted: use tls or starttls, or name it in allow_private"
            )));
        }
    };
    let (at, me) = ((named.as_str(), to.port.unwrap_or(port)), ClientId::default());
    let server = AsyncSmtpConnection::connect_tokio1(at, Some(WITHIN), &me, wrapped, None).await;
    let mut server = server.map_err(failed)?;
    if let Some(parameters) = upgraded {
        server.starttls(parameters, &me).await.map_err(failed)?;
    }
    Ok(server)
}

/// Whether all addresses are some.
///
/// # Errors
/// Which is none.
pub fn check(to: &Email) -> Result<(), Failure> {
    std::iter::once(&to.from).chain(&to.to).try_for_each(|text| mailbox(text).map(drop))
}

fn mailbox(text: &str) -> Result<Mailbox, Failure> {
    let wrong = |why: &str| Failure::new(format!("`{}` is no address: {why}", SafeText::from_outside(text)));
    // Two in a text are none.
    let what = "it is like \"ops@example.com\" or \"Ops <ops@example.com>\", each in quotes of its own";
    let mailbox = text.trim().parse::<Mailbox>().map_err(|_| wrong(what))?;
    Ok(Mailbox { email: in_ascii(&mailbox.email), ..mailbox })
}

/// The letter, with those readers in its head that may be named to its server. The same news has the same id, and all
/// news of one trouble are one thread.
fn written(to: &Email, message: &Worded, is_named: impl Fn(&Address) -> bool) -> Result<lettre::Message, Failure> {
    let from = mailbox(&to.from)?;
    let domain = from.email.domain().to_owned();
    let id = |text: &str| format!("<{}@{domain}>", name_of(text));
    let mut letter = lettre::Message::builder()
        .from(from)
        .subject(cut(&format!("[spendtop] {}", message.headline), SUBJECT_MAX))
        .message_id(Some(id(&message.key)))
        .references(id(&message.subject))
        .in_reply_to(id(&message.subject))
        .header(Automatic)
        .header(header::ContentType::TEXT_PLAIN);
    for reader in &to.to {
        let reader = mailbox(reader)?;
        if is_named(&reader.email) {
            letter = letter.to(reader);
        }
    }
    letter.body(message.text()).map_err(|e| Failure::new(format!("the letter cannot be written: {e}")))
}

/// That nobody's absence is to answer (RFC 3834).
#[derive(Clone)]
struct Automatic;

impl header::Header for Automatic {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Automatic)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn is_here(host: &str) -> bool {
    host.parse::<IpAddr>().map_or(host == "localhost", |address| address.is_loopback())
}

/// What a server said, or what kept it from saying anything.
fn said(error: &smtp::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    let code = error.status().map_or_else(String::new, |code| format!("{code} "));
    format!("{code}{innermost}")
}
