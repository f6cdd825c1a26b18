use super::*;

fn person(login: &str, name: &str, language: Option<&str>) -> Readiness {
    Readiness {
        account: "1".parse().unwrap(),
        login: login.to_owned(),
        name: name.to_owned(),
        address: format!("{login}@corp.example").parse().unwrap(),
        language: language.map(str::to_owned),
        has_verifier: language.is_none(),
        department: None,
        code_until: None,
        shown: None,
        reminded_at: None,
    }
}

fn until() -> Timestamp {
    "2026-11-29T09:00:00Z".parse().unwrap()
}

#[test]
fn everybody_gets_a_code_of_their_own() {
    let people: Vec<Readiness> = (0..7)
        .map(|number| person(&format!("user{number}"), "Somebody", None))
        .collect();
    let made = make(&people).unwrap();
    let logins: Vec<&str> = made.iter().map(|made| made.person.login.as_str()).collect();
    let want = [
        "user0", "user1", "user2", "user3", "user4", "user5", "user6",
    ];
    assert_eq!(logins, want);
    let codes = made
        .iter()
        .map(|made| made.code.shown().expose().to_owned());
    let codes: std::collections::BTreeSet<String> = codes.collect();
    assert_eq!(codes.len(), 7);
    assert!(made.iter().all(|made| sync_ad::is_hash(made.hash.expose())));
}

#[test]
fn a_file_for_a_spreadsheet_has_a_line_for_each() {
    let made = make(&[person("anna", "Anna Weiß", None)]).unwrap();
    let text = csv(&made, "https://mail.corp.example", until());
    let code = made[0].code.shown();
    let want = format!(
        "login,name,address,code,valid_until,url\r\n\
         anna,Anna Weiß,anna@corp.example,{},2026-11-29T09:00:00Z,https://mail.corp.example\r\n",
        code.expose()
    );
    assert_eq!(text, want);
}

#[test]
fn a_sheet_speaks_the_language_of_its_reader_and_escapes_names() {
    let people = vec![
        person("juergen", "Jürgen Groß", Some("de-AT")),
        person("ada", "Ada <Lovelace>", Some("en")),
        person("bo", "Bo", None),
    ];
    let made = make(&people).unwrap();
    let html = sheets::html(&made, ("https://mail.corp.example", "de"), until()).unwrap();
    let sheets: Vec<&str> = html.split("<article").collect();
    let [head, juergen, ada, bo] = sheets.as_slice() else {
        panic!("{html}");
    };
    assert!(head.contains("<symbol id=\"qr\"") && head.contains("break-after: page;"));
    for (made, sheet) in made.iter().zip([juergen, ada, bo]) {
        assert!(sheet.contains(made.code.shown().expose()), "{sheet}");
        assert!(sheet.contains("https://mail.corp.example"), "{sheet}");
    }
    assert!(juergen.contains("Jürgen Groß") && juergen.contains("als Passwort diesen Code"));
    assert!(ada.contains("Ada &#60;Lovelace&#62;") && ada.contains("29 November 2026"));
    // Who has a password here is told to try it first.
    assert!(bo.contains("lang=\"de\"") && bo.contains("Ihr gewohntes Passwort"));
}
