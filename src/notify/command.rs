//! A program of the user's: run without a shell, with the message as JSON on its input.
//!
//! One that does not end is ended, with all that it has begun.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStderr, Command};

use super::outgoing::Failure;
use super::worded::Worded;
use crate::domain::text::SafeText;
use crate::secret::group::Group;

/// How long the last words of one that failed may take.
const LAST_WORDS_WITHIN: Duration = Duration::from_millis(500);
/// Bytes of its complaints that are kept.
const SAID_MAX: usize = 4 << 10;

/// Runs the program with the message.
///
/// # Errors
/// Where it cannot be run, or fails. One that is not waited for any more is ended.
pub async fn bring(run: &[String], message: &Worded) -> Result<(), Failure> {
    let Some((program, arguments)) = run.split_first() else { return Err(Failure::new("there is no program")) };
    let shown = SafeText::from_outside(program);
    let input = serde_json::to_vec(message).map_err(|e| Failure::new(format!("the message is no JSON: {e}")))?;
    let mut run = Command::new(program);
    run.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    Group::of_its_own(&mut run);
    let mut child = run.spawn().map_err(|e| Failure::new(format!("`{shown}` cannot be run: {e}")))?;
    let mut group = Group::of(&child);
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let fed = async {
        if let Some(mut stdin) = stdin {
            // Who does not read it has its reasons.
            let _ = stdin.write_all(&input).await;
            let _ = stdin.shutdown().await;
        }
    };
    let mut said = Vec::new();
    let ended = {
        let talk = async { tokio::join!(fed, hear(stderr, &mut said)) };
        tokio::pin!(talk);
        tokio::select! {
            // Whoever it leaves behind may hold its output open: its own end counts.
            status = child.wait() => match status {
                Ok(status) if status.success() => Ok(status),
                status => {
                    let _ = tokio::time::timeout(LAST_WORDS_WITHIN, &mut talk).await;
                    status
                }
            },
            _ = &mut talk => child.wait().await,
        }
    };
    group.ended();
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::said(&format!("`{shown}` failed ({status})"), &String::from_utf8_lossy(&said), &[])),
        Err(e) => Err(Failure::new(format!("`{shown}`: {e}"))),
    }
}

/// Reads what a program complains of to its end, since one that cannot write any more is ended by that; keeps the
/// beginning.
async fn hear(stderr: Option<ChildStderr>, said: &mut Vec<u8>) {
    let Some(mut stderr) = stderr else { return };
    let mut piece = [0; 1 << 10];
    while let Ok(read @ 1..) = stderr.read(&mut piece).await {
        said.extend_from_slice(&piece[..read.min(SAID_MAX - said.len())]);
    }
}

#[cfg(test)]
mod tests {
    use rustix::fs::{Mode, OFlags};

    use super::*;
    use crate::config::alert::{Channel, Via};
    use crate::domain::alert::{Fate, Message};
    use crate::notify::outgoing::{self, Means};

    /// Why a program does not end within so long, as its channel says it.
    async fn given_up(run: Vec<String>, limit: Duration) -> String {
        let channel = Channel { name: "run".into(), allow_private: Vec::new(), via: Via::Command(run), wrong: None };
        let means = Means { limit, ..Means::default() };
        match outgoing::bring(&channel, &Message::test("a", 0), &means).await {
            Fate::Failed { why, unsure: true, .. } => why,
            other => panic!("{other:?}"),
        }
    }

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
        // It may have told somebody before that.
        assert_eq!(given_up(run(&["sleep", "600"]), limit).await, "no answer within 0 s");
        // What it has begun ends with it: nobody holds the pipe open any more.
        let folder = tempfile::tempdir().expect("folder");
        let pipe = folder.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status().await;
        assert!(made.expect("run").success());
        let held = format!("exec 3<>'{}'; sleep 600 & sleep 600", pipe.display());
        given_up(run(&["sh", "-c", &held]), limit).await;
        let open = || rustix::fs::open(&pipe, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty());
        let since = crate::clock::instant();
        while open().is_ok() && since.elapsed() < Duration::from_secs(20) {
            tokio::task::yield_now().await;
        }
        assert_eq!(open().expect_err("nobody reads it"), rustix::io::Errno::NXIO);
    }

    #[tokio::test]
    async fn one_that_complains_much_or_leaves_somebody_behind_has_done_it_all_the_same() {
        let message = Worded::of(&Message::test("a", 0));
        let noisy = "i=0; while [ $i -lt 20000 ]; do echo a line of noise >&2; i=$((i + 1)); done";
        assert_eq!(bring(&run(&["sh", "-c", noisy]), &message).await, Ok(()));
        let message = &message;
        let soon =
            |run: Vec<String>| async move { tokio::time::timeout(Duration::from_secs(5), bring(&run, message)).await };
        let leaves = "sleep 20 & echo away >&2";
        assert_eq!(soon(run(&["sh", "-c", leaves])).await, Ok(Ok(())));
        let failure = soon(run(&["sh", "-c", "sleep 20 & echo no >&2; exit 3"])).await.expect("it has ended");
        assert_eq!(failure.expect_err("failed").why, "`sh` failed (exit status: 3): no");
    }
}
