//! The proof that a service principal shows instead of a password: a token signed with its certificate's
//! key (Microsoft identity platform, "certificate credentials"). Knows no wire.
//!
//! `azure_identity` does this with OpenSSL, which spendtop does not have; the signature here is made by
//! the library that TLS uses anyway. Supported: a PEM with the certificate and its RSA key, unencrypted,
//! as PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`). PFX files, encrypted keys and elliptic curves
//! are not.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PSS_SHA256, RsaKeyPair};
use aws_lc_rs::{digest, rand::SecureRandom};
use azure_core::base64;
use serde_json::json;

/// Seconds that a proof is good for: it is used at once.
const GOOD_FOR: i64 = 300;

/// Signs a proof for `audience`, the URL that tokens come from, at a time in seconds since 1970.
///
/// # Errors
/// What is wrong with the certificate; none of it is repeated.
pub fn sign(pem: &str, client: &str, audience: &str, now: i64) -> Result<String, String> {
    let certificate = section(pem, "CERTIFICATE").ok_or("it has no certificate (`BEGIN CERTIFICATE`)")?;
    let key = key_of(pem)?;
    let random = SystemRandom::new();
    let mut id = [0; 16];
    random.fill(&mut id).map_err(|_| "this machine has no random numbers")?;
    let thumbprint = base64::encode_url_safe(digest::digest(&digest::SHA256, &certificate));
    let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint});
    let claims = json!({
        "aud": audience,
        "iss": client,
        "sub": client,
        "jti": base64::encode_url_safe(id),
        "nbf": now,
        "iat": now,
        "exp": now + GOOD_FOR,
    });
    let text =
        format!("{}.{}", base64::encode_url_safe(header.to_string()), base64::encode_url_safe(claims.to_string()));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PSS_SHA256, &random, text.as_bytes(), &mut signature).map_err(|_| "its key does not sign")?;
    Ok(format!("{text}.{}", base64::encode_url_safe(signature)))
}

fn key_of(pem: &str) -> Result<RsaKeyPair, String> {
    let bad = "its private key is no RSA key of at least 2048 bits";
    if let Some(key) = section(pem, "PRIVATE KEY") {
        return RsaKeyPair::from_pkcs8(&key).map_err(|_| bad.to_owned());
    }
    if let Some(key) = section(pem, "RSA PRIVATE KEY") {
        return RsaKeyPair::from_der(&key).map_err(|_| bad.to_owned());
    }
    Err(if pem.contains("ENCRYPTED") {
        "its private key is encrypted: write it out with `openssl pkcs8 -in KEY -out PLAIN` to a file of mode 600"
    } else {
        "it has no private key (`BEGIN PRIVATE KEY`)"
    }
    .to_owned())
}

/// The bytes of the first section of a PEM (RFC 7468) by its label.
fn section(pem: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let text: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    base64::decode(text).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    /// A PEM with a fresh key, and the key.
    pub fn fresh() -> (String, RsaKeyPair) {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        let der: Pkcs8V1Der<'_> = key.as_der().expect("its bytes");
        let section = |label: &str, bytes: &[u8]| {
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", base64::encode(bytes))
        };
        let pem = section("CERTIFICATE", b"any bytes") + &section("PRIVATE KEY", der.as_ref());
        (pem, key)
    }

    #[test]
    fn a_proof_is_signed_by_the_key_and_names_the_certificate() {
        let (pem, key) = fresh();
        let proof = sign(&pem, "client", "https://login/t/oauth2/v2.0/token", 1_000).expect("signed");
        let (text, signature) = proof.rsplit_once('.').expect("three parts");
        let signature = base64::decode_url_safe(signature).expect("base64");
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.public_key());
        public.verify(text.as_bytes(), &signature).expect("the key's signature");
        let parts: Vec<serde_json::Value> = text
            .split('.')
            .map(|part| serde_json::from_slice(&base64::decode_url_safe(part).expect("base64")).expect("json"))
            .collect();
        assert_eq!((&parts[0]["alg"], &parts[1]["exp"]), (&json!("PS256"), &json!(1_300)));
        assert_eq!(parts[0]["x5t#S256"].as_str().map(str::len), Some(43));
        assert_eq!((&parts[1]["iss"], &parts[1]["sub"]), (&json!("client"), &json!("client")));
        assert_ne!(proof, sign(&pem, "client", "https://login/t/oauth2/v2.0/token", 1_000).expect("signed"));
    }

    #[test]
    fn what_cannot_sign_is_said_without_repeating_it() {
        let (pem, _) = fresh();
        let only_key = pem.split_once("-----END CERTIFICATE-----").expect("two sections").1;
        let encrypted = pem.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        let no_key = pem.split_once("-----BEGIN PRIVATE").expect("two sections").0;
        let garbage = format!("{no_key}-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----");
        for (pem, why) in [
            (only_key, "no certificate"),
            (encrypted.as_str(), "is encrypted"),
            (no_key, "no private key"),
            (garbage.as_str(), "no RSA key"),
        ] {
            let wrong = sign(pem, "client", "x", 0).expect_err(why);
            assert!(wrong.contains(why) && !wrong.contains("canary"), "{wrong}");
        }
    }
}
