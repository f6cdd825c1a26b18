//! Checking what was typed. Everything that is wrong is said at once.

use std::collections::HashSet;

use store::{Account, AccountId, Address};
use templates::Words;
use templates::pages::{Complaint, Place};
use templates::words::fill;

use super::address_list::{self, BadAddress, Mailbox};
use super::form::Form;
use crate::limits;

/// A form that may be sent.
#[derive(Debug)]
pub(crate) struct Checked {
    /// Whose *Sent* folder it belongs in.
    pub account: AccountId,
    pub from: Mailbox,
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    pub bcc: Vec<Mailbox>,
}

impl Checked {
    /// All recipients, each once.
    pub fn recipients(&self) -> Vec<Address> {
        let mut seen = HashSet::new();
        let all = self
            .to
            .iter()
            .chain(&self.cc)
            .chain(&self.bcc)
            .map(|mailbox| &mailbox.address);
        all.filter(|address| seen.insert(address.key()))
            .cloned()
            .collect()
    }
}

/// Checks a form; `senders` are the accounts it may come from.
pub(crate) fn check(
    form: &Form,
    senders: &[&Account],
    words: &Words,
) -> Result<Checked, Vec<Complaint>> {
    let mut complaints = Vec::new();
    let mut complain = |place, text| complaints.push(Complaint { place, text });
    let mut addresses = |place, field: &str| {
        address_list::parse(field).unwrap_or_else(|bad| {
            for bad in &bad {
                complain(place, sentence(bad, words));
            }
            Vec::new()
        })
    };
    let typed = &form.typed;
    let to = addresses(Place::To, &typed.to);
    let cc = addresses(Place::Cc, &typed.cc);
    let bcc = addresses(Place::Bcc, &typed.bcc);
    let fields = [&typed.to, &typed.cc, &typed.bcc];
    if fields.iter().all(|field| field.trim().is_empty()) {
        complain(Place::To, words.problem_no_recipient.to_owned());
    }
    if to.len() + cc.len() + bcc.len() > limits::RECIPIENTS_MAX {
        complain(
            Place::To,
            fill(words.problem_recipients, limits::RECIPIENTS_MAX),
        );
    }
    if typed.subject.chars().count() > limits::SUBJECT_CHARS_MAX {
        complain(
            Place::Subject,
            fill(words.problem_subject_long, limits::SUBJECT_CHARS_MAX),
        );
    }
    if form.text_cut {
        complain(Place::Text, words.problem_text_long.to_owned());
    }
    if form.files_cut {
        complain(Place::Files, words.problem_too_large.to_owned());
    }
    let Some((account, address)) = sender(&typed.from, senders) else {
        complain(Place::From, words.problem_sender.to_owned());
        return Err(complaints);
    };
    if !complaints.is_empty() {
        return Err(complaints);
    }
    let from = Mailbox {
        name: Some(account.name.clone()),
        address: address.clone(),
    };
    Ok(Checked {
        account: account.id,
        from,
        to,
        cc,
        bcc,
    })
}

/// The account and its address that `from` names.
fn sender<'a>(from: &str, senders: &[&'a Account]) -> Option<(&'a Account, &'a Address)> {
    let all = senders
        .iter()
        .flat_map(|account| account.addresses.iter().map(|a| (*account, a)));
    all.into_iter()
        .find(|(_, address)| address.as_str() == from)
}

fn sentence(bad: &BadAddress, words: &Words) -> String {
    match bad {
        BadAddress::Malformed(text) => fill(words.problem_bad_address, text),
        BadAddress::International(text) => fill(words.problem_local_part, text),
    }
}
