//! The smallest browser: pages, cookies, forms. It does to the webmail what a person would do.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::page::{Form, Page};

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
        Self {
            server,
            cookies: BTreeMap::new(),
        }
    }

    /// Opens a page; follows redirects.
    pub async fn open(&mut self, path: &str) -> anyhow::Result<Page> {
        self.visit("GET", path, None).await
    }

    /// Sends a form; follows redirects.
    pub async fn submit(&mut self, form: &Form) -> anyhow::Result<Page> {
        let posted = if form.multipart {
            Posted::in_parts(form)
        } else {
            Posted::in_one(form)
        };
        self.visit("POST", &form.action, Some(posted)).await
    }

    async fn visit(
        &mut self,
        method: &str,
        path: &str,
        form: Option<Posted>,
    ) -> anyhow::Result<Page> {
        let (mut method, mut path, mut form) = (method, path.to_owned(), form);
        for _ in 0..REDIRECTS_MAX {
            let request = self.request(method, &path, form.as_ref());
            let answer = timeout(PAGE_MAX, exchange(self.server, &request))
                .await
                .with_context(|| format!("{path} took too long"))??;
            let answer = Answer::read(&answer).with_context(|| format!("{method} {path}"))?;
            self.cookies.extend(answer.cookies);
            match answer.location {
                Some(location) if (300..400).contains(&answer.status) => {
                    (method, path, form) = ("GET", location, None);
                }
                _ => {
                    return Ok(Page {
                        status: answer.status,
                        path,
                        html: answer.body,
                    });
                }
            }
        }
        bail!("{path} leads in a circle")
    }

    fn request(&self, method: &str, path: &str, form: Option<&Posted>) -> String {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let server = self.server;
        let mut lines = vec![
            format!("{method} {path} HTTP/1.1"),
            format!("Host: {server}"),
            "Connection: close".into(),
            "Accept: text/html".into(),
            "Accept-Language: de".into(),
            "User-Agent: shadowmail-demo".into(),
            "Sec-Fetch-Site: same-origin".into(),
        ];
        if !cookies.is_empty() {
            lines.push(format!("Cookie: {}", cookies.join("; ")));
        }
        let body = form.map_or("", |form| form.body.as_str());
        if let Some(form) = form {
            lines.push(format!("Origin: http://{server}"));
            lines.push(format!("Content-Type: {}", form.kind));
            lines.push(format!("Content-Length: {}", body.len()));
        }
        format!("{}\r\n\r\n{body}", lines.join("\r\n"))
    }
}

/// A form on its way.
struct Posted {
    kind: String,
    body: String,
}

impl Posted {
    fn in_one(form: &Form) -> Self {
        let pairs = form
            .fields
            .iter()
            .map(|(name, value)| format!("{}={}", escape(name), escape(value)));
        Self {
            kind: "application/x-www-form-urlencoded".into(),
            body: pairs.collect::<Vec<_>>().join("&"),
        }
    }

    /// RFC 7578.
    fn in_parts(form: &Form) -> Self {
        let mut boundary = String::from("----shadowmail");
        while form
            .fields
            .iter()
            .any(|(_, value)| value.contains(&boundary))
        {
            boundary.push('-');
        }
        let part = |(name, value): &(String, String)| {
            // Browsers send every line end as CRLF.
            let value = value.replace("\r\n", "\n").replace('\n', "\r\n");
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
        };
        let parts: String = form.fields.iter().map(part).collect();
        Self {
            kind: format!("multipart/form-data; boundary={boundary}"),
            body: format!("{parts}--{boundary}--\r\n"),
        }
    }
}

async fn exchange(server: SocketAddr, request: &str) -> anyhow::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server)
        .await
        .with_context(|| format!("{server}"))?;
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
        let (head, body) = text
            .split_once("\r\n\r\n")
            .context("the answer is not whole")?;
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let mut answer = Self {
            status: status
                .and_then(|code| code.parse().ok())
                .context("the answer has no status")?,
            location: None,
            cookies: Vec::new(),
            body: body.to_owned(),
        };
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            match name.to_ascii_lowercase().as_str() {
                "location" => answer.location = Some(value.to_owned()),
                "set-cookie" => answer.cookies.extend(
                    value
                        .split(';')
                        .next()
                        .and_then(|pair| pair.split_once('='))
                        .map(own),
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
