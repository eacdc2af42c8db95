//! Amazon SNS: a message to a topic, with the credentials of the AWS CLI. Needs `sns:Publish`.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sns::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sns::types::MessageAttributeValue;

use super::outgoing::Failure;
use super::worded::{Worded, cut, name_of};

/// Of what goes wrong with a connection, what does before there is one.
const NOBODY: [ErrorKind; 3] =
    [ErrorKind::ConnectionRefused, ErrorKind::HostUnreachable, ErrorKind::NetworkUnreachable];
/// How long a request may take; the outbox tries again.
const WITHIN: Duration = Duration::from_secs(20);
/// Characters of a subject (docs.aws.amazon.com/sns/latest/api/API_Publish.html).
const SUBJECT_MAX: usize = 99;
/// Of a first-in-first-out topic's name, the end.
const FIFO: &str = ".fifo";

/// A topic, and how it is reached.
pub struct Topic<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// A profile of the AWS CLI.
    pub profile: Option<&'a str>,
    /// Its region; the ARN's where `None`.
    pub region: Option<&'a str>,
    /// Another endpoint than AWS's own.
    pub endpoint: Option<&'a str>,
}

/// Brings a message.
///
/// # Errors
/// Why it is not there.
pub async fn bring(to: &Topic<'_>, message: &Worded) -> Result<(), Failure> {
    let region = to.region.or_else(|| to.arn.split(':').nth(3)).unwrap_or_default().to_owned();
    let timeouts = TimeoutConfig::builder().connect_timeout(WITHIN).operation_timeout(WITHIN).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.clone()))
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts);
    if let Some(endpoint) = to.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some(profile) = to.profile {
        // It goes before the environment's keys, as with the AWS CLI.
        let conf = ProviderConfig::without_region().with_region(Some(Region::new(region)));
        let provider = ProfileFileCredentialsProvider::builder().configure(&conf).profile_name(profile);
        loader = loader.profile_name(profile).credentials_provider(provider.build());
    }
    let client = aws_sdk_sns::Client::new(&loader.load().await);
    let attribute = |value: &str| MessageAttributeValue::builder().data_type("String").string_value(value).build().ok();
    let mut publish = client.publish().topic_arn(to.arn).subject(subject(&message.headline)).message(message.text());
    for (name, value) in [("severity", message.severity), ("kind", message.kind), ("state", message.state)] {
        if let Some(value) = attribute(value) {
            publish = publish.message_attributes(name, value);
        }
    }
    if to.arn.ends_with(FIFO) {
        publish = publish.message_group_id(name_of(&message.subject)).message_deduplication_id(name_of(&message.key));
    }
    let sent = publish.send().await;
    sent.map(|_| ()).map_err(|error| match error.code() {
        Some(code) => Failure::said(&format!("SNS refused it ({code})"), error.message().unwrap_or_default(), &[]),
        None => {
            let unsure = may_have_it(&error);
            Failure { unsure, ..Failure::said("SNS", &DisplayErrorContext(&error).to_string(), &[]) }
        }
    })
}

/// Whether what was not answered may have been taken: not where nobody was reached, or nothing was asked.
fn may_have_it<E>(error: &SdkError<E>) -> bool {
    match error {
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
            let first: Option<&dyn Error> = failure.as_connector_error().map(|error| error as _);
            !std::iter::successors(first, |cause| (*cause).source())
                .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|of| NOBODY.contains(&of.kind())))
        }
        _ => false,
    }
}

/// A subject as SNS takes it: printable ASCII that begins with a letter, a digit or punctuation.
fn subject(headline: &str) -> String {
    let ascii: String = headline.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).collect();
    cut(ascii.trim_start(), SUBJECT_MAX)
}
