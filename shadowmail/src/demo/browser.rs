//! The smallest browser: pages, cookies, forms. It does to the webmail what a person would do.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::page::Page;

/// How long one page may take.
const PAGE_MAX: Duration = Duration::from_secs(20);

/// Redirects followed in a row.
const REDIRECTS_MAX: u8 = 5;

/// Somebody's browser.
pub struct Browser {
    server: SocketAddr,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// A browser without cookies, for the server at `server`.
    pub fn new(server: SocketAddr) -> Self {
        Self { server, cookies: BTreeMap::new() }
    }

    /// Opens a page; follows redirects.
    pub async fn open(&mut self, path: &str) -> anyhow::Result<Page> {
        self.visit("GET", path, None).await
    }

    /// Sends a form; follows redirects.
    pub async fn post(&mut self, path: &str, fields: &[(String, String)]) -> anyhow::Result<Page> {
        let pairs = fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        self.visit("POST", path, Some(body)).await
    }

    async fn visit(&mut self, method: &str, path: &str, form: Option<String>) -> anyhow::Result<Page> {
        let (mut method, mut path, mut form) = (method, path.to_owned(), form);
        for _ in 0..REDIRECTS_MAX {
            let request = self.request(method, &path, form.as_deref());
            let answer = timeout(PAGE_MAX, exchange(self.server, &request))
                .await
                .with_context(|| format!("{path} took too long"))??;
            let answer = Answer::read(&answer).with_context(|| format!("{method} {path}"))?;
            self.cookies.extend(answer.cookies);
            match answer.location {
                Some(location) if (300..400).contains(&answer.status) => {
                    (method, path, form) = ("GET", location, None);
                }
                _ => return Ok(Page { status: answer.status, path, html: answer.body }),
            }
        }
        bail!("{path} leads in a circle")
    }

    fn request(&self, method: &str, path: &str, form: Option<&str>) -> String {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\
             Accept: text/html\r\nAccept-Language: de\r\nUser-Agent: shadowmail-demo\r\n\
             Sec-Fetch-Site: same-origin\r\n",
            server = self.server
        );
        if !cookies.is_empty() {
            request.push_str(&format!("Cookie: {}\r\n", cookies.join("; ")));
        }
        if let Some(form) = form {
            request.push_str(&format!(
                "Origin: http://{}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                 Content-Length: {}\r\n",
                self.server,
                form.len()
            ));
        }
        request + "\r\n" + form.unwrap_or_default()
    }
}

async fn exchange(server: SocketAddr, request: &str) -> anyhow::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await.with_context(|| format!("{server}"))?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

struct Answer {
    status: u16,
    location: Option<String>,
    cookies: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn read(bytes: &[u8]) -> anyhow::Result<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").context("the answer is not whole")?;
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let mut answer = Self {
            status: status.and_then(|code| code.parse().ok()).context("the answer has no status")?,
            location: None,
            cookies: Vec::new(),
            body: body.to_owned(),
        };
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            match name.to_ascii_lowercase().as_str() {
                "location" => answer.location = Some(value.to_owned()),
                "set-cookie" => answer.cookies.extend(
                    value.split(';').next().and_then(|pair| pair.split_once('=')).map(own),
                ),
                "transfer-encoding" => bail!("this browser reads no chunked pages"),
                _ => {}
            }
        }
        Ok(answer)
    }
}

fn own((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// As a form sends it.
fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b if b.is_ascii_alphanumeric() || b"-._*".contains(&b) => char::from(b).to_string(),
            b' ' => "+".to_owned(),
            b => format!("%{b:02X}"),
        })
        .collect()
}
