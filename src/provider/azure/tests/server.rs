//! A server that answers as it is told, bytes that are no HTTP included.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Headers, names in lower case.
    pub headers: HashMap<String, String>,
    /// The body.
    pub body: String,
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A status, headers, a body.
    Http(u16, Vec<(String, String)>, String),
    /// These bytes, and the connection is closed.
    Raw(Vec<u8>),
    /// Nothing, and the connection stays open.
    Silence,
}

impl Reply {
    /// JSON.
    pub fn json(status: u16, body: &str) -> Reply {
        Reply::Http(status, vec![("content-type".into(), "application/json".into())], body.to_owned())
    }

    /// A status with headers and nothing else.
    pub fn bare(status: u16, headers: &[(&str, &str)]) -> Reply {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Reply::Http(status, headers.collect(), String::new())
    }

    /// An error of Azure's.
    pub fn error(status: u16, code: &str, message: &str) -> Reply {
        Reply::json(status, &serde_json::json!({"error": {"code": code, "message": message}}).to_string())
    }
}

/// A server; dropping it ends it.
pub struct Server {
    /// Its URL.
    pub url: String,
    asked: Arc<Mutex<Vec<Request>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server; `answer` is given each request and the server's URL.
    pub fn start(answer: impl Fn(&Request, &str) -> Reply + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (asked, is_over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (kept, over, own) = (Arc::clone(&asked), Arc::clone(&is_over), url.clone());
        let thread = std::thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                let Some(request) = read(&stream) else { continue };
                kept.lock().expect("lock").push(request.clone());
                match answer(&request, &own) {
                    Reply::Http(status, headers, body) => write(&mut stream, status, &headers, &body),
                    Reply::Raw(bytes) => drop(stream.write_all(&bytes)),
                    Reply::Silence => open.push(stream),
                }
            }
        });
        Server { url, asked, is_over, thread: Some(thread) }
    }

    /// What was asked, in order.
    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().expect("lock").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|n: &String| n.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, target, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

fn write(stream: &mut TcpStream, status: u16, headers: &[(String, String)], body: &str) {
    let mut text = format!("HTTP/1.1 {status} x\r\nconnection: close\r\n");
    if status != 204 {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let _ = stream.write_all(format!("{text}\r\n{body}").as_bytes());
}
