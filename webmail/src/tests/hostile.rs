//! Mail that wants to run, load or pretend something.

use store::Folder;

use super::site::{Answer, Site};

/// HTML that must arrive in the frame without anything that runs, loads or reaches out.
const CORPUS: &[&str] = &[
    // Scripts and handlers.
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<b onmouseover=\"alert(1)\">x</b>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\"java\tscript:alert(1)\">x</a>",
    "<a href=\" &#106;avascript:alert(1)\">x</a>",
    "<a href=\"vbscript:x\">x</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
    "<base href=\"https://evil.example/\">",
    "<meta http-equiv=refresh content=\"0;url=https://evil.example/\">",
    "<iframe src=\"https://evil.example/\"></iframe>",
    "<object data=\"https://evil.example/\"></object><embed src=\"https://evil.example/\">",
    "<form action=\"https://evil.example/\"><input name=password><button formaction=\"javascript:alert(1)\">x</button></form>",
    // Parsers that disagree.
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
    "<table><td><form><p></form><script>alert(1)</script></table>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<!--><script>alert(1)</script>-->",
    "<textarea><script>alert(1)</script>",
    "<title><img src=x onerror=alert(1)></title>",
    "<xmp><script>alert(1)</script></xmp>",
    "<plaintext><script>alert(1)</script>",
    "</body></html><script>alert(1)</script>",
    // SVG.
    "<svg onload=alert(1)>",
    "<svg><a><animate attributeName=href values=javascript:alert(1) /><text>x</text></a></svg>",
    "<svg><use href=\"data:image/svg+xml,<svg onload=alert(1)>\"/></svg>",
    "<svg><filter><feImage href=\"https://evil.example/\"/></filter></svg>",
    // Loading by attribute and style.
    "<img src=\"https://evil.example/pixel\">",
    "<img src=\"//evil.example/pixel\">",
    "<img srcset=\"https://evil.example/pixel 1x\">",
    "<picture><source srcset=\"https://evil.example/pixel\"></picture>",
    "<video poster=\"https://evil.example/\"><source src=\"https://evil.example/\"></video>",
    "<audio src=\"https://evil.example/\"></audio>",
    "<link rel=stylesheet href=\"https://evil.example/\"><link rel=dns-prefetch href=\"//evil.example\">",
    "<body background=\"https://evil.example/\"><table background=\"https://evil.example/\"></table>",
    "<p style=\"background:url(https://evil.example/)\">x</p>",
    "<p style=\"background:u\\72l(https://evil.example/)\">x</p>",
    "<p style='background:image-set(\"https://evil.example/\" 1x)'>x</p>",
    "<p style=\"background:var(--x);--x:url(https://evil.example/)\">x</p>",
    "<p style=\"background-image:cross-fade(url(https://evil.example/),red)\">x</p>",
    "<p style=\"list-style:url(https://evil.example/)\">x</p>",
    "<p style=\"content:url(https://evil.example/);cursor:url(https://evil.example/)\">x</p>",
    "<style>@import 'https://evil.example/';p{background:url(https://evil.example/)}</style>",
    "<blockquote cite=\"https://evil.example/\">x</blockquote>",
    // Covering our page.
    "<div style=\"position:fixed;inset:0;z-index:9\">x</div>",
    "<div style=\"width:1px;position:absolute !important\" id=content class=top>x</div>",
];

/// What no cleaned message may contain, in lower case.
const FORBIDDEN: &[&str] = &[
    "<script",
    "<iframe",
    "<object",
    "<embed",
    "<form",
    "<input",
    "<button",
    "<base",
    "<meta http",
    "<link",
    "<svg",
    "<math",
    "<video",
    "<audio",
    "<textarea",
    "<xmp",
    "onerror=",
    "onload=",
    "onmouseover=",
    "ontoggle=",
    "javascript:",
    "vbscript:",
    "srcset",
    "@import",
    "position",
    "z-index",
    "image-set",
    "url(",
    "\\72",
    "var(",
    "cite=",
    "background=",
    "id=\"content",
    "class=\"top",
];

async fn frame_of(site: &Site, html: &str) -> Answer {
    let mail = format!("Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}");
    let id = site
        .receive(site.juergen, Folder::Inbox, mail.as_bytes())
        .await;
    let visit = site.session(site.juergen).await;
    site.get(
        &format!("/mail/{}/message/{id}/html", site.juergen),
        Some(&visit),
    )
    .await
}

/// The part of the frame's page that came from the message.
fn cleaned(answer: &Answer) -> String {
    let text = answer.text();
    let body = text.split_once("<body>").unwrap().1;
    body.strip_suffix("</body></html>").unwrap().to_lowercase()
}

#[tokio::test]
async fn nothing_runs_or_loads_in_the_frame() {
    let site = Site::in_emergency().await;
    for html in CORPUS {
        let answer = frame_of(&site, html).await;
        answer.check(200, &[]);
        let cleaned = cleaned(&answer);
        // Text that merely names something is escaped and does no harm.
        let tags: Vec<&str> = cleaned
            .split('<')
            .skip(1)
            .filter_map(|t| t.split('>').next())
            .collect();
        for forbidden in FORBIDDEN {
            let forbidden = forbidden.trim_start_matches('<');
            assert!(
                !tags.iter().any(|tag| tag.contains(forbidden)),
                "{forbidden} in {cleaned} of {html}"
            );
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with(
            "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'"
        ));
        assert!(!policy.contains("allow-scripts") && !policy.contains("allow-same-origin"));
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
}

#[tokio::test]
async fn honest_formatting_and_links_survive() {
    let site = Site::in_emergency().await;
    let html = "<p style=\"color: red; margin:4px; background:#fff\">Grüße</p>\
        <table bgcolor=\"#eee\" width=\"600\"><tr><td align=center><font color=blue>x</font></td></tr></table>\
        <a href=\"https://ok.example/\">ok</a> <a href=\"mailto:a@b\">mail</a>";
    let answer = frame_of(&site, html).await;
    let text = cleaned(&answer);
    for kept in [
        "color:red",
        "margin:4px",
        "background:#fff",
        "grüße",
        "bgcolor=\"#eee\"",
        "<font color=\"blue\"",
        "href=\"https://ok.example/\"",
        "target=\"_blank\"",
        "rel=\"noopener noreferrer\"",
        "href=\"mailto:a@b\"",
    ] {
        assert!(text.contains(kept), "{kept} not in {text}");
    }
}

#[tokio::test]
async fn pictures_that_came_along_are_put_in() {
    let site = Site::in_emergency().await;
    let mail = b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n\
        <img src=\"cid:pic@x\"><img src=\"cid:fake@x\"><img src=\"cid:none\">\r\n\
        --b\r\nContent-Type: image/png\r\nContent-ID: <pic@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        iVBORw0KGgo=\r\n\
        --b\r\nContent-Type: image/png\r\nContent-ID: <fake@x>\r\n\r\n<svg onload=alert(1)>\r\n--b--\r\n";
    let id = site.receive(site.juergen, Folder::Inbox, mail).await;
    let visit = site.session(site.juergen).await;
    let page = format!("/mail/{}/message/{id}", site.juergen);
    let frame = site.get(&format!("{page}/html"), Some(&visit)).await;
    frame.check(200, &["src=\"data:image/png;base64,iVBORw0KGgo=\""]);
    frame.check_lacks(&["svg", "cid:"]);
    // The one that is shown is not listed; the one that is no picture is.
    let page = site.get(&page, Some(&visit)).await;
    assert_eq!(page.text().matches("/attachment/").count(), 1);
}

#[tokio::test]
async fn one_picture_in_many_places_does_not_fill_the_memory() {
    let site = Site::in_emergency().await;
    let picture = format!("iVBORw0KGgo{}", "A".repeat(1 << 20 | 1));
    let places = "<img src=cid:a>".repeat(crate::limits::HTML_TAGS_MAX);
    let mail = format!(
        "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n{places}\r\n\
         --b\r\nContent-Type: image/png\r\nContent-ID: <a>\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         {picture}\r\n--b--\r\n"
    );
    let id = site
        .receive(site.juergen, Folder::Inbox, mail.as_bytes())
        .await;
    let visit = site.session(site.juergen).await;
    let path = format!("/mail/{}/message/{id}/html", site.juergen);
    let frame = site.get(&path, Some(&visit)).await;
    frame.check(200, &[]);
    assert_eq!(frame.text().matches("data:image/png").count(), 9);
    assert!(frame.bytes.len() < crate::limits::PICTURE_BYTES_MAX + (1 << 20));
}

#[tokio::test]
async fn names_subjects_and_text_are_only_text() {
    let site = Site::in_emergency().await;
    let evil = "<script>alert(1)</script>\"'&";
    let mail = format!(
        "From: =?utf-8?q?=3Cscript=3Ealert(1)=3C/script=3E?= <e@x>\r\nTo: \"{}\" <t@x>\r\nSubject: {evil}\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{evil}\r\nhttps://x.example/\"onclick=alert(1)\r\n\
         > {evil}\r\n> 2\r\n> 3\r\n> 4\r\n--b\r\nContent-Type: text/html\r\n\
         Content-Disposition: attachment; filename=\"<img src=x onerror=alert(1)>.html\"\r\n\r\n<script>alert(1)</script>\r\n--b--\r\n",
        "<script>alert(1)</script>"
    );
    let id = site
        .receive(site.juergen, Folder::Inbox, mail.as_bytes())
        .await;
    let visit = site.session(site.juergen).await;
    let base = format!("/mail/{}", site.juergen);
    let message = format!("{base}/message/{id}");
    for path in [
        format!("{base}/inbox"),
        message.clone(),
        format!("{message}/headers"),
        format!("{base}/write?reply={id}"),
        format!("{base}/write?reply-all={id}"),
        format!("{base}/write?forward={id}"),
    ] {
        let answer = site.get(&path, Some(&visit)).await;
        answer.check(200, &["&#60;script&#62;"]);
        answer.check_lacks(&["\"onclick", "<img src=x", "<Lovelace>"]);
        // Our own ones come from files of ours.
        let scripts = answer.text().matches("<script").count();
        let count = |file: &str| {
            let ours = format!("<script src=\"/static/{file}.js?v=");
            answer.text().matches(&ours).count()
        };
        let ours = count("write") + count("complete");
        assert_eq!(scripts, ours, "{path}");
    }
}

/// Seven attachments of which some pretend to be something else.
fn pretenders() -> String {
    let part = |head: &str, body: &str| format!("--b\r\n{head}\r\n\r\n{body}\r\n");
    [
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_owned(),
        part("Content-Type: text/plain", "text"),
        part("Content-Type: text/html; name=a.html\r\nContent-Disposition: attachment", "<script>1</script>"),
        part("Content-Type: image/svg+xml\r\nContent-Disposition: attachment; filename=b.svg", "<svg onload=a>"),
        part("Content-Type: image/png\r\nContent-Disposition: attachment; filename=fake.png", "<script>1</script>"),
        part(
            "Content-Type: text/html\r\nContent-Disposition: attachment; filename*=utf-8''%C3%9Cbung.png\r\n\
             Content-Transfer-Encoding: base64",
            "iVBORw0KGgo=",
        ),
        part("Content-Type: x/y\r\nContent-Disposition: attachment; filename=\"../../etc/passwd\"", "x"),
        part(
            "Content-Type: text/csv; charset=iso-8859-1; name=a.csv\r\nContent-Transfer-Encoding: quoted-printable",
            "Gr=F6=DFe",
        ),
        "--b--\r\n".to_owned(),
    ]
    .concat()
}

#[tokio::test]
async fn attachments_are_saved_and_not_shown_unless_they_are_pictures() {
    let site = Site::in_emergency().await;
    let mail = pretenders();
    let id = site
        .receive(site.juergen, Folder::Inbox, mail.as_bytes())
        .await;
    let visit = site.session(site.juergen).await;
    let check = async |number: usize, media_type: &str, disposition: &str| {
        let path = format!("/mail/{}/message/{id}/attachment/{number}", site.juergen);
        let answer = site.get(&path, Some(&visit)).await;
        answer.check(200, &[]);
        assert_eq!(answer.header("content-type"), media_type);
        assert_eq!(answer.header("content-disposition"), disposition);
        assert!(
            answer
                .header("content-security-policy")
                .starts_with("sandbox; default-src 'none'")
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    };
    let stream = "application/octet-stream";
    check(
        0,
        stream,
        "attachment; filename=\"a.html\"; filename*=UTF-8''a.html",
    )
    .await;
    check(
        1,
        stream,
        "attachment; filename=\"b.svg\"; filename*=UTF-8''b.svg",
    )
    .await;
    check(
        2,
        stream,
        "attachment; filename=\"fake.png\"; filename*=UTF-8''fake.png",
    )
    .await;
    check(
        3,
        "image/png",
        "inline; filename=\"_bung.png\"; filename*=UTF-8''%C3%9Cbung.png",
    )
    .await;
    check(
        4,
        stream,
        "attachment; filename=\"passwd\"; filename*=UTF-8''passwd",
    )
    .await;
    let path = format!("/mail/{}/message/{id}/attachment/5", site.juergen);
    let csv = site.get(&path, Some(&visit)).await;
    assert_eq!(csv.bytes, b"Gr\xf6\xdfe");
    let path = format!("/mail/{}/message/{id}/attachment/6", site.juergen);
    site.get(&path, Some(&visit)).await.check(404, &[]);
    let log = site.store.audit_log(20).await.unwrap();
    assert_eq!(log.iter().filter(|row| row.action == "download").count(), 7);
}
