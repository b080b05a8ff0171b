//! The email self-test, with a real mail server and a DNS server with its own records.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::foundation::names::Email;
use authtuna::mail::{Dns, Tested};
use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::{RData, Record, rdata::TXT};
use serde_json::json;
use tokio::net::UdpSocket;

use super::{on_sqlite, told, world_at};
use crate::support::Kind;
use crate::support::smtp_server::Peer;

/// Starts a DNS server that answers TXT queries until the test ends.
async fn dns(records: &[(&str, &str)]) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, text) in records {
        known.entry(format!("{name}.")).or_default().push((*text).to_owned());
    }
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
            let question = Message::from_vec(&buffer[..length]).unwrap();
            let asked = question.queries[0].clone();
            let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
            assert_eq!(answer.metadata.message_type, MessageType::Response);
            answer.add_query(asked.clone());
            match known.get(&asked.name().to_string()) {
                None => answer.metadata.response_code = ResponseCode::NXDomain,
                Some(texts) => {
                    for text in texts {
                        // In several strings, as long records are.
                        let parts =
                            text.as_bytes().chunks(200).map(|part| String::from_utf8(part.to_vec()).unwrap());
                        let data = RData::TXT(TXT::new(parts.collect()));
                        answer.add_answer(Record::from_rdata(asked.name().clone(), 60, data));
                    }
                }
            }
            socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
        }
    });
    address
}

async fn test(auth: &Auth, dns: SocketAddr, to: &str) -> Vec<(String, String)> {
    tested(auth, dns, to).await.iter().map(shown).collect()
}

async fn tested(auth: &Auth, dns: SocketAddr, to: &str) -> Vec<Tested> {
    let outbox = auth.outbox.clone().asking(Dns::at(dns));
    outbox.self_test(&Actor::system(), &Email::parse(to).unwrap()).await.unwrap()
}

fn shown(test: &Tested) -> (String, String) {
    (format!("{} {}", test.step.as_str(), test.verdict.as_str()), test.code.to_owned())
}

fn steps(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted.iter().map(|(step, code)| ((*step).to_owned(), (*code).to_owned())).collect()
}

#[test]
fn every_step_is_told() {
    on_sqlite(async || {
        let folder = tempfile::tempdir().unwrap();
        let options = json!({"mode": "plain", "user": "portal", "password": "a long one"});
        let peer = Peer::new(folder.path(), options).await;
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/mail");
        let world = world_at(Kind::Sqlite, peer.port, |builder| {
            builder
                .set("SMTP_USERNAME", "portal")
                .set("SMTP_PASSWORD", "a long one")
                .set("DEFAULT_SENDER_EMAIL", "portal@mail.example.org")
                .set("DKIM_PRIVATE_KEY_PATH", source.join("dkim-test-only.pem").display().to_string())
                .set("DKIM_DOMAIN", "example.org")
                .set("DKIM_SELECTOR", "s1")
        })
        .await;
        let public = std::fs::read_to_string(source.join("dkim-test-only.pub")).unwrap();
        let record = format!("v=DKIM1; k=rsa; p={public}");
        let good = dns(&[
            ("mail.example.org", "v=spf1 a -all"),
            ("mail.example.org", "some other text"),
            ("s1._domainkey.example.org", &record),
            ("_dmarc.example.org", "v=DMARC1; p=reject"),
        ])
        .await;
        let all_passed = [
            ("connect passed", "ok"),
            ("sign_in passed", "ok"),
            ("send passed", "ok"),
            ("spf passed", "ok"),
            ("dkim passed", "ok"),
            ("dmarc passed", "ok"),
        ];
        assert_eq!(test(&world.auth, good, "ana@example.net").await, steps(&all_passed));
        assert_eq!(peer.taken()[0].to, "ana@example.net");
        let entry = &told(&world.auth, "MAIL_TESTED").await[0];
        assert_eq!((&entry["spf"], &entry["send"]), (&json!("ok"), &json!("ok")));
        assert!(!entry.to_string().contains("ana@"), "the address is personal data and must be erasable");

        let other = record.replace("v=DKIM1; k=rsa; p=MIIB", "v=DKIM1; k=rsa; p=MIIC");
        let bad = dns(&[
            ("mail.example.org", "v=spf1 a -all"),
            ("mail.example.org", "v=spf1 mx -all"),
            ("s1._domainkey.example.org", &other),
            ("_dmarc.org", "v=DMARC1; p=reject"),
        ])
        .await;
        let records =
            [("spf failed", "several_records"), ("dkim failed", "other_key"), ("dmarc failed", "no_record")];
        assert_eq!(test(&world.auth, bad, "ana@example.net").await[3..], steps(&records));

        // A port on which no DNS server answers.
        let nobody = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let refused = tested(&world.auth, nobody.local_addr().unwrap(), "refused@example.net").await;
        assert_eq!(refused[2].code, "recipient_refused");
        assert!(refused[2].text.contains("no such mailbox"), "{refused:?}");
        let silent =
            [("spf unknown", "dns_silent"), ("dkim unknown", "dns_silent"), ("dmarc unknown", "dns_silent")];
        assert_eq!(refused[3..].iter().map(shown).collect::<Vec<_>>(), steps(&silent));
        world.auth.store().close().await;
    });
}

#[test]
fn what_comes_after_a_failure_is_not_tried() {
    on_sqlite(async || {
        let folder = tempfile::tempdir().unwrap();
        let peer =
            Peer::new(folder.path(), json!({"mode": "plain", "user": "portal", "password": "b"})).await;
        let port = peer.port;
        let world = world_at(Kind::Sqlite, port, |builder| {
            builder.set("SMTP_USERNAME", "portal").set("SMTP_PASSWORD", "a long one")
        })
        .await;
        let empty = dns(&[]).await;
        let wrong = [
            ("connect passed", "ok"),
            ("sign_in failed", "sign_in_failed"),
            ("send unknown", "not_tried"),
            ("spf failed", "no_record"),
            ("dkim unknown", "not_signed"),
            ("dmarc failed", "no_record"),
        ];
        assert_eq!(test(&world.auth, empty, "a@example.net").await, steps(&wrong));
        peer.stop().await;
        let down = [
            ("connect failed", "connection"),
            ("sign_in unknown", "not_tried"),
            ("send unknown", "not_tried"),
        ];
        assert_eq!(test(&world.auth, empty, "a@example.net").await[..3], steps(&down));
        world.auth.store().close().await;
    });
}
