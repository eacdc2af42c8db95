//! Email against a server of SMTP's own words on this machine.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::{hostile, over, plain};
use crate::config::alert::{Channel, Email, Security, Via};
use crate::domain::alert::{Fate, Message};
use crate::notify::outgoing::{Means, bring};

/// Serves one connection; what it was told. `refuses` is what is answered to the words that begin so.
async fn serve(listener: TcpListener, refuses: Option<(&'static str, &'static str)>) -> Vec<String> {
    let (stream, _) = listener.accept().await.expect("a connection");
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut heard = Vec::new();
    write.write_all(b"220 sink\r\n").await.expect("greeted");
    let mut in_data = false;
    while let Ok(Some(line)) = lines.next_line().await {
        heard.push(line.clone());
        let answer = match &line {
            line if in_data => {
                in_data = line != ".";
                if in_data { continue } else { "250 taken" }
            }
            line if refuses.is_some_and(|(word, _)| line.starts_with(word)) => refuses.map_or("", |(_, answer)| answer),
            line if line.starts_with("EHLO") => "250-sink\r\n250 AUTH PLAIN LOGIN",
            line if line.starts_with("DATA") => {
                in_data = true;
                "354 go on"
            }
            line if line.starts_with("QUIT") => "221 bye",
            _ => "250 yes",
        };
        if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() || line.starts_with("QUIT") {
            break;
        }
    }
    heard
}

fn channel(port: u16, password: Option<String>) -> Channel {
    let email = Email {
        host: "127.0.0.1".into(),
        port: Some(port),
        security: Security::Plain,
        user: password.is_some().then(|| "me".to_owned()),
        password,
        from: "spendtop <costs@example.com>".into(),
        to: vec!["ops@example.com".into(), "Ana <ana@example.com>".into()],
    };
    Channel { name: "mail".into(), allow_private: Vec::new(), via: Via::Email(email) }
}

async fn mailed(message: &Message, refuses: Option<(&'static str, &'static str)>) -> (Fate, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("address").port();
    let (fate, heard) = tokio::join!(
        async {
            let (channel, means) = (channel(port, None), Means::default());
            bring(&channel, message, &means).await
        },
        serve(listener, refuses)
    );
    (fate, heard)
}

#[tokio::test]
async fn a_letter_has_one_subject_and_its_trouble_is_a_thread() {
    let (fate, heard) = mailed(&plain(), None).await;
    assert_eq!(fate, Fate::Delivered);
    let head = |heard: &[String], name: &str| {
        heard.iter().find_map(|line| line.strip_prefix(name)).map(str::to_owned).unwrap_or_default()
    };
    assert_eq!(head(&heard, "Subject: "), "[spendtop] warning: Amazon EC2 costs 300.00 USD more");
    assert!(heard.iter().any(|line| line == "RCPT TO:<ana@example.com>"), "{heard:?}");
    assert_eq!(head(&heard, "Auto-Submitted: "), "auto-generated");
    assert!(heard.iter().any(|line| line == "m5.large in us-east-1: +250.00 USD"), "{heard:?}");
    let (_, again) = mailed(&plain(), None).await;
    assert_eq!(head(&heard, "Message-ID: "), head(&again, "Message-ID: "), "the same news is the same letter");
    let (_, ended) = mailed(&over(), None).await;
    assert_ne!(head(&heard, "Message-ID: "), head(&ended, "Message-ID: "));
    assert_eq!(head(&heard, "References: "), head(&ended, "References: "));
}

#[tokio::test]
async fn no_text_of_a_bill_becomes_a_header_or_a_reader() {
    let (fate, heard) = mailed(&hostile(), None).await;
    assert_eq!(fate, Fate::Delivered);
    assert!(!heard.iter().any(|line| line.starts_with("Bcc")), "{heard:?}");
    assert_eq!(heard.iter().filter(|line| line.starts_with("RCPT TO")).count(), 2);
    assert!(heard.iter().all(|line| line.len() <= 998), "no line is longer than SMTP has it");
}

#[tokio::test]
async fn a_server_that_refuses_or_says_nonsense_is_a_failure() {
    for (word, answer, said) in [
        ("RCPT", "550 5.1.1 no such user", "127.0.0.1: "),
        ("MAIL", "421 4.3.2 later", "127.0.0.1: "),
        ("EHLO", "what?", "127.0.0.1: "),
    ] {
        let (fate, _) = mailed(&plain(), Some((word, answer))).await;
        let Fate::Failed { why, .. } = fate else { panic!("{fate:?}") };
        assert!(why.starts_with(said), "{why}");
    }
}

#[tokio::test]
async fn nothing_is_sent_unencrypted_to_another_machine() {
    let mut channel = channel(25, None);
    let Via::Email(email) = &mut channel.via else { panic!("an email") };
    email.host = "mail.example".into();
    let Fate::Failed { why, .. } = bring(&channel, &plain(), &Means::default()).await else { panic!("sent") };
    assert!(why.contains("unencrypted"), "{why}");
}

#[tokio::test]
async fn a_password_that_is_refused_is_in_no_error() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("password");
    std::fs::write(&path, "canary-55aa").expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("address").port();
    let channel = channel(port, Some(format!("file:{}", path.display())));
    let means = Means::default();
    let refuses = Some(("AUTH", "535 5.7.8 canary-55aa is not it"));
    let message = plain();
    let (fate, _) = tokio::join!(bring(&channel, &message, &means), serve(listener, refuses));
    assert!(matches!(&fate, Fate::Failed { .. }) && !format!("{fate:?}").contains("canary"), "{fate:?}");
}
