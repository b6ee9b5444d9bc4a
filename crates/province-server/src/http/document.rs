//! The OpenAPI document: what all operations refer to, and the whole as text.

use std::sync::LazyLock;

use province_api::IDEMPOTENCY_KEY;
use province_api::problem::Problem;
use province_api::signature::{
    CERTIFICATE, CLOCK_DIFFERENCE_MAX, CONTENT_DIGEST, SIGNATURE, SIGNATURE_INPUT, Signer,
};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ComponentsBuilder, ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Header, InfoBuilder, License, OpenApi, OpenApiBuilder, Required};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::caching::Caching;

/// What the document calls the headers of a request of this kind of signer.
pub(super) fn signed_headers(signer: Signer) -> Vec<String> {
    let mut names = vec![IDEMPOTENCY_KEY.to_owned(), CONTENT_DIGEST.to_owned()];
    names.extend([SIGNATURE_INPUT, SIGNATURE].map(|header| of_signer(signer, header)));
    names.extend((signer == Signer::Counter).then(|| CERTIFICATE.to_owned()));
    names
}

/// The document's name of a header that each kind of signer writes in a form of its own.
fn of_signer(signer: Signer, header: &str) -> String {
    format!("{}-{header}", signer.label())
}

const SIGNERS: [Signer; 3] = [Signer::Device, Signer::Counter, Signer::System];
/// What the document calls officers who are signed in.
pub(super) const OFFICER: &str = "officer";
/// The header by which a caller says what it has.
pub(super) const IF_NONE_MATCH: &str = "if-none-match";
/// What the document calls `Cache-Control` of what nobody may keep.
pub(super) const NEVER_KEPT: &str = "NeverKept";

const ABOUT: &str = "The thin provincial API of the citizen wallet. See docs/api.md.\n\n\
    Every error is a problem (RFC 9457) with a stable code. Every answer has `X-Content-Type-Options: nosniff`; none has a \
    CORS header, because no page of another site may call this; officers' page is served from this address. Answers of 512 bytes or more are packed by gzip or zstd for callers that \
    take it. `GET` implies `HEAD`; another method on a path is `not_found`.";

/// The document as it is committed and served: JSON, pretty, with a line break at its end.
pub(super) static TEXT: LazyLock<String> = LazyLock::new(|| {
    let document = super::routes::document();
    let text = document.to_pretty_json().unwrap_or_default();
    // Doc comments are for rustdoc, too: its links are not links here.
    format!("{}\n", text.replace("[`", "`").replace("`]", "`"))
});

/// The OpenAPI document of the API, version 3.1, as JSON.
pub fn openapi() -> &'static str {
    &TEXT
}

/// The document without any operation.
pub(super) fn empty() -> OpenApi {
    let mut components = ComponentsBuilder::new()
        .schema(Problem::name(), Problem::schema())
        .header("ETag", etag())
        .header("Retry-After", retry_after())
        .header(NEVER_KEPT, cache_control("Never kept by anybody.", "no-store"));
    for signer in SIGNERS {
        components = components.security_scheme(signer.label(), scheme(signer));
    }
    components = components.security_scheme(OFFICER, signed_in());
    let mut parts = Vec::new();
    Problem::schemas(&mut parts);
    for (name, schema) in parts {
        components = components.schema(name, schema);
    }
    for (caching, about) in [
        (Caching::Newest, "Kept for a minute: a revocation waits for it."),
        (
            Caching::Immutable,
            "Kept for ever: the path says what it is, and it never changes.",
        ),
    ] {
        components = components.header(caching.name(), cache_control(about, caching.value()));
    }
    for parameter in headers() {
        components = components.parameter(parameter.name.to_ascii_lowercase(), parameter);
    }
    for signer in SIGNERS {
        for parameter in signature_headers(signer) {
            let name = of_signer(signer, &parameter.name.to_ascii_lowercase());
            components = components.parameter(name, parameter);
        }
    }
    let mut licence = License::new("Apache-2.0 OR MIT");
    licence.identifier = Some("Apache-2.0 OR MIT".to_owned());
    let info = InfoBuilder::new()
        .title("Khyber Pass: provincial API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(licence));
    let tag = |name: &str, about: &str| TagBuilder::new().name(name).description(Some(about)).build();
    OpenApiBuilder::new()
        .info(info.build())
        .components(Some(components.build()))
        .tags(Some([
            tag(
                "device",
                "Signed by a wallet's device key. Every one is a write or is answered as one: once.",
            ),
            tag("counter", "Signed by a counter, with its certificate."),
            tag(
                "system",
                "Signed by a department's or another body's system, with a key that the province gave scopes.",
            ),
            tag(
                "files",
                "Public files. Anybody may keep them and hand them on; nothing in a request says who asks.",
            ),
            tag(
                OFFICER,
                "Officers, signed in with a passkey. Not found where no officers' page is configured.",
            ),
            tag("service", "How the service is."),
        ]))
        .build()
}

fn scheme(signer: Signer) -> SecurityScheme {
    let who = match signer {
        Signer::Device => "a device's Ed25519 key",
        Signer::Counter => "the Ed25519 key that a counter's certificate names",
        Signer::System => {
            "an Ed25519 key that the province knows; the scopes of an operation are those of which it needs one"
        }
    };
    let covered: Vec<String> = signer
        .components()
        .iter()
        .map(|name| format!("`{name}`"))
        .collect();
    let about = format!(
        "HTTP Message Signatures (RFC 9421) by {who}, in one form: the label `{}`; the components {}, in this order; the \
         parameters of Signature-Input. OpenAPI has no scheme of this kind, so the header that carries the signature stands \
         for it.",
        signer.label(),
        covered.join(", ")
    );
    SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        "Signature".to_owned(),
        about,
    )))
}

fn signed_in() -> SecurityScheme {
    let about = "The token of a session: 32 random bytes in base64url. The scopes are roles, of which the officer has one.";
    let http = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    SecurityScheme::Http(http.description(Some(about)).build())
}

fn etag() -> Header {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some("^\"[0-9a-z-]+\"$"));
    HeaderBuilder::new()
        .description(Some(
            "Strong. Of a file that is named by what is in it: that name. Of any other: the SHA-256 of the whole file in \
             lower-case hex.",
        ))
        .schema(Some(schema))
        .build()
}

fn retry_after() -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    HeaderBuilder::new()
        .description(Some(
            "Seconds to wait, where the problem says so (`retry_after`).",
        ))
        .schema(Some(schema))
        .build()
}

fn cache_control(about: &str, value: &str) -> Header {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([value]));
    HeaderBuilder::new()
        .description(Some(about))
        .schema(Some(schema))
        .build()
}

fn header_parameter(name: &str, required: Required, about: &str, pattern: &str) -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(about))
        .schema(Some(schema))
        .build()
}

/// The headers that have one form.
fn headers() -> [Parameter; 4] {
    [
        header_parameter(
            "Idempotency-Key",
            Required::True,
            "16 random bytes in lower-case hex, fresh for each new write, the same when it is repeated: it is done once and \
             answered the same for 100 days. With another body it is `idempotency_conflict`. What only reads has one too, and \
             nothing comes of it.",
            "^[0-9a-f]{32}$",
        ),
        header_parameter(
            "Content-Digest",
            Required::True,
            "RFC 9530, of the bytes as they are sent.",
            "^sha-256=:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=:$",
        ),
        header_parameter(
            "Khyber-Certificate",
            Required::True,
            "The counter's certificate as it was signed, in base64.",
            "^[A-Za-z0-9+/]+={0,2}$",
        ),
        header_parameter(
            "If-None-Match",
            Required::False,
            "Entity tags of what the caller has.",
            "^\"[^\"]*\"(, *\"[^\"]*\")*$",
        ),
    ]
}

/// The headers that each kind of signer writes in a form of its own.
fn signature_headers(signer: Signer) -> [Parameter; 2] {
    let label = signer.label();
    let about = format!(
        "RFC 9421. `created` and `expires` are unix seconds, at most {CLOCK_DIFFERENCE_MAX} apart and about now; `nonce` is 16 \
         fresh random bytes and `keyid` the public key, both base64url."
    );
    let covered: Vec<String> = signer
        .components()
        .iter()
        .map(|name| format!("\"{name}\""))
        .collect();
    let covered = covered.join(" ");
    let input = format!(
        "^{label}=\\({covered}\\);created=[0-9]+;expires=[0-9]+;nonce=\"[A-Za-z0-9_-]{{21}}[AQgw]\";\
         keyid=\"[A-Za-z0-9_-]{{42}}[AEIMQUYcgkosw048]\";alg=\"ed25519\"$"
    );
    let signature = format!("^{label}=:[A-Za-z0-9+/]{{85}}[AQgw]==:$");
    [
        header_parameter("Signature-Input", Required::True, &about, &input),
        header_parameter(
            "Signature",
            Required::True,
            "RFC 9421: the Ed25519 signature over the signature base.",
            &signature,
        ),
    ]
}
