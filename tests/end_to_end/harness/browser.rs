//! A real browser, without a window.

use std::fmt::Display;
use std::fs;
use std::time::{Duration, Instant};

use thirtyfour::prelude::*;

use crate::harness::free_port::free_address;
use crate::harness::process::{Peer, installed};
use crate::harness::scratch::Scratch;
use crate::harness::wait;

/// Chromium shows pages of this machine only: it must not look for anything elsewhere.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// How long a page may take.
const PAGE_LOAD: Duration = Duration::from_secs(20);

/// How long to let it load before looking again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// One browser with an empty profile. It keeps its cookies as long as it lives.
///
/// What cannot be done fails the scenario, with the page's text, and with a picture of it beside
/// the logs.
pub struct Chromium {
    driver: WebDriver,
    _process: Peer,
    scratch: Scratch,
}

impl Chromium {
    /// Starts a browser that asks for pages in this language first.
    pub async fn start(language: &str) -> Self {
        Self::begin(language, "1280,900").await
    }

    /// The same as narrow as on a phone.
    pub async fn phone(language: &str) -> Self {
        Self::begin(language, "500,850").await
    }

    async fn begin(language: &str, size: &str) -> Self {
        installed("Chromium", "chromium");
        installed("ChromeDriver (package chromium-driver)", "chromedriver");
        let scratch = Scratch::new("chromium");
        let profile = scratch.directory("profile");
        let address = free_address();
        let words = [format!("--port={}", address.port())];
        let mut process = Peer::start("chromedriver", scratch.path(), "chromedriver", &words);
        process.wait_until("ChromeDriver answers", || wait::answers(address));

        let mut wishes = DesiredCapabilities::chrome();
        let own = [
            format!("--user-data-dir={}", profile.display()),
            format!("--accept-lang={language}"),
            format!("--window-size={size}"),
        ];
        for flag in FLAGS.iter().copied().chain(own.iter().map(String::as_str)) {
            wishes.add_arg(flag).expect("a flag is text");
        }
        let driver = WebDriver::new(format!("http://{address}"), wishes).await;
        let driver = driver.unwrap_or_else(|error| panic!("Chromium did not start: {error}"));
        let patience = TimeoutConfiguration::new(None, Some(PAGE_LOAD), None);
        let told = driver.update_timeouts(patience).await;
        told.unwrap_or_else(|error| panic!("ChromeDriver takes no timeouts: {error}"));
        Self {
            driver,
            _process: process,
            scratch,
        }
    }

    /// Opens a page and waits until it is there.
    pub async fn open(&self, url: &str) {
        self.must(&format!("open {url}"), self.driver.goto(url).await)
            .await;
    }

    /// What a person can read on the page.
    pub async fn text(&self) -> String {
        let text = self.find("body").await.text().await;
        self.must("read the page", text).await
    }

    /// Fails unless a person can read these words on the page.
    pub async fn shows(&self, words: &str) {
        let text = self.text().await;
        if !text.contains(words) {
            self.fail(&format!("find the words `{words}`")).await;
        }
    }

    /// Where the browser is.
    pub async fn url(&self) -> String {
        let url = self.driver.current_url().await;
        self.must("tell where it is", url).await.to_string()
    }

    /// Fills in a field of a form.
    pub async fn fill(&self, name: &str, value: &str) {
        let field = self.find(&format!("[name='{name}']")).await;
        self.must(&format!("empty {name}"), field.clear().await)
            .await;
        self.must(&format!("fill in {name}"), field.send_keys(value).await)
            .await;
    }

    /// What stands in a field of a form.
    pub async fn value(&self, name: &str) -> String {
        let field = self.find(&format!("[name='{name}']")).await;
        self.must(&format!("read {name}"), field.prop("value").await)
            .await
            .unwrap_or_default()
    }

    /// Clicks on what the selector finds, and waits for the page it leads to.
    pub async fn click(&self, selector: &str) {
        let target = self.find(selector).await;
        self.go(&format!("click {selector}"), &target).await;
    }

    /// Clicks on the link with this text in it, and waits for the page it leads to.
    pub async fn follow(&self, text: &str) {
        let link = self.driver.find(By::PartialLinkText(text)).await;
        let link = self.must(&format!("find the link `{text}`"), link).await;
        self.go(&format!("follow `{text}`"), &link).await;
    }

    /// What a person can read in each place that the selector finds.
    pub async fn texts(&self, selector: &str) -> Vec<String> {
        let found = self.driver.find_all(By::Css(selector)).await;
        let mut texts = Vec::new();
        for element in self.must(&format!("look for {selector}"), found).await {
            texts.push(
                self.must(&format!("read {selector}"), element.text().await)
                    .await,
            );
        }
        texts
    }

    /// Whether nothing of the page is wider than the window.
    pub async fn fits_the_screen(&self) -> bool {
        let wide = "return document.documentElement.scrollWidth <= window.innerWidth";
        let fits = self.driver.execute(wide, []).await;
        let fits = fits.and_then(|fits| fits.convert::<bool>());
        self.must("measure the page", fits).await
    }

    /// Whether the page has what the selector asks for.
    pub async fn has(&self, selector: &str) -> bool {
        let found = self.driver.find_all(By::Css(selector)).await;
        !self
            .must(&format!("look for {selector}"), found)
            .await
            .is_empty()
    }

    /// Closes the browser.
    pub async fn close(self) {
        let closed = self.driver.clone().quit().await;
        self.must("close", closed).await;
    }

    /// A click returns before the next page is there: waits until this one is gone and that one
    /// is complete.
    async fn go(&self, what: &str, target: &WebElement) {
        let old = self.find("html").await;
        self.must(what, target.click().await).await;
        let began = Instant::now();
        loop {
            let gone = old.tag_name().await.is_err();
            let state = self.driver.execute("return document.readyState", []).await;
            let state = state.and_then(|state| state.convert::<String>());
            if gone && state.is_ok_and(|state| state == "complete") {
                return;
            }
            if began.elapsed() > PAGE_LOAD {
                self.fail(&format!("{what}: no other page came")).await;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn find(&self, selector: &str) -> WebElement {
        self.must(
            &format!("find {selector}"),
            self.driver.find(By::Css(selector)).await,
        )
        .await
    }

    async fn must<T, E: Display>(&self, what: &str, done: Result<T, E>) -> T {
        match done {
            Ok(done) => done,
            Err(error) => self.fail(&format!("{what}: {error}")).await,
        }
    }

    /// Fails with the page's text; a picture of it stays beside the logs.
    async fn fail(&self, what: &str) -> ! {
        let url = self
            .driver
            .current_url()
            .await
            .map_or_else(|error| error.to_string(), String::from);
        let text = match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => error.to_string(),
        };
        if let Ok(picture) = self.driver.screenshot_as_png().await {
            let _ = fs::write(self.scratch.path().join("page.png"), picture);
        }
        panic!("the browser could not {what}\non {url}:\n{text}");
    }
}
