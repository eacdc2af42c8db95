//! A program of the user's: run without a shell, with the message as JSON on its input.
//!
//! One that does not end is ended.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::outgoing::Failure;
use super::worded::Worded;
use crate::domain::text::SafeText;

/// How long it may take.
const WITHIN: Duration = Duration::from_secs(30);
/// Bytes of its complaints that are read.
const SAID_MAX: u64 = 4 << 10;

/// Runs the program with the message.
///
/// # Errors
/// Where it cannot be run, fails, or does not end.
pub async fn bring(run: &[String], message: &Worded) -> Result<(), Failure> {
    within(run, message, WITHIN).await
}

async fn within(run: &[String], message: &Worded, limit: Duration) -> Result<(), Failure> {
    let Some((program, arguments)) = run.split_first() else { return Err(Failure::new("there is no program")) };
    let shown = SafeText::from_outside(program);
    let input = serde_json::to_vec(message).map_err(|e| Failure::new(format!("the message is no JSON: {e}")))?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| Failure::new(format!("`{shown}` cannot be run: {e}")))?;
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let fed = async {
        if let Some(mut stdin) = stdin {
            // Who does not read it has its reasons.
            let _ = stdin.write_all(&input).await;
            let _ = stdin.shutdown().await;
        }
    };
    let heard = async {
        let mut said = Vec::new();
        if let Some(stderr) = stderr {
            let _ = stderr.take(SAID_MAX).read_to_end(&mut said).await;
        }
        String::from_utf8_lossy(&said).into_owned()
    };
    let all = async {
        let ((), said) = tokio::join!(fed, heard);
        (child.wait().await, said)
    };
    match tokio::time::timeout(limit, all).await {
        Ok((Ok(status), _)) if status.success() => Ok(()),
        Ok((Ok(status), said)) => Err(Failure::said(&format!("`{shown}` failed ({status})"), &said, &[])),
        Ok((Err(e), _)) => Err(Failure::new(format!("`{shown}`: {e}"))),
        Err(_) => Err(Failure::new(format!("`{shown}` did not end within {} s", limit.as_secs()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alert::Message;

    fn run(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[tokio::test]
    async fn a_program_gets_the_message_and_no_shell_reads_its_words() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("got");
        let message = Worded::of(&Message::test("a", 0));
        let nowhere = folder.path().join("none/x;$(touch pwned)");
        let tee = run(&["tee", path.to_str().expect("text"), nowhere.to_str().expect("text")]);
        // The second file's folder is not there: it fails, and the first has the message all the same.
        let failure = bring(&tee, &message).await.expect_err("no such folder");
        assert!(failure.why.contains("`tee` failed") && !folder.path().join("pwned").exists(), "{failure:?}");
        let got: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).expect("got")).expect("JSON");
        assert_eq!((got["kind"].as_str(), got["state"].as_str()), (Some("test"), Some("raised")));
        assert_eq!(bring(&run(&["true"]), &message).await, Ok(()), "who reads nothing is content");
    }

    #[tokio::test]
    async fn one_that_fails_says_why_and_one_that_does_not_end_is_ended() {
        let message = Worded::of(&Message::test("a", 0));
        let failure =
            bring(&run(&["sh", "-c", "printf 'no\\033[0m way' >&2; exit 3"]), &message).await.expect_err("failed");
        assert_eq!(failure.why, "`sh` failed (exit status: 3): no\\x1b[0m way");
        let failure = bring(&run(&["/no/such/program"]), &message).await.expect_err("none");
        assert!(failure.why.starts_with("`/no/such/program` cannot be run"), "{failure:?}");
        let limit = Duration::from_millis(50);
        let failure = within(&run(&["sleep", "600"]), &message, limit).await.expect_err("late");
        assert!(failure.why.contains("did not end"), "{failure:?}");
    }
}
