//! A local server in the place of AWS, which answers as a test says: well, badly, or not at all.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `GetCostAndUsage`, `DescribeOrganization`, `GetCallerIdentity` ...
    pub action: String,
    pub headers: String,
    pub body: String,
    /// How many requests for this action came before.
    pub nth: usize,
}

impl Asked {
    /// A header's value.
    pub fn header(&self, name: &str) -> &str {
        let line = self.headers.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")));
        line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub fn has_token(&self) -> bool {
        self.body.contains("NextPageToken")
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Status, further headers, body.
    Json(u16, &'static str, String),
    /// Bytes as they are, then the connection is closed.
    Raw(String),
    /// Nothing; the connection stays open.
    Silence,
}

/// A fixture of AWS.
pub fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/aws").join(format!("{name}.json"));
    std::fs::read_to_string(path).expect("fixture")
}

pub fn good(body: impl Into<String>) -> Reply {
    Reply::Json(200, "", body.into())
}

/// An error as AWS writes it.
pub fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::Json(status, "", serde_json::json!({"__type": code, "message": message}).to_string())
}

/// The fixture's answer: two pages.
pub fn pages(asked: &Asked) -> Reply {
    good(fixture(if asked.has_token() { "base_2" } else { "base_1" }))
}

/// What Organizations and the token service answer when all is well.
pub fn around(asked: &Asked) -> Option<Reply> {
    const IDENTITY: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
        <GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/reader</Arn><UserId>AIDA</UserId>\
        <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    match asked.action.as_str() {
        "GetCallerIdentity" => Some(good(IDENTITY)),
        "DescribeOrganization" => Some(good(fixture("organization"))),
        "ListAccounts" => Some(good(fixture(if asked.body.contains("more") { "accounts_2" } else { "accounts_1" }))),
        _ => None,
    }
}

/// A server that answers by a script.
pub struct Server {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Costs are answered by the script, all else well.
    pub fn costs(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Server {
        Server::start(move |asked| around(asked).unwrap_or_else(|| script(asked)))
    }

    pub fn start(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        let (asked, script) = (Arc::new(Mutex::new(Vec::new())), Arc::new(script));
        let all = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (all, script) = (all.clone(), script.clone());
                std::thread::spawn(move || serve(stream, &all, &*script));
            }
        });
        Server { url, asked }
    }

    /// What was asked of an action, in order.
    pub fn asked(&self, action: &str) -> Vec<Asked> {
        self.asked.lock().expect("lock").iter().filter(|asked| asked.action == action).cloned().collect()
    }
}

fn serve(mut stream: TcpStream, all: &Mutex<Vec<Asked>>, script: &dyn Fn(&Asked) -> Reply) {
    let Some((headers, body)) = read(&mut stream) else { return };
    let target =
        headers.lines().find_map(|line| line.to_lowercase().starts_with("x-amz-target:").then(|| line.to_owned()));
    let action = match &target {
        Some(line) => line.rsplit('.').next().unwrap_or_default().trim().to_owned(),
        None => body.split("Action=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default().to_owned(),
    };
    let asked = {
        let mut all = all.lock().expect("lock");
        let nth = all.iter().filter(|asked| asked.action == action).count();
        let asked = Asked { action, headers, body, nth };
        all.push(asked.clone());
        asked
    };
    let text = match script(&asked) {
        Reply::Raw(text) => text,
        Reply::Silence => {
            // Until the client gives it up.
            let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
            let _ = stream.read(&mut [0]);
            return;
        }
        Reply::Json(status, headers, body) => format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/x-amz-json-1.1\r\n{headers}content-length: {}\r\nconnection: \
             close\r\n\r\n{body}",
            body.len()
        ),
    };
    let _ = stream.write_all(text.as_bytes());
}

/// A request's head and body.
fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 8192]);
    loop {
        let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some((head.to_owned(), body.to_owned()));
        }
    }
}
