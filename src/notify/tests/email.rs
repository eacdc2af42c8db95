//! Email against a server of SMTP's own words on this machine.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::{hostile, over, plain};
use crate::config::alert::{Channel, Email, Security, Via};
use crate::domain::alert::{Fate, Message, Refused};
use crate::notify::outgoing::{Means, bring};

/// Serves one connection; what it was told. `refuses` are the answers to words that begin so.
async fn serve(listener: TcpListener, refuses: &[(&'static str, &'static str)]) -> Vec<String> {
    let (stream, _) = listener.accept().await.expect("a connection");
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut heard = Vec::new();
    let refused = |line: &str| refuses.iter().find(|(word, _)| line.starts_with(word));
    write.write_all(b"220 sink\r\n").await.expect("greeted");
    let mut in_data = false;
    while let Ok(Some(line)) = lines.next_line().await {
        heard.push(line.clone());
        let answer = match &line {
            line if in_data => {
                in_data = line != ".";
                if in_data { continue } else { "250 taken" }
            }
            line if refused(line).is_some() => refused(line).map_or("", |(_, answer)| answer),
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

async fn mailed(message: &Message, refuses: &[(&'static str, &'static str)]) -> (Fate, Vec<String>) {
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
    let (fate, heard) = mailed(&plain(), &[]).await;
    assert_eq!(fate, Fate::Delivered);
    let head = |heard: &[String], name: &str| {
        heard.iter().find_map(|line| line.strip_prefix(name)).map(str::to_owned).unwrap_or_default()
    };
    assert_eq!(head(&heard, "Subject: "), "[spendtop] warning: Amazon EC2 costs 300.00 USD more");
    assert!(heard.iter().any(|line| line == "RCPT TO:<ana@example.com>"), "{heard:?}");
    assert_eq!(head(&heard, "Auto-Submitted: "), "auto-generated");
    assert!(heard.iter().any(|line| line == "m5.large in us-east-1: +250.00 USD"), "{heard:?}");
    let (_, again) = mailed(&plain(), &[]).await;
    assert_eq!(head(&heard, "Message-ID: "), head(&again, "Message-ID: "), "the same news is the same letter");
    let (_, ended) = mailed(&over(), &[]).await;
    assert_ne!(head(&heard, "Message-ID: "), head(&ended, "Message-ID: "));
    assert_eq!(head(&heard, "References: "), head(&ended, "References: "));
}

#[tokio::test]
async fn a_server_that_says_nothing_once_it_has_a_letter_has_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let channel = channel(listener.local_addr().expect("address").port(), None);
    let hangs = async {
        let (stream, _) = listener.accept().await.expect("a connection");
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 sink\r\n").await.expect("greeted");
        let mut in_data = false;
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = match line.as_str() {
                "." => "250 taken",
                _ if in_data => continue,
                "DATA" => "354 go on",
                // It never answers that, and stays.
                "QUIT" => return (lines, write),
                _ => "250 yes",
            };
            in_data = line == "DATA";
            write.write_all(format!("{answer}\r\n").as_bytes()).await.expect("answered");
        }
        panic!("it left without a word");
    };
    let (message, means) = (plain(), Means::default());
    let (fate, _stays) = tokio::join!(bring(&channel, &message, &means), hangs);
    assert_eq!(fate, Fate::Delivered);
}

#[tokio::test]
async fn no_text_of_a_bill_becomes_a_header_or_a_reader() {
    let (fate, heard) = mailed(&hostile(), &[]).await;
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
        let (fate, _) = mailed(&plain(), &[(word, answer)]).await;
        let Fate::Failed { why, .. } = fate else { panic!("{fate:?}") };
        assert!(why.starts_with(said), "{why}");
    }
}

/// What a letter comes to whose readers are answered so, by readers who have settled it already.
async fn to_each(answers: &[(&'static str, &'static str)], settled: &[&str]) -> (Fate, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("address").port();
    let settled = settled.iter().map(|reader| (*reader).to_owned()).collect();
    let (message, means) = (plain(), Means { settled, ..Means::default() });
    let channel = channel(port, None);
    let (fate, mut heard) = tokio::join!(bring(&channel, &message, &means), serve(listener, answers));
    heard.retain(|line| line.starts_with("RCPT TO") || line == "DATA" || line == "QUIT");
    (fate, heard)
}

#[tokio::test]
async fn a_reader_who_is_refused_keeps_it_from_no_other() {
    let refused = |why: &str| Refused { reader: "ana@example.com".into(), why: why.into() };
    let ops = || vec!["ops@example.com".to_owned()];
    let (fate, heard) = to_each(&[("RCPT TO:<ana", "550 5.1.1 no such user")], &[]).await;
    let why = "550 5.1.1 no such user";
    assert_eq!(fate, Fate::Partly { had: ops(), refused: vec![refused(why)], later: Vec::new() });
    assert_eq!(heard, ["RCPT TO:<ops@example.com>", "RCPT TO:<ana@example.com>", "DATA", "QUIT"]);
    for later in ["451 4.7.1 greylisted", "552 too many"] {
        let (fate, _) = to_each(&[("RCPT TO:<ana", later)], &[]).await;
        assert_eq!(fate, Fate::Partly { had: ops(), refused: Vec::new(), later: vec![refused(later)] });
    }
    // The next time only who has not got it is spoken of.
    let (fate, heard) = to_each(&[], &["ops@example.com"]).await;
    assert_eq!(
        (fate, heard),
        (Fate::Delivered, ["RCPT TO:<ana@example.com>", "DATA", "QUIT"].map(str::to_owned).into())
    );
    let (fate, heard) = to_each(&[("RCPT TO:<ana", "550 no")], &["ops@example.com"]).await;
    assert_eq!(fate, Fate::Partly { had: Vec::new(), refused: vec![refused("550 no")], later: Vec::new() });
    assert!(!heard.contains(&"DATA".to_owned()), "nobody takes it: {heard:?}");
}

#[tokio::test]
async fn nobody_has_it_where_all_are_refused_or_the_server_goes_away() {
    for (answers, said) in [
        (
            &[("RCPT TO:<ana", "451 wait"), ("RCPT TO:<ops", "550 no")][..],
            "127.0.0.1: ops@example.com has not got it: 550 no",
        ),
        (&[("RCPT TO:<ana", "421 going down")], "127.0.0.1: 421 going down"),
        (&[("RCPT TO:<ana", "550 no"), ("DATA", "554 spam")], "127.0.0.1: 554 spam"),
    ] {
        let (fate, _) = to_each(answers, &[]).await;
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
    let refuses = &[("AUTH", "535 5.7.8 canary-55aa is not it")];
    let message = plain();
    let (fate, _) = tokio::join!(bring(&channel, &message, &means), serve(listener, refuses));
    assert!(matches!(&fate, Fate::Failed { .. }) && !format!("{fate:?}").contains("canary"), "{fate:?}");
}
