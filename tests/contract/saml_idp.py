"""A SAML issuer that signs assertions with a key of its own, right ones and all kinds of wrong ones."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from onelogin.saml2.utils import OneLogin_Saml2_Utils as Utils

ENTITY = "https://idp.lab.example/metadata"
SIGN_IN = "https://idp.lab.example/sso"
NAMES = 'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'


def stamp(minutes: float) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Asked:
    """What a request to sign in says."""

    id: str
    acs: str
    audience: str

    @classmethod
    def read(cls, location: str) -> Asked:
        """Read the address that the server sends people to."""
        packed = base64.b64decode(parse_qs(urlsplit(location).query)["SAMLRequest"][0])
        request = ET.fromstring(zlib.decompress(packed, -15))
        issuer = request.findtext("{urn:oasis:names:tc:SAML:2.0:assertion}Issuer") or ""
        return cls(request.attrib["ID"], request.attrib["AssertionConsumerServiceURL"], issuer)


def _new_key() -> tuple[str, str]:
    """Return a fresh private key and its certificate, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.lab.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


@dataclass
class Idp:
    """The issuer."""

    pems: tuple[str, str] = field(default_factory=_new_key)

    def metadata(self) -> str:
        """Describe it, as such issuers do."""
        certificate = "".join(self.pems[1].splitlines()[1:-1])
        return f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{ENTITY}">
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{SIGN_IN}"/>
</md:IDPSSODescriptor></md:EntityDescriptor>"""

    def assertion(
        self,
        asked: Asked,
        name_id: str,
        attributes: dict[str, list[str]],
        *,
        minutes: float = 5,
        audience: str | None = None,
    ) -> str:
        """Say who somebody is, unsigned."""
        said = "".join(
            f'<saml:Attribute Name="{name}">'
            + "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
            + "</saml:Attribute>"
            for name, values in attributes.items()
        )
        until = stamp(minutes)
        return f"""<saml:Assertion {NAMES} ID="_{token_hex(16)}" Version="2.0" IssueInstant="{stamp(0)}">
<saml:Issuer>{ENTITY}</saml:Issuer><saml:Subject>
<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{name_id}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData
 NotOnOrAfter="{until}" Recipient="{asked.acs}" InResponseTo="{asked.id}"/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{stamp(-60)}" NotOnOrAfter="{until}"><saml:AudienceRestriction>
<saml:Audience>{audience or asked.audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{stamp(0)}"><saml:AuthnContext><saml:AuthnContextClassRef>
urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>
<saml:AttributeStatement>{said}</saml:AttributeStatement></saml:Assertion>"""

    def signed(self, xml: str) -> str:
        """Sign an assertion."""
        signed = Utils.add_sign(xml, *self.pems)
        return str(signed.decode() if isinstance(signed, bytes) else signed)

    def response(self, asked: Asked, *assertions: str, in_response_to: str | None = None) -> str:
        """Wrap assertions into what a browser sends, in base64."""
        answers = asked.id if in_response_to is None else in_response_to
        to = f'InResponseTo="{answers}"' if answers else ""
        xml = f"""<samlp:Response {NAMES} ID="_{token_hex(16)}" Version="2.0" IssueInstant="{stamp(0)}"
 Destination="{asked.acs}" {to}><saml:Issuer>{ENTITY}</saml:Issuer><samlp:Status>
<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{"".join(assertions)}
</samlp:Response>"""
        return base64.b64encode(xml.encode()).decode()
