//! All words of all pages, German and English side by side. A word that lacks one of the two
//! does not compile.

use std::fmt::Display;

use crate::language::Language;

mod calendar;
mod console;

pub use console::ConsoleWords;

/// Puts `value` where `text` has `{}`.
pub fn fill(text: &str, value: impl Display) -> String {
    text.replacen("{}", &value.to_string(), 1)
}

/// Declares each word once with its two texts: the German one first.
macro_rules! words {
    ($($key:ident: $de:literal, $en:literal;)*) => {
        /// The words of one language. `{}` stands where [`fill`] puts a value.
        #[derive(Debug)]
        pub struct Words {
            /// Which language this is.
            pub language: Language,
            /// Monday to Sunday, short.
            pub weekdays: [&'static str; 7],
            /// January to December, short.
            pub months: [&'static str; 12],
            /// The words of the console.
            pub console: &'static ConsoleWords,
            $(#[doc = $en] pub $key: &'static str,)*
        }

        pub(crate) static DE: Words = Words {
            language: Language::De,
            weekdays: calendar::WEEKDAYS_DE,
            months: calendar::MONTHS_DE,
            console: &ConsoleWords::DE,
            $($key: $de,)*
        };

        pub(crate) static EN: Words = Words {
            language: Language::En,
            weekdays: calendar::WEEKDAYS_EN,
            months: calendar::MONTHS_EN,
            console: &ConsoleWords::EN,
            $($key: $en,)*
        };
    };
}

words! {
    // Every page.
    skip_to_content: "Zum Inhalt springen", "Skip to content";
    choose_language: "Sprache", "Language";
    sign_in: "Anmelden", "Sign in";
    sign_out: "Abmelden", "Sign out";
    signed_in_as: "Angemeldet als", "Signed in as";
    emergency_since: "Notbetrieb seit {}.", "Emergency mode since {}.";
    emergency_real: "Was Sie hier senden, geht wirklich raus.", "What you send here really goes out.";
    recovery_title: "Ihre E-Mail läuft wieder.", "Your mail is working again.";
    recovery_please_go_back: "Bitte gehen Sie zurück zu Ihrem gewohnten E-Mail-Programm. Hier können Sie nur noch lesen.", "Please go back to your usual mail program. Here you can only read.";
    drill_title: "Dies ist eine Übung.", "This is a drill.";
    drill_stays_here: "Was Sie hier schreiben, bekommen nur die Teilnehmer, und nur hier.", "What you write here reaches only those who take part, and only here.";
    back_to_start: "Zur Startseite", "To the start page";

    // The mode in words.
    mode_normal: "Normalbetrieb", "Normal operation";
    mode_emergency: "Notbetrieb", "Emergency mode";
    mode_recovery: "Rückführung", "Recovery";
    mode_drill: "Übung", "Drill";
    since: "seit {}", "since {}";

    // Status page.
    for_administrators: "Für Administratoren", "For administrators";
    status_title: "Betriebszustand", "Status";
    status_normal_heading: "Notbetrieb ist aus.", "Emergency mode is off.";
    status_normal_text: "Ihre E-Mail läuft normal: bitte benutzen Sie Ihr gewohntes E-Mail-Programm.", "Your mail is working normally: please use your usual mail program.";
    status_normal_more: "Diese Seite öffnet sich nur, wenn der Mailserver ausfällt. Merken Sie sich diese Adresse: Im Notfall lesen und schreiben Sie hier Ihre E-Mail.", "This page opens only when the mail server fails. Remember this address: in an emergency you read and write your mail here.";
    status_emergency_heading: "Der Mailserver ist ausgefallen. Ihre E-Mail ist hier.", "The mail server is down. Your mail is here.";
    status_emergency_text: "Lesen und beantworten Sie Ihre E-Mail hier im Browser, bis der Mailserver wieder läuft.", "Read and answer your mail here in the browser until the mail server is back.";
    status_step_1: "Melden Sie sich mit Ihrem gewohnten Namen und Passwort an.", "Sign in with your usual name and password.";
    status_step_2: "Lesen und schreiben Sie wie gewohnt. Was Sie senden, geht wirklich raus.", "Read and write as usual. What you send really goes out.";
    status_step_3: "Läuft der Mailserver wieder, finden Sie dort alles: was ankam und was Sie gesendet haben.", "When the mail server is back you find everything there: what arrived and what you sent.";
    status_recovery_heading: "Ihre E-Mail läuft wieder. Bitte zurück zu Ihrem gewohnten E-Mail-Programm.", "Your mail is working again. Please go back to your usual mail program.";
    status_recovery_text: "Was während des Ausfalls ankam oder gesendet wurde, wird gerade an den Mailserver übergeben. Hier können Sie so lange noch lesen, aber nicht mehr schreiben.", "What arrived or was sent during the outage is being handed over to the mail server. Until that is done you can still read here, but no longer write.";
    status_partial_heading: "Ein Teil der Postfächer ist ausgefallen. Diese E-Mail ist hier.", "Some mailboxes are down. Their mail is here.";
    status_partial_text: "Erreichen Sie Ihr gewohntes Postfach, dann benutzen Sie es weiter. Sonst lesen und beantworten Sie Ihre E-Mail hier im Browser, bis der Mailserver wieder läuft.", "If you reach your usual mailbox, go on using it. Otherwise read and answer your mail here in the browser until the mail server is back.";
    status_drill_text: "Ihre E-Mail läuft normal. Wer zur Übung eingeladen ist, meldet sich hier an; alle anderen benutzen ihr gewohntes E-Mail-Programm.", "Your mail is working normally. Who is invited to the drill signs in here; everybody else uses their usual mail program.";
    outage_reason: "Grund", "Reason";
    outage_end: "Voraussichtliches Ende", "Expected end";
    to_inbox: "Zum Posteingang", "To the inbox";

    // Sign-in.
    login_label: "Name oder E-Mail-Adresse", "Name or mail address";
    password_label: "Passwort", "Password";
    sign_in_help: "Benutzen Sie Ihren gewohnten Namen und Ihr gewohntes Passwort.", "Use your usual name and password.";
    sign_in_code_help: "Klappt das nicht, und haben Sie einen Notfall-Code bekommen? Dann geben Sie ihn an Stelle des Passworts ein.", "That does not work, and you were given an emergency code? Then type it in place of the password.";
    sign_in_refused: "Name oder Passwort stimmt nicht. Bitte versuchen Sie es noch einmal.", "The name or the password is not right. Please try again.";
    sign_in_code_refused: "Name oder Passwort stimmt nicht. War das ein Notfall-Code, dann ist er schon benutzt, abgelaufen, durch einen neuen ersetzt oder für jemand anderen: Bitte fragen Sie die IT.", "The name or the password is not right. If that was an emergency code, it was used already, has expired, was replaced by a new one or is for somebody else: please ask IT.";
    sign_in_code_mistyped: "Name oder Passwort stimmt nicht. War das ein Notfall-Code, dann ist ein Tippfehler darin: Bitte vergleichen Sie ihn Zeichen für Zeichen mit Ihrem Blatt.", "The name or the password is not right. If that was an emergency code, there is a typing mistake in it: please compare it with your sheet, character by character.";
    sign_in_unanswered: "Name oder Passwort stimmt nicht, oder Sie haben sich hier noch nie angemeldet. Das Verzeichnis der Firma antwortet gerade nicht; so lange öffnet ein Passwort nur, wenn es hier schon einmal benutzt wurde. Die IT kann Ihnen einen Notfall-Code geben.", "The name or the password is not right, or you have never signed in here. The company’s directory does not answer right now; until it does, only a password that was used here before opens. IT can give you an emergency code.";
    sign_in_too_many: "Mit diesem Namen gab es zu viele falsche Versuche. Auch das richtige Passwort wird darum erst in etwa einer halben Stunde wieder geprüft. Ist es dringend, kann die IT Ihnen einen Notfall-Code geben.", "There were too many wrong tries with this name. So even the right password will be checked again only in about half an hour. If it is urgent, IT can give you an emergency code.";
    sign_in_disabled: "Ihr Passwort stimmt, aber Ihr Konto ist abgeschaltet. Bitte fragen Sie die IT.", "Your password is right, but your account is switched off. Please ask IT.";
    sign_in_account_expired: "Ihr Passwort stimmt, aber Ihr Konto ist abgelaufen. Bitte fragen Sie die IT.", "Your password is right, but your account has expired. Please ask IT.";
    sign_in_not_now: "Ihr Passwort stimmt, aber Ihr Konto darf sich um diese Zeit nicht anmelden. Ist es dringend, kann die IT Ihnen einen Notfall-Code geben.", "Your password is right, but your account may not sign in at this time. If it is urgent, IT can give you an emergency code.";
    sign_in_not_here: "Ihr Passwort stimmt, aber Ihr Konto darf sich nur an bestimmten Computern anmelden. Die IT kann Ihnen einen Notfall-Code geben.", "Your password is right, but your account may sign in at certain computers only. IT can give you an emergency code.";
    sign_in_password_expired: "Ihr Passwort stimmt, ist aber abgelaufen. Bitte ändern Sie es wie gewohnt und prüfen Sie Ihre Anmeldung dann noch einmal.", "Your password is right, but it has expired. Please change it as usual, and then check your sign-in again.";
    sign_in_must_change: "Ihr Passwort stimmt, aber Sie müssen es erst ändern. Bitte tun Sie das wie gewohnt und prüfen Sie Ihre Anmeldung dann noch einmal.", "Your password is right, but you have to change it first. Please do so as usual, and then check your sign-in again.";
    sign_in_just_changed: "Ihr Passwort stimmt. Weil es gerade erst geändert wurde, prüfen Sie Ihre Anmeldung bitte in gut einer Stunde noch einmal.", "Your password is right. It was changed only just now, so please check your sign-in again in a little over an hour.";
    sign_in_not_for_them: "Ihre Anmeldung stimmt, aber hier ist gerade nur für andere geöffnet. Bitte benutzen Sie Ihr gewohntes E-Mail-Programm. Geht das nicht, sagen Sie der IT Bescheid.", "Your sign-in is right, but this is open for others only right now. Please use your usual mail program. If that does not work, tell IT.";
    sign_in_later: "Die Anmeldung geht gerade nicht. Bitte warten Sie eine Minute und versuchen Sie es dann noch einmal.", "Signing in is not possible right now. Please wait a minute and try again.";
    code_notice_title: "Für Sie wurde ein Notfall-Code erstellt.", "An emergency code was made for you.";
    code_notice_made: "Das war {}, durch {}.", "That was {}, by {}.";
    code_notice_used: "Benutzt wurde er {}.", "It was used {}.";
    code_notice_help: "Haben Sie diesen Code nicht bekommen oder nicht selbst benutzt, dann sagen Sie es bitte der IT: Wer ihn hat, liest Ihre E-Mail.", "If you were not given that code, or did not use it yourself, please tell IT: whoever has it reads your mail.";
    code_notice_on: "Weiter zu Ihrer E-Mail", "Go on to your mail";
    sign_in_empty: "Bitte geben Sie Namen und Passwort ein.", "Please enter your name and your password.";

    // Trying it out in normal times.
    ready_title: "Anmeldung prüfen", "Check your sign-in";
    ready_heading: "Kämen Sie im Notfall hinein?", "Could you get in in an emergency?";
    ready_text: "Melden Sie sich hier einmal zur Probe an, mit Ihrem gewohnten Namen und Passwort. Dabei öffnet sich keine E-Mail.", "Sign in here once to try it out, with your usual name and password. This opens no mail.";
    ready_button: "Prüfen", "Check";
    ready_link: "Anmeldung jetzt prüfen", "Check your sign-in now";
    ready_refused: "Name oder Passwort stimmt nicht. Bitte versuchen Sie es noch einmal. Hilft das nicht, sagen Sie der IT Bescheid, solange alles läuft.", "The name or the password is not right. Please try again. If that does not help, tell IT while all is well.";
    ready_unanswered: "Ihr Passwort lässt sich gerade nicht prüfen, denn das Verzeichnis der Firma antwortet nicht. Bitte versuchen Sie es später noch einmal.", "Your password can not be checked right now, because the company’s directory does not answer. Please try again later.";
    ready_too_many: "Mit diesem Namen gab es zu viele falsche Versuche. Auch das richtige Passwort wird darum erst in etwa einer halben Stunde wieder geprüft. Bitte versuchen Sie es dann noch einmal.", "There were too many wrong tries with this name. So even the right password will be checked again only in about half an hour. Please try again then.";
    ready_code: "Das sieht nach einem Notfall-Code aus. Heben Sie ihn auf, er gilt nur im Notbetrieb. Hier zählt Ihr gewohntes Passwort.", "This looks like an emergency code. Keep it, it works in an emergency only. Here your usual password counts.";
    ready_done_heading: "Sie sind bereit.", "You are ready.";
    ready_done_text: "{}, Ihr Name und Ihr Passwort stimmen. Fällt der Mailserver aus, melden Sie sich genauso hier an.", "{}, your name and your password are right. If the mail server fails, sign in here in the same way.";
    ready_address: "Diese Adresse brauchen Sie dann", "You will need this address then";
    ready_close: "Sie sind jetzt nicht angemeldet und können diese Seite schließen. Ihre E-Mail läuft normal in Ihrem gewohnten E-Mail-Programm.", "You are not signed in now and may close this page. Your mail is working normally in your usual mail program.";

    // Sheets with emergency codes.
    sheet_title: "Ihre Notfall-Karte für E-Mail", "Your emergency card for mail";
    sheet_text: "Fällt unser Mailserver aus, lesen und schreiben Sie Ihre E-Mail im Browser. So geht es:", "When our mail server fails you read and write your mail in the browser. This is how:";
    sheet_step_1: "Öffnen Sie diese Adresse, oder scannen Sie das Bild mit der Kamera Ihres Telefons:", "Open this address, or scan the picture with the camera of your phone:";
    sheet_step_2: "Geben Sie diesen Namen ein:", "Type this name:";
    sheet_step_3: "Geben Sie als Passwort Ihr gewohntes Passwort ein. Klappt das nicht, geben Sie diesen Code ein:", "Type your usual password. If that does not work, type this code in its place:";
    sheet_step_3_code: "Geben Sie als Passwort diesen Code ein:", "Type this code as the password:";
    sheet_valid: "Der Code gilt einmal, und nur im Notbetrieb, bis {}. Danach gibt Ihnen die IT einen neuen.", "The code works once, and in an emergency only, until {}. After that IT gives you a new one.";
    sheet_typing: "Groß oder klein und die Striche sind egal. Der Code enthält die Ziffern 0 und 1, aber nie die Buchstaben O, I, L oder U.", "Capitals and hyphens do not matter. The code has the digits 0 and 1, and never the letters O, I, L or U.";
    sheet_keep: "Bewahren Sie diese Karte auf wie einen Schlüssel. Geben Sie den Code niemandem, auch nicht am Telefon.", "Keep this card like a key. Give the code to nobody, not on the phone either.";
    sheet_qr: "QR-Code der Adresse {}", "QR code of the address {}";

    // Locked, refused, broken.
    locked_heading: "Notbetrieb ist aus.", "Emergency mode is off.";
    locked_text: "Ihre E-Mail läuft normal: bitte benutzen Sie Ihr gewohntes E-Mail-Programm.", "Your mail is working normally: please use your usual mail program.";
    sign_in_first_heading: "Bitte melden Sie sich an.", "Please sign in.";
    sign_in_first_text: "Ihre Anmeldung ist abgelaufen oder wurde beendet.", "Your session has expired or was ended.";
    read_only_heading: "Hier können Sie nur noch lesen.", "Here you can only read.";
    read_only_text: "Ihre E-Mail läuft wieder. Bitte schreiben Sie in Ihrem gewohnten E-Mail-Programm weiter.", "Your mail is working again. Please go on writing in your usual mail program.";
    forged_heading: "Das Formular passt nicht zu Ihrer Anmeldung.", "The form does not belong to your session.";
    forged_text: "Es wurde nichts geändert und nichts gesendet. Bitte öffnen Sie die Seite neu und versuchen Sie es noch einmal.", "Nothing was changed and nothing was sent. Please open the page again and try once more.";
    not_found_heading: "Diese Seite gibt es nicht.", "There is no such page.";
    not_found_text: "Die Adresse ist falsch, oder die Nachricht ist nicht in Ihrem Postfach.", "The address is wrong, or the message is not in your mailbox.";
    bad_request_heading: "Diese Anfrage war nicht zu verstehen.", "This request could not be understood.";
    bad_request_text: "Es wurde nichts geändert und nichts gesendet. Bitte gehen Sie zurück und versuchen Sie es noch einmal.", "Nothing was changed and nothing was sent. Please go back and try again.";
    too_large_heading: "Das ist zu groß.", "That is too large.";
    too_large_text: "Eine Nachricht darf mit allen Anhängen höchstens 25 MB haben. Es wurde nichts gesendet.", "A message may have at most 25 MB with all attachments. Nothing was sent.";
    slow_heading: "Das hat zu lange gedauert.", "That took too long.";
    slow_text: "Bitte versuchen Sie es gleich noch einmal.", "Please try again in a moment.";
    damaged_heading: "Diese Nachricht ist beschädigt.", "This message is damaged.";
    damaged_text: "Sie konnte nicht von der Platte gelesen werden. Ihre anderen Nachrichten sind nicht betroffen. Bitte sagen Sie der IT diesen Code.", "It could not be read from disk. Your other messages are not affected. Please tell IT this code.";
    broken_heading: "Das hat nicht geklappt.", "That did not work.";
    broken_text: "Auf unserer Seite ist etwas schiefgegangen. Ihre E-Mail ist sicher gespeichert. Bitte versuchen Sie es gleich noch einmal; hilft das nicht, sagen Sie der IT diesen Code.", "Something went wrong on our side. Your mail is safely kept. Please try again in a moment; if that does not help, tell IT this code.";
    code: "Code", "Code";
    your_text: "Ihr Text ist nicht verloren. Kopieren Sie ihn hier:", "Your text is not lost. Copy it from here:";
    your_text_is_draft: "Ihr Text liegt bei Ihren Entwürfen. Sie können ihn auch hier kopieren:", "Your text is kept with your drafts. You can also copy it from here:";
    no_room_heading: "Der Speicher ist fast voll.", "The storage is nearly full.";
    no_room_text: "Entwürfe mit Anhängen werden gerade nicht gespeichert. Bitte sagen Sie der IT Bescheid; Text ohne Anhänge wird weiter gespeichert.", "Drafts with attachments are not saved now. Please tell IT; text without attachments is still saved.";
    too_many_drafts_heading: "Sie haben zu viele Entwürfe.", "You have too many drafts.";
    too_many_drafts_text: "Bitte löschen Sie einige im Ordner Entwürfe.", "Please delete some in the folder Drafts.";
    text_stays: "Das öffnet sich in einem neuen Tab; Ihr Text bleibt hier stehen.", "This opens in a new tab; your text stays here.";

    // Address book.
    book: "Adressbuch", "Address book";
    book_words: "Name, Adresse oder Abteilung", "Name, address or department";
    book_nobody: "Niemand gefunden.", "Nobody found.";
    book_nobody_more: "Der Anfang des Vornamens, des Nachnamens oder der Abteilung genügt.", "The beginning of a first name, a last name or a department is enough.";
    book_write: "Nachricht an die Ausgewählten", "Message to those selected";
    book_write_to: "Nachricht an {}", "Message to {}";
    book_choose: "{} auswählen", "Select {}";
    book_shared: "Team-Postfach", "Team mailbox";
    book_room: "Raum", "Room";
    book_group: "Verteiler", "Group";
    book_pages: "Seiten des Adressbuchs", "Pages of the address book";
    book_before: "Zurück", "Previous";
    book_next: "Weiter", "Next";
    book_suggested: "Vorschläge aus dem Adressbuch", "Suggestions from the address book";
    book_found: "{} Vorschläge, mit den Pfeiltasten wählen", "{} suggestions, choose with the arrow keys";

    // Mailbox.
    inbox: "Posteingang", "Inbox";
    sent: "Gesendet", "Sent";
    drafts: "Entwürfe", "Drafts";
    drafts_text: "Was Sie noch nicht gesendet haben. Nur Sie sehen das.", "What you have not sent yet. Only you see it.";
    empty_drafts: "Keine Entwürfe.", "No drafts.";
    no_recipient: "(kein Empfänger)", "(no recipient)";
    notice_draft_deleted: "Gelöscht.", "Deleted.";
    archive: "Archiv", "Archive";
    junk: "Spam", "Junk";
    trash: "Papierkorb", "Trash";
    folders: "Ordner", "Folders";
    mailboxes: "Postfächer", "Mailboxes";
    new_message: "Neue Nachricht", "New message";
    unread: "ungelesen", "unread";
    unread_count: "{} ungelesen", "{} unread";
    one_message: "1 Nachricht", "1 message";
    message_count: "{} Nachrichten", "{} messages";
    to_prefix: "An", "To";
    has_attachment: "mit Anhang", "has an attachment";
    was_answered: "beantwortet", "answered";
    was_forwarded: "weitergeleitet", "forwarded";
    no_subject: "(kein Betreff)", "(no subject)";
    no_sender: "(kein Absender)", "(no sender)";
    older: "Ältere Nachrichten", "Older messages";
    newest: "Neueste Nachrichten", "Newest messages";
    refresh: "Aktualisieren", "Refresh";
    empty_inbox: "Keine Nachrichten im Posteingang.", "No messages in the inbox.";
    empty_inbox_more: "Neue E-Mail erscheint hier, sobald sie ankommt.", "New mail appears here as soon as it arrives.";
    empty_sent: "Hier steht, was Sie gesendet haben.", "What you have sent is listed here.";
    empty_archive: "Hier liegt, was Sie archivieren.", "What you archive is kept here.";
    empty_junk: "Kein Spam.", "No junk.";
    empty_trash: "Der Papierkorb ist leer.", "The trash is empty.";
    no_older: "Keine älteren Nachrichten.", "No older messages.";
    notice_sent: "Ihre Nachricht ist unterwegs.", "Your message is on its way.";
    notice_waits: "Ihre Nachricht geht gleich hinaus. Bis dahin können Sie sie zurückholen.", "Your message goes out in a moment. Until then you can take it back.";
    notice_too_late: "Die Nachricht ist schon unterwegs und lässt sich nicht mehr zurückholen.", "The message is on its way already and can not be taken back any more.";
    notice_sending: "Ihre Nachricht ist sicher gespeichert und erscheint gleich hier.", "Your message is safely kept and will appear here in a moment.";
    select: "Auswählen", "Select";
    select_all: "Alle auswählen", "Select all";
    select_none: "Keine auswählen", "Select none";
    selected: "Ausgewählte Nachrichten", "Selected messages";
    archive_it: "Archivieren", "Archive";
    is_junk: "Spam", "Junk";
    is_no_junk: "Kein Spam", "Not junk";
    put_back: "Zurücklegen", "Put back";
    mark_read: "Als gelesen", "Mark read";
    all_read: "Alle gelesen", "Mark all read";
    empty_the_trash: "Papierkorb leeren", "Empty trash";
    delete_for_good: "Endgültig löschen", "Delete for good";
    delete_for_good_text: "Das lässt sich nicht rückgängig machen.", "This can not be undone.";
    undo: "Rückgängig", "Undo";
    notice_archived: "Ins Archiv verschoben.", "Moved to the archive.";
    notice_junked: "In den Ordner Spam verschoben.", "Moved to the junk folder.";
    notice_deleted_for_good: "Endgültig gelöscht.", "Deleted for good.";
    notice_undone: "Rückgängig gemacht.", "Undone.";
    notice_read: "Als gelesen markiert.", "Marked as read.";
    notice_nothing_chosen: "Bitte haken Sie zuerst Nachrichten an.", "Please tick some messages first.";
    notice_deleted: "In den Papierkorb verschoben.", "Moved to the trash.";
    notice_restored: "Zurückgelegt.", "Put back.";
    notice_unread: "Als ungelesen markiert.", "Marked as unread.";

    // Message.
    reply: "Antworten", "Reply";
    reply_all: "Allen antworten", "Reply all";
    forward: "Weiterleiten", "Forward";
    delete: "Löschen", "Delete";
    restore: "Wiederherstellen", "Restore";
    mark_unread: "Als ungelesen", "Mark unread";
    more_people: "und {} weitere", "and {} more";
    from: "Von", "From";
    to: "An", "To";
    cc: "Kopie", "Cc";
    bcc: "Blindkopie", "Bcc";
    reply_to: "Antwort an", "Reply to";
    date: "Datum", "Date";
    arrived: "Angekommen", "Arrived";
    attachments: "Anhänge", "Attachments";
    message_text: "Nachrichtentext", "Message text";
    show_text: "Nur Text zeigen", "Show as text only";
    show_html: "Gestaltet zeigen", "Show with formatting";
    open_alone: "Allein in neuem Tab öffnen", "Open alone in a new tab";
    images_blocked: "Bilder aus dem Internet werden nicht geladen.", "Images from the internet are not loaded.";
    quoted_text: "Zitierten Text zeigen", "Show quoted text";
    original: "Original herunterladen (.eml)", "Download original (.eml)";
    all_headers: "Alle Kopfzeilen", "All headers";
    all_headers_text: "So kam die Nachricht an, Zeile für Zeile.", "As the message arrived, line by line.";
    back_to_message: "Zurück zur Nachricht", "Back to the message";
    more: "Mehr", "More";
    no_text: "Diese Nachricht hat keinen Text.", "This message has no text.";
    unreadable: "Diese Nachricht ist nicht so aufgebaut, wie eine E-Mail sein soll. Sie sehen sie hier, wie sie ankam.", "This message is not built as a mail should be. You see it here as it arrived.";
    shortened: "Der Text ist sehr lang und hier gekürzt. Das Original enthält alles.", "The text is very long and is cut here. The original has all of it.";
    warnings: "Warnungen zu dieser Nachricht", "Warnings about this message";
    virus_found: "Achtung: In dieser Nachricht wurde ein Virus gefunden ({}). Öffnen Sie keine Anhänge.", "Warning: a virus was found in this message ({}). Do not open attachments.";
    not_from: "Vorsicht: Diese Nachricht kommt wahrscheinlich nicht von {}. Die Domain des Absenders bestätigt sie nicht.", "Careful: this message probably does not come from {}. The sender's domain does not stand behind it.";
    not_confirmed: "Vorsicht: Ob diese Nachricht von {} kommt, ließ sich nicht feststellen.", "Careful: whether this message comes from {} could not be found out.";
    unclear_author: "Vorsicht: Diese Nachricht sagt nicht eindeutig, von wem sie kommt.", "Careful: this message does not say clearly whom it is from.";
    rated_spam: "Der Spamfilter hält diese Nachricht für unerwünscht.", "The spam filter takes this message for spam.";
    listed_peer: "Der Server, der diese Nachricht brachte, steht auf einer Sperrliste ({}).", "The server that brought this message is on a block list ({}).";
    not_scanned: "Diese Nachricht wurde nicht auf Viren geprüft.", "This message was not checked for viruses.";
    stands_behind: "Die Domain {} bestätigt den Absender dieser Nachricht.", "The domain {} stands behind the sender of this message.";
    conversation: "Weitere Nachrichten in diesem Gespräch", "Other messages in this conversation";
    one_newer: "In diesem Gespräch gibt es eine neuere Nachricht.", "There is a newer message in this conversation.";
    more_newer: "In diesem Gespräch gibt es {} neuere Nachrichten.", "There are {} newer messages in this conversation.";
    to_newest: "Zur neuesten", "Open the newest";
    open_message: "Nachricht öffnen", "Open message";
    delivery: "Zustellung", "Delivery";
    delivery_waiting: "wartet auf den Versand", "waiting to be sent";
    delivery_retrying: "noch nicht angenommen, wird wieder versucht", "not accepted yet, will be tried again";
    delivery_claimed: "wird gerade übergeben", "being handed over";
    delivery_delivered: "angenommen {}", "accepted {}";
    delivery_refused: "abgelehnt {}", "refused {}";
    delivery_unknown: "unklar, ob es ankam; die IT prüft das", "unclear whether it arrived; IT looks into it";
    delivery_written_off: "wird nicht mehr versucht", "will not be tried again";
    delivery_here: "liegt im Notfall-Posteingang; der Mailserver bekommt es nach dem Ausfall", "is in the emergency inbox; the mail server gets it after the outage";
    delivery_nobody: "hier unbekannt; der Mailserver bekommt es nach dem Ausfall", "unknown here; the mail server gets it after the outage";
    delivery_sent_copy: "Kopie für Ihren Ordner Gesendet", "Copy for your Sent folder";
    delivery_sent_copy_later: "kommt nach dem Ausfall auf den Mailserver", "goes to the mail server after the outage";
    their_answer: "Antwort der Gegenseite", "Answer of the other side";

    // Writing.
    write_title: "Neue Nachricht", "New message";
    subject: "Betreff", "Subject";
    text: "Text", "Text";
    addresses_help: "Mehrere Adressen mit Komma trennen.", "Separate several addresses with commas.";
    cc_and_bcc: "Kopie und Blindkopie", "Cc and Bcc";
    attach_files: "Dateien anhängen", "Attach files";
    attach_help: "Zusammen höchstens 25 MB.", "At most 25 MB together.";
    attach_again: "Bitte wählen Sie Ihre Dateien noch einmal aus: Der Browser hat sie vergessen.", "Please choose your files again: the browser has forgotten them.";
    attached_from_original: "Anhänge der Nachricht mitsenden", "Send the message's attachments along";
    attached_files: "Schon angehängt", "Already attached";
    save_draft: "Entwurf speichern", "Save draft";
    saved: "Gespeichert", "Saved";
    taken_back: "Nicht gesendet, liegt bei den Entwürfen", "Not sent, kept with your drafts";
    saved_at: "Gespeichert {}", "Saved {}";
    not_saved: "Noch nicht gespeichert", "Not saved yet";
    send: "Senden", "Send";
    cancel: "Verwerfen", "Discard";
    problem_one: "Die Nachricht wurde noch nicht gesendet:", "The message was not sent yet:";
    problem_not_in_drill: "In einer Übung geht E-Mail nur an Teilnehmer. Nicht dabei ist: {}", "In a drill mail goes only to those who take part. Not among them: {}";
    problem_no_recipient: "Bitte geben Sie mindestens eine Adresse an.", "Please give at least one address.";
    problem_bad_address: "„{}“ ist keine E-Mail-Adresse. Richtig ist zum Beispiel name@firma.de.", "“{}” is not a mail address. One looks like name@company.com.";
    problem_local_part: "„{}“ hat Umlaute oder Sonderzeichen vor dem @. Dorthin kann von hier nicht gesendet werden.", "“{}” has accented or special letters before the @. Mail can not be sent there from here.";
    problem_recipients: "Das sind zu viele Empfänger. Erlaubt sind {}.", "These are too many recipients. {} are allowed.";
    problem_over_hour: "So vielen Menschen dürfen Sie nicht auf einmal schreiben: erlaubt sind {} Empfänger in einer Stunde. Ihr Text steht noch hier; bitte senden Sie ihn später oder sagen Sie der IT Bescheid.", "You may not write to so many people at once: {} recipients in an hour are allowed. Your text is still here; please send it later, or tell IT.";
    problem_over_day: "So vielen Menschen dürfen Sie nicht an einem Tag schreiben: erlaubt sind {} Empfänger. Ihr Text steht noch hier; bitte senden Sie ihn morgen oder sagen Sie der IT Bescheid.", "You may not write to so many people in a day: {} recipients are allowed. Your text is still here; please send it tomorrow, or tell IT.";
    problem_text_long: "Der Text ist zu lang. Erlaubt ist 1 MB.", "The text is too long. 1 MB is allowed.";
    problem_subject_long: "Der Betreff ist zu lang. Erlaubt sind {} Zeichen.", "The subject is too long. {} characters are allowed.";
    problem_sender: "Von dieser Adresse dürfen Sie nicht senden. Bitte wählen Sie eine aus der Liste.", "You may not send from this address. Please choose one from the list.";
    problem_too_large: "Die Anhänge sind zu groß. Zusammen sind 25 MB erlaubt.", "The attachments are too large. 25 MB are allowed together.";
    problem_disk_full: "Der Speicher ist voll, die Nachricht wurde nicht gesendet. Ihr Text steht noch hier; bitte sagen Sie der IT Bescheid und drücken Sie später noch einmal auf Senden.", "The storage is full, the message was not sent. Your text is still here; please tell IT, and press Send again later.";
    problem_not_kept: "Die Nachricht konnte nicht gespeichert werden und wurde nicht gesendet. Bitte drücken Sie gleich noch einmal auf Senden.", "The message could not be kept and was not sent. Please press Send again in a moment.";
    attribution_on: "Am {}", "On {}";
    attribution_wrote: " schrieb {}:", ", {} wrote:";
    forwarded_message: "---------- Weitergeleitete Nachricht ----------", "---------- Forwarded message ----------";

    // Search.
    search: "Suche", "Search";
    search_in_mail: "E-Mail durchsuchen", "Search mail";
    search_go: "Suchen", "Search";
    search_everywhere: "In allen Ordnern", "In all folders";
    search_in: "Ordner", "Folder";
    search_more: "Genauer suchen", "Search in detail";
    search_words: "Wörter", "Words";
    search_from: "Absender", "Sender";
    search_first: "Vom", "From day";
    search_last: "Bis einschließlich", "Up to and including";
    search_attachments: "mit Anhang", "with attachments";
    search_unread: "ungelesen", "unread";
    search_nothing: "Nichts gefunden.", "Nothing found.";
    search_nothing_more: "Versuchen Sie es mit weniger Wörtern oder nur mit einem Teil des Namens. Ob mit Umlaut oder ohne, macht keinen Unterschied.", "Try fewer words, or only a part of the name. With or without umlauts makes no difference.";
    search_behind_one: "Eine Nachricht ist noch nicht in der Suche. Sie kommt gleich dazu.", "One message is not in the search yet. It will be in a moment.";
    search_behind: "{} Nachrichten sind noch nicht in der Suche. Sie kommen nach und nach dazu, die neuesten zuerst.", "{} messages are not in the search yet. They are being added, the newest first.";
    search_unknown: "„{}:“ kennt die Suche nicht. Es wurde als Text gesucht.", "“{}:” is not known here. It was searched as text.";
    search_bad_value: "„{}“ passt nicht zu „{}:“. Es wurde als Text gesucht.", "“{}” does not go with “{}:”. It was searched as text.";
    search_short_beginning: "„{}“ ist für einen Wortanfang zu kurz. Es wurde als ganzes Wort gesucht.", "“{}” is too short for the beginning of a word. It was searched as a whole word.";
    search_long_word: "„{}“ ist zu lang für ein Wort. Gesucht wurde sein Anfang.", "“{}” is too long for a word. Its beginning was searched.";
    search_too_long: "Die Suche war zu lang. Ihr Ende wurde weggelassen.", "The search was too long. Its end was left out.";
    search_help: "Was Sie in das Suchfeld schreiben können", "What you can type into the search box";
    search_help_more: "Mehrere Wörter müssen alle vorkommen. Deutsche und englische Namen gelten immer.", "Several words must all occur. English and German names always work.";
    search_op_phrase: "\"offene Rechnung\" Rech*", "\"open invoice\" invo*";
    search_op_phrase_text: "genau diese Wortfolge; ein Wortanfang", "exactly these words in this order; the beginning of a word";
    search_op_without: "-Entwurf", "-draft";
    search_op_without_text: "ohne dieses Wort", "without this word";
    search_op_or: "Angebot OR Auftrag", "offer OR order";
    search_op_or_text: "eines von beiden", "one of the two";
    search_op_people: "von:anna an:müller cc:info", "from:anna to:miller cc:info";
    search_op_people_text: "Absender, Empfänger, Kopie", "sender, recipient, copy";
    search_op_subject: "betreff:Angebot text:Liefertermin", "subject:offer body:delivery";
    search_op_subject_text: "im Betreff, im Text", "in the subject, in the text";
    search_op_file: "hat:anhang datei:plan.pdf", "has:attachment filename:plan.pdf";
    search_op_file_text: "mit Anhang, Name eines Anhangs", "with attachments, name of an attachment";
    search_op_state: "ist:ungelesen ist:beantwortet ist:markiert", "is:unread is:answered is:flagged";
    search_op_state_text: "Zustand", "state";
    search_op_date: "nach:1.11.2026 vor:19.11.2026 neuer:7t", "after:2026-11-01 before:2026-11-19 newer:7d";
    search_op_date_text: "ab diesem Tag, vor diesem Tag, in den letzten 7 Tagen", "from this day on, before this day, in the last 7 days";
    search_op_size: "größer:5MB kleiner:100KB", "larger:5MB smaller:100KB";
    search_op_size_text: "Größe", "size";
    search_op_folder: "in:archiv", "in:archive";
    search_op_folder_text: "nur in diesem Ordner", "in this folder only";

    // Time and size.
    today: "Heute", "Today";
    yesterday: "Gestern", "Yesterday";
    decimal_mark: ",", ".";
}
