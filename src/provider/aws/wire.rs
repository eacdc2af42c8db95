//! HTTP under the SDK where a company's certificate is to be trusted: the SDK's own client in all else, proxies of
//! the environment included. Knows no service.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::super::remote::{Fault, FaultKind};

/// A client that trusts these certificates (PEM, known to be such) besides the system's.
///
/// # Errors
/// [`FaultKind::Refused`] where the SDK does not take them.
pub fn trusting(certificates: Vec<u8>) -> Result<SharedHttpClient, Fault> {
    let store = TrustStore::default().with_pem_certificate(certificates);
    let context = TlsContext::builder()
        .with_trust_store(store)
        .build()
        .map_err(|error| Fault::new(FaultKind::Refused, format!("the certificate cannot be used with AWS: {error}")))?;
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.tls_context(context.clone()).build()
    }))
}
