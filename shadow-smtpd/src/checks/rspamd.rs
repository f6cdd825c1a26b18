//! The spam filter rspamd: <https://docs.rspamd.com/developers/protocol/>.

use std::convert::Infallible;
use std::net::SocketAddr;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use store::{ReversePath, Spam, SpamAction};
use tokio::net::TcpStream;
use tracing::warn;

use super::examiner::Arrival;
use super::scanning::ScanError;
use crate::limits;

/// What we read of its answer.
#[derive(Deserialize)]
struct Answer {
    /// Null where it is no number.
    score: Option<f64>,
    required_score: Option<f64>,
    action: String,
}

/// Has a mail rated.
pub(super) async fn rate(
    address: SocketAddr,
    mail: &Bytes,
    arrival: &Arrival<'_>,
) -> Result<Spam, ScanError> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = request(address, mail, arrival)?;
    let ask = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(ScanError::Answer(status.to_string()));
        }
        let body = Limited::new(response.into_body(), limits::SCANNER_REPLY_BYTES_MAX);
        let body = body.collect().await;
        let body = body.map_err(|error| ScanError::Answer(error.to_string()))?;
        read(&body.to_bytes())
    };
    // The connection does the work. When it fails, who asks hears that.
    let work = async {
        let _ = connection.await;
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        answer = ask => answer,
        never = work => match never {},
    }
}

fn request(
    address: SocketAddr,
    mail: &Bytes,
    arrival: &Arrival<'_>,
) -> Result<Request<Full<Bytes>>, ScanError> {
    let body = Full::new(mail.clone());
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = hyper::Uri::from_static("/checkv2");
    let headers = request.headers_mut();
    let host = HeaderValue::from_str(&address.to_string());
    headers.insert(
        HOST,
        host.map_err(|error| ScanError::Answer(error.to_string()))?,
    );
    let sender = match arrival.reverse_path {
        ReversePath::Null => "",
        ReversePath::Address(address) => address.as_str(),
    };
    // A peer that is trusted brings the mail of others: its own address says nothing about that.
    let peer = arrival.origin.address.filter(|_| arrival.trust.is_none());
    let peer = peer.map(|ip| [("ip", ip.to_string()), ("helo", arrival.helo.to_owned())]);
    let peer = peer
        .iter()
        .flatten()
        .map(|(name, value)| (*name, value.as_str()));
    let recipients = arrival.recipients.iter().take(limits::RATED_RECIPIENTS_MAX);
    let recipients = recipients.map(|recipient| ("rcpt", recipient.as_str()));
    let sender = [("from", sender)].into_iter();
    for (name, value) in peer.chain(sender).chain(recipients) {
        // What a header can not carry the filter does without.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            headers.append(name, value);
        }
    }
    Ok(request)
}

fn read(body: &[u8]) -> Result<Spam, ScanError> {
    let answer: Answer =
        serde_json::from_slice(body).map_err(|error| ScanError::Answer(error.to_string()))?;
    let (score, required) = (answer.score, answer.required_score);
    Ok(Spam::Rated {
        score_hundredths: hundredths(score.unwrap_or_default()),
        refuse_hundredths: hundredths(required.unwrap_or_default()),
        action: match answer.action.as_str() {
            "no action" => SpamAction::Pass,
            "soft reject" | "greylist" => SpamAction::Later,
            "add header" | "rewrite subject" | "quarantine" => SpamAction::Mark,
            "reject" | "discard" => SpamAction::Refuse,
            action => {
                warn!(
                    action,
                    score, "rspamd has an action of its own; the score decides whether that marks"
                );
                match (score, required) {
                    (Some(score), Some(required)) if score >= required => SpamAction::Mark,
                    _ => SpamAction::Pass,
                }
            }
        },
    })
}

fn hundredths(score: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it saturates, and scores are small"
    )]
    let hundredths = (score * 100.0).round() as i64;
    hundredths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let check = |body: &str, want: Option<(i64, SpamAction)>| {
            let got = match read(body.as_bytes()) {
                Ok(Spam::Rated {
                    score_hundredths,
                    action,
                    ..
                }) => Some((score_hundredths, action)),
                _ => None,
            };
            assert_eq!(got, want, "{body}");
        };
        let answer = |score: &str, action: &str| {
            format!(
                r#"{{"score":{score},"required_score":15.0,"action":"{action}","symbols":{{}}}}"#
            )
        };
        check(&answer("-0.1", "no action"), Some((-10, SpamAction::Pass)));
        check(&answer("4.2", "greylist"), Some((420, SpamAction::Later)));
        check(
            &answer("6.666", "add header"),
            Some((667, SpamAction::Mark)),
        );
        check(
            &answer("1e300", "reject"),
            Some((i64::MAX, SpamAction::Refuse)),
        );
        check(&answer("20", "discard"), Some((2000, SpamAction::Refuse)));
        check(&answer("9", "quarantine"), Some((900, SpamAction::Mark)));
        check(&answer("15", "dance"), Some((1500, SpamAction::Mark)));
        check(&answer("14.9", "dance"), Some((1490, SpamAction::Pass)));
        check(&answer("null", "dance"), Some((0, SpamAction::Pass)));
        check(&answer("null", "reject"), Some((0, SpamAction::Refuse)));
        check(r#"{"action":"no action"}"#, Some((0, SpamAction::Pass)));
        check("{}", None);
        check("", None);
    }

    proptest::proptest! {
        #[test]
        fn any_score_can_be_read(score: f64, action: String) {
            let answer = serde_json::json!({"score": score, "required_score": 1, "action": action});
            let _ = read(answer.to_string().as_bytes());
        }
    }
}
