//! A certificate that only a company's own file names, as behind a proxy that looks into what passes.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use spendtop::provider::remote::{Costs, Finding};

use super::Bench;
use super::server::{Asked, Reply, around};

/// What makes a certificate that is its own authority.
const REQUEST: &str = "[req]\ndistinguished_name = name\nx509_extensions = more\nprompt = no\n\
    [name]\nCN = spendtop test\n\
    [more]\nsubjectAltName = DNS:localhost\nbasicConstraints = critical, CA:FALSE\n";

/// A server that answers one request through TLS; dropping it ends it.
struct Secured {
    child: Child,
    url: String,
}

impl Secured {
    /// `None` where there is no `openssl`.
    fn start(folder: &Path) -> Option<(Secured, PathBuf)> {
        let path = |name: &str| folder.join(name);
        std::fs::write(path("request.cnf"), REQUEST).expect("written");
        let mut make = Command::new("openssl");
        make.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-config"]).arg(path("request.cnf"));
        make.arg("-keyout").arg(path("key.pem")).arg("-out").arg(path("ca.pem"));
        if !make.stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
            return None;
        }
        let mut serve = Command::new("openssl");
        serve.args(["s_server", "-accept", "localhost:0", "-naccept", "2", "-cert"]);
        serve.arg(path("ca.pem")).arg("-key").arg(path("key.pem"));
        serve.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = serve.spawn().ok()?;
        let mut out = BufReader::new(child.stdout.take().expect("stdout"));
        let mut line = String::new();
        while !line.starts_with("ACCEPT ") {
            line.clear();
            if out.read_line(&mut line).unwrap_or(0) == 0 {
                return None;
            }
        }
        let port = line.trim().rsplit(':').next()?.to_owned();
        let mut into = child.stdin.take().expect("stdin");
        std::thread::spawn(move || {
            let (mut seen, mut piece) = (String::new(), [0; 512]);
            while let Ok(read @ 1..) = out.read(&mut piece) {
                seen.push_str(&String::from_utf8_lossy(&piece[..read]));
                if seen.contains("Action=GetCallerIdentity") {
                    let asked = Asked {
                        action: "GetCallerIdentity".into(),
                        headers: String::new(),
                        body: String::new(),
                        nth: 0,
                    };
                    let Some(Reply::Json(_, _, body)) = around(&asked) else { return };
                    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                    let _ = into.write_all(format!("{head}{body}").as_bytes());
                    let _ = into.flush();
                    seen.clear();
                }
            }
        });
        Some((Secured { child, url: format!("https://localhost:{port}") }, path("ca.pem")))
    }
}

impl Drop for Secured {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_companys_certificate_counts_for_everything_that_aws_is_asked() {
    let folder = tempfile::tempdir().expect("folder");
    let Some((server, authority)) = Secured::start(folder.path()) else {
        eprintln!("skipped: there is no openssl to speak TLS with");
        return;
    };
    for (certificate, finding) in [(None, Finding::Missing), (Some(authority), Finding::Good)] {
        let mut bench = Bench::new(&server.url, |settings| settings.certificate.clone_from(&certificate));
        bench.call.pace.try_within = Duration::from_secs(3);
        bench.call.pace.tries = 1;
        let checks = bench.scope.check(&bench.call);
        let check = &checks[0];
        assert_eq!((check.what.as_str(), check.finding), ("credentials", finding), "{check:?}");
        if certificate.is_none() {
            assert!(check.fix.contains("`certificate = \"/path.pem\"` in [sync]"), "{check:?}");
        }
    }
}
