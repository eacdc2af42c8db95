//! Email, by SMTP: over TLS, but for a server on this machine or one that the config lets be.

use std::net::IpAddr;
use std::time::Duration;

use lettre::message::{Mailbox, header};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::outgoing::{Failure, Means, secret};
use super::worded::{Worded, cut, name_of};
use crate::config::alert::{Email, Security};
use crate::domain::text::SafeText;

/// How long a command of the server may take.
const WITHIN: Duration = Duration::from_secs(20);
/// Characters of a subject.
const SUBJECT_MAX: usize = 180;

/// Brings a message.
///
/// # Errors
/// Why it is not there.
pub async fn bring(to: &Email, allowed: &[String], message: &Worded, means: &Means) -> Result<(), Failure> {
    let letter = letter(to, message)?;
    let shown = SafeText::from_outside(&to.host);
    let password = match &to.password {
        Some(password) => Some(secret(password).await?),
        None => None,
    };
    let secrets: Vec<&str> = password.iter().map(crate::secret::Secret::reveal).collect();
    let failed = |e: lettre::transport::smtp::Error| Failure::said(&shown, &innermost(&e), &secrets);
    let mut parameters = TlsParameters::builder(to.host.clone());
    if let Some(path) = &means.certificate {
        let wrong = |why: String| Failure::new(format!("the certificate `{}`: {why}", SafeText::path(path)));
        let pem = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
        parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(|e| wrong(e.to_string()))?);
    }
    let parameters = || parameters.build_rustls().map_err(failed);
    let (tls, port) = match to.security {
        Security::Tls => (Tls::Wrapper(parameters()?), 465),
        Security::StartTls => (Tls::Required(parameters()?), 587),
        Security::Plain if is_here(&to.host) || allowed.contains(&to.host) => (Tls::None, 25),
        Security::Plain => {
            return Err(Failure::new(format!(
                "{shown} would be spoken with unencrypted: use tls or starttls, or name it in allow_private"
            )));
        }
    };
    let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&to.host)
        .port(to.port.unwrap_or(port))
        .tls(tls)
        .timeout(Some(WITHIN));
    if let (Some(user), Some(password)) = (&to.user, &password) {
        server = server.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
    }
    let answered = server.build().send(letter).await.map_err(failed)?;
    match answered.is_positive() {
        true => Ok(()),
        false => Err(Failure::new(format!("{shown} answered {}", answered.code()))),
    }
}

/// The letter. The same news has the same id, and all news of one trouble are one thread.
fn letter(to: &Email, message: &Worded) -> Result<lettre::Message, Failure> {
    let mailbox = |text: &str| -> Result<Mailbox, Failure> {
        text.parse().map_err(|e| Failure::new(format!("`{}` is no address: {e}", SafeText::from_outside(text))))
    };
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
        letter = letter.to(mailbox(reader)?);
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

fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}
