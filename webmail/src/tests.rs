//! The webmail as a browser sees it, over a real store.

mod answers;
mod book;
mod break_glass;
mod console;
mod delivery;
mod doubts;
mod drafts;
mod drill;
mod emergency;
mod gate;
mod hostile;
mod partial;
mod preparation;
mod reading;
mod ready;
mod searching;
mod sending;
mod serving;
mod signing_in;
mod site;
mod start_link;
mod taking_back;
mod tidying;
mod writing;
