//! The console's pages about the directory and about readiness.

use jiff::Timestamp;
use store::{
    AlertKind, Difference, DirectoryOrder, DirectoryReport, DirectoryRun, DirectoryRunState,
    Listing, MirroredGroup, Snapshot,
};

use super::site::{Site, Visit, account};

/// eva administrates and signs in by a mirrored hash; anna and bert are missing, anna in a group.
async fn site() -> (Site, Visit) {
    let site = Site::new().await;
    let mut eva = account("eva", "Eva", Some("en"));
    eva.roles = vec![store::Role::Admin];
    eva.verifier = Some(store::Secret::new("$argon2id$v=19$x"));
    let mut otto = account("otto", "Otto", Some("en"));
    otto.roles = vec![store::Role::Auditor];
    otto.verifier = Some(store::Secret::new("$argon2id$v=19$x"));
    let mut anna = account("anna", "Anna <Weiß>", None);
    anna.listing = Listing {
        department: Some("R & D".to_owned()),
        ..Listing::default()
    };
    let group = MirroredGroup {
        hidden: false,
        key: "sales".to_owned(),
        address: "sales@corp.example".parse().unwrap(),
        name: "Sales".to_owned(),
        members: vec!["anna".to_owned(), "eva".to_owned()],
        groups: Vec::new(),
    };
    let snapshot = Snapshot {
        accounts: vec![eva, otto, anna, account("bert", "Bert", None)],
        groups: vec![group],
    };
    site.store.mirror(snapshot).await.unwrap();
    let visit = site.console(site.eva).await;
    (site, visit)
}

fn token(visit: &Visit) -> (&str, &str) {
    ("token", visit.form_token.as_str())
}

#[tokio::test]
async fn readiness_is_counted_by_group_and_those_who_are_missing_are_found() {
    let (site, visit) = site().await;
    let page = site.get("/admin/readiness", Some(&visit)).await;
    page.check(
        200,
        &[
            "2 of 4",
            "2 are missing",
            "1 of 2",
            "1 missing",
            "width=\"50.0\"",
            "Anna &#60;Weiß&#62;",
            "(no department)",
            "group=sales%40corp.example",
        ],
    );
    let group = "/admin/readiness?group=sales%40corp.example";
    let page = site.get(group, Some(&visit)).await;
    page.check(200, &["In “Sales” 1 are missing", "anna@corp.example"]);
    page.check_lacks(&["bert@corp.example"]);
    let page = site
        .get("/admin/readiness?department=-&q=BERT", Some(&visit))
        .await;
    page.check(200, &["bert@corp.example"]);
    page.check_lacks(&["anna@corp.example"]);
    let page = site.get("/admin/readiness?q=nobody", Some(&visit)).await;
    page.check(200, &["Nobody is missing here."]);
    page.check_lacks(&["/admin/readiness/codes"]);
}

#[tokio::test]
async fn those_on_view_are_reminded_once() {
    let (site, visit) = site().await;
    let press = async |fields: &[(&str, &str)]| {
        let answer = site
            .post("/admin/readiness/remind", Some(&visit), fields)
            .await;
        answer.check(303, &[]);
        answer.header("location").to_owned()
    };
    let group = ("group", "sales@corp.example");
    let to = press(&[token(&visit), group]).await;
    assert!(to.ends_with("&reminded=1&recently=0"), "{to}");
    let page = site.get(&to, Some(&visit)).await;
    page.check(200, &["1 will be reminded; 0 were", "reminded today"]);
    let to = press(&[token(&visit)]).await;
    assert!(to.ends_with("&reminded=1&recently=1"), "{to}");
    let log = site.store.audit_log(9).await.unwrap();
    let actors: Vec<&str> = log
        .iter()
        .filter(|row| row.action == "remind")
        .map(|row| row.actor.as_str())
        .collect();
    assert_eq!(actors, ["eva", "eva"]);
}

#[tokio::test]
async fn codes_for_those_on_view_come_as_a_file() {
    let (site, visit) = site().await;
    let press = async |form, days| press_for_codes(&site, &visit, (form, days), "eva").await;
    let file = press("sheets", "7").await;
    file.check(200, &["Sheets by eva: anna"]);
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"codes.html\""
    );
    let file = press("csv", "365").await;
    file.check(200, &["Csv by eva: anna"]);
    for (form, days) in [
        ("sheets", "0"),
        ("sheets", "401"),
        ("sheets", "x"),
        ("pdf", "7"),
    ] {
        press(form, days).await.check(404, &[]);
    }
}

async fn press_for_codes(
    site: &Site,
    visit: &Visit,
    (form, days): (&str, &str),
    password: &str,
) -> super::site::Answer {
    let fields = [
        token(visit),
        ("form", form),
        ("days", days),
        ("q", "an"),
        ("password", password),
    ];
    let path = "/admin/readiness/codes";
    site.post(path, Some(visit), &fields).await
}

#[tokio::test]
async fn a_console_that_was_left_open_makes_no_codes() {
    let (site, visit) = site().await;
    grow_stale(&site, &visit).await;
    let page = site.get("/admin/readiness", Some(&visit)).await;
    page.check(200, &["type=\"password\""]);
    for password in ["", "anna", "code"] {
        let answer = press_for_codes(&site, &visit, ("csv", "7"), password).await;
        answer.check(303, &[]);
        let to = answer.header("location").to_owned();
        let page = site.get(to.trim_end_matches("#codes"), Some(&visit)).await;
        page.check(
            200,
            &["No codes were handed out: the password is not right."],
        );
    }
    let log = site.store.audit_log(9).await.unwrap();
    let failed = |row: &&store::AuditRow| row.action == "console-password-failed";
    assert_eq!(log.iter().filter(failed).count(), 3);
    let file = press_for_codes(&site, &visit, ("csv", "7"), "eva").await;
    file.check(200, &["Csv by eva: anna"]);
}

/// Lets the last proof of who somebody is be long ago.
async fn grow_stale(site: &Site, visit: &Visit) {
    let token = visit.cookie.strip_prefix("console=").unwrap();
    let token = store::ConsoleToken(store::Secret::new(token));
    let before = Timestamp::now() - jiff::SignedDuration::from_mins(6);
    site.store.prove_console(&token, before).await.unwrap();
}

#[tokio::test]
async fn administrators_get_no_codes_here_and_many_are_told_of() {
    let site = Site::new().await;
    let visit = site.console(site.eva).await;
    let press = async |q: &str| {
        let days = ("days", "7");
        let fields = [token(&visit), ("form", "csv"), days, ("q", q)];
        site.post("/admin/readiness/codes", Some(&visit), &fields)
            .await
    };
    let refused = press("otto").await;
    refused.check(303, &[]);
    let to = refused.header("location").trim_end_matches("#codes");
    let page = site.get(to, Some(&visit)).await;
    page.check(
        200,
        &["Administratoren und Prüfer bekommen hier keinen Code"],
    );
    let file = press("").await;
    file.check(200, &["Csv by eva"]);
    file.check_lacks(&["otto", " eva "]);
    assert!(
        site.store.alerts().await.unwrap().is_empty(),
        "they were few"
    );
    let many = (0..10).map(|it| account(&format!("many{it}"), "Many", None));
    let mut accounts: Vec<_> = many.collect();
    let mut eva = account("eva", "Eva", None);
    eva.roles = vec![store::Role::Admin];
    accounts.push(eva);
    let groups = Vec::new();
    site.store
        .mirror(Snapshot { accounts, groups })
        .await
        .unwrap();
    press("many").await.check(200, &["many9"]);
    let [alert] = &site.store.alerts().await.unwrap()[..] else {
        panic!("one alert")
    };
    assert_eq!(alert.kind, AlertKind::CodesMade);
    assert!(alert.words.contains("for 10 people"), "{}", alert.words);
    let page = site.get("/admin", Some(&visit)).await;
    page.check(200, &["href=\"/admin/readiness\"", "value=\"codes-made\""]);
}

#[tokio::test]
async fn codes_that_nobody_has_used_are_handed_out_again() {
    let (site, visit) = site().await;
    let people = site.store.accounts().await.unwrap();
    let anna = people.iter().find(|it| it.login == "anna").unwrap().id;
    site.issue_code(anna).await;
    let page = site.get("/admin/readiness", Some(&visit)).await;
    page.check(200, &["href=\"/admin/readiness?again=true#missing\""]);
    let page = site.get("/admin/readiness?again=true", Some(&visit)).await;
    let want = ["1 have a code that nobody has used", "anna@corp.example"];
    page.check(200, &want);
    page.check_lacks(&["bert@corp.example", "/admin/readiness/remind"]);
    let fields = [
        token(&visit),
        ("form", "csv"),
        ("days", "7"),
        ("again", "true"),
    ];
    let file = site.post("/admin/readiness/codes", Some(&visit), &fields);
    let file = file.await;
    file.check(200, &["Csv by eva: anna"]);
    file.check_lacks(&["bert"]);
}

#[tokio::test]
async fn without_a_worker_the_page_stops_asking_and_says_so() {
    let (site, visit) = site().await;
    let order = DirectoryOrder::default();
    let event = store::AuditEvent {
        actor: "eva".to_owned(),
        action: "sync",
        object: String::new(),
        detail: String::new(),
        address: None,
    };
    let before = Timestamp::now() - jiff::SignedDuration::from_secs(31);
    let asked = site.store.ask_directory(order, event, before).await;
    assert!(asked.unwrap().is_some());
    let page = site.get("/admin/directory", Some(&visit)).await;
    page.check(200, &["the worker does not run"]);
    assert!(page.header("refresh").is_empty());
    let fields = [token(&visit)];
    let answer = site.post("/admin/directory/sync", Some(&visit), &fields);
    let answer = answer.await;
    assert_eq!(answer.header("location"), "/admin/directory?taken=no");
}

#[tokio::test]
async fn a_button_that_came_second_says_so() {
    let scene = site().await;
    press(&scene, ("everything", "1")).await;
    let (site, visit) = &scene;
    let fields = [token(visit)];
    let answer = site.post("/admin/directory/sync", Some(visit), &fields);
    let answer = answer.await;
    let page = site.get(answer.header("location"), Some(visit)).await;
    page.check(200, &["a reading is under way already"]);
}

#[tokio::test]
async fn whoever_may_only_look_presses_nothing() {
    let (site, visit) = site().await;
    let otto = site.store.accounts().await.unwrap();
    let otto = otto.iter().find(|it| it.login == "otto").unwrap().id;
    let auditor = site.console(otto).await;
    for path in [
        "/admin/readiness/remind",
        "/admin/readiness/codes",
        "/admin/directory/sync",
    ] {
        let fields = [token(&auditor), ("form", "csv"), ("days", "7")];
        site.post(path, Some(&auditor), &fields)
            .await
            .check(403, &[]);
        let forged = [("token", "x"), ("form", "csv"), ("days", "7")];
        site.post(path, Some(&visit), &forged).await.check(403, &[]);
    }
    for page in ["/admin/readiness", "/admin/directory"] {
        let page = site.get(page, Some(&auditor)).await;
        page.check(200, &[]);
        page.check_lacks(&["action=\"/admin/directory/", "action=\"/admin/readiness/"]);
    }
    assert!(site.store.directory_runs(9).await.unwrap().is_empty());
}

/// Presses the button: the page says so, and the worker gets it.
async fn press((site, visit): &(Site, Visit), more: (&str, &str)) -> DirectoryRun {
    let fields = [token(visit), more];
    let answer = site.post("/admin/directory/sync", Some(visit), &fields);
    answer.await.check(303, &[]);
    let page = site.get("/admin/directory", Some(visit)).await;
    page.check(200, &["The directory is being read."]);
    let again = page.header("refresh");
    assert_eq!(again, "2; url=/admin/directory?auto=1");
    let taken = site.store.take_directory_order(Timestamp::now()).await;
    taken.unwrap().unwrap()
}

/// The worker is done with it.
async fn end(site: &Site, run: &DirectoryRun, state: DirectoryRunState, report: DirectoryReport) {
    let ended = site
        .store
        .end_directory_run(run.number, (state, report), Timestamp::now());
    ended.await.unwrap();
}

#[tokio::test]
async fn the_button_asks_the_worker_and_the_page_follows_it() {
    let scene = site().await;
    let (site, visit) = &scene;
    let page = site.get("/admin/directory", Some(visit)).await;
    page.check(
        200,
        &[
            "ldaps://dc1.corp.example",
            "never yet",
            "What a reading has changed",
        ],
    );
    assert!(page.header("refresh").is_empty());
    let run = press(&scene, ("dry", "1")).await;
    assert!(run.order.dry_run);
    let report = DirectoryReport {
        summary: vec!["would be added 1".to_owned()],
        changes: vec!["added <zoe>".to_owned()],
        ..DirectoryReport::default()
    };
    end(site, &run, DirectoryRunState::Done, report).await;
    let page = site.get("/admin/directory", Some(visit)).await;
    page.check(
        200,
        &[
            "would be added 1",
            "added &#60;zoe&#62;",
            "<details class=\"run-list\" open>",
        ],
    );
    // With figures it is said in the words of the page.
    let run = press(&scene, ("dry", "1")).await;
    let report = DirectoryReport {
        summary: vec!["would be added 1".to_owned()],
        difference: Some(Difference {
            added: 1,
            removed: 2,
            groups: 7,
            ..Difference::default()
        }),
        ..DirectoryReport::default()
    };
    end(site, &run, DirectoryRunState::Done, report).await;
    let page = site.get("/admin/directory", Some(visit)).await;
    page.check(200, &["<p>Accounts: 1 new, 0 changed, 2 removed</p>"]);
    page.check_lacks(&["Groups: "]);
}

#[tokio::test]
async fn what_the_guard_asks_is_accepted_with_a_button() {
    let scene = site().await;
    let (site, visit) = &scene;
    let run = press(&scene, ("everything", "1")).await;
    assert_eq!((run.order.everything, run.by.as_str()), (true, "eva"));
    let words = "the directory lacks 7 of 8 accounts";
    let report = DirectoryReport {
        problem: words.to_owned(),
        to_accept: Some(7),
        question: Some("3f9a1c2e".parse().unwrap()),
        ..DirectoryReport::default()
    };
    end(site, &run, DirectoryRunState::Stopped, report).await;
    let kind = AlertKind::DirectoryShrunk;
    site.store.raise_alert(kind, words, Timestamp::now()).await;
    let page = site.get("/admin/directory", Some(visit)).await;
    page.check(
        200,
        &[
            "name=\"accepted\" value=\"3f9a1c2e\"",
            "Yes, up to 7 may go",
            words,
            "See the message above.",
        ],
    );
    grow_stale(site, visit).await;
    let fields = [token(visit), ("accepted", "3f9a1c2e")];
    let denied = site.post("/admin/directory/sync", Some(visit), &fields);
    let denied = denied.await;
    let page = site.get(denied.header("location"), Some(visit)).await;
    page.check(
        200,
        &["the password is not right", "id=\"accept-password\""],
    );
    let fields = [token(visit), ("accepted", "3f9a1c2e"), ("password", "eva")];
    let right = site.post("/admin/directory/sync", Some(visit), &fields);
    right.await.check(303, &[]);
    let run = site.store.take_directory_order(Timestamp::now()).await;
    let run = run.unwrap().unwrap();
    let want = DirectoryOrder {
        accepted: Some("3f9a1c2e".parse().unwrap()),
        ..DirectoryOrder::default()
    };
    assert_eq!(run.order, want);
    site.store.clear_alert(kind).await;
    end(
        site,
        &run,
        DirectoryRunState::Done,
        DirectoryReport::default(),
    )
    .await;
    let page = site.get("/admin/directory", Some(visit)).await;
    page.check(200, &["Nothing has changed."]);
    page.check_lacks(&["name=\"accepted\""]);
    let log = site.store.audit_log(20).await.unwrap();
    let accepted = |row: &&store::AuditRow| row.detail == "accepts the losses 3f9a1c2e";
    assert_eq!(log.iter().filter(accepted).count(), 1);
}
