//! Email against a server of SMTP's own words on this machine.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::{hostile, over, plain};
use crate::config::alert::{Channel, Email, Security, Via};
use crate::domain::alert::{Fate, Message, Refused};
use crate::notify::outgoing::{Means, bring};

/// Serves one connection; what it was told. `refuses` are the answers to words that begin so; an empty one never
/// comes, and the connection is held for as long as whoever waits for it.
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
        if answer.is_empty() {
            continue;
        }
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
    Channel { name: "mail".into(), allow_private: Vec::new(), via: Via::Email(email), wrong: None }
}

/// What bringing a message to a channel comes to whose server answers so, and what that was told.
async fn brought(
    (message, settled): (&Message, &[&str]),
    to: impl FnOnce(&mut Email),
    answers: &[(&'static str, &'static str)],
) -> (Fate, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut channel = channel(listener.local_addr().expect("address").port(), None);
    let Via::Email(email) = &mut channel.via else { panic!("an email") };
    to(email);
    let settled = settled.iter().map(|reader| (*reader).to_owned()).collect();
    let means = Means { settled, ..Means::default() };
    tokio::join!(bring(&channel, message, &means), serve(listener, answers))
}

async fn mailed(message: &Message, answers: &[(&'static str, &'static str)]) -> (Fate, Vec<String>) {
    brought((message, &[]), |_| (), answers).await
}

#[tokio::test]
async fn a_letter_has_one_subject_and_its_trouble_is_a_thread() {
    let (fate, heard) = mailed(&plain(), &[]).await;
    assert_eq!(fate, Fate::Delivered);
    let head = |heard: &[String], name: &str| {
        heard.iter().find_map(|line| line.strip_prefix(name)).map(str::to_owned).unwrap_or_default()
    };
    assert_eq!(head(&heard, "Subject: "), "[spendtop] medium: Amazon EC2 costs 300.00 USD more");
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
    // It never answers that it is left, and stays.
    let stays = tokio::spawn(async move { serve(listener, &[("QUIT", "")]).await });
    // Whoever quits the app gives that a second: it is told twice where it is not noted by then.
    let (message, means) = (plain(), Means::default());
    let fate = tokio::time::timeout(std::time::Duration::from_secs(1), bring(&channel, &message, &means)).await;
    assert_eq!(fate, Ok(Fate::Delivered));
    stays.abort();
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
    let (fate, mut heard) = brought((&plain(), settled), |_| (), answers).await;
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
async fn a_reader_with_letters_that_a_server_does_not_know_keeps_it_from_no_other() {
    let odd = |email: &mut Email| email.to[1] = "b\u{f8}@example.com".into();
    let knows = [("EHLO", "250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8")];
    let (fate, heard) = brought((&plain(), &[]), odd, &knows).await;
    let of = |heard: &[String], word: &str| heard.iter().filter(|line| line.starts_with(word)).count();
    assert_eq!((fate, of(&heard, "RCPT TO")), (Fate::Delivered, 2));
    assert!(heard.iter().any(|line| line.starts_with("MAIL") && line.contains(" SMTPUTF8")), "{heard:?}");
    // Such a server refuses words that it has not offered, and letters (RFC 6531, 3.2).
    let knows_none = [("MAIL FROM:<costs@example.com> ", "555 5.5.4 no such option")];
    let (fate, heard) = brought((&plain(), &[]), odd, &knows_none).await;
    let Fate::Partly { had, refused, later } = fate else { panic!("{fate:?}: {heard:?}") };
    assert_eq!((had, later, refused.len()), (vec!["ops@example.com".to_owned()], Vec::new(), 1));
    assert_eq!(refused[0].reader, "b\u{f8}@example.com");
    assert!(refused[0].why.contains("SMTPUTF8"), "{refused:?}");
    assert!(heard.iter().all(|line| line.is_ascii()) && of(&heard, "RCPT TO") == 1, "{heard:?}");
    // The next time he alone is left, or the others are.
    let (fate, heard) = brought((&plain(), &["b\u{f8}@example.com"]), odd, &knows_none).await;
    assert!(fate == Fate::Delivered && heard.iter().all(|line| line.is_ascii()), "{fate:?}: {heard:?}");
    let (fate, heard) = brought((&plain(), &["ops@example.com"]), odd, &knows_none).await;
    assert!(matches!(fate, Fate::Partly { refused, .. } if refused.len() == 1) && of(&heard, "DATA") == 0, "{heard:?}");
    let (fate, heard) = brought((&plain(), &[]), |email| email.from = "b\u{f8}@example.com".into(), &[]).await;
    let Fate::Failed { why, .. } = fate else { panic!("{fate:?}") };
    assert_eq!(
        why,
        "127.0.0.1: the sender `b\u{f8}@example.com` has letters that this server takes in no address (it has no SMTPUTF8)"
    );
    assert_eq!(of(&heard, "MAIL"), 0);
}

#[tokio::test]
async fn a_domain_is_written_in_ascii_for_every_server() {
    let odd = |email: &mut Email| {
        email.from = "costs@m\u{fc}ller.example".into();
        email.to = vec!["Ana <ana@M\u{fc}ller.example>".into(), "b\u{f8}@m\u{fc}ller.example".into()];
    };
    for (answers, letters) in [
        // Which has no SMTPUTF8, and takes no reader with other letters before the `@`.
        (&[("MAIL FROM:<costs@xn--mller-kva.example> ", "555 5.5.4 no such option")][..], 1),
        (&[("EHLO", "250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8")], 2),
    ] {
        let (fate, heard) = brought((&plain(), &[]), odd, answers).await;
        let of = |word: &str| heard.iter().filter(|line| line.starts_with(word)).count();
        assert_eq!((of("MAIL FROM:<costs@xn--mller-kva.example>"), of("RCPT TO")), (1, letters), "{heard:?}");
        assert_eq!(of("RCPT TO:<ana@xn--mller-kva.example>"), 1, "{heard:?}");
        assert!(!heard.iter().any(|line| line.contains("m\u{fc}ller")), "{heard:?}");
        assert_eq!(
            matches!(fate, Fate::Partly { refused, .. } if refused[0].reader == "b\u{f8}@xn--mller-kva.example"),
            letters == 1
        );
        // Who had it by the name that was written before has it.
        let had = ["ana@m\u{fc}ller.example"];
        let (_, heard) = brought((&plain(), &had), odd, answers).await;
        assert!(!heard.iter().any(|line| line.starts_with("RCPT TO:<ana")), "{heard:?}");
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
