use super::*;

#[test]
fn answers_begin_with_one_re() {
    let check = |subject: &str, want: &str| assert_eq!(bare_subject(subject), want, "{subject:?}");
    check("Angebot", "Angebot");
    check("Re: Angebot", "Angebot");
    check("AW: Re:WG: Fwd:  Angebot", "Angebot");
    check("RE : Angebot", "RE : Angebot");
    check("Re:", "");
    check("Regen", "Regen");
    check("Übung", "Übung");
    check("  ", "");
}

#[test]
fn names_are_written_so_that_they_read_back() {
    let check = |name: &str, want: &str| {
        let person = Person {
            name: name.to_owned(),
            address: "a@b".to_owned(),
        };
        assert_eq!(written(&person), want);
        let read = super::super::address_list::parse(want).unwrap();
        assert_eq!(read.len(), 1, "{want}");
        assert_eq!(read[0].address.as_str(), "a@b");
    };
    check("", "a@b");
    check("Jürgen O'Groß-Müller", "Jürgen O'Groß-Müller <a@b>");
    check("Groß, Jürgen", "\"Groß, Jürgen\" <a@b>");
    check("a \"b\" <c@d>;", "\"a 'b' <c@d>;\" <a@b>");
    check("\\", "\"'\" <a@b>");
}
